import { useState } from 'preact/hooks';
import { Banner } from '../design/form.tsx';
import { t } from '../design/language.ts';
import { useAction } from '../design/load.ts';
import { keepRead } from './place.ts';
import type { Prepared } from './prepared.ts';
import { Documents } from './review.tsx';
import { openDocument, type Purpose, type Session } from './session.ts';

/** What was opened beside what was opened at once. */
export interface More {
  /** Documents that are on their way to the screen. */
  readonly opening: number;
  readonly drawn: readonly Drawn[];
}

export const noMore: More = { opening: 0, drawn: [] };

/** Files that the phone has drawn, and how many pages of each. */
export interface Drawn {
  readonly files: readonly Prepared[];
  readonly pages: ReadonlyMap<string, number>;
}

/** What is signed by its marks; each can be opened, and is drawn then as all that is opened. */
export function NotOpened({
  items,
  purpose,
  session,
  onChange,
}: {
  readonly items: readonly Session['items'][number][];
  readonly purpose: Purpose;
  readonly session: Session;
  readonly onChange: (change: (now: More) => More) => void;
}) {
  return (
    <section class="grid gap-2 grid-cols-[minmax(0,1fr)]" aria-labelledby="not-opened">
      <h2 id="not-opened">
        {purpose === 'seal'
          ? t(`${items.length} tài liệu đóng dấu theo điểm`, `${items.length} documents sealed by their marks`)
          : t(`${items.length} tài liệu ký theo điểm`, `${items.length} documents signed by their marks`)}
      </h2>
      <p class="text-quiet">
        {t(
          'Tệp của các tài liệu này chưa mở, và bằng chứng ghi rõ như vậy. Bấm «Mở» để xem trang.',
          'Their files are not opened, and the evidence says so. “Open” shows the page.',
        )}
      </p>
      <ul class="grid grid-cols-[minmax(0,1fr)]">
        {items.map((item) => (
          <li key={`${session.id} ${item.requestId}`} class="border-t border-line py-2 grid grid-cols-[minmax(0,1fr)]">
            <OneNotOpened item={item} session={session} onChange={onChange} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function OneNotOpened({
  item: { requestId, title, marks },
  session,
  onChange,
}: {
  readonly item: Session['items'][number];
  readonly session: Session;
  readonly onChange: (change: (now: More) => More) => void;
}) {
  const [files, setFiles] = useState<readonly Prepared[]>();
  const [isOpening, setOpening] = useState(false);
  const { error, run } = useAction();
  const open = () =>
    run(async () => {
      setOpening(true);
      onChange(({ opening, drawn }) => ({ opening: opening + 1, drawn }));
      try {
        setFiles(await openDocument(session, requestId));
      } catch (failed) {
        setOpening(false);
        onChange(({ opening, drawn }) => ({ opening: opening - 1, drawn }));
        throw failed;
      }
    });
  return (
    <>
      <div class="flex items-start gap-3">
        <div class="grow min-w-0">
          <p class="font-semibold">{title}</p>
          <p class="text-sm text-quiet">{marks}</p>
        </div>
        {!isOpening && (
          <button
            type="button"
            class="button button-quiet -mr-3"
            aria-label={t(`Mở ${title}`, `Open ${title}`)}
            onClick={open}
          >
            {t('Mở', 'Open')}
          </button>
        )}
      </div>
      {error && <Banner state="bad">{error}</Banner>}
      {isOpening && !error && (
        <Documents
          files={files ?? []}
          onDrawn={(pages) => {
            keepRead(requestId);
            onChange(({ opening, drawn }) => ({
              opening: opening - 1,
              drawn: [...drawn, { files: files ?? [], pages }],
            }));
          }}
        />
      )}
    </>
  );
}
