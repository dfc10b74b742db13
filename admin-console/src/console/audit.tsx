import { useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { Banner } from '../design/form.tsx';
import { formatNumber, formatTime, t } from '../design/language.ts';
import { useAction } from '../design/load.ts';
import { useMay } from './me.ts';
import { usePages } from './pages.ts';
import { More, Show, Table, Title } from './parts.tsx';
import { eventName } from './words.ts';

interface Verdict {
  readonly log: string;
  readonly intact: boolean;
  readonly size: number;
  readonly firstBadIndex?: number | undefined;
}

/** What happened, newest first; and whether the log is whole. */
export function Audit() {
  const [type, setType] = useState('');
  const [verdicts, setVerdicts] = useState<readonly Verdict[]>([]);
  const mayVerify = useMay('audit.verify');
  const { isBusy, error, run } = useAction();
  const { loaded, more } = usePages(type, (cursor) =>
    must(
      api.GET('/api/v1/audit', {
        params: { query: { limit: 50, ...(type ? { type } : {}), ...(cursor ? { cursor } : {}) } },
      }),
    ),
  );
  const kinds = {
    '': t('Tất cả', 'All'),
    'person.': t('Hồ sơ', 'Records'),
    'account.': t('Tài khoản', 'Accounts'),
    'role.': t('Vai trò', 'Roles'),
    'roster.': t('Nhập danh sách', 'Rosters'),
    'app.': t('Ứng dụng', 'Apps'),
    'certificate.': t('Chứng thư', 'Certificates'),
    'signing-': t('Ký số', 'Signing'),
    'sync.': t('Đồng bộ', 'Sync'),
  };
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
      {verdicts.map(({ log, intact, size, firstBadIndex }) => (
        <Banner key={log} state={intact ? 'good' : 'bad'}>
          {intact
            ? t(
                `Sổ ${log}: nguyên vẹn, ${formatNumber(size)} mục.`,
                `Log ${log}: intact, ${formatNumber(size)} entries.`,
              )
            : t(
                `Sổ ${log}: đã bị sửa, mục sai đầu tiên là ${firstBadIndex}.`,
                `Log ${log}: altered, the first bad entry is ${firstBadIndex}.`,
              )}
        </Banner>
      ))}
      <fieldset class="flex flex-wrap gap-2">
        <legend class="sr-only">{t('Loại sự kiện', 'Kind of event')}</legend>
        {Object.entries(kinds).map(([kind, name]) => (
          <button
            key={kind}
            type="button"
            class={`button ${type === kind ? 'button-primary' : ''}`}
            aria-pressed={type === kind}
            onClick={() => setType(kind)}
          >
            {name}
          </button>
        ))}
      </fieldset>
      <Show loaded={loaded}>
        {(entries) => (
          <Table
            label={t('Nhật ký', 'Audit')}
            heads={[t('Lúc', 'At'), t('Ai', 'Who'), t('Việc', 'What'), t('Với', 'To'), { number: '№' }]}
            empty={t('Chưa có gì.', 'Nothing yet.')}
          >
            {entries.map((entry) => (
              <tr key={entry.id}>
                <td class="number">{formatTime(entry.at)}</td>
                <td>{entry.actor.name ?? entry.actor.id}</td>
                <td>
                  <details>
                    <summary class="cursor-pointer">{eventName(entry.type)}</summary>
                    <pre class="text-sm whitespace-pre-wrap break-all">
                      {JSON.stringify({ type: entry.type, ...entry.data }, null, 1)}
                    </pre>
                  </details>
                </td>
                <td class="break-all">
                  {entry.subject.name ?? `${entry.subject.kind} ${entry.subject.id.slice(0, 16)}`}
                </td>
                <td class="number sm:text-right text-quiet" data-label={t('Số', 'Number')}>
                  {entry.index}
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Show>
      {more && <More onClick={more} />}
    </>
  );
}
