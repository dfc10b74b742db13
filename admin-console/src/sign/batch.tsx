import { useEffect, useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import { Progress } from '../design/bar.tsx';
import { Banner } from '../design/form.tsx';
import { Icon } from '../design/icon.tsx';
import { formatDate, formatEducationId, t } from '../design/language.ts';
import { useAction, useLoad } from '../design/load.ts';
import { Row, Ruled } from '../design/ruled.tsx';
import { Empty, Skeleton } from '../design/show.tsx';
import { Back } from './back.tsx';
import { batchesOf, everyClass, everyClassKey, inReadingOrder, sharedNames, type Waiting } from './batches.ts';
import { loadDue } from './due.ts';
import { FindingLine } from './finding.tsx';
import { batchNote, batchTitle, wordsOf } from './inbox.tsx';
import { canKeep, countKept, keepDocuments, useOffline } from './offline/kept.ts';
import { keepChosen, usePlace, wasRead } from './place.ts';
import { type Finding, loadUnusual } from './unusual.ts';

/** As many documents as one confirmation covers. */
const mostAtOnce = 1000;

/** The documents of one class: what stands out first, the others ticked, one button signs. */
export function BatchPage() {
  const { purpose: asked, key = '' } = useRoute().params;
  const purpose = asked === 'seal' ? 'seal' : 'sign';
  const [due] = useLoad(`${purpose} ${key}`, async () => ({
    items: await loadDue(purpose),
    unusual: purpose === 'sign' ? await loadUnusual() : new Map<string, readonly Finding[]>(),
  }));
  const { route } = useLocation();
  const takenMs = useOffline();
  useEffect(() => {
    // The reader is here before it is needed; a page that fails to load says so itself.
    import('./document.ts').catch(() => undefined);
  }, []);
  const [left, setLeft] = usePlace(`${purpose} ${key}`, due.state === 'ready');
  if (due.state === 'loading') return <Skeleton rows={6} />;
  if (due.state === 'failed') return <Banner state="bad">{due.message}</Banner>;
  const batches = batchesOf(due.data.items);
  const batch = key === everyClassKey ? everyClass(batches) : batches.find((one) => one.key === key);
  if (!batch) {
    return (
      <>
        <h1>{t('Lớp này không còn gì chờ ký', 'Nothing of this class waits for you')}</h1>
        <Empty
          icon="inbox"
          act={
            <a class="button" href="/sign/">
              {t('Về danh sách chờ ký', 'To what waits for you')}
            </a>
          }
        >
          {t('Đã ký xong, hoặc người trình đã rút lại.', 'It is signed, or the person who asked withdrew it.')}
        </Empty>
      </>
    );
  }
  const { unusual } = due.data;
  const words = wordsOf(batch.items);
  const twins = sharedNames(batch.items);
  const order = inReadingOrder(batch, unusual);
  const odd = order.filter(({ id }) => unusual.has(id));
  const usual = order.slice(odd.length);
  const chosen = order.map(({ id }) => id).filter((id) => !left.has(id)); // the first of too many are those to be read
  const now = chosen.slice(0, mostAtOnce);
  const unread = odd.filter(({ id }) => !left.has(id) && !wasRead(id)).length;
  const toggle = (id: string) => {
    const next = new Set(left);
    if (!next.delete(id)) next.add(id);
    setLeft(next);
  };
  const item = (one: Waiting) => ({
    item: one,
    isTwin: one.subject !== null && twins.has(one.subject.fullName),
    isOdd: unusual.has(one.id),
    isChosen: !left.has(one.id),
    canRead: purpose === 'sign',
    isOfSeveral: batch.classCount > 1,
    onToggle: () => toggle(one.id),
  });
  return (
    <>
      <div>
        <Back href="/sign/" />
        <h1>{batchTitle(batch)}</h1>
        <p class="text-quiet">{batchNote(batch)}</p>
      </div>
      {odd.length > 0 && (
        <section class="grid gap-2" aria-labelledby="odd">
          <h2 id="odd">{t(`${odd.length} em cần đọc kỹ`, `${odd.length} to read closely`)}</h2>
          <Ruled onMargin>
            {odd.map((one) => (
              <Row key={one.id} mark="warn">
                <Item {...item(one)} />
                <div class="grid gap-2 mt-1">
                  {(unusual.get(one.id) ?? []).slice(0, 3).map((finding) => (
                    <FindingLine key={`${finding.label}${finding.kind}`} finding={finding} />
                  ))}
                </div>
              </Row>
            ))}
          </Ruled>
        </section>
      )}
      <section class="grid gap-2" aria-labelledby="usual">
        <div class="flex flex-wrap items-center justify-between gap-3">
          <h2 id="usual">
            {odd.length > 0
              ? t(`${usual.length} em như thường lệ`, `${usual.length} as usual`)
              : t(`${usual.length} em`, `${usual.length} pupils`)}
          </h2>
          <button
            type="button"
            class="button button-quiet px-0!"
            onClick={() => setLeft(chosen.length > 0 ? new Set(batch.items.map(({ id }) => id)) : new Set())}
          >
            {chosen.length > 0 ? t('Bỏ chọn tất cả', 'Choose none') : t('Chọn tất cả', 'Choose all')}
          </button>
        </div>
        <ul class="grid">
          {usual.map((one) => (
            <li key={one.id} class="border-t border-line">
              <Item {...item(one)} />
            </li>
          ))}
        </ul>
      </section>
      {purpose === 'sign' && canKeep() && takenMs === undefined && <Keep items={batch.items} />}
      <div class="phone-bar">
        <div>
          <p class="text-sm">
            {chosen.length > mostAtOnce
              ? t('Mỗi lần ký tối đa 1.000 tài liệu.', 'At most 1,000 documents at once.')
              : t(
                  `${chosen.length} trên ${batch.items.length} đã chọn`,
                  `${chosen.length} of ${batch.items.length} chosen`,
                )}
            {unread > 0 && (
              <span class="font-semibold">
                {t(` · ${unread} em cần đọc kỹ chưa đọc`, ` · ${unread} to read closely not read yet`)}
              </span>
            )}
          </p>
          <button
            type="button"
            class="button button-primary"
            disabled={now.length === 0 || takenMs !== undefined}
            onClick={() => {
              const of = `${purpose} ${key}`;
              keepChosen(of, now);
              route(`/sign/confirm/${purpose}?of=${encodeURIComponent(of)}`);
            }}
          >
            <Icon name={purpose === 'seal' ? 'stamp' : 'pen-line'} />
            {purpose === 'seal'
              ? t(`Đóng dấu ${now.length} ${words.vi}`, `Seal ${now.length} ${words.en}`)
              : t(`Ký ${now.length} ${words.vi}`, `Sign ${now.length} ${words.en}`)}
          </button>
        </div>
      </div>
    </>
  );
}

function Item({
  item,
  isTwin,
  isOdd,
  isChosen,
  canRead,
  isOfSeveral,
  onToggle,
}: {
  readonly item: Waiting;
  readonly isTwin: boolean;
  readonly isOdd: boolean;
  readonly isChosen: boolean;
  readonly canRead: boolean;
  /** Among those of other classes. */
  readonly isOfSeveral: boolean;
  readonly onToggle: () => void;
}) {
  return (
    <div class="flex items-center gap-2">
      <label class="flex items-center gap-3 grow min-w-0 min-h-12 cursor-pointer">
        <input
          type="checkbox"
          class="tick"
          checked={isChosen}
          onChange={onToggle}
          aria-label={t(`Chọn ${describe(item)}`, `Choose ${describe(item)}`)}
        />
        <span class="min-w-0">
          <span class="block font-semibold">{item.subject?.fullName ?? item.title}</span>
          {isOfSeveral && (
            <span class="block text-sm text-quiet">{t(`lớp ${item.className}`, `class ${item.className}`)}</span>
          )}
          {isTwin && <span class="block text-sm number">{tellApart(item)}</span>}
        </span>
      </label>
      {canRead && (
        <a
          class={`button ${isOdd ? '' : 'button-quiet -mr-3'}`}
          href={`/sign/read/${item.id}`}
          aria-label={t(`Đọc ${describe(item)}`, `Read ${describe(item)}`)}
        >
          {t('Đọc', 'Read')}
        </a>
      )}
    </div>
  );
}

/** Reading on the way home: what is loaded now is readable without a network, and only that. */
function Keep({ items }: { readonly items: readonly Waiting[] }) {
  const ids = items.map(({ id }) => id);
  const [kept, reload] = useLoad(ids.join(), () => countKept(ids));
  const [done, setDone] = useState(0);
  const { isBusy, error, run } = useAction();
  const kilobytes = Math.round(items.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / 1024);
  const start = () =>
    run(async () => {
      setDone(0);
      await keepDocuments(ids, setDone);
      reload();
    });
  return (
    <section class="grid gap-2 justify-items-start" aria-label={t('Đọc khi mất mạng', 'Reading without a network')}>
      {error && <Banner state="bad">{error}</Banner>}
      {isBusy ? (
        <Progress part={done / ids.length}>
          {t(`Đã tải ${done} trên ${ids.length}`, `${done} of ${ids.length}`)}
        </Progress>
      ) : kept.state === 'ready' && kept.data === ids.length ? (
        <p class="state state-good">
          <Icon name="check" />
          {t('Đã tải, đọc được khi mất mạng', 'Kept, readable without a network')}
        </p>
      ) : (
        <button type="button" class="button" onClick={start}>
          <Icon name="download" />
          {t(
            `Tải ${ids.length} tệp để đọc khi mất mạng (${kilobytes} kB)`,
            `Keep ${ids.length} files to read offline (${kilobytes} kB)`,
          )}
        </button>
      )}
    </section>
  );
}

/** Birth date and education ID: what tells two of one name apart. */
export function tellApart({ subject }: Pick<Waiting, 'subject'>): string {
  if (!subject) return '';
  return [
    subject.birthDate ? `${t('sinh', 'born')} ${formatDate(subject.birthDate)}` : '',
    formatEducationId(subject.educationId),
  ]
    .filter(Boolean)
    .join(' · ');
}

function describe(item: Waiting): string {
  return item.subject ? `${item.subject.fullName}, ${formatEducationId(item.subject.educationId)}` : item.title;
}
