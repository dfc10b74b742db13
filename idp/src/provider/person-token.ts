import { type Database, statement } from '@edutrust/platform/database';
import type { AdapterPayload } from 'oidc-provider';
import type { AppDirectory } from '../apps/directory.ts';
import { hashOf } from './models/hash.ts';
import { liveSession } from './prefetch.ts';
import type { FoundToken } from './presented.ts';

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

/** Of those that are for no API of others, bound to no key. */
export const isPlain = (found: PersonToken): boolean =>
  isForUs(found) && found.token.jkt === undefined && found.token['x5t#S256'] === undefined;

/** For no API of others, whose grant and, when it ends with one, session are as it says. */
function isForUs({ token, grant, session, id }: PersonToken): boolean {
  const { kind, clientId, grantId, accountId } = token;
  const ownSession = session?.accountId === id && session.authorizations?.[String(clientId)]?.grantId === grantId;
  return (
    kind === 'AccessToken' &&
    accountId === id &&
    [token.aud, token.claims, grant.rejected].every((value) => value === undefined) &&
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

/** Whom an access token stands for at an API of ours, and for which app. */
export interface TokenHolder {
  readonly clientId: string;
  readonly personId: string;
  readonly scopes: readonly string[];
}

/** The holder of a live token of an approved app; undefined for anything else. */
export async function personToken(
  db: Database,
  apps: Pick<AppDirectory, 'app'>,
  presented: string,
): Promise<FoundToken<TokenHolder> | undefined> {
  const [found] = await find(db, hashOf(presented));
  if (!found || !isForUs(found)) return undefined;
  const { token, id: personId } = found;
  const app = await apps.app(String(token.clientId));
  if (!app?.isApproved || app.isSandbox) return undefined;
  const scopes = grantedScopes(found).filter((scope) => app.scopes.includes(scope));
  return { token, app, holder: { clientId: app.clientId, personId, scopes } };
}
