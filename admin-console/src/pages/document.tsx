import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { type Locale, setLocale, t } from '../design/language.ts';
import { Mark } from '../design/mark.tsx';

/** How a page is shown; the services' views fit it. */
export interface PageView {
  readonly locale: Locale;
  readonly path: string;
}

/** A whole HTML document. `wide` pages show lists, the others one form. */
export function renderPage(
  view: PageView,
  page: () => {
    readonly title: string;
    readonly body: VNode;
    readonly wide?: boolean;
    readonly data?: Readonly<Record<string, unknown>>;
  },
): string {
  setLocale(view.locale);
  const { title, body, wide, data = {} } = page();
  return `<!doctype html>${renderToString(
    <html lang={view.locale} class="system-font">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>{`${title} · EduTrust`}</title>
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
        {__PAGE_ASSETS__.styles.map((style) => (
          <link key={style} rel="stylesheet" href={style} />
        ))}
        <script type="module" src={__PAGE_ASSETS__.script} />
      </head>
      <body class="min-h-dvh flex flex-col">
        <a href="#main" class="sr-only focus:not-sr-only">
          {t('Tới nội dung chính', 'Skip to content')}
        </a>
        <Header view={view} />
        <main id="main" class={`flex-1 w-full mx-auto px-4 py-8 ${wide ? 'max-w-4xl' : 'max-w-md'}`}>
          {body}
        </main>
        <Footer />
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

function Header({ view }: { readonly view: PageView }) {
  return (
    <header class="border-b border-line">
      <div class="mx-auto max-w-4xl px-4 py-3 flex items-center gap-3">
        <span class="text-accent">
          <Mark size={36} />
        </span>
        <p class="leading-tight">
          <span class="block font-semibold">EduTrust</span>
          <span class="block text-sm text-quiet">
            {t('Sở Giáo dục và Đào tạo TP. Hồ Chí Minh', 'Ho Chi Minh City Department of Education and Training')}
          </span>
        </p>
        <nav class="ml-auto flex gap-1 text-sm" aria-label={t('Ngôn ngữ', 'Language')}>
          <LanguageLink view={view} to="vi" label="Tiếng Việt" short="VI" />
          <LanguageLink view={view} to="en" label="English" short="EN" />
        </nav>
      </div>
    </header>
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
  const isCurrent = view.locale === to;
  return (
    <a
      class={`inline-flex items-center justify-center min-w-11 min-h-11 rounded-control no-underline ${isCurrent ? 'bg-accent-soft font-semibold text-ink' : 'text-quiet'}`}
      href={`${address.pathname}${address.search}`}
      lang={to}
      hreflang={to}
      aria-current={isCurrent ? 'true' : undefined}
      aria-label={`${short}: ${label}`}
    >
      {short}
    </a>
  );
}

function Footer() {
  return (
    <footer class="border-t border-line text-sm text-quiet">
      <div class="mx-auto max-w-4xl px-4 py-4 flex flex-wrap gap-x-6 gap-y-1">
        <a class="text-quiet py-1.5" href="/verify">
          {t('Kiểm tra chữ ký', 'Check a signature')}
        </a>
        <span class="py-1.5">
          {t(
            'Không ai của Sở hay nhà trường hỏi mật khẩu của bạn.',
            'Nobody of the department or a school asks for your password.',
          )}
        </span>
      </div>
    </footer>
  );
}

export function Stack({ children }: { readonly children: ComponentChildren }) {
  return <div class="grid gap-5">{children}</div>;
}
