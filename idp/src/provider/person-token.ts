import { type Database, statement } from '@edutrust/platform/database';
import type { AdapterPayload } from 'oidc-provider';
import type { AppDirectory } from '../apps/directory.ts';
import { hashOf } from './models/hash.ts';
import { liveSession } from './prefetch.ts';

/** An access token of a person, with the grant and the session that it hangs on. */
export interface PersonToken {
  /** The person's. */
  readonly id: string;
  readonly token: AdapterPayload;
  readonly grant: AdapterPayload;
  readonly session: AdapterPayload | null;
}

export const personTokenColumns = 't.payload AS token, g.payload AS grant, s.payload AS session';

/** The rest of a statement: the token whose hash is `$1`, while it and all that it hangs on live; the person is `p`. */
export const livePersonToken = `
  FROM idp.access_token AS t
  JOIN idp.oauth_grant AS g ON g.id = t.grant_id AND g.expires_at > now()
  JOIN idp.account AS a ON a.person_id = t.person_id AND a.status = 'active'
  JOIN registry.person AS p ON p.id = t.person_id AND p.status = 'active'
  LEFT JOIN idp.session AS s ON s.uid = t.session_uid AND ${liveSession}
  WHERE t.id_hash = $1 AND t.consumed_at IS NULL AND t.expires_at > now()`;

/** Bound to no key and for no API, whose grant and, when it ends with one, session are as it says. */
export function isPlain({ token, grant, session, id }: PersonToken): boolean {
  const { kind, clientId, grantId, accountId } = token;
  const ownSession = session?.accountId === id && session.authorizations?.[String(clientId)]?.grantId === grantId;
  return (
    kind === 'AccessToken' &&
    accountId === id &&
    [token.aud, token.jkt, token['x5t#S256'], token.claims, grant.rejected].every((value) => value === undefined) &&
    grant.clientId === clientId &&
    grant.accountId === id &&
    (token.expiresWithSession !== true || ownSession)
  );
}

/** What the token is for, as far as the grant still says so. */
export function grantedScopes({ token, grant }: Pick<PersonToken, 'token' | 'grant'>): string[] {
  const asked = new Set(String(token.scope ?? '').split(' '));
  return String((grant.openid as { scope?: string } | undefined)?.scope ?? '') // as `models/grant.ts` writes it
    .split(' ')
    .filter((scope) => asked.has(scope));
}

const find = statement<PersonToken, [idHash: Buffer]>(
  'idp.person-token',
  `SELECT p.id, ${personTokenColumns} ${livePersonToken}`,
);

/** Whom a bearer token stands for at an API of ours, and for which app. */
export interface TokenHolder {
  readonly clientId: string;
  readonly personId: string;
  readonly scopes: readonly string[];
}

/** The holder of a live bearer token of an approved app; undefined for anything else, also for a token that is bound to a key. */
export async function holderOfToken(
  db: Database,
  apps: Pick<AppDirectory, 'app'>,
  bearer: string,
): Promise<TokenHolder | undefined> {
  const [found] = await find(db, hashOf(bearer));
  if (!found || !isPlain(found)) return undefined;
  const app = await apps.app(String(found.token.clientId));
  if (!app?.isApproved || app.isSandbox) return undefined;
  const scopes = grantedScopes(found).filter((scope) => app.scopes.includes(scope));
  return { clientId: app.clientId, personId: found.id, scopes };
}
