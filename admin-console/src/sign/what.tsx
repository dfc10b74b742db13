import { type Text, t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { type Batch, batchesOf } from './batches.ts';
import { loadDue } from './due.ts';
import { batchNote, batchTitle, wordsOf } from './inbox.tsx';
import { documentsOf, type Purpose, type Session } from './session.ts';

/** WHAT is signed, in words, and the code as the largest thing on the page. */
export function What({ session, purpose }: { readonly session: Session; readonly purpose: Purpose }) {
  const { code4 } = session;
  const items = documentsOf(session.items);
  const ids = items.map(({ requestId }) => requestId);
  const [due] = useLoad(ids.join(), () => loadDue(purpose));
  const batch = due.state === 'ready' ? batchWith(due.data, ids) : undefined;
  const title = items.length === 1 ? items[0]?.title : batch?.className ? batchTitle(batch) : undefined;
  return (
    <>
      <h1>{question(purpose, items.length, batch)}</h1>
      <section class="what on-margin squared" aria-label={t('Mã đối chiếu', 'The code on both screens')}>
        {title && (
          <div>
            <p class="font-semibold">{title}</p>
            {batch && <p class="text-quiet">{batchNote(batch)}</p>}
          </div>
        )}
        <p>{t('Mã này phải giống trên màn hình người trình:', 'The requester’s screen shows the same code:')}</p>
        <p class="digits" data-code4 aria-label={[...code4].join(' ')} role="img">
          {[...code4].map((digit, index) => (
            <span key={index} aria-hidden="true">
              {digit}
            </span>
          ))}
        </p>
      </section>
    </>
  );
}

/** The batch that all of these belong to, with only them in it; undefined when they are of several. */
function batchWith(due: Parameters<typeof batchesOf>[0], ids: readonly string[]): Batch | undefined {
  const chosen = batchesOf(due.filter(({ id }) => ids.includes(id)));
  const [batch] = chosen;
  return chosen.length === 1 && batch?.items.length === ids.length ? batch : undefined;
}

function question(purpose: Purpose, count: number, batch: Batch | undefined): string {
  const words: Text = batch ? wordsOf(batch.items) : { vi: 'tài liệu', en: count === 1 ? 'document' : 'documents' };
  const vi = `${count === 1 ? `${words.vi} này` : `${count} ${words.vi}`}${batch?.className && count > 1 ? ` lớp ${batch.className}` : ''}`;
  const en = `${count === 1 ? `this ${words.en}` : `${count} ${words.en}`}${batch?.className && count > 1 ? ` of ${batch.className}` : ''}`;
  return purpose === 'seal' ? t(`Đóng dấu ${vi}?`, `Seal ${en}?`) : t(`Ký ${vi}?`, `Sign ${en}?`);
}
