import { createHmac } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { ServiceContext } from '@edutrust/platform/context';
import { illFormedAt, kindOf } from '@edutrust/platform/http';
import type { Route } from '@edutrust/platform/route';
import Provider, { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { hashSecret } from '../apps/apps.ts';
import type { AppDirectory } from '../apps/directory.ts';
import type { IdpPages } from '../pages.ts';
import { deliverLogout } from '../sessions/backchannel.ts';
import type { CookieNames } from '../sessions/cookies.ts';
import { endSessions, enqueueLogout } from '../sessions/end.ts';
import { accessTokenSeconds } from './adapter.ts';
import { completeAnswers } from './answers.ts';
import { type ConfigurationInput, providerConfiguration } from './configuration.ts';
import { loadSigningKeys, type SigningKey } from './keys.ts';
import { createMachineGrant } from './machine-grant.ts';
import { machineTokenAdapter } from './models/machine-token.ts';
import { createSuccessor } from './models/token.ts';
import { forwarded, providerRoutes, type Served } from './routes.ts';
import { createSubjects } from './subject.ts';
import { createUserinfo } from './userinfo.ts';

/** How often a process looks whether the keys have changed. */
const keysFreshMs = 30_000;

export interface ProviderInput {
  readonly context: ServiceContext;
  readonly apps: AppDirectory;
  readonly pages: IdpPages;
  readonly cookies: CookieNames;
}

interface Built extends Served {
  readonly provider: Provider;
  readonly order: string;
}

/** oidc-provider on our tables. Keys are read when a Provider is made, so other keys mean another Provider (K2). */
export interface ProviderHolder {
  current(): Promise<Provider>;
  /** Discovery, JWKS and everything under `/oidc/`. */
  readonly routes: readonly Route[];
  /** Tells one app that one session ended; throws when the app did not take it. */
  deliverLogout(logout: { clientId: string; personId: string; sid?: string }): Promise<void>;
}

export async function createProvider(given: ProviderInput): Promise<ProviderHolder> {
  const { context } = given;
  const input = { ...given, subjectOf: createSubjects(context) };
  let built = await build(input, await loadSigningKeys(context));
  const nowMs = () => context.clock.now().getTime();
  let checkedAt = nowMs();

  async function now(): Promise<Built> {
    if (nowMs() - checkedAt > keysFreshMs) {
      checkedAt = nowMs();
      const keys = await loadSigningKeys(context);
      if (orderOf(keys) !== built.order) built = await build(input, keys);
    }
    return built;
  }

  /** What is there and needs no look at the keys first. */
  const held = () => (nowMs() - checkedAt > keysFreshMs ? undefined : built);
  return {
    current: async () => (await now()).provider,
    deliverLogout: async (logout) => deliverLogout((await now()).provider, logout),
    routes: providerRoutes(context.config.url, {
      now,
      held,
      userinfo: createUserinfo(context, input.apps, input.subjectOf),
      machineGrant: createMachineGrant(input.apps, machineTokenAdapter(context, accessTokenSeconds)),
    }),
  };
}

const orderOf = (keys: readonly SigningKey[]) => keys.map(({ kid }) => kid).join();

async function build(input: Omit<ConfigurationInput, 'keys'>, keys: readonly SigningKey[]): Promise<Built> {
  const { config, log } = input.context;
  const provider = new Provider(config.url.origin, providerConfiguration({ ...input, keys }));
  provider.proxy = true; // what it reads as X-Forwarded-* is set by `forwarded` from the configuration alone
  provider.on('server_error', (_ctx, error) => {
    const kind = kindOf(error);
    if (kind.status >= 500) log.error({ err: kind.status === 500 ? error : kind, code: kind.code }, 'provider');
  });
  // P13: the app is told the OAuth error only; the reason is here, without parameters
  const refused = (ctx: KoaContextWithOIDC, error: Error) =>
    log.info(
      {
        clientId: ctx.oidc?.client?.clientId,
        error: error.message,
        reason: (error as { error_detail?: string }).error_detail,
      },
      'refused by the provider',
    );
  provider.on('authorization.error', refused);
  provider.on('grant.error', refused);
  provider.on('end_session.error', refused);
  provider.on('userinfo.error', refused);
  ownMethods(provider, input);
  completeAnswers(provider, input.context, input.cookies);
  const callback = provider.callback();
  return {
    provider,
    callback,
    order: orderOf(keys),
    jwks: JSON.stringify({ keys: keys.map(({ d: _private, ...publicKey }) => publicKey) }),
    discovery: await answerOf(callback, config.url, '/.well-known/openid-configuration'),
  };
}

/** What the library leaves to its models' methods, done our way: hashed secrets, sessions that end in one transaction. */
function ownMethods(provider: Provider, { context, apps }: ProviderInput): void {
  const client = provider.Client.prototype as unknown as {
    clientId: string;
    compareClientSecret(this: { clientId: string }, given: string): Promise<boolean>;
    backchannelLogout(this: { clientId: string }, personId: string, sid: string): Promise<void>;
  };
  client.compareClientSecret = function (given) {
    return apps.secretMatches(this.clientId, hashSecret(given));
  };
  // Inside a request nobody waits for an app: the job is kept with the effect and tried until the app answers (P11).
  client.backchannelLogout = async function (personId, sid) {
    const logout = { clientId: this.clientId, personId, sid };
    await context.db.transaction().execute((transaction) => enqueueLogout(transaction, context.jobs, logout));
  };
  // E14: the library reads forms itself; what is no text is refused where it is parsed.
  const { OIDCContext } = provider as unknown as { OIDCContext: { prototype: object } };
  const bodies = new WeakMap<object, unknown>();
  Object.defineProperty(OIDCContext.prototype, 'body', {
    get() {
      return bodies.get(this);
    },
    set(body: unknown) {
      if (illFormedAt(body)) throw new errors.InvalidRequest('a parameter is not text');
      bodies.set(this, body);
    },
  });
  const session = provider.Session.prototype as unknown as {
    destroy(this: { uid: string; accountId?: string; destroyed?: boolean }): Promise<void>;
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
    if (asked !== 'consent') resetIdentifier.call(this);
  };
  // By session and app, so that tabs that enter an app at once tell it the same `sid`.
  const sidKey = context.secrets.derive('idp/sid/v1');
  session.ensureClientContainer = function (clientId) {
    if (this.sidFor(clientId)) return;
    this.sidFor(clientId, createHmac('sha256', sidKey).update(`${this.uid}\0${clientId}`).digest('base64url'));
  };
  const refreshToken = provider.RefreshToken.prototype as unknown as { generateTokenId(): string };
  const { generateTokenId } = refreshToken;
  const successorOf = createSuccessor(context.secrets);
  refreshToken.generateTokenId = function () {
    const rotated = Provider.ctx?.oidc.entities.RotatedRefreshToken?.jti;
    return rotated ? successorOf(rotated) : generateTokenId.call(this);
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

/** What the provider answers to a GET, as text that can be given out again and again. */
function answerOf(callback: Built['callback'], url: URL, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new IncomingMessage(new Socket());
    request.method = 'GET';
    request.url = path;
    request.headers = forwarded(url, {});
    const response = new ServerResponse(request);
    response.end = ((body: string | Buffer) => {
      if (response.statusCode === 200) resolve(body.toString());
      else reject(new Error(`the provider answers ${response.statusCode} to ${path}`));
      return response;
    }) as ServerResponse['end'];
    Promise.resolve(callback(request, response)).catch(reject);
  });
}
