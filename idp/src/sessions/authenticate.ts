import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { statement } from '@edutrust/platform/database';
import type { Gate } from '@edutrust/platform/http';
import { breakGlassAcr, rolesOf } from '@edutrust/registry/permissions';
import type { FastifyRequest } from 'fastify';
import { roleOfGlass } from '../break-glass/glass.ts';
import { hashOf } from '../provider/models/hash.ts';
import { liveSession } from '../provider/prefetch.ts';
import { keepDoubted } from '../risk/questioned.ts';
import type { RiskWatch } from '../risk/risk.ts';
import { originOf } from '../throttling/origin.ts';
import { isTrueSession } from './attestation.ts';
import { type CookieNames, readCookie } from './cookies.ts';
import { isOwnOfLeft, keepOfLeft } from './of-left.ts';

interface SessionRow {
  uid: string;
  id_hash: Buffer;
  person_id: string;
  attestation: Buffer | null;
  /** The members of the provider's payload that decide who somebody is; the rest stays in the table. */
  payload: { accountId?: string; acr?: string; loginTs?: number };
  signed_in_at: Date;
  device: string;
  place: string | null;
  is_stale: boolean;
  is_of_left: boolean;
}

const find = statement<SessionRow, [idHash: Buffer]>(
  'idp.session-authenticate',
  `SELECT s.uid, s.id_hash, s.person_id, s.attestation, s.signed_in_at, s.device, s.place, s.is_of_left,
     jsonb_build_object('accountId', s.payload->'accountId', 'acr', s.payload->'acr', 'loginTs', s.payload->'loginTs') AS payload,
     s.last_seen_at < now() - interval '1 minute' AS is_stale
   FROM idp.session AS s
   JOIN idp.account AS a ON a.person_id = s.person_id AND a.status = 'active'
   JOIN registry.person AS p ON p.id = s.person_id
     AND CASE WHEN s.is_of_left THEN p.status IN ('left', 'archived') ELSE p.status = 'active' END
   WHERE s.id_hash = $1 AND ${liveSession}`,
);
const seen = statement<never, [uid: string]>(
  'idp.session-seen',
  'UPDATE idp.session SET last_seen_at = now() WHERE uid = $1',
);

/**
 * Who calls, by the provider's own session: there is no other. Ended sessions and suspended accounts are nobody at once,
 * and so are people who left (S2): with a session that began after it they are somebody without roles, before what is their
 * own (`of-left.ts`). Nobody is also a session of staff whose cookie comes from where it did not begin, by the very rule
 * that stands before apps (ADR 0370): at `/signin` its owner confirms who they are and goes on. Asked several times for
 * one request, it looks once.
 */
export function createAuthenticate(
  context: Pick<ServiceContext, 'db' | 'secrets' | 'store' | 'clock'>,
  cookies: Pick<CookieNames, 'session' | 'device'>,
  risk: Pick<RiskWatch, 'ofSession'>,
): Required<Pick<Gate, 'authenticate' | 'authenticateAgain'>> {
  const { db, secrets } = context;
  const known = new WeakMap<FastifyRequest, Promise<Actor | null>>();

  /** No statement for a browser that is known and the same. */
  async function comesFromElsewhere(request: FastifyRequest, session: SessionRow): Promise<boolean> {
    const { uid, person_id: personId, device, place, signed_in_at: signedInAt } = session;
    const origin = originOf(request, cookies.device);
    const began = { personId, device, place, signedInAt };
    const doubts = await risk.ofSession(began, origin, request.headers['user-agent'] ?? '');
    if (doubts.length > 0) await keepDoubted(context, { uid, personId }, doubts);
    return doubts.length > 0;
  }

  async function look(request: FastifyRequest, isUse = true): Promise<Actor | null> {
    const cookie = readCookie(request.headers.cookie, cookies.session);
    if (!cookie || cookie.length > 100) return null;
    // The person's status is read here and not asked for apart: this runs before every request.
    const [session] = await find(db, hashOf(cookie));
    if (!session) return null;
    const { uid, id_hash: idHash, person_id: personId, attestation, payload } = session;
    if (!isTrueSession(secrets, { uid, idHash, personId, attestation, ...payload })) return null;
    if (session.is_of_left) {
      keepOfLeft(request);
      if (!isOwnOfLeft(request.url) || payload.acr === breakGlassAcr) return null;
    }
    if (await comesFromElsewhere(request, session)) return null;
    if (session.is_stale && isUse) await seen(db, uid);
    const acr = payload.acr ?? 'pwd';
    const authenticatedAt = new Date(Math.min((payload.loginTs ?? 0) * 1000, session.signed_in_at.getTime()));
    const roles =
      acr === breakGlassAcr ? await glassRoles(request, personId, authenticatedAt) : await rolesOf(context, personId);
    return roles && { kind: 'person', personId, sessionId: uid, roles, acr, authenticatedAt };
  }

  /** Broken glass is somebody in the console alone, with the one role, while its hours last. */
  async function glassRoles({ url }: FastifyRequest, personId: string, at: Date) {
    if (!/^\/(admin|api\/v1|sign-out)(?![\w-])/.test(url)) return null;
    const role = await roleOfGlass(context, personId, at);
    return role ? [role] : null;
  }

  return {
    authenticate: (request) => {
      const asked = known.get(request);
      if (asked) return asked;
      const looking = look(request);
      known.set(request, looking);
      return looking;
    },
    authenticateAgain: (request) => look(request, false),
  };
}
