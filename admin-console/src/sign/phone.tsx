import type { ComponentChildren } from 'preact';
import { LocationProvider, Route, Router, useLocation, useRoute } from 'preact-iso';
import { api, must } from '../design/api.ts';
import { Banner } from '../design/form.tsx';
import { t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { Mark } from '../design/mark.tsx';
import { BatchPage } from './batch.tsx';
import { Confirm } from './confirm.tsx';
import { Device } from './device.tsx';
import { keepDrawn, takeDrawn } from './drawn.ts';
import { Enrol } from './enrol.tsx';
import { Inbox } from './inbox.tsx';
import { Receipts } from './receipts.tsx';
import { Review } from './review.tsx';
import { Validity } from './validity.tsx';

/** The phone: enrol once, then inbox → class → read → confirm. Where the person is stands in the address. */
export function Phone() {
  const [enrolment, reload] = useLoad('enrolment', () => must(api.GET('/api/v1/signing/enrolment')));
  if (enrolment.state === 'loading') return <Frame>{null}</Frame>;
  if (enrolment.state === 'failed') {
    return (
      <Frame>
        <h1>{t('Ký số', 'Signing')}</h1>
        <Banner state="bad">{enrolment.message}</Banner>
      </Frame>
    );
  }
  if (enrolment.data.state !== 'enrolled') {
    return (
      <Frame>
        <Enrol enrolment={enrolment.data} onChange={reload} />
      </Frame>
    );
  }
  const own = enrolment.data;
  return (
    <LocationProvider scope="/sign">
      <Frame>
        <Router>
          <Route
            path="/sign"
            component={() => (
              <>
                <Validity enrolment={own} onChange={reload} />
                <Inbox />
                <Tabs at="inbox" />
              </>
            )}
          />
          <Route path="/sign/batch/:purpose/:key" component={BatchPage} />
          <Route path="/sign/read/:id" component={ReadPage} />
          <Route path="/sign/confirm/:purpose" component={ConfirmPage} />
          <Route
            path="/sign/signed"
            component={() => (
              <>
                <Receipts />
                <Tabs at="signed" />
              </>
            )}
          />
          <Route
            path="/sign/device"
            component={() => (
              <>
                <Device enrolment={own} onChange={reload} />
                <Tabs at="device" />
              </>
            )}
          />
          <Route default component={Lost} />
        </Router>
      </Frame>
    </LocationProvider>
  );
}

function ReadPage() {
  const { id = '' } = useRoute().params;
  const { route } = useLocation();
  return (
    <Review
      id={id}
      onBack={() => (history.length > 1 ? history.back() : route('/sign'))}
      onSign={(drawn) => {
        keepDrawn(drawn);
        route(`/sign/confirm/sign?ids=${id}`);
      }}
    />
  );
}

function ConfirmPage() {
  const { purpose } = useRoute().params;
  const { query, route } = useLocation();
  const ids = (query.ids ?? '').split(',').filter(Boolean);
  const opened = takeDrawn(ids);
  if (ids.length === 0) return <Lost />;
  return (
    <Confirm
      key={query.ids}
      ids={ids}
      purpose={purpose === 'seal' ? 'seal' : 'sign'}
      {...(opened ? { opened } : {})}
      onDone={() => route('/sign')}
    />
  );
}

function Lost() {
  return (
    <div class="card text-center py-10 grid gap-2">
      <h1>{t('Không có trang này', 'There is no such page')}</h1>
      <a href="/sign">{t('Về danh sách chờ ký', 'To what waits for you')}</a>
    </div>
  );
}

function Frame({ children }: { readonly children: ComponentChildren }) {
  return (
    <div class="mx-auto max-w-xl min-h-dvh flex flex-col">
      <header class="flex items-center gap-3 px-4 py-3 border-b border-line">
        <span class="text-accent">
          <Mark size={30} />
        </span>
        <span class="font-semibold">{t('Ký số', 'Signing')}</span>
        <a class="button button-quiet ml-auto" href="/" target="_self">
          {t('Thoát', 'Leave')}
        </a>
      </header>
      <main class="flex-1 px-4 py-6 grid gap-5 content-start">{children}</main>
    </div>
  );
}

/** The three places of the phone. */
function Tabs({ at }: { readonly at: 'inbox' | 'signed' | 'device' }) {
  const tabs = [
    ['inbox', '/sign', t('Chờ ký', 'Waiting')],
    ['signed', '/sign/signed', t('Đã ký', 'Signed')],
    ['device', '/sign/device', t('Máy này', 'This phone')],
  ] as const;
  return (
    <nav
      class="fixed inset-x-0 bottom-0 bg-paper border-t border-line"
      aria-label={t('Các mục của ký số', 'Places of signing')}
    >
      <div class="mx-auto max-w-xl grid grid-cols-3">
        {tabs.map(([key, href, label]) => (
          <a
            key={key}
            href={href}
            aria-current={key === at ? 'page' : undefined}
            class={`grid place-items-center min-h-14 no-underline ${key === at ? 'font-semibold text-accent' : 'text-ink'}`}
          >
            {label}
          </a>
        ))}
      </div>
    </nav>
  );
}
