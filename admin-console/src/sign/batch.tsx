import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import { Banner } from '../design/form.tsx';
import { formatDate, formatEducationId, t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { batchesOf, sharedNames, type Waiting } from './batches.ts';
import { loadDue } from './due.ts';
import { batchTitle } from './inbox.tsx';

/** As many documents as one confirmation covers. */
const mostAtOnce = 100;

/** The documents of one class: all chosen, each can be read, one button signs. */
export function BatchPage() {
  const { purpose: asked, key = '' } = useRoute().params;
  const purpose = asked === 'seal' ? 'seal' : 'sign';
  const { route } = useLocation();
  const [due] = useLoad(`${purpose} ${key}`, () => loadDue(purpose));
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  if (due.state === 'loading') return null;
  if (due.state === 'failed') return <Banner state="bad">{due.message}</Banner>;
  const batch = batchesOf(due.data).find((one) => one.key === key);
  if (!batch) {
    return (
      <div class="card text-center py-10 grid gap-2">
        <h1>{t('Lớp này không còn gì chờ bạn', 'Nothing of this class waits for you')}</h1>
        <a href="/sign">{t('Về danh sách chờ ký', 'To what waits for you')}</a>
      </div>
    );
  }
  const twins = sharedNames(batch.items);
  const chosen = batch.items.map(({ id }) => id).filter((id) => !left.has(id));
  const now = chosen.slice(0, mostAtOnce);
  const toggle = (id: string) => {
    const next = new Set(left);
    if (!next.delete(id)) next.add(id);
    setLeft(next);
  };
  const notes = [
    batch.organisation,
    batch.requestedBy && t(`${batch.requestedBy} trình`, `asked by ${batch.requestedBy}`),
    batch.dueAt && `${t('hạn', 'due')} ${formatDate(batch.dueAt)}`,
  ];
  return (
    <>
      <a class="button button-quiet justify-self-start -ml-3" href="/sign">
        ‹ {t('Danh sách', 'List')}
      </a>
      <div>
        <h1>{batchTitle(batch)}</h1>
        <p class="text-quiet">{notes.filter(Boolean).join(' · ')}</p>
      </div>
      <button
        type="button"
        class="button button-quiet justify-self-end"
        onClick={() => setLeft(chosen.length > 0 ? new Set(batch.items.map(({ id }) => id)) : new Set())}
      >
        {chosen.length > 0 ? t('Bỏ chọn tất cả', 'Choose none') : t('Chọn tất cả', 'Choose all')}
      </button>
      <ul class="grid gap-2 pb-32">
        {batch.items.map((item) => (
          <li key={item.id} class="card flex items-center gap-3 p-2">
            <label class="grid place-items-center size-11 shrink-0">
              <input
                type="checkbox"
                class="size-6 accent-accent"
                checked={!left.has(item.id)}
                onChange={() => toggle(item.id)}
                aria-label={t(`Chọn ${describe(item)}`, `Choose ${describe(item)}`)}
              />
            </label>
            <span class="flex-1 min-w-0">
              <span class="block font-semibold">{item.subject?.fullName ?? item.title}</span>
              {item.subject && twins.has(item.subject.fullName) && (
                <span class="block text-sm number">{tellApart(item)}</span>
              )}
            </span>
            {purpose === 'sign' && (
              <a
                class="button"
                href={`/sign/read/${item.id}`}
                aria-label={t(`Đọc ${describe(item)}`, `Read ${describe(item)}`)}
              >
                {t('Đọc', 'Read')}
              </a>
            )}
          </li>
        ))}
      </ul>
      <div class="fixed inset-x-0 bottom-0 bg-paper border-t border-line p-3">
        <div class="mx-auto max-w-xl grid gap-2">
          {chosen.length > mostAtOnce && (
            <p class="text-sm text-quiet">
              {t(`Mỗi lần ký tối đa ${mostAtOnce} tài liệu.`, `At most ${mostAtOnce} documents at once.`)}
            </p>
          )}
          <button
            type="button"
            class="button button-primary min-h-12"
            disabled={now.length === 0}
            onClick={() => route(`/sign/confirm/${purpose}?ids=${now.join()}`)}
          >
            {purpose === 'seal'
              ? t(`Đóng dấu ${now.length} học bạ`, `Seal ${now.length} transcripts`)
              : t(`Ký ${now.length} học bạ`, `Sign ${now.length} transcripts`)}
          </button>
        </div>
      </div>
    </>
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
