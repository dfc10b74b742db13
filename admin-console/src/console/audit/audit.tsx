import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { Chips } from '../../design/choices.tsx';
import { Banner } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { formatClock, formatNumber, t } from '../../design/language.ts';
import { useAction } from '../../design/load.ts';
import { Row } from '../../design/ruled.tsx';
import { Empty, Show } from '../../design/show.tsx';
import { useFilter } from '../filter.ts';
import { useMay } from '../me.ts';
import { usePages } from '../pages.ts';
import { More, Title } from '../parts.tsx';
import { eventName } from '../words.ts';
import { Days } from './days.tsx';
import { Export } from './export.tsx';
import { Histogram } from './histogram.tsx';
import { SpanFields, useSpan } from './span.tsx';
import type { Entry, Verdict } from './views.ts';
import { actorName, logName, subjectAddress, subjectName } from './words.ts';

/** What happened, newest first, as sentences, and how much of it when; and whether the log is whole. */
export function Audit() {
  const { query } = useLocation();
  const [type, setType] = useFilter('type');
  const span = useSpan();
  const mayVerify = useMay('audit.verify');
  const subject = query.subject ?? '';
  const filter = { ...(type ? { type } : {}), ...(subject ? { subject } : {}), ...span.times };
  const ask = (cursor: string | undefined, limit = 50) =>
    must(api.GET('/api/v1/audit', { params: { query: { limit, ...filter, ...(cursor ? { cursor } : {}) } } }));
  const { loaded, more } = usePages(JSON.stringify(filter), ask);
  return (
    <>
      <Title
        title={t('Nhật ký', 'Audit')}
        note={t('Không ai sửa được mà không bị phát hiện.', 'Nobody can alter it unnoticed.')}
      >
        {mayVerify && (
          <a class="button" href="/admin/audit/accesses">
            <Icon name="eye" />
            {t('Ai đã xem', 'Who looked')}
          </a>
        )}
        <Export ask={(cursor) => ask(cursor, 200)} />
      </Title>
      {mayVerify && <Integrity />}
      <search class="grid gap-4">
        <Chips
          label={t('Việc', 'What')}
          value={type}
          format={formatNumber}
          options={kinds().map(([value, label]) => ({ value, label }))}
          onChoose={setType}
        />
        <SpanFields span={span} />
      </search>
      <Histogram filter={filter} span={span} />
      {subject && (
        <p>
          {t('Chỉ những việc của một người hoặc một thứ.', 'Only what concerns one person or thing.')}{' '}
          <a href="/admin/audit">{t('Xem tất cả', 'See everything')}</a>
        </p>
      )}
      <Show loaded={loaded}>
        {(entries) =>
          entries.length === 0 ? (
            <Nothing />
          ) : (
            <Days items={entries}>{(entry) => <EntryRow key={entry.id} entry={entry} />}</Days>
          )
        }
      </Show>
      {more && <More onClick={more} />}
    </>
  );
}

const Nothing = () => (
  <Empty icon="scroll-text">{t('Không có việc nào như vậy.', 'There is nothing like that.')}</Empty>
);

/** Recomputes the logs when somebody who may asks, and says what came of it. */
function Integrity() {
  const [verdicts, setVerdicts] = useState<readonly Verdict[]>([]);
  const { isBusy, error, run } = useAction();
  return (
    <div class="grid gap-3">
      {error && <Banner state="bad">{error}</Banner>}
      {verdicts.map((verdict) => (
        <VerdictBanner key={verdict.log} verdict={verdict} />
      ))}
      <button
        type="button"
        class="button justify-self-start"
        disabled={isBusy}
        onClick={() => run(async () => setVerdicts((await must(api.POST('/api/v1/audit/verify'))).items))}
      >
        <Icon name="shield-check" />
        {isBusy ? t('Đang kiểm tra…', 'Checking…') : t('Kiểm tra toàn vẹn', 'Check integrity')}
      </button>
    </div>
  );
}

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
function EntryRow({ entry }: { readonly entry: Entry }) {
  const [isOpen, setOpen] = useState(false);
  const address = subjectAddress(entry.subject);
  const isSelf = entry.subject.id === entry.actor.id;
  const who = actorName(entry.actor);
  return (
    <Row
      mark="dot"
      title={
        <span class="font-normal">
          {entry.actor.kind === 'person' ? (
            <a href={`/admin/people/${entry.actor.id}`} class="font-semibold no-underline hover:underline">
              {who}
            </a>
          ) : (
            <b>{who}</b>
          )}{' '}
          {eventName(entry.type)}
          {!isSelf && (
            <>
              {' · '}
              {address ? <a href={address}>{subjectName(entry.subject)}</a> : subjectName(entry.subject)}
            </>
          )}
        </span>
      }
      act={
        <button
          type="button"
          class="inline-flex items-center gap-2 min-h-8 text-sm text-quiet number cursor-pointer hover:text-ink"
          aria-expanded={isOpen ? 'true' : 'false'}
          onClick={() => setOpen(!isOpen)}
        >
          <span class="sr-only">{t('Chi tiết,', 'Details,')} </span>
          {formatClock(entry.at)}
          {entry.index !== null && ` · № ${formatNumber(entry.index)}`}
          <Icon name={isOpen ? 'chevron-down' : 'chevron-right'} />
        </button>
      }
    >
      {isOpen && (
        <pre class="text-sm whitespace-pre-wrap break-all">
          {JSON.stringify(
            { type: entry.type, subject: `${entry.subject.kind} ${entry.subject.id}`, ...entry.data },
            null,
            1,
          )}
        </pre>
      )}
    </Row>
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
