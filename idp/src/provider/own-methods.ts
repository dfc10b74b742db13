import type { ServiceContext } from '@edutrust/platform/context';
import { illFormedAt } from '@edutrust/platform/http';
import type { SecretBox } from '@edutrust/platform/secrets';
import Provider, { errors } from 'oidc-provider';
import { hashSecret } from '../apps/apps.ts';
import type { AppDirectory } from '../apps/directory.ts';
import { cibaGrant } from '../ciba/feature.ts';
import { endSessions, enqueueLogout } from '../sessions/end.ts';
import { sidOf } from '../sessions/sid.ts';
import { keepApiTokens, withKeyOfToken } from './api-tokens.ts';
import { claimsByScopes } from './claims-parameter.ts';
import { sourceOf } from './grant-source.ts';
import { ownReplayDetection } from './models/replay.ts';
import { createSuccessor } from './models/token.ts';
import { signedUserinfoOnRequest } from './profiles.ts';
import { exchangeGrant } from './token-exchange.ts';

// The library's types leave out the methods of its models: what is replaced here is written beside each `as`.

/** What the library leaves to its models' methods, done our way: hashed secrets, sessions that end in one transaction. */
export function ownMethods(provider: Provider, context: ServiceContext, apps: AppDirectory): void {
  ownClient(provider, context, apps);
  ownForms(provider);
  ownIdToken(provider, apps);
  keepApiTokens(provider);
  claimsByScopes(provider);
  signedUserinfoOnRequest(provider);
  ownReplayDetection(provider, context.db);
  ownSession(provider, context);
  ownSessionEnd(provider, context);
  ownRotation(provider, context.secrets);
}

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

interface Flagged {
  readonly uses_device_flow?: boolean;
  readonly uses_ciba?: boolean;
  readonly uses_exchange?: boolean;
}

function ownClient(provider: Provider, context: ServiceContext, apps: AppDirectory): void {
  const client = provider.Client.prototype as unknown as {
    clientId: string;
    grantTypeAllowed(this: Flagged, type: string): boolean;
    compareClientSecret(this: { clientId: string }, given: string): Promise<boolean>;
    backchannelLogout(this: { clientId: string }, personId: string, sid: string): Promise<void>;
  };
  // The library takes pairwise clients with these grants only with keys of their own, which a screen or a hotline has not.
  const { grantTypeAllowed } = client;
  client.grantTypeAllowed = function (type) {
    if (type === deviceGrant) return this.uses_device_flow === true;
    if (type === cibaGrant) return this.uses_ciba === true;
    return type === exchangeGrant ? this.uses_exchange === true : grantTypeAllowed.call(this, type);
  };
  client.compareClientSecret = function (given) {
    return apps.secretMatches(this.clientId, hashSecret(given));
  };
  // Inside a request nobody waits for an app: the job is kept with the effect and tried until the app answers (P11).
  client.backchannelLogout = async function (personId, sid) {
    if (Provider.ctx?.oidc.params?.logout) return; // the whole session ends, which tells each app once (`endSessions`)
    const logout = { clientId: this.clientId, personId, sid };
    await context.db.transaction().execute((transaction) => enqueueLogout(transaction, context.jobs, logout));
  };
}

/** E14: the library reads forms itself; what is no text is refused where it is parsed. */
function ownForms(provider: Provider): void {
  const { OIDCContext } = provider as unknown as { OIDCContext: { prototype: object } };
  const bodies = new WeakMap<object, unknown>();
  Object.defineProperty(OIDCContext.prototype, 'body', {
    get() {
      return bodies.get(this);
    },
    set(this: { readonly route: unknown }, body: unknown) {
      if (illFormedAt(body)) throw new errors.InvalidRequest('a parameter is not text');
      bodies.set(this, withKeyOfToken(this.route, body));
    },
  });
}

/** What the scopes release stands in the ID token of an app whose software reads nothing else (as its registration says). */
function ownIdToken(provider: Provider, apps: AppDirectory): void {
  const idToken = provider.IdToken.prototype as unknown as {
    payload(this: { scope?: string; client: { clientId: string } }): Promise<Record<string, unknown>>;
  };
  const { payload } = idToken;
  idToken.payload = async function () {
    const { Grant, ...entities } = Provider.ctx?.oidc.entities ?? {};
    const source = sourceOf(entities);
    // `openid` alone is what the library keeps of an ID token at the token endpoint; a logout token has no scope
    if (this.scope === 'openid' && Grant && source && (await apps.app(this.client.clientId))?.hasClaimsInIdToken) {
      this.scope = Grant.getOIDCScopeFiltered(source.scopes);
    }
    return payload.call(this);
  };
}

/** When a session gets a new cookie, and what apps call it. */
function ownSession(provider: Provider, { secrets }: Pick<ServiceContext, 'secrets'>): void {
  const session = provider.Session.prototype as unknown as {
    resetIdentifier(): void;
    ensureClientContainer(
      this: { uid: string; sidFor(clientId: string, sid?: string): string | undefined },
      clientId: string,
    ): void;
  };
  // A new cookie after a sign-in (S1), and only then: answers to questions of several tabs go on under the same.
  const { resetIdentifier } = session;
  session.resetIdentifier = function () {
    const asked = Provider.ctx?.oidc.entities.Interaction?.prompt.name;
    if (asked !== 'consent' && asked !== 'credential') resetIdentifier.call(this);
  };
  // By session and app, so that tabs that enter an app at once tell it the same `sid`.
  session.ensureClientContainer = function (clientId) {
    if (this.sidFor(clientId)) return;
    this.sidFor(clientId, sidOf(secrets, this.uid, clientId));
  };
}

/** Signing out ends the session with all that hangs on it, in one transaction. */
function ownSessionEnd(provider: Provider, context: ServiceContext): void {
  const session = provider.Session.prototype as unknown as {
    destroy(this: { uid: string; accountId?: string; destroyed?: boolean }): Promise<void>;
  };
  session.destroy = async function () {
    const { uid, accountId } = this;
    const actor = accountId
      ? ({
          kind: 'person',
          personId: accountId,
          sessionId: uid,
          roles: [],
          acr: '',
          authenticatedAt: new Date(0),
        } as const)
      : ({ kind: 'system', name: 'idp' } as const);
    await context.db
      .transaction()
      .execute((transaction) => endSessions(transaction, context.jobs, { uid }, { actor, reason: 'signed-out' }));
    this.destroyed = true;
  };
}

/** A rotated refresh token has one successor, whoever asks how often. */
function ownRotation(provider: Provider, secrets: SecretBox): void {
  const refreshToken = provider.RefreshToken.prototype as unknown as { generateTokenId(): string };
  const { generateTokenId } = refreshToken;
  const successorOf = createSuccessor(secrets);
  refreshToken.generateTokenId = function () {
    const rotated = Provider.ctx?.oidc.entities.RotatedRefreshToken?.jti;
    return rotated ? successorOf(rotated) : generateTokenId.call(this);
  };
}
