import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Somebody signed in to this app. */
export interface AppSession {
  readonly id: string;
  /** Who, as only this app knows them. */
  readonly sub: string;
  /** The provider's name for the session, by which it says that it ended. */
  readonly sid: string | undefined;
  readonly idToken: string;
  readonly acr: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** What was sent along to the provider and must match when the browser comes back. */
export interface Pending {
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
}

export interface Sessions {
  begin(response: ServerResponse, pending: Pending): void;
  /** What the browser began with; works once. */
  takePending(request: IncomingMessage): Pending | undefined;
  keep(response: ServerResponse, session: AppSession): void;
  find(request: IncomingMessage): AppSession | undefined;
  end(response: ServerResponse, session: AppSession | undefined): void;
  /** Ends the session of a `sid`, or every session of a `sub`. */
  endOf(which: { readonly sid: string | undefined; readonly sub: string | undefined }): void;
}

const attributes = 'Path=/; HttpOnly; SameSite=Lax';
const mostPending = 1_000;

/** Sessions in memory. Cookies are by host and not by port, so their names carry the port. */
export function createSessions(): Sessions {
  const sessions = new Map<string, AppSession>();
  const waiting = new Map<string, Pending>();
  const name = (kind: string, request: { socket: { localPort?: number | undefined } | null }) =>
    `app-${request.socket?.localPort ?? 0}-${kind}`;
  const read = (request: IncomingMessage, kind: string) => {
    const wanted = name(kind, request);
    for (const part of (request.headers.cookie ?? '').split(';')) {
      const [key, value] = part.trim().split('=', 2);
      if (key === wanted) return value;
    }
    return undefined;
  };
  const set = (response: ServerResponse, kind: string, value: string, rest: string) =>
    response.appendHeader('set-cookie', `${name(kind, response)}=${value}; ${attributes}${rest}`);

  return {
    begin: (response, pending) => {
      const id = randomBytes(32).toString('base64url');
      const [oldest] = waiting.keys();
      if (waiting.size >= mostPending && oldest) waiting.delete(oldest);
      waiting.set(id, pending);
      set(response, 'sign-in', id, '; Max-Age=1800');
    },
    takePending: (request) => {
      const id = read(request, 'sign-in') ?? '';
      const pending = waiting.get(id);
      waiting.delete(id);
      return pending;
    },
    keep: (response, session) => {
      sessions.set(session.id, session);
      set(response, 'session', session.id, '');
    },
    find: (request) => sessions.get(read(request, 'session') ?? ''),
    end: (response, session) => {
      if (session) sessions.delete(session.id);
      set(response, 'session', '', '; Max-Age=0');
    },
    endOf: ({ sid, sub }) => {
      for (const [id, session] of sessions) {
        if (sid === undefined ? session.sub === sub : session.sid === sid) sessions.delete(id);
      }
    },
  };
}
