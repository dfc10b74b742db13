/**
 * The service worker of `/sign/`: opens the app and shows what was kept on this phone when there is no network. It keeps
 * nothing of a person by itself (`kept.ts` does, when they ask), signs nothing, and sees no other page: its scope ends with
 * a slash, so that `/signin` is not in it.
 */
import { keptName, maxAgeMs, takenAt } from './names.ts';

/** What it uses of ServiceWorkerGlobalScope: the project's types are those of pages. */
interface Scope {
  readonly location: Location;
  readonly clients: {
    claim(): Promise<void>;
    get(id: string): Promise<{ postMessage(message: object): void } | undefined>;
    matchAll(which: { type: 'window' }): Promise<readonly { readonly url: string; focus(): Promise<unknown> }[]>;
    openWindow(address: string): Promise<unknown>;
  };
  readonly registration: {
    showNotification(title: string, options: { tag: string; body: string; icon: string }): Promise<void>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(
    type: 'install' | 'activate',
    listener: (event: { waitUntil(done: Promise<unknown>): void }) => void,
  ): void;
  addEventListener(type: 'fetch', listener: (event: FetchAsked) => void): void;
  addEventListener(type: 'push', listener: (event: Pushed) => void): void;
  addEventListener(
    type: 'notificationclick',
    listener: (event: { readonly notification: { close(): void }; waitUntil(done: Promise<unknown>): void }) => void,
  ): void;
}
interface Pushed {
  readonly data: { json(): unknown } | null;
  waitUntil(done: Promise<unknown>): void;
}
interface FetchAsked {
  readonly request: Request;
  readonly clientId: string;
  respondWith(answer: Promise<Response>): void;
}

const scope = globalThis as unknown as Scope; // see above
const shell = '/sign/';
/** What may be kept: nothing of a session in which something is being signed. */
const keepable = /^\/api\/v1\/signing\/(enrolment$|inbox|requests\/)/;
const shellName = `sign-shell-${__SHELL__.version}`;

scope.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(shellName)
      .then((cache) => cache.addAll([shell, ...__SHELL__.files]))
      .then(() => scope.skipWaiting()),
  );
});

scope.addEventListener('activate', (event) => {
  const isOld = (name: string) => name.startsWith('sign-shell-') && name !== shellName;
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter(isOld).map((name) => caches.delete(name))))
      .then(() => scope.clients.claim()),
  );
});

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== scope.location.origin) return;
  if (request.mode === 'navigate') {
    if (pathname.startsWith(shell)) event.respondWith(fetch(request).catch(() => fromShell(shell)));
  } else if (pathname.startsWith('/assets/')) event.respondWith(asset(request));
  else if (keepable.test(pathname)) event.respondWith(fromNetworkOrKept(event));
});

// How many wait is all that is said: it stands on a locked screen.
scope.addEventListener('push', (event) => {
  const { waiting = 0 } = (event.data?.json() ?? {}) as { waiting?: number };
  const isEnglish = navigator.language.startsWith('en');
  event.waitUntil(
    scope.registration.showNotification(isEnglish ? 'Signing' : 'Ký số', {
      tag: 'waiting', // the next takes its place
      body: isEnglish ? `${waiting} documents wait for you` : `Có ${waiting} hồ sơ chờ ký`,
      icon: '/assets/icon.svg',
    }),
  );
});

scope.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(
    scope.clients.matchAll({ type: 'window' }).then((pages) => {
      const open = pages.find(({ url }) => new URL(url).pathname.startsWith('/sign'));
      return open ? open.focus() : scope.clients.openWindow(shell);
    }),
  );
});

/** Assets have their hash in their name: the first one is the right one. */
async function asset(request: Request): Promise<Response> {
  const cache = await caches.open(shellName);
  const known = await cache.match(request, { ignoreVary: true });
  if (known) return known;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}

async function fromShell(path: string): Promise<Response> {
  return (await (await caches.open(shellName)).match(path)) ?? Response.error();
}

/** What the server says now; without a network what was kept, if it is not too old, and the page is told so. */
async function fromNetworkOrKept({ request, clientId }: FetchAsked): Promise<Response> {
  const cache = await caches.open(keptName);
  try {
    const answer = await fetch(request);
    // A person who is signed out keeps nothing on this phone.
    if (answer.status === 401) await caches.delete(keptName);
    return answer;
  } catch (error) {
    const kept = await cache.match(request.url, { ignoreVary: true });
    const at = Number(kept?.headers.get(takenAt));
    if (!kept || Date.now() - at > maxAgeMs) throw error;
    (await scope.clients.get(clientId))?.postMessage({ kept: at });
    return kept;
  }
}
