import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { type Locale, setLocale, t } from '../design/language.ts';
import { Lotus } from '../design/lotus.tsx';
import { Mark } from '../design/mark.tsx';

/** How a page is shown; the services' views fit it. */
export interface PageView {
  readonly locale: Locale;
  readonly path: string;
  /** After how many seconds unused the session of a shared computer ends. */
  readonly idleSeconds?: number;
}

/**
 * `cover`: the first thing that people see, a form beside what this is. `narrow`: one thing to read or decide. `sheet`:
 * lists and reports. `open`: a page that lays itself out.
 */
type Layout = 'cover' | 'narrow' | 'sheet' | 'open';

interface Page {
  readonly title: string;
  readonly body: VNode;
  readonly layout: Layout;
  /** What the script needs, as JSON that does not run, by the id of its element. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** A whole HTML document. */
export function renderPage(view: PageView, page: () => Page): string {
  setLocale(view.locale);
  const { title, body, layout, data = {} } = page();
  return `<!doctype html>${renderToString(
    <html lang={view.locale} class="system-font">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · EduTrust`}</title>
        <link rel="icon" href={icon} type="image/svg+xml" />
        {__PAGE_ASSETS__.styles.map((style) => (
          <link key={style} rel="stylesheet" href={style} />
        ))}
        <script type="module" src={__PAGE_ASSETS__.script} />
      </head>
      <body class="flex flex-col" data-idle-seconds={view.idleSeconds}>
        <a href="#main" class="sr-only focus:not-sr-only">
          {t('Tới nội dung chính', 'Skip to content')}
        </a>
        {layout === 'cover' ? <Cover view={view}>{body}</Cover> : <Sheet view={view} layout={layout} body={body} />}
        {Object.entries(data).map(([id, value]) => (
          // JSON whose «<» is escaped; data blocks do not run
          <script
            key={id}
            id={id}
            type="application/json"
            dangerouslySetInnerHTML={{ __html: JSON.stringify(value).replaceAll('<', '\\u003c') }}
          />
        ))}
      </body>
    </html>,
  )}`;
}

/** In the page itself: the first screen asks the server for nothing more than its style and its script. */
const icon = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" stroke="#2261a8" stroke-width="2" stroke-linejoin="round"><path d="M16 5c3 3 4 6 4 8.5a4 4 0 0 1-8 0C12 11 13 8 16 5Z" fill="#d9e8f8"/><path d="M4 20c5-1 9 0 12 2.500C19 20 23 19 28 20v6c-5-1-9 0-12 2.500C13 26 9 25 4 26Z" fill="#fff"/></svg>',
)}`;

function Sheet({ view, layout, body }: { readonly view: PageView; readonly layout: Layout; readonly body: VNode }) {
  return (
    <>
      <header class="border-b border-line">
        <Top view={view} />
      </header>
      {layout === 'open' ? (
        <main id="main" class="flex-1 flex flex-col">
          {body}
        </main>
      ) : (
        <main id="main" class={`page page-bare sheet-page ${layout === 'narrow' ? 'narrow' : ''}`}>
          {body}
        </main>
      )}
      <Footer />
    </>
  );
}

function Cover({ view, children }: { readonly view: PageView; readonly children: ComponentChildren }) {
  return (
    <div class="two">
      <aside class="cover on-margin squared" aria-label={t('Giới thiệu', 'About')}>
        <Brand />
        <div class="grid gap-7 content-center">
          <Lotus size={210} />
          <p class="cover-words">{t('Một mã cho cả đời đi học.', 'One ID for a whole life of learning.')}</p>
          <p class="text-lg text-quiet max-w-[34ch]">
            {t(
              'Một lần đăng nhập cho mọi bài học. Mỗi chữ ký ai cũng kiểm tra được.',
              'One sign-in for every lesson. Every signature can be checked by anyone.',
            )}
          </p>
        </div>
        <p class="text-sm text-quiet">{nobodyAsks()}</p>
      </aside>
      <div class="side">
        <header>
          <Top view={view} />
        </header>
        <main id="main" class="on-margin gentle">
          {children}
        </main>
        <Footer isBesideCover />
      </div>
    </div>
  );
}

function Brand() {
  return (
    <a class="brand" href="/">
      <span class="text-accent">
        <Mark size={34} />
      </span>
      <span>
        <span class="block">EduTrust</span>
        <span class="block text-[0.8125rem] font-normal text-quiet">
          <span class="max-sm:hidden">
            {t('Sở Giáo dục và Đào tạo TP. Hồ Chí Minh', 'Ho Chi Minh City Department of Education and Training')}
          </span>
          <span class="sm:hidden">{t('Sở GDĐT TP. Hồ Chí Minh', 'HCMC Department of Education')}</span>
        </span>
      </span>
    </a>
  );
}

function Top({ view }: { readonly view: PageView }) {
  return (
    <div class="top">
      <Brand />
      <nav class="language ml-auto flex gap-1" aria-label={t('Ngôn ngữ', 'Language')}>
        <LanguageLink view={view} to="vi" label="Tiếng Việt" short="VI" />
        <LanguageLink view={view} to="en" label="English" short="EN" />
      </nav>
    </div>
  );
}

function LanguageLink({
  view,
  to,
  label,
  short,
}: {
  readonly view: PageView;
  readonly to: Locale;
  readonly label: string;
  readonly short: string;
}) {
  const address = new URL(view.path, 'http://localhost');
  address.searchParams.set('lang', to);
  return (
    <a
      href={`${address.pathname}${address.search}`}
      lang={to}
      hreflang={to}
      aria-current={view.locale === to ? 'true' : undefined}
      aria-label={`${short}: ${label}`}
    >
      {short}
    </a>
  );
}

const nobodyAsks = () =>
  t(
    'Không ai của Sở hay nhà trường hỏi mật khẩu.',
    'Nobody at the department or at a school ever asks for a password.',
  );

/** Beside a cover a desk has the sentence already. */
function Footer({ isBesideCover }: { readonly isBesideCover?: boolean }) {
  return (
    <footer class="text-sm text-quiet">
      <div class="top flex-wrap gap-y-1">
        <a class="text-quiet py-1.5 underline" href="/verify">
          {t('Kiểm tra chữ ký', 'Check a signature')}
        </a>
        <span class={`py-1.5 ${isBesideCover ? 'lg:hidden' : ''}`}>{nobodyAsks()}</span>
      </div>
    </footer>
  );
}

export function Stack({ children }: { readonly children: ComponentChildren }) {
  return <div class="grid gap-5 grid-cols-[minmax(0,1fr)]">{children}</div>;
}
