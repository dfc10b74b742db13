import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { statement } from '@edutrust/platform/database';
import type { Gate } from '@edutrust/platform/http';
import { rolesOf } from '@edutrust/registry/permissions';
import type { FastifyRequest } from 'fastify';
import { hashOf } from '../provider/models/hash.ts';
import { liveSession } from '../provider/prefetch.ts';
import { isTrueSession } from './attestation.ts';
import { readCookie } from './cookies.ts';

interface SessionRow {
  uid: string;
  id_hash: Buffer;
  person_id: string;
  attestation: Buffer | null;
  /** The members of the provider's payload that decide who somebody is; the rest stays in the table. */
  payload: { accountId?: string; acr?: string; loginTs?: number };
  signed_in_at: Date;
  is_stale: boolean;
}

const find = statement<SessionRow, [idHash: Buffer]>(
  'idp.session-authenticate',
  `SELECT s.uid, s.id_hash, s.person_id, s.attestation, s.signed_in_at,
     jsonb_build_object('accountId', s.payload->'accountId', 'acr', s.payload->'acr', 'loginTs', s.payload->'loginTs') AS payload,
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
  context: Pick<ServiceContext, 'db' | 'secrets'>,
  cookieName: string,
): Required<Pick<Gate, 'authenticate' | 'authenticateAgain'>> {
  const { db, secrets } = context;
  const known = new WeakMap<FastifyRequest, Promise<Actor | null>>();

  async function look(cookieHeader: string | undefined, isUse = true): Promise<Actor | null> {
    const cookie = readCookie(cookieHeader, cookieName);
    if (!cookie || cookie.length > 100) return null;
    // The person's status is read here and not asked for apart: this runs before every request.
    const [session] = await find(db, hashOf(cookie));
    if (!session) return null;
    const { uid, id_hash: idHash, person_id: personId, attestation, payload } = session;
    if (!isTrueSession(secrets, { uid, idHash, personId, attestation, ...payload })) return null;
    if (session.is_stale && isUse) await seen(db, uid);
    const provedAt = (payload.loginTs ?? 0) * 1000;
    return {
      kind: 'person',
      personId,
      sessionId: uid,
      roles: await rolesOf(context, personId),
      acr: payload.acr ?? 'pwd',
      authenticatedAt: new Date(Math.min(provedAt, session.signed_in_at.getTime())),
    };
  }

  return {
    authenticate: (request) => {
      const asked = known.get(request);
      if (asked) return asked;
      const looking = look(request.headers.cookie);
      known.set(request, looking);
      return looking;
    },
    authenticateAgain: (request) => look(request.headers.cookie, false),
  };
}
