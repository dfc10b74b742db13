import { createHash } from 'node:crypto';
import type { Database } from '@edutrust/platform/database';
import Provider, {
  type AccessToken,
  type ClientCredentials,
  errors,
  type KoaContextWithOIDC,
  type ResourceServer,
} from 'oidc-provider';
import type { AppDirectory } from '../apps/directory.ts';
import { isForPerson } from '../apps/release.ts';
import { sourceOf } from './grant-source.ts';

/** An API judges its tokens without asking, so they are short. */
const apiTokenSeconds = 5 * 60;

/**
 * What an app may do at the API of another one (RFC 8707 §2): what both approvals say, at the moment when the token is made.
 *
 * @throws InvalidTarget when one of the two apps is not approved, or the approval does not name the API.
 */
export async function apiServer(apps: AppDirectory, identifier: string, clientId: string): Promise<ResourceServer> {
  const [calling, called] = await Promise.all([apps.app(clientId), apps.ofApi(identifier)]);
  const access = calling?.apiAccess.find((one) => one.identifier === identifier);
  if (!calling?.isApproved || !called?.isApproved || !access) {
    throw new errors.InvalidTarget('the API is not one that the app is approved for');
  }
  const offered = new Set(called.api?.scopes.map(({ name }) => name));
  return {
    scope: access.scopes.filter((scope) => offered.has(scope)).join(' '),
    audience: identifier,
    accessTokenFormat: 'jwt',
    accessTokenTTL: apiTokenSeconds,
    jwt: { sign: { alg: 'ES256' } },
  };
}

/**
 * What a token for an API says of whom it is for (RFC 9068 §2.2): the person as the API's own app knows them, and how they
 * signed in; of an app that acts for itself its name stays.
 *
 * @throws InvalidTarget for a person whom one of the apps is not for: nobody is asked about APIs, so both approvals have to cover them.
 */
export async function apiClaims(
  db: Database,
  { apps, subjectOf }: Subjects,
  ctx: KoaContextWithOIDC,
  token: AccessToken | ClientCredentials,
): Promise<Record<string, unknown> | undefined> {
  const { accountId: personId, clientId = '', aud, extra } = token as AccessToken;
  if (extra || !aud || !personId) return extra;
  const called = await apps.ofApi(String(aud));
  const areForPerson = await Promise.all(
    [clientId, called?.clientId ?? ''].map((app) => isForPerson(db, { clientId: app }, personId)),
  );
  if (!called || areForPerson.includes(false)) throw new errors.InvalidTarget('one of the apps is not for this person');
  const { acr, amr, authTime } = sourceOf(ctx.oidc.entities) ?? {};
  return { sub: await subjectOf(called.sector, personId), acr, amr, auth_time: authTime };
}

/** Whether the token is for the API of this app. */
export async function isOfApi(apps: AppDirectory, clientId: string, token: object): Promise<boolean> {
  const { aud } = token as Pick<AccessToken, 'aud'>; // a refresh token has none
  return aud !== undefined && (await apps.app(clientId))?.api?.identifier === aud;
}

interface Subjects {
  readonly apps: AppDirectory;
  readonly subjectOf: (sector: string, personId: string) => Promise<string>;
}

/** Under what a token is kept: opaque ones under themselves, JWTs, which alone have dots, under their digest. */
export const keyOf = (token: string) =>
  token.includes('.') ? createHash('sha256').update(token).digest('base64url') : token;

const asking: ReadonlySet<unknown> = new Set(['introspection', 'revocation']);

/** The form of a request that asks about a token, with its key in the token's place: the library takes no JWT there. */
export function withKeyOfToken(route: unknown, form: unknown): unknown {
  const token = asking.has(route) ? (form as { token?: unknown } | undefined)?.token : undefined;
  return typeof token === 'string' ? { ...(form as object), token: keyOf(token) } : form;
}

interface Made {
  readonly value: string;
  readonly payload?: Record<string, unknown>;
}

/**
 * The library forgets a token that is a JWT. Ours are kept beside the others: so a code is redeemed with them in one
 * statement (P3), they end with the session, and introspection and revocation know them. Their key is theirs alone, and
 * because of their audience it opens nothing.
 */
export function keepApiTokens(provider: Provider): void {
  for (const { prototype } of [provider.AccessToken, provider.ClientCredentials]) {
    const token = prototype as unknown as { jti: string; getValueAndPayload(): Promise<Made> };
    const opaque = (Object.getPrototypeOf(prototype) as typeof token).getValueAndPayload;
    const { getValueAndPayload } = token;
    token.getValueAndPayload = async function () {
      const made = await getValueAndPayload.call(this);
      if (made.payload) return made;
      const { payload = {} } = await opaque.call(this);
      this.jti = keyOf(made.value);
      return { value: made.value, payload };
    };
  }
  // Nobody is asked about APIs, and no grant names them: `apiServer` says each time what both approvals allow.
  const grant = provider.Grant.prototype as unknown as {
    getResourceScopeFiltered(api: string, asked: Iterable<string>): string;
    getResourceScopeEncountered(api: string): string;
  };
  const allowed = (api: string) => Provider.ctx?.oidc.resourceServers?.[api]?.scope;
  grant.getResourceScopeFiltered = (api, asked) => {
    const scopes = allowed(api)?.split(' '); // at the token endpoint the library has filtered `asked` by it
    return [...asked].filter((scope) => scopes?.includes(scope) ?? true).join(' ');
  };
  grant.getResourceScopeEncountered = (api) => allowed(api) ?? '';
}
