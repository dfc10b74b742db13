import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { LocationProvider, Route, Router, useLocation } from 'preact-iso';
import { api, must } from '../design/api.ts';
import { Banner } from '../design/form.tsx';
import { t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { Mark } from '../design/mark.tsx';
import { Anchors } from './anchors.tsx';
import { Apps } from './apps.tsx';
import { Audit } from './audit.tsx';
import { CertificateRoute } from './certificate.tsx';
import { CertificateRequests } from './certificate-requests.tsx';
import { Certificates } from './certificates.tsx';
import { ClassPage } from './class.tsx';
import { Import } from './import.tsx';
import { Mail } from './mail.tsx';
import { type Me, MeContext } from './me.ts';
import { People } from './people.tsx';
import { PersonPage } from './person.tsx';
import { OwnSchool, SchoolRoute } from './school.tsx';
import { Schools } from './schools.tsx';
import { Signing } from './signing.tsx';
import { Sync } from './sync.tsx';

/** The rooms of the console, each shown to those who may enter; `also` are pages that lie in a room. */
const rooms: readonly Room[] = [
  { path: '/admin/people', permission: 'people.read', label: () => t('Người', 'People') },
  {
    path: '/admin/schools',
    also: ['/admin/classes/', '/teach'],
    permission: 'organisations.read',
    label: () => t('Trường', 'Schools'),
  },
  { path: '/admin/import', permission: 'roster.import', label: () => t('Nhập danh sách', 'Import') },
  { path: '/admin/apps', permission: 'apps.read', label: () => t('Ứng dụng', 'Apps') },
  { path: '/admin/sync', permission: 'sync.read', label: () => t('Đồng bộ', 'Sync') },
  {
    path: '/admin/certificates',
    also: ['/admin/anchors'],
    permission: 'certificates.read',
    label: () => t('Chứng thư', 'Certificates'),
  },
  { path: '/admin/signing', permission: 'signing.read', label: () => t('Trình ký', 'Signing') },
  { path: '/admin/audit', permission: 'audit.read', label: () => t('Nhật ký', 'Audit') },
  { path: '/admin/mail', permission: 'mail.read', label: () => t('Thư đi', 'Mail') },
];

interface Room {
  readonly path: string;
  readonly also?: readonly string[];
  readonly permission: string;
  readonly label: () => string;
}

/** `/admin` itself is the first room. */
function isIn(path: string, room: Room, index: number): boolean {
  const prefixes = [room.path, ...(room.also ?? [])];
  return prefixes.some((prefix) => path.startsWith(prefix)) || (index === 0 && /^\/admin\/?$/.test(path));
}

export function Console() {
  const [me] = useLoad('me', () => must(api.GET('/api/v1/me')));
  if (me.state === 'loading') return null;
  if (me.state === 'failed') {
    return (
      <main class="p-6">
        <Banner state="bad">{me.message}</Banner>
      </main>
    );
  }
  const open = rooms.filter(({ permission }) => me.data.permissions.includes(permission));
  const Home = open[0]?.path === '/admin/people' ? People : Nothing;
  return (
    <MeContext.Provider value={me.data}>
      <LocationProvider>
        <Shell me={me.data} open={open}>
          <Router>
            <Route path="/admin" component={Home} />
            <Route path="/admin/people" component={People} />
            <Route path="/admin/people/:id" component={PersonPage} />
            <Route path="/admin/schools" component={Schools} />
            <Route path="/admin/schools/:id" component={SchoolRoute} />
            <Route path="/admin/classes/:id" component={ClassPage} />
            <Route path="/teach" component={OwnSchool} />
            <Route path="/teach/classes/:id" component={ClassPage} />
            <Route path="/admin/import" component={Import} />
            <Route path="/admin/apps" component={Apps} />
            <Route path="/admin/sync" component={Sync} />
            <Route path="/admin/certificates" component={Certificates} />
            <Route path="/admin/certificates/requests" component={CertificateRequests} />
            <Route path="/admin/certificates/:serial" component={CertificateRoute} />
            <Route path="/admin/anchors" component={Anchors} />
            <Route path="/admin/signing" component={Signing} />
            <Route path="/admin/audit" component={Audit} />
            <Route path="/admin/mail" component={Mail} />
            <Route default component={Nothing} />
          </Router>
        </Shell>
      </LocationProvider>
    </MeContext.Provider>
  );
}

function Nothing() {
  return (
    <div class="card">
      <h1>{t('Không có gì ở đây', 'There is nothing here')}</h1>
      <p>{t('Vai trò của bạn chưa mở trang quản trị nào.', 'Your roles open no page of the console yet.')}</p>
    </div>
  );
}

function Shell({
  me,
  open,
  children,
}: {
  readonly me: Me;
  readonly open: readonly Room[];
  readonly children: ComponentChildren;
}) {
  const { path } = useLocation();
  const sections = useRef<HTMLElement>(null);
  // On a phone the sections scroll sideways: the one that is open is shown.
  useEffect(
    () => sections.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' }),
    [path],
  );
  return (
    <div class="min-h-dvh lg:grid lg:grid-cols-[15rem_1fr] print:block">
      <a href="#main" class="sr-only focus:not-sr-only">
        {t('Tới nội dung chính', 'Skip to content')}
      </a>
      <header class="no-print border-b lg:border-b-0 lg:border-r border-line bg-raised lg:min-h-dvh p-3 lg:p-4 flex flex-col gap-3 lg:gap-6">
        <div class="flex items-center justify-between gap-3">
          <a href="/" class="flex items-center gap-2 no-underline text-ink min-h-11">
            <span class="text-accent">
              <Mark size={32} />
            </span>
            <span class="font-semibold">EduTrust</span>
          </a>
          <a href="/account" class="lg:hidden inline-flex items-center min-h-11 text-sm">
            {t('Tài khoản, đăng xuất', 'Account, sign out')}
          </a>
        </div>
        <nav ref={sections} aria-label={t('Mục', 'Sections')} class="flex lg:flex-col gap-1 overflow-x-auto">
          {open.map((room, index) => {
            const { path: to, label } = room;
            const isHere = isIn(path, room, index);
            return (
              <a
                key={to}
                href={to}
                aria-current={isHere ? 'page' : undefined}
                class={`px-3 min-h-11 inline-flex items-center rounded-control no-underline whitespace-nowrap ${isHere ? 'bg-accent-soft font-semibold text-ink' : 'text-ink hover:bg-sunken'}`}
              >
                {label()}
              </a>
            );
          })}
        </nav>
        <div class="hidden lg:block mt-auto text-sm">
          <p class="font-semibold">{me.person.fullName}</p>
          <p class="text-quiet">{me.roles.map(({ organisation }) => organisation.name).join(', ')}</p>
          <p class="mt-2">
            <a href="/account">{t('Tài khoản, đăng xuất', 'Account, sign out')}</a>
          </p>
        </div>
      </header>
      <main id="main" class="p-4 sm:p-6 lg:p-8 max-w-6xl w-full grid gap-6 content-start">
        {children}
      </main>
    </div>
  );
}
