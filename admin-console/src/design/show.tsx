import { type ComponentChildren, type ComponentType, createContext } from 'preact';
import { useContext, useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { Banner } from './form.tsx';
import { Icon } from './icon.tsx';
import type { IconName } from './icons.ts';
import { t } from './language.ts';
import type { Loaded } from './load.ts';

interface Failure {
  readonly message: string;
}

/** How a page is drawn that failed before it had a heading; without one its message stands alone. */
export const FailedPage = createContext<ComponentType<Failure> | undefined>(undefined);

function Failed({ message }: Failure) {
  const Page = useContext(FailedPage);
  const [isWholePage, setWholePage] = useState(false);
  useLayoutEffect(() => setWholePage(document.querySelector('main h1') === null), []);
  return Page && isWholePage ? <Page message={message} /> : <Banner state="bad">{message}</Banner>;
}

/** The three states of a question to the server. */
export function Show<Data>({
  loaded,
  children,
}: {
  readonly loaded: Loaded<Data>;
  readonly children: (data: Data) => ComponentChildren;
}) {
  if (loaded.state === 'failed') return <Failed message={loaded.message} />;
  if (loaded.state === 'loading') return <Skeleton />;
  return <>{children(loaded.data)}</>;
}

const patience = 300;

/** Rows to come, drawn only for who has waited a moment: a fast answer shows no flicker. */
export function Skeleton({ rows = 4 }: { readonly rows?: number }) {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), patience);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" class="grid gap-4 min-h-24 content-start">
      <span class="sr-only">{t('Đang tải…', 'Loading…')}</span>
      {isLate &&
        Array.from({ length: rows }, (_, row) => (
          <div key={row} class={`skeleton ${['w-3/4', 'w-1/2', 'w-2/3', 'w-2/5'][row % 4]}`} />
        ))}
    </div>
  );
}

/** Nothing there, and what to do about it. */
export function Empty({
  icon = 'circle-dashed',
  children,
  act,
}: {
  readonly icon?: IconName;
  readonly children: ComponentChildren;
  readonly act?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <p class="text-quiet">{children}</p>
      {act}
    </div>
  );
}
