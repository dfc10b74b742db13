import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { locale, t } from '../design/language.ts';
import { Mark } from '../design/mark.tsx';
import { chooseLanguage } from '../design/start.ts';
import type { Me } from './me.ts';
import { isIn, openGroups, type Room } from './rooms.ts';

/** What stands around every page: where one can go, who one is, and the way out; always in sight. */
export function Shell({ me, children }: { readonly me: Me; readonly children: ComponentChildren }) {
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
      <p id="announcer" role="status" class="sr-only" />
      <header class="no-print sticky top-0 z-20 border-b lg:border-b-0 lg:border-r border-line bg-raised lg:h-dvh lg:overflow-y-auto p-2 lg:p-4 flex flex-col gap-1 lg:gap-4">
        <div class="flex items-center gap-1 px-1">
          <a href="/" class="flex items-center gap-2 no-underline text-ink min-h-11 mr-auto">
            <span class="text-accent">
              <Mark size={30} />
            </span>
            <span class="font-semibold">EduTrust</span>
          </a>
          <LanguageButton />
          <span class="flex items-center gap-1 lg:hidden">
            <WaysOut />
          </span>
        </div>
        <nav
          ref={sections}
          aria-label={t('Mục', 'Sections')}
          class="flex lg:flex-col gap-1 lg:gap-3 overflow-x-auto lg:overflow-visible"
        >
          {openGroups(me).map(({ label, rooms }) => (
            <div key={label()} class="flex lg:flex-col gap-1">
              {label() && <p class="hidden lg:block px-3 text-sm text-quiet">{label()}</p>}
              {rooms.map((room) => (
                <RoomLink key={room.path} room={room} isHere={isIn(path, room)} />
              ))}
            </div>
          ))}
        </nav>
        <div class="hidden lg:block mt-auto text-sm border-t border-line pt-3">
          <p class="font-semibold">{me.person.fullName}</p>
          <p class="text-quiet">
            {[...new Set(me.roles.map(({ organisation }) => organisation.name))].slice(0, 2).join(', ')}
          </p>
          <div class="flex flex-wrap gap-x-3">
            <WaysOut />
          </div>
        </div>
      </header>
      <main id="main" class="p-4 sm:p-6 lg:p-8 max-w-6xl w-full min-w-0">
        {children}
      </main>
    </div>
  );
}

function RoomLink({ room, isHere }: { readonly room: Room; readonly isHere: boolean }) {
  return (
    <a
      href={room.path}
      aria-current={isHere ? 'page' : undefined}
      class={`px-3 min-h-11 lg:min-h-10 inline-flex items-center rounded-control no-underline whitespace-nowrap ${isHere ? 'bg-accent-soft font-semibold text-ink' : 'text-ink hover:bg-sunken'}`}
    >
      {room.label()}
    </a>
  );
}

function WaysOut() {
  return (
    <>
      <a href="/account" class="inline-flex items-center min-h-11 px-1 text-sm">
        {t('Tài khoản', 'Account')}
      </a>
      <form method="post" action="/sign-out">
        <button
          type="submit"
          class="inline-flex items-center min-h-11 px-1 text-sm text-accent underline cursor-pointer"
        >
          {t('Đăng xuất', 'Sign out')}
        </button>
      </form>
    </>
  );
}

function LanguageButton() {
  const other = locale() === 'vi' ? 'en' : 'vi';
  return (
    <button
      type="button"
      lang={other}
      class="min-h-11 min-w-11 rounded-control text-sm text-quiet hover:bg-sunken cursor-pointer"
      aria-label={other === 'en' ? 'EN: English' : 'VI: Tiếng Việt'}
      onClick={() => chooseLanguage(other)}
    >
      {other.toUpperCase()}
    </button>
  );
}
