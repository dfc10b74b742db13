import type { ServiceContext } from '@edutrust/platform/context';
import { statement } from '@edutrust/platform/database';
import type { DirectAnswer, DirectBodyAnswerer } from '@edutrust/platform/http';
import type { AdapterPayload } from 'oidc-provider';
import type { AppDirectory } from '../apps/directory.ts';
import { credentialsOf, isAuthenticated } from './credentials.ts';
import { hashOf } from './models/hash.ts';
import { liveSession } from './prefetch.ts';
import { protocolHeaders } from './userinfo.ts';

interface Found {
  readonly token: AdapterPayload;
  readonly grant: AdapterPayload;
  readonly session: AdapterPayload | null;
}

/** An access token that still works, of its app alone; no row for whatever may not be told. */
const find = statement<Found, [idHash: Buffer, clientId: string]>(
  'idp.introspection',
  `SELECT t.payload AS token, g.payload AS grant, s.payload AS session
   FROM idp.access_token AS t
   JOIN idp.oauth_grant AS g ON g.id = t.grant_id AND g.expires_at > now()
   LEFT JOIN idp.session AS s ON s.uid = t.session_uid AND ${liveSession}
   WHERE t.id_hash = $1 AND t.payload->>'clientId' = $2 AND t.consumed_at IS NULL AND t.expires_at > now()`,
);

const headers = { ...protocolHeaders, 'access-control-expose-headers': 'WWW-Authenticate' };

/**
 * Answers introspection (RFC 7662) where an app asks about an access token of its own that works and is bound to no key,
 * with its secret in the header. It says what the library would say; that a token does not work, and what is refused, the
 * library says alone.
 */
export function createIntrospection(
  { db, config }: Pick<ServiceContext, 'db' | 'config'>,
  apps: AppDirectory,
  subjectOf: (sector: string, personId: string) => Promise<string>,
): DirectBodyAnswerer {
  return (body, request) => {
    const token = /^token=([\w-]{40,100})(?:&token_type_hint=access_token)?$/.exec(body.toString('latin1'))?.[1];
    const isForJson = !request.headers.accept?.includes('jwt'); // RFC 9701
    const asking = token && isForJson ? credentialsOf(request) : undefined;
    return token && asking ? answer(token, asking) : undefined;
  };

  async function answer(
    bearer: string,
    asking: NonNullable<ReturnType<typeof credentialsOf>>,
  ): Promise<DirectAnswer | undefined> {
    const { clientId } = asking;
    const app = await apps.app(clientId);
    if (!app || app.isSandbox || !(await isAuthenticated(apps, asking))) return undefined;
    const [found] = await find(db, hashOf(bearer), clientId);
    if (!found || !isPlain(found)) return undefined;
    const { accountId = '', exp, iat, sid, scope } = found.token;
    return {
      headers,
      body: JSON.stringify({
        active: true,
        sub: await subjectOf(app.sector, accountId),
        client_id: clientId,
        exp,
        iat,
        sid,
        iss: config.url.origin,
        scope: scope || undefined,
        token_type: 'Bearer',
      }),
    };
  }
}

/** A token of a person, bound to no key, whose grant and, when it ends with one, session are as it says. */
function isPlain({ token, grant, session }: Found): boolean {
  const { kind, clientId, grantId, accountId } = token;
  const ownSession =
    session?.accountId === accountId && session?.authorizations?.[String(clientId)]?.grantId === grantId;
  return (
    kind === 'AccessToken' &&
    accountId !== undefined &&
    [token.aud, token.jkt, token['x5t#S256'], token.extra, token.rar].every((value) => value === undefined) &&
    grant.clientId === clientId &&
    grant.accountId === accountId &&
    (token.expiresWithSession !== true || ownSession)
  );
}
