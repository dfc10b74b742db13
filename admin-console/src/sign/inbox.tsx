import { Banner } from '../design/form.tsx';
import { Icon } from '../design/icon.tsx';
import { formatDate, type Text, t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { Row, Ruled } from '../design/ruled.tsx';
import { Empty, Skeleton } from '../design/show.tsx';
import { type Batch, batchesOf, everyClass, type Waiting } from './batches.ts';
import { loadDue } from './due.ts';
import { countKept } from './offline/kept.ts';
import { Thumbnails } from './thumbnails.tsx';
import { loadUnusual } from './unusual.ts';

/** What waits for the person, by class: to sign, and for a clerk to seal. */
export function Inbox({ isAlone }: { readonly isAlone: boolean }) {
  const [toSign] = useLoad('to sign', () => loadDue('sign'));
  const [toSeal] = useLoad('to seal', () => loadDue('seal'));
  const [unusual] = useLoad('unusual', loadUnusual);
  if (toSign.state === 'failed') return <Banner state="bad">{toSign.message}</Banner>;
  if (toSeal.state === 'failed') return <Banner state="bad">{toSeal.message}</Banner>;
  if (toSign.state === 'loading' || toSeal.state === 'loading') return <Skeleton />;
  const [signing, sealing] = [batchesOf(toSign.data), batchesOf(toSeal.data)];
  const total = toSign.data.length + toSeal.data.length;
  if (total === 0 && !isAlone) return null;
  if (total === 0) {
    return (
      <>
        <h1>{t('Không còn gì chờ ký', 'Nothing waits for you')}</h1>
        <Empty icon="inbox">
          {t('Khi tới lượt mình ký, tài liệu hiện ở đây.', 'When it is your turn to sign, the document appears here.')}
        </Empty>
      </>
    );
  }
  const odd = unusual.state === 'ready' ? unusual.data : new Map();
  return (
    <>
      <div>
        <h1>{t(`${total} tài liệu chờ ký`, `${total} documents wait`)}</h1>
        <p class="text-quiet">
          {t(`trong ${signing.length + sealing.length} tập`, `in ${signing.length + sealing.length} batches`)}
        </p>
      </div>
      <Every batch={everyClass(signing)} purpose="sign" />
      <Every batch={everyClass(sealing)} purpose="seal" />
      <Ruled onMargin>
        {signing.map((batch) => (
          <OneBatch
            key={batch.key}
            batch={batch}
            purpose="sign"
            oddCount={batch.items.filter(({ id }) => odd.has(id)).length}
          />
        ))}
        {sealing.map((batch) => (
          <OneBatch key={`seal ${batch.key}`} batch={batch} purpose="seal" oddCount={0} />
        ))}
      </Ruled>
    </>
  );
}

/** To all classes at once, for who signs a whole school. */
function Every({ batch, purpose }: { readonly batch: Batch | undefined; readonly purpose: 'sign' | 'seal' }) {
  if (!batch) return null;
  const count = batch.items.length;
  return (
    <a class="button justify-self-start" href={`/sign/batch/${purpose}/${batch.key}`}>
      {purpose === 'seal'
        ? t(`Đóng dấu cả ${batch.classCount} lớp (${count})`, `Seal all ${batch.classCount} classes (${count})`)
        : t(`Ký cả ${batch.classCount} lớp (${count})`, `Sign all ${batch.classCount} classes (${count})`)}
    </a>
  );
}

/** To the class; a document that stands alone is opened at once. */
function Open({ batch, purpose }: { readonly batch: Batch; readonly purpose: 'sign' | 'seal' }) {
  const { className, items, key } = batch;
  const [first] = items;
  if (!className && first && items.length === 1 && purpose === 'sign') {
    return (
      <a class="button button-primary" href={`/sign/read/${first.id}`}>
        {t('Đọc tài liệu', 'Read the document')}
      </a>
    );
  }
  const { vi, en } = wordsOf(items);
  return (
    <a class="button button-primary" href={`/sign/batch/${purpose}/${key}`}>
      {purpose === 'seal'
        ? t(`Xem ${items.length} ${vi} chờ đóng dấu`, `Look at ${items.length} to seal`)
        : t(`Xem ${items.length} ${vi}`, `Look at ${items.length} ${en}`)}
    </a>
  );
}

/** What a list of documents is called: transcripts when all of them are. */
export function wordsOf(items: readonly Pick<Waiting, 'kind'>[]): Text {
  return items.every(({ kind }) => kind === 'transcript' || kind === 'school-report')
    ? { vi: 'học bạ', en: items.length === 1 ? 'transcript' : 'transcripts' }
    : { vi: 'tài liệu', en: items.length === 1 ? 'document' : 'documents' };
}

/** The heading of a batch: "Học bạ lớp 5A, 31 em". */
export function batchTitle({ className, classCount, items }: Batch): string {
  const [first] = items;
  if (classCount > 1) {
    return t(
      `Học bạ của ${classCount} lớp, ${items.length} em`,
      `Transcripts of ${classCount} classes, ${items.length} pupils`,
    );
  }
  if (!className) return first?.title ?? '';
  return t(`Học bạ lớp ${className}, ${items.length} em`, `Transcripts of ${className}, ${items.length} pupils`);
}

/** Where it comes from, who asks and until when. */
export function batchNote({ organisation, requestedBy, dueAt }: Batch): string {
  return [
    organisation,
    requestedBy && t(`${requestedBy} trình`, `asked by ${requestedBy}`),
    dueAt && `${t('hạn', 'due')} ${formatDate(dueAt)}`,
  ]
    .filter(Boolean)
    .join(' · ');
}

function OneBatch({
  batch,
  purpose,
  oddCount,
}: {
  readonly batch: Batch;
  readonly purpose: 'sign' | 'seal';
  readonly oddCount: number;
}) {
  const ids = batch.items.map(({ id }) => id);
  const [kept] = useLoad(ids.join(), () => countKept(ids));
  const isKept = kept.state === 'ready' && kept.data === ids.length;
  const kilobytes = Math.round(batch.items.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / 1024);
  return (
    <Row
      mark={oddCount > 0 ? 'warn' : 'later'}
      title={<span class="text-lg">{batchTitle(batch)}</span>}
      note={batchNote(batch)}
    >
      <div class="grid gap-3 mt-3" data-batch={batch.key}>
        <Thumbnails items={batch.items} />
        <p class="flex flex-wrap gap-2">
          {oddCount > 0 && (
            <span class="state state-warn">
              <Icon name="triangle-alert" />
              {t(`${oddCount} em cần đọc kỹ`, `${oddCount} to read closely`)}
            </span>
          )}
          <span class="state state-plain">
            {isKept && <Icon name="download" />}
            {isKept ? t(`${kilobytes} kB, đã tải`, `${kilobytes} kB, on this phone`) : `${kilobytes} kB`}
          </span>
        </p>
        <Open batch={batch} purpose={purpose} />
      </div>
    </Row>
  );
}
