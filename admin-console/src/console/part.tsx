import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Banner } from '../design/form.tsx';
import { t } from '../design/language.ts';
import { Skeleton } from '../design/show.tsx';
import { Title } from './parts.tsx';

/** A page in a file of its own, asked for when it is opened; without a network, or after an update, it says so. */
export function part(load: () => Promise<ComponentType>): ComponentType {
  let known: ComponentType | undefined;
  return function Part() {
    const [Page, setPage] = useState(() => known);
    useEffect(() => {
      if (Page) return;
      load().then(
        (loaded) => {
          known = loaded;
          setPage(() => loaded);
        },
        () => setPage(() => NotLoaded),
      );
    }, []);
    return Page ? <Page /> : <Skeleton />;
  };
}

function NotLoaded() {
  return (
    <>
      <Title title={t('Trang này chưa tải được', 'This page has not loaded')} />
      <Banner state="warn">
        {t(
          'Mạng bị ngắt, hoặc EduTrust vừa được cập nhật. Tải lại trang là được.',
          'The network is down, or EduTrust has just been updated. Load the page again.',
        )}
      </Banner>
      <button type="button" class="button button-primary justify-self-start" onClick={() => location.reload()}>
        {t('Tải lại', 'Load again')}
      </button>
    </>
  );
}

/** A page whose first question was refused or went unanswered: why, and the ways on. */
export function NotOpened({ message }: { readonly message: string }) {
  return (
    <>
      <Title title={t('Trang này chưa mở được', 'This page did not open')} />
      <Banner state="bad">{message}</Banner>
      <div class="flex flex-wrap gap-3">
        <button type="button" class="button" onClick={() => location.reload()}>
          {t('Thử lại', 'Try again')}
        </button>
        <a class="button" href="/admin">
          {t('Về trang Hôm nay', 'To the page Today')}
        </a>
      </div>
    </>
  );
}
