import { api, must } from '../design/api.ts';
import { Banner } from '../design/form.tsx';
import { formatTime, t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { State } from '../design/mark.tsx';

/** What the person has signed or sealed: the receipts, each with its file. */
export function Receipts() {
  const [signed] = useLoad('signed', () =>
    must(api.GET('/api/v1/signing/signed', { params: { query: { limit: 200 } } })),
  );
  if (signed.state === 'loading') return null;
  if (signed.state === 'failed') return <Banner state="bad">{signed.message}</Banner>;
  const { items } = signed.data;
  if (items.length === 0) {
    return (
      <div class="card text-center py-10 grid gap-2">
        <h1>{t('Bạn chưa ký gì', 'You have signed nothing yet')}</h1>
      </div>
    );
  }
  return (
    <>
      <h1>{t(`${items.length} tài liệu bạn đã ký`, `${items.length} documents that you signed`)}</h1>
      <ul class="grid gap-2 pb-24">
        {items.map((item) => {
          const last = item.steps.flatMap(({ closedAt }) => closedAt ?? []).at(-1);
          return (
            <li key={item.id} class="card grid gap-2 p-3">
              <span class="font-semibold">{item.title}</span>
              <span class="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm">
                {item.state === 'issued' && <State state="good">{t('Đã phát hành', 'Issued')}</State>}
                {item.state === 'signed' && <State state="plain">{t('Chờ đóng dấu', 'To be sealed')}</State>}
                {item.state === 'waiting' && <State state="plain">{t('Chờ người sau ký', 'Waits for the next')}</State>}
                {item.state === 'rejected' && <State state="bad">{t('Bị trả lại', 'Sent back')}</State>}
                {item.state === 'withdrawn' && <State state="plain">{t('Đã rút', 'Withdrawn')}</State>}
                <span class="number">{item.code}</span>
                {last && <span class="number text-quiet">{formatTime(last)}</span>}
              </span>
              <Files id={item.id} code={item.code} title={item.title} />
            </li>
          );
        })}
      </ul>
    </>
  );
}

/** Opens and keeps the file as it is now, with every signature so far. */
export function Files({ id, code, title }: { readonly id: string; readonly code: string; readonly title: string }) {
  const address = `/api/v1/signing/requests/${id}/document`;
  return (
    <span class="flex flex-wrap gap-3">
      <a class="button" href={address} target="_blank" rel="noreferrer" aria-label={`${t('Mở', 'Open')} ${title}`}>
        {t('Mở', 'Open')}
      </a>
      <a
        class="button"
        href={address}
        target="_self"
        download={`hoc-ba-${code}.pdf`}
        aria-label={`${t('Tải về', 'Download')} ${title}`}
      >
        {t('Tải về', 'Download')}
      </a>
    </span>
  );
}
