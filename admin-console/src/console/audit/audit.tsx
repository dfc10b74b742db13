import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { Banner, Choice, Field } from '../../design/form.tsx';
import { formatNumber, formatTime, t } from '../../design/language.ts';
import { useAction } from '../../design/load.ts';
import { Show } from '../../design/show.tsx';
import { Table } from '../../design/table.tsx';
import type { paths } from '../../generated/api.d.ts';
import { useFilter } from '../filter.ts';
import { useMay } from '../me.ts';
import { usePages } from '../pages.ts';
import { More, Title } from '../parts.tsx';
import { eventName } from '../words.ts';
import { actorName, logName, subjectAddress, subjectName } from './words.ts';

type Verdict =
  paths['/api/v1/audit/verify']['post']['responses']['200']['content']['application/json']['items'][number];
type Entry = paths['/api/v1/audit']['get']['responses']['200']['content']['application/json']['items'][number];

/** What happened, newest first, as sentences; and whether the log is whole. */
export function Audit() {
  const { query } = useLocation();
  const [type, setType] = useFilter('type');
  const [from, setFrom] = useFilter('from');
  const [until, setUntil] = useFilter('until');
  const subject = query.subject ?? '';
  const [verdicts, setVerdicts] = useState<readonly Verdict[]>([]);
  const mayVerify = useMay('audit.verify');
  const { isBusy, error, run } = useAction();
  const { loaded, more } = usePages(`${type} ${from} ${until} ${subject}`, (cursor) =>
    must(
      api.GET('/api/v1/audit', {
        params: {
          query: {
            limit: 50,
            ...(type ? { type } : {}),
            ...(subject ? { subject } : {}),
            ...(from ? { from: dayInVietnam(from, '00:00:00') } : {}),
            ...(until ? { until: dayInVietnam(until, '23:59:59') } : {}),
            ...(cursor ? { cursor } : {}),
          },
        },
      }),
    ),
  );
  return (
    <>
      <Title
        title={t('Nhật ký', 'Audit')}
        note={t('Không ai sửa được mà không bị phát hiện.', 'Nobody can alter it unnoticed.')}
      >
        {mayVerify && (
          <button
            type="button"
            class="button"
            disabled={isBusy}
            onClick={() => run(async () => setVerdicts((await must(api.POST('/api/v1/audit/verify'))).items))}
          >
            {isBusy ? t('Đang kiểm tra…', 'Checking…') : t('Kiểm tra toàn vẹn', 'Check integrity')}
          </button>
        )}
      </Title>
      {error && <Banner state="bad">{error}</Banner>}
      {verdicts.map((verdict) => (
        <VerdictBanner key={verdict.log} verdict={verdict} />
      ))}
      <search class="grid gap-3 sm:grid-cols-3">
        <Choice
          label={t('Việc', 'What')}
          name="type"
          value={type}
          onChoose={setType}
          options={kinds().map(([value, label]) => ({ value, label }))}
        />
        <Field
          label={t('Từ ngày', 'From')}
          name="from"
          type="date"
          value={from}
          onInput={({ currentTarget }) => setFrom(currentTarget.value)}
        />
        <Field
          label={t('Đến ngày', 'Until')}
          name="until"
          type="date"
          value={until}
          onInput={({ currentTarget }) => setUntil(currentTarget.value)}
        />
      </search>
      {subject && (
        <p>
          {t('Chỉ những việc của một người hoặc một thứ.', 'Only what concerns one person or thing.')}{' '}
          <a href="/admin/audit">{t('Xem tất cả', 'See everything')}</a>
        </p>
      )}
      <Show loaded={loaded}>
        {(entries) => (
          <Table
            label={t('Nhật ký', 'Audit')}
            heads={[t('Lúc', 'At'), t('Ai làm gì', 'Who did what'), { number: '№' }]}
            empty={t('Không có việc nào như vậy.', 'There is nothing like that.')}
          >
            {entries.map((entry) => (
              <Row key={entry.id} entry={entry} />
            ))}
          </Table>
        )}
      </Show>
      {more && <More onClick={more} />}
    </>
  );
}

/** A day that was typed, as Vietnam has it (UTC+7, no summer time). */
const dayInVietnam = (day: string, time: string) => new Date(`${day}T${time}+07:00`).toISOString();

const kinds = (): readonly (readonly [string, string])[] => [
  ['', t('Mọi việc', 'Everything')],
  ['person.', t('Hồ sơ', 'Records')],
  ['account.', t('Tài khoản', 'Accounts')],
  ['role.', t('Vai trò', 'Roles')],
  ['class.', t('Lớp', 'Classes')],
  ['organisation.', t('Đơn vị', 'Organisations')],
  ['roster.', t('Nhập danh sách', 'Rosters')],
  ['app.', t('Ứng dụng', 'Apps')],
  ['approval.', t('Việc hai người', 'Acts of two people')],
  ['certificate.', t('Chứng thư', 'Certificates')],
  ['signing-', t('Ký số', 'Signing')],
  ['sync.', t('Đồng bộ', 'Sync')],
];

/** «Đỗ Ngọc Uyên cấp mã kích hoạt · Đặng Thị Ánh Nguyệt»; the entry as it stands in the log opens below. */
function Row({ entry }: { readonly entry: Entry }) {
  const address = subjectAddress(entry.subject);
  const isSelf = entry.subject.id === entry.actor.id;
  return (
    <tr>
      <td class="number">{formatTime(entry.at)}</td>
      <td>
        <span class="font-semibold">{actorName(entry.actor)}</span> {eventName(entry.type)}
        {!isSelf && (
          <>
            {' · '}
            {address ? <a href={address}>{subjectName(entry.subject)}</a> : subjectName(entry.subject)}
          </>
        )}
        <details>
          <summary class="cursor-pointer text-sm text-quiet min-h-6">{t('Chi tiết', 'Details')}</summary>
          <pre class="text-sm whitespace-pre-wrap break-all">
            {JSON.stringify(
              { type: entry.type, subject: `${entry.subject.kind} ${entry.subject.id}`, ...entry.data },
              null,
              1,
            )}
          </pre>
        </details>
      </td>
      <td class="number sm:text-right text-quiet" data-label={t('Số', 'Number')}>
        {entry.index}
      </td>
    </tr>
  );
}

function VerdictBanner({ verdict: { log, intact, size, firstBadIndex } }: { readonly verdict: Verdict }) {
  return (
    <Banner state={intact ? 'good' : 'bad'}>
      {intact
        ? t(
            `${logName(log)}: nguyên vẹn, ${formatNumber(size)} mục.`,
            `${logName(log)}: intact, ${formatNumber(size)} entries.`,
          )
        : t(
            `${logName(log)}: đã bị sửa, mục sai đầu tiên là ${firstBadIndex}.`,
            `${logName(log)}: altered, the first bad entry is ${firstBadIndex}.`,
          )}
    </Banner>
  );
}
