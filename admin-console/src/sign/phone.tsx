import type { ComponentChildren } from 'preact';
import { LocationProvider, Route, Router, useLocation, useRoute } from 'preact-iso';
import { api, must } from '../design/api.ts';
import { Banner } from '../design/form.tsx';
import { formatTime, t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { Mark } from '../design/mark.tsx';
import { Empty, Skeleton } from '../design/show.tsx';
import { AskedByApps, Authorise, useAskedByApps } from './authorise.tsx';
import { BatchPage } from './batch.tsx';
import { Confirm } from './confirm.tsx';
import { Device } from './device.tsx';
import { keepDrawn, takeDrawn } from './drawn.ts';
import { Enrol } from './enrol.tsx';
import { Inbox } from './inbox.tsx';
import { useOffline } from './offline/kept.ts';
import { OwnPicture } from './picture.tsx';
import { chosenOf } from './place.ts';
import { Receipts } from './receipts.tsx';
import { Reminders } from './reminders.tsx';
import { Review } from './review.tsx';
import { Tabs } from './tabs.tsx';
import { Validity } from './validity.tsx';

/** The phone: enrol once, then inbox → class → read → confirm. Where the person is stands in the address. */
export function Phone() {
  const [enrolment, reload] = useLoad('enrolment', () => must(api.GET('/api/v1/signing/enrolment')));
  if (enrolment.state === 'loading') {
    return (
      <Frame>
        <Skeleton />
      </Frame>
    );
  }
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
    // Not every address that begins so: `/signin` and `/sign-out` are other pages.
    <LocationProvider scope={/^\/sign(\/|$)/}>
      <Frame>
        <Router>
          <Route
            path="/sign"
            component={() => (
              <>
                <Waiting />
                <Reminders isQuiet />
                <Validity enrolment={own} onChange={reload} />
                <Tabs at="inbox" />
              </>
            )}
          />
          <Route path="/sign/batch/:purpose/:key" component={BatchPage} />
          <Route path="/sign/read/:id" component={ReadPage} />
          <Route path="/sign/confirm/:purpose" component={ConfirmPage} />
          <Route path="/sign/authorise/:id" component={AuthorisePage} />
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
          <Route path="/sign/picture" component={OwnPicture} />
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
      key={id}
      id={id}
      onNext={(next) => {
        route(`/sign/read/${next}`, true); // «back» leads to the class, not through every document
        scrollTo(0, 0);
      }}
      onBack={() => (history.length > 1 ? history.back() : route('/sign/'))}
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
  const ids = query.of ? chosenOf(query.of) : (query.ids ?? '').split(',').filter(Boolean);
  const opened = takeDrawn(ids);
  if (ids.length === 0) return <Lost />;
  return (
    <Confirm
      key={query.of ?? query.ids}
      ids={ids}
      purpose={purpose === 'seal' ? 'seal' : 'sign'}
      {...(opened ? { opened } : {})}
      onDone={() => route('/sign/')}
    />
  );
}

/** Other apps wait for minutes, so they come first; an empty inbox is said only where nothing else waits. */
function Waiting() {
  const asked = useAskedByApps();
  return (
    <>
      <AskedByApps items={asked} />
      <Inbox isAlone={asked.length === 0} />
    </>
  );
}

function AuthorisePage() {
  const { id = '' } = useRoute().params;
  const { route } = useLocation();
  return <Authorise key={id} id={id} onDone={() => route('/sign/')} />;
}

function Lost() {
  return (
    <>
      <h1>{t('Không có trang này', 'There is no such page')}</h1>
      <Empty
        act={
          <a class="button" href="/sign/">
            {t('Về danh sách chờ ký', 'To what waits for you')}
          </a>
        }
      >
        {t('Địa chỉ này không dẫn tới tài liệu nào.', 'This address leads to no document.')}
      </Empty>
    </>
  );
}

/**
 * In whose name it is signed, seen before every signature; not known without a network. Its line is there before the name
 * is: nothing beneath it moves, and a list is found where it was left.
 */
function WhoSigns() {
  const [me] = useLoad('me', () => must(api.GET('/api/v1/me')));
  return (
    <span class="block truncate min-h-[1lh] text-[0.8125rem] text-quiet">
      {me.state === 'ready' && me.data.person.fullName}
    </span>
  );
}

function Frame({ children }: { readonly children: ComponentChildren }) {
  const takenMs = useOffline();
  return (
    <div class="phone">
      <header class="phone-top">
        <span class="text-accent">
          <Mark size={30} />
        </span>
        <span class="min-w-0 leading-tight">
          <span class="block font-semibold">{t('Ký số', 'Signing')}</span>
          <WhoSigns />
        </span>
        <a class="button button-quiet ml-auto" href="/" target="_self">
          {t('Thoát', 'Leave')}
        </a>
      </header>
      <main class="page">
        {takenMs !== undefined && (
          <Banner state="warn">
            {t(
              `Đang mất mạng. Đọc được bản đã tải về máy (lúc ${formatTime(new Date(takenMs).toISOString())}); chưa ký được.`,
              `No network. You can read what was kept on this phone (at ${formatTime(new Date(takenMs).toISOString())}); you cannot sign.`,
            )}
          </Banner>
        )}
        {children}
      </main>
    </div>
  );
}
