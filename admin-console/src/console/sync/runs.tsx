import { formatTime, t } from '../../design/language.ts';
import { State } from '../../design/mark.tsx';
import { Table } from '../../design/table.tsx';
import { type Run, runState, totalsOf } from './words.ts';

const squares = { good: 'bg-good', warn: 'bg-warn', bad: 'bg-bad', plain: 'bg-line', now: 'bg-accent' } as const;

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
          <span key={item.id} class={`size-5 rounded ${squares[runState(item).state]}`} />
        ))}
      </div>
      <Table
        label={t('Các lượt gần đây', 'Last runs')}
        heads={[t('Lúc', 'At'), t('Kết quả', 'Result'), t('Đã làm gì, vì sao', 'What and why')]}
      >
        {items.map((item) => (
          <tr key={item.id}>
            <td class="number">{formatTime(item.startedAt)}</td>
            <td>
              <State state={runState(item).state}>{runState(item).word}</State>{' '}
              {item.mode === 'plan' && <span class="text-sm text-quiet">{t('xem trước', 'preview')}</span>}
            </td>
            <td>{item.failure ?? item.heldReason ?? totalsOf(item)}</td>
          </tr>
        ))}
      </Table>
    </section>
  );
}
