import { api, must } from '../design/api.ts';
import { Banner } from '../design/form.tsx';
import { formatDate, t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { type Batch, batchesOf } from './batches.ts';
import { loadDue } from './due.ts';

/** What waits for the person, by class: to sign, and for a clerk to seal. */
export function Inbox() {
  const [count] = useLoad('count', () => must(api.GET('/api/v1/signing/inbox/count')));
  const [toSign] = useLoad('to sign', () => loadDue('sign'));
  const [toSeal] = useLoad('to seal', () => loadDue('seal'));
  if (toSign.state === 'failed') return <Banner state="bad">{toSign.message}</Banner>;
  if (toSeal.state === 'failed') return <Banner state="bad">{toSeal.message}</Banner>;
  if (toSign.state === 'loading' || toSeal.state === 'loading') return null;
  const [signing, sealing] = [batchesOf(toSign.data), batchesOf(toSeal.data)];
  if (signing.length + sealing.length === 0) {
    return (
      <div class="card text-center py-10 grid gap-2">
        <h1>{t('Không còn gì chờ ký', 'Nothing waits for you')}</h1>
        <p class="text-quiet">
          {t(
            'Khi tới lượt bạn ký, tài liệu sẽ hiện ở đây.',
            'When it is your turn to sign, the document appears here.',
          )}
        </p>
      </div>
    );
  }
  const total =
    count.state === 'ready' ? count.data.toSign + count.data.toSeal : toSign.data.length + toSeal.data.length;
  return (
    <>
      <h1>{t(`${total} tài liệu chờ ký`, `${total} documents wait`)}</h1>
      <ul class="grid gap-3 pb-24">
        {signing.map((batch) => (
          <Row key={batch.key} batch={batch} purpose="sign" />
        ))}
        {sealing.map((batch) => (
          <Row key={`seal ${batch.key}`} batch={batch} purpose="seal" />
        ))}
      </ul>
    </>
  );
}

/** The heading of a batch: "Học bạ lớp 5A, 31 em". */
export function batchTitle({ className, items }: Batch): string {
  const [first] = items;
  if (!className) return first?.title ?? '';
  return t(`Học bạ lớp ${className}, ${items.length} em`, `Transcripts of ${className}, ${items.length} pupils`);
}

function Row({ batch, purpose }: { readonly batch: Batch; readonly purpose: 'sign' | 'seal' }) {
  const notes = [
    batch.organisation,
    batch.requestedBy && t(`${batch.requestedBy} trình`, `asked by ${batch.requestedBy}`),
    batch.dueAt && `${t('hạn', 'due')} ${formatDate(batch.dueAt)}`,
  ];
  return (
    <li class="card grid gap-3" data-batch={batch.key}>
      <div>
        <h2>{batchTitle(batch)}</h2>
        <p class="text-sm text-quiet">{notes.filter(Boolean).join(' · ')}</p>
      </div>
      <a class="button button-primary min-h-12" href={`/sign/batch/${purpose}/${batch.key}`}>
        {purpose === 'seal'
          ? t(`Xem ${batch.items.length} học bạ chờ đóng dấu`, `Look at ${batch.items.length} to seal`)
          : t(`Xem ${batch.items.length} học bạ`, `Look at ${batch.items.length} transcripts`)}
      </a>
    </li>
  );
}
