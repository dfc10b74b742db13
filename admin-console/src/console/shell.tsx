import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { Dialog } from '../design/dialog.tsx';
import { Face } from '../design/face.tsx';
import { Icon } from '../design/icon.tsx';
import { formatNumber, locale, t } from '../design/language.ts';
import { Mark } from '../design/mark.tsx';
import { chooseLanguage } from '../design/start.ts';
import { chooseTheme, type Theme, theme } from '../design/theme.ts';
import { Toasts } from '../design/toast.tsx';
import { type Counts, useCounts } from './counts.ts';
import { Find } from './find.tsx';
import type { Me } from './me.ts';
import { RoleSwitch } from './role-switch.tsx';
import { isIn, openGroups, type Room } from './rooms.ts';
import { BreakGlassBanner } from './security/break-glass.tsx';

/** What stands around every page: where one can go, who one is, the search, and the way out; always in sight. */
export function Shell({ me, children }: { readonly me: Me; readonly children: ComponentChildren }) {
  const counts = useCounts(me);
  return (
    <div class="console print:block">
      <a href="#main" class="sr-only focus:not-sr-only">
        {t('Tới nội dung chính', 'Skip to content')}
      </a>
      <p id="announcer" role="status" class="sr-only" />
      <header class="rail no-print">
        <Brand />
        <RoleSwitch me={me} />
        <Rooms me={me} counts={counts} />
        <Person me={me} />
      </header>
      <div class="min-w-0 grid grid-rows-[auto_1fr]">
        <div class="topbar no-print">
          <a href="/" class="brand lg:hidden" aria-label={t('EduTrust, trang ứng dụng', 'EduTrust, your apps')}>
            <Mark size={30} />
          </a>
          <Find me={me} />
          <span class="ml-auto hidden sm:flex items-center">
            <ThemeButton />
            <LanguageButton />
          </span>
        </div>
        <main id="main" class="page">
          <BreakGlassBanner />
          {children}
        </main>
      </div>
      <FootTabs me={me} counts={counts} />
      <Toasts />
    </div>
  );
}

function Brand() {
  return (
    <a href="/" class="brand px-2">
      <Mark size={30} />
      EduTrust
    </a>
  );
}

function Rooms({ me, counts }: { readonly me: Me; readonly counts: Counts }) {
  return (
    <nav class="nav" aria-label={t('Mục', 'Sections')}>
      {openGroups(me).map(({ label, rooms }) => (
        <>
          {label() && <p key={label()}>{label()}</p>}
          {rooms.map((room) => (
            <RoomLink key={room.path} room={room} counts={counts} />
          ))}
        </>
      ))}
    </nav>
  );
}

function RoomLink({ room, counts }: { readonly room: Room; readonly counts: Counts }) {
  const { path } = useLocation();
  return (
    <a href={room.path} aria-current={isIn(path, room) ? 'page' : undefined}>
      <Icon name={room.icon} />
      {room.label()}
      <Count of={room} counts={counts} />
    </a>
  );
}

function Count({ of, counts }: { readonly of: Room; readonly counts: Counts }) {
  const count = (of.counts && counts[of.counts]) ?? 0;
  if (count === 0) return null;
  return (
    <span class="count">
      {formatNumber(count)}
      <span class="sr-only"> {t('đang chờ', 'waiting')}</span>
    </span>
  );
}

function Person({ me: { person } }: { readonly me: Me }) {
  return (
    <div class="mt-auto flex items-center gap-3 p-2 text-sm leading-snug">
      <Face name={person.fullName} />
      <span class="grow min-w-0">
        <b class="block">{person.fullName}</b>
        <a href="/account" class="inline-flex items-center min-h-6">
          {t('Tài khoản', 'Account')}
        </a>
      </span>
      <SignOut />
    </div>
  );
}

function SignOut() {
  return (
    <form method="post" action="/sign-out">
      <button
        type="submit"
        class="icon-button"
        aria-label={t('Đăng xuất', 'Sign out')}
        title={t('Đăng xuất', 'Sign out')}
      >
        <Icon name="log-out" />
      </button>
    </form>
  );
}

const onFoot = 4;

/** On a phone: the rooms that are gone to most, and all the rest behind one. */
function FootTabs({ me, counts }: { readonly me: Me; readonly counts: Counts }) {
  const { path } = useLocation();
  const [isOpen, setOpen] = useState(false);
  const rooms = openGroups(me).flatMap((group) => group.rooms);
  const first = rooms.slice(0, onFoot);
  const rest = rooms.slice(onFoot);
  return (
    <>
      <nav class="tabs-foot no-print" aria-label={t('Mục chính', 'Main sections')}>
        {first.map((room) => (
          <a key={room.path} href={room.path} aria-current={isIn(path, room) ? 'page' : undefined}>
            <Icon name={room.icon} />
            {(room.short ?? room.label)()}
            <Count of={room} counts={counts} />
          </a>
        ))}
        <button
          type="button"
          aria-current={rest.some((room) => isIn(path, room)) ? 'page' : undefined}
          onClick={() => setOpen(true)}
        >
          <Icon name="menu" />
          {t('Thêm', 'More')}
        </button>
      </nav>
      {isOpen && (
        <Dialog title={me.person.fullName} onClose={() => setOpen(false)}>
          <RoleSwitch me={me} />
          {/* biome-ignore lint/a11y: the links inside take the keys; this only closes after them */}
          <div onClick={(event) => event.target instanceof Element && event.target.closest('a') && setOpen(false)}>
            <Rooms me={me} counts={counts} />
          </div>
          <div class="flex flex-wrap items-center gap-2 border-t border-line pt-3">
            <a class="button" href="/account">
              {t('Tài khoản', 'Account')}
            </a>
            <ThemeButton />
            <LanguageButton />
            <span class="ml-auto">
              <SignOut />
            </span>
          </div>
          <button type="button" class="button" onClick={() => setOpen(false)}>
            {t('Đóng', 'Close')}
          </button>
        </Dialog>
      )}
    </>
  );
}

const nextTheme: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };
const themeIcons = { system: 'monitor', light: 'sun', dark: 'moon' } as const;

/** One press to the next of three: as the device has it, light, dark. */
function ThemeButton() {
  const [now, setNow] = useState<Theme>(theme);
  const names = {
    system: t('Giao diện: theo máy', 'Theme: the device’s'),
    light: t('Giao diện: sáng', 'Theme: light'),
    dark: t('Giao diện: tối', 'Theme: dark'),
  };
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={names[now]}
      title={names[now]}
      onClick={() => {
        chooseTheme(nextTheme[now]);
        setNow(nextTheme[now]);
      }}
    >
      <Icon name={themeIcons[now]} />
    </button>
  );
}

function LanguageButton() {
  const other = locale() === 'vi' ? 'en' : 'vi';
  return (
    <button
      type="button"
      lang={other}
      class="icon-button text-sm font-semibold"
      aria-label={other === 'en' ? 'EN: English' : 'VI: Tiếng Việt'}
      onClick={() => chooseLanguage(other)}
    >
      {other.toUpperCase()}
    </button>
  );
}
