import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { rolesOf } from '@edutrust/registry/permissions';
import type { FastifyRequest } from 'fastify';
import { sql } from 'kysely';
import { hashOf } from '../provider/models/hash.ts';
import { readCookie } from './cookies.ts';

interface SessionRow {
  uid: string;
  person_id: string;
  acr: string | null;
  signed_in_at: Date;
  is_stale: boolean;
}

/**
 * Who calls, by the provider's own session: there is no other. Ended sessions, suspended accounts and people who left
 * are nobody at once (S2). Asked several times for one request, it looks once.
 */
export function createAuthenticate(
  { db }: Pick<ServiceContext, 'db'>,
  cookieName: string,
): (request: FastifyRequest) => Promise<Actor | null> {
  const seen = new WeakMap<FastifyRequest, Promise<Actor | null>>();

  async function look(cookieHeader: string | undefined): Promise<Actor | null> {
    const cookie = readCookie(cookieHeader, cookieName);
    if (!cookie || cookie.length > 100) return null;
    // The person's status is read here and not asked for apart: this runs before every request.
    const { rows } = await sql<SessionRow>`
      SELECT s.uid, s.person_id, s.payload->>'acr' AS acr, s.signed_in_at,
        s.last_seen_at < now() - interval '1 minute' AS is_stale
      FROM idp.session AS s
      JOIN idp.account AS a ON a.person_id = s.person_id AND a.status = 'active'
      JOIN registry.person AS p ON p.id = s.person_id AND p.status = 'active'
      WHERE s.id_hash = ${hashOf(cookie)} AND s.expires_at > now()
        AND s.last_seen_at > now() - make_interval(secs => s.idle_seconds)`.execute(db);
    const session = rows[0];
    if (!session) return null;
    if (session.is_stale) await sql`UPDATE idp.session SET last_seen_at = now() WHERE uid = ${session.uid}`.execute(db);
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
    const known = seen.get(request);
    if (known) return known;
    const looking = look(request.headers.cookie);
    seen.set(request, looking);
    return looking;
  };
}
