import { formatTime, formatWhen, t } from '../../design/language.ts';
import { State, StateShape } from '../../design/mark.tsx';
import { Table } from '../../design/table.tsx';
import { type Run, runState, totalsOf } from './words.ts';

const squares = {
  good: 'bg-good text-paper',
  warn: 'bg-warn text-paper',
  bad: 'bg-bad text-paper',
  plain: 'bg-line text-ink',
  now: 'bg-accent text-paper',
} as const;

/** So many are read at once; the squares show all. */
const shown = 5;

/** The last runs as squares, the oldest first, and in words, the newest first. */
export function Runs({ items }: { readonly items: readonly Run[] }) {
  if (items.length === 0) return null;
  const failed = items.filter(({ state }) => state === 'failed').length;
  return (
    <section class="grid gap-4" aria-labelledby="runs">
      <h2 id="runs">{t(`${items.length} lượt gần nhất`, `The last ${items.length} runs`)}</h2>
      <div
        class="flex flex-wrap gap-1"
        role="img"
        aria-label={t(`${failed} trên ${items.length} lượt không xong`, `${failed} of ${items.length} failed`)}
      >
        {[...items].reverse().map((item) => (
          <span key={item.id} class={`size-5 rounded grid place-items-center text-xs ${squares[runState(item).state]}`}>
            <StateShape state={runState(item).state} />
          </span>
        ))}
      </div>
      <RunTable items={items.slice(0, shown)} />
      {items.length > shown && (
        <details>
          <summary>{t(`${items.length - shown} lượt trước nữa`, `${items.length - shown} earlier runs`)}</summary>
          <RunTable items={items.slice(shown)} />
        </details>
      )}
    </section>
  );
}

function RunTable({ items }: { readonly items: readonly Run[] }) {
  return (
    <Table
      label={t('Các lượt gần đây', 'Last runs')}
      heads={[t('Lúc', 'At'), t('Kết quả', 'Result'), t('Đã làm gì, vì sao', 'What and why')]}
    >
      {items.map((item) => (
        <tr key={item.id}>
          <td class="number whitespace-nowrap">
            <time dateTime={item.startedAt} title={formatTime(item.startedAt)}>
              {formatWhen(item.startedAt)}
            </time>
          </td>
          <td>
            <State state={runState(item).state}>{runState(item).word}</State>
            {item.mode === 'plan' && <span class="block text-sm text-quiet">{t('xem trước', 'preview')}</span>}
          </td>
          <td>{saidOf(item)}</td>
        </tr>
      ))}
    </Table>
  );
}

/** Why it did not end well, else what it did; of a target that refused some, both. */
function saidOf(run: Run): string {
  const why = run.failure ?? run.heldReason;
  if (why === null) return totalsOf(run);
  return run.totals.failed > 0 ? `${why} ${totalsOf(run)}` : why;
}
