import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { statement } from '@edutrust/platform/database';
import { rolesOf } from '@edutrust/registry/permissions';
import type { FastifyRequest } from 'fastify';
import { hashOf } from '../provider/models/hash.ts';
import { liveSession } from '../provider/prefetch.ts';
import { readCookie } from './cookies.ts';

interface SessionRow {
  uid: string;
  person_id: string;
  acr: string | null;
  signed_in_at: Date;
  is_stale: boolean;
}

const find = statement<SessionRow, [idHash: Buffer]>(
  'idp.session-authenticate',
  `SELECT s.uid, s.person_id, s.payload->>'acr' AS acr, s.signed_in_at,
     s.last_seen_at < now() - interval '1 minute' AS is_stale
   FROM idp.session AS s
   JOIN idp.account AS a ON a.person_id = s.person_id AND a.status = 'active'
   JOIN registry.person AS p ON p.id = s.person_id AND p.status = 'active'
   WHERE s.id_hash = $1 AND ${liveSession}`,
);
const seen = statement<never, [uid: string]>(
  'idp.session-seen',
  'UPDATE idp.session SET last_seen_at = now() WHERE uid = $1',
);

/**
 * Who calls, by the provider's own session: there is no other. Ended sessions, suspended accounts and people who left
 * are nobody at once (S2). Asked several times for one request, it looks once.
 */
export function createAuthenticate(
  { db }: Pick<ServiceContext, 'db'>,
  cookieName: string,
): (request: FastifyRequest) => Promise<Actor | null> {
  const known = new WeakMap<FastifyRequest, Promise<Actor | null>>();

  async function look(cookieHeader: string | undefined): Promise<Actor | null> {
    const cookie = readCookie(cookieHeader, cookieName);
    if (!cookie || cookie.length > 100) return null;
    // The person's status is read here and not asked for apart: this runs before every request.
    const [session] = await find(db, hashOf(cookie));
    if (!session) return null;
    if (session.is_stale) await seen(db, session.uid);
    return {
      kind: 'person',
      personId: session.person_id,
      sessionId: session.uid,
      roles: await rolesOf(db, session.person_id),
      acr: session.acr ?? 'pwd',
      authenticatedAt: session.signed_in_at,
    };
  }

  return (request) => {
    const asked = known.get(request);
    if (asked) return asked;
    const looking = look(request.headers.cookie);
    known.set(request, looking);
    return looking;
  };
}
