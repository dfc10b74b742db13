import type { IncomingMessage } from 'node:http';
import type { ServiceContext } from '@edutrust/platform/context';
import { statement } from '@edutrust/platform/database';
import type { DirectAnswer } from '@edutrust/platform/http';
import { claimsOfSummary, type PersonSummary, personSummaryColumns } from '@edutrust/registry/people';
import type { AppDirectory } from '../apps/directory.ts';
import { guardedScopes } from '../apps/release.ts';
import { claimNamesOf, derivedClaims } from './claims.ts';
import { hashOf } from './models/hash.ts';
import { grantedScopes, isPlain, livePersonToken, type PersonToken, personTokenColumns } from './person-token.ts';

/** Scopes whose claims take more than this statement reads. */
const slower: ReadonlySet<string> = new Set(['email', 'acting_for']);

type Found = PersonSummary & PersonToken;

/** Everything that a bearer's userinfo takes, in one round trip; no row for whatever may not be answered. */
const find = statement<Found, [idHash: Buffer]>(
  'idp.userinfo',
  `SELECT ${personTokenColumns},
     ${personSummaryColumns(`string_to_array(t.payload->>'scope', ' ') && '{school,groups}'`)}
   ${livePersonToken}`,
);

/** What every answer of the provider for an app has. */
export const protocolHeaders = {
  'cache-control': 'no-store',
  'content-type': 'application/json; charset=utf-8',
  vary: 'Origin',
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'DPoP-Nonce,WWW-Authenticate',
};

/**
 * Answers userinfo (OpenID Connect Core §5.3) for a bearer token without a proof, an origin or data that is guarded for
 * pupils (N2): what nearly every app asks at nearly every sign-in. It says what the library would say and nothing where
 * anything is unusual; refusals, with their reasons, are the library's alone.
 */
export function createUserinfo(
  { db }: Pick<ServiceContext, 'db'>,
  apps: AppDirectory,
  subjectOf: (sector: string, personId: string) => Promise<string>,
): (request: IncomingMessage) => Promise<DirectAnswer | undefined> | undefined {
  return ({ headers: { accept, authorization, dpop, origin, 'x-fapi-interaction-id': interaction } }) => {
    const token = /^Bearer ([\w-]{40,100})$/i.exec(authorization ?? '')?.[1];
    const isUsual = [dpop, origin, interaction].every((value) => value === undefined) && !accept?.includes('jwt');
    return token && isUsual ? answer(token) : undefined;
  };

  async function answer(bearer: string): Promise<DirectAnswer | undefined> {
    const [found] = await find(db, hashOf(bearer));
    if (!found || !isPlain(found)) return undefined;
    const { token } = found;
    const scopes = grantedScopes(found);
    if (!scopes.includes('openid') || scopes.some((scope) => guardedScopes.has(scope) || slower.has(scope))) {
      return undefined;
    }
    const app = await apps.app(String(token.clientId));
    if (!app || app.isSandbox) return undefined;
    const sub = await subjectOf(app.sector, found.id);
    const claims = claimsOfSummary(found);
    const known: Record<string, unknown> = { ...claims, ...derivedClaims(sub, claims), sub };
    return {
      headers: protocolHeaders,
      body: JSON.stringify(Object.fromEntries(claimNamesOf(scopes).map((name) => [name, known[name]]))),
    };
  }
}
