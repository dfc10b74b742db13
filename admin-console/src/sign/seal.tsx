import { useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { Banner } from '../design/form.tsx';
import { t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';

/** What the principals have signed and the school's seal is still missing from; one act seals all that are ticked. */
export function SealInbox({ onSeal }: { readonly onSeal: (ids: readonly string[]) => void }) {
  const [loaded] = useLoad('to seal', async () => {
    const { items } = await must(
      api.GET('/api/v1/signing/requests', { params: { query: { state: 'signed', limit: 100 } } }),
    );
    return items;
  });
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  if (loaded.state === 'loading') return null;
  if (loaded.state === 'failed') return <Banner state="bad">{loaded.message}</Banner>;
  const items = loaded.data;
  if (items.length === 0) {
    return (
      <div class="card text-center py-10 grid gap-2">
        <h1>{t('Không có gì chờ đóng dấu', 'Nothing waits for the seal')}</h1>
        <p class="text-quiet">
          {t('Học bạ hiện ở đây khi hiệu trưởng đã ký.', 'Transcripts show here once the principal has signed them.')}
        </p>
      </div>
    );
  }
  const chosen = items.filter(({ id }) => !left.has(id));
  const toggle = (id: string) => {
    const next = new Set(left);
    if (!next.delete(id)) next.add(id);
    setLeft(next);
  };
  return (
    <>
      <h1>{t(`${items.length} văn bản chờ đóng dấu`, `${items.length} documents wait for the seal`)}</h1>
      <ul class="grid gap-3 pb-24">
        {items.map(({ id, title, subject, steps, organisation }) => (
          <li key={id}>
            <label class="card flex items-center gap-3 p-3 cursor-pointer">
              <input
                type="checkbox"
                class="size-6 accent-accent shrink-0"
                checked={!left.has(id)}
                onChange={() => toggle(id)}
              />
              <span>
                <span class="block font-semibold">{subject?.fullName ?? title}</span>
                <span class="block text-sm text-quiet">
                  {title} · {organisation.name}
                </span>
                <span class="block text-sm text-quiet">
                  {t('Đã ký:', 'Signed by:')}{' '}
                  {steps
                    .filter(({ state }) => state === 'done')
                    .map(({ person, title: post }) => `${person?.fullName} (${post})`)
                    .join(', ')}
                </span>
              </span>
            </label>
          </li>
        ))}
      </ul>
      <div class="fixed inset-x-0 bottom-0 bg-paper border-t border-line p-3">
        <div class="mx-auto max-w-xl grid">
          <button
            type="button"
            class="button button-primary min-h-12"
            disabled={chosen.length === 0}
            onClick={() => onSeal(chosen.map(({ id }) => id))}
          >
            {t(`Đóng dấu ${chosen.length} văn bản`, `Seal ${chosen.length} documents`)}
          </button>
        </div>
      </div>
    </>
  );
}
