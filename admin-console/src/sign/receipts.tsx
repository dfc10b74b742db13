import { api, must } from '../design/api.ts';
import { Banner } from '../design/form.tsx';
import { Icon } from '../design/icon.tsx';
import { formatTime, t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { Row, type RowMark, Ruled } from '../design/ruled.tsx';
import { Empty, Skeleton } from '../design/show.tsx';
import type { paths } from '../generated/api.d.ts';
import { DownloadAll } from './download-all.tsx';

/** What the person has signed or sealed: the receipts, each with its file. */
export function Receipts() {
  const [signed] = useLoad('signed', () =>
    must(api.GET('/api/v1/signing/signed', { params: { query: { limit: 200 } } })),
  );
  if (signed.state === 'loading') return <Skeleton rows={6} />;
  if (signed.state === 'failed') return <Banner state="bad">{signed.message}</Banner>;
  const { items } = signed.data;
  if (items.length === 0) {
    return (
      <>
        <h1>{t('Chưa ký gì', 'Nothing signed yet')}</h1>
        <Empty icon="scroll-text">
          {t(
            'Những gì đã ký hiện ở đây, kèm tệp để mở và tải.',
            'What you signed shows here, with its file to open and keep.',
          )}
        </Empty>
      </>
    );
  }
  return (
    <>
      <h1>{t(`${items.length} tài liệu đã ký`, `${items.length} documents signed`)}</h1>
      {[...Map.groupBy(items, ({ classId }) => classId)].map(([classId, group]) => (
        <ReceiptsOf key={classId} items={group} />
      ))}
    </>
  );
}

type Receipt =
  paths['/api/v1/signing/signed']['get']['responses']['200']['content']['application/json']['items'][number];

/** The receipts of one class, or those of none. */
function ReceiptsOf({ items }: { readonly items: readonly Receipt[] }) {
  const className = items[0]?.className ?? null;
  const heading =
    className === null
      ? t('Tài liệu khác', 'Other documents')
      : t(`Học bạ lớp ${className}`, `Transcripts of ${className}`);
  return (
    <section class="grid gap-3" aria-label={heading}>
      <div class="flex flex-wrap items-center justify-between gap-3">
        <h2>{heading}</h2>
        <DownloadAll
          items={items.map(({ id, subject }) => ({ id, of: subject?.fullName ?? null }))}
          name={`${className === null ? 'tai-lieu' : `lop-${className}`}-da-ky.zip`}
        />
      </div>
      <Ruled onMargin>
        {items.map((item) => {
          const last = item.steps.flatMap(({ closedAt }) => closedAt ?? []).at(-1);
          const { mark, word } = stateOf(item.state);
          return (
            <Row
              key={item.id}
              mark={mark}
              title={
                <FileTitle
                  id={item.id}
                  title={item.title}
                  {...(className !== null && item.subject ? { shown: item.subject.fullName } : {})}
                />
              }
              note={
                <>
                  {word} · <span class="code">{item.code}</span>
                  {last && ` · ${formatTime(last)}`}
                </>
              }
            />
          );
        })}
      </Ruled>
    </section>
  );
}

function stateOf(state: string): { readonly mark: RowMark; readonly word: string } {
  switch (state) {
    case 'issued':
      return { mark: 'good', word: t('Đã phát hành', 'Issued') };
    case 'signed':
      return { mark: 'now', word: t('Chờ đóng dấu', 'To be sealed') };
    case 'waiting':
      return { mark: 'later', word: t('Chờ người sau ký', 'Waits for the next') };
    case 'rejected':
      return { mark: 'bad', word: t('Bị trả lại', 'Sent back') };
    default:
      return { mark: 'dot', word: t('Đã rút', 'Withdrawn') };
  }
}

/** A document by its name, which opens it with every signature so far; the button at its right keeps the file, under the answer's name. */
export function FileTitle({
  id,
  title,
  shown = title,
}: {
  readonly id: string;
  readonly title: string;
  /** The part of the title that is seen, where a heading says the rest. */
  readonly shown?: string;
}) {
  const address = `/api/v1/signing/requests/${id}/document`;
  return (
    <span class="flex items-start gap-2">
      <a class="grow py-2.5" href={address} target="_blank" rel="noreferrer" aria-label={`${t('Mở', 'Open')} ${title}`}>
        {shown}
      </a>
      <a
        class="icon-button flex-none"
        href={address}
        target="_self"
        download
        aria-label={`${t('Tải về', 'Download')} ${title}`}
      >
        <Icon name="download" />
      </a>
    </span>
  );
}
