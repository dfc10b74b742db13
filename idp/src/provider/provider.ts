import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { ServiceContext } from '@edutrust/platform/context';
import { createClientCertificates, kindOf } from '@edutrust/platform/http';
import type { Route } from '@edutrust/platform/route';
import Provider, { type KoaContextWithOIDC } from 'oidc-provider';
import type { AppDirectory } from '../apps/directory.ts';
import type { IdpPages } from '../pages.ts';
import type { RequestLog } from '../requests/request-log.ts';
import type { RiskWatch } from '../risk/risk.ts';
import { deliverLogout } from '../sessions/backchannel.ts';
import type { CookieNames } from '../sessions/cookies.ts';
import type { Throttle } from '../throttling/throttle.ts';
import { accessTokenSeconds } from './adapter.ts';
import { completeAnswers } from './answers.ts';
import { type ConfigurationInput, providerConfiguration } from './configuration.ts';
import { ownDeviceFlow } from './device-flow.ts';
import { createIntrospection } from './introspection.ts';
import { loadSigningKeys, type SigningKey } from './keys.ts';
import { createMachineGrant } from './machine-grant.ts';
import { machineTokenAdapter } from './models/machine-token.ts';
import { ownMethods } from './own-methods.ts';
import { forwarded, providerRoutes, type Served } from './routes.ts';
import { publicJwk } from './signing-key.ts';
import { createSubjects } from './subject.ts';
import { registerTokenExchange } from './token-exchange.ts';
import { createUserinfo } from './userinfo.ts';

/** How often a process looks whether the keys have changed. */
const keysFreshMs = 30_000;

export interface ProviderInput {
  readonly context: ServiceContext;
  readonly apps: AppDirectory;
  readonly pages: IdpPages;
  readonly cookies: CookieNames;
  readonly requests: RequestLog;
  readonly throttle: Throttle;
  readonly risk: RiskWatch;
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
      introspection: createIntrospection(context, input.apps, input.subjectOf),
      certificateOf: createClientCertificates(context.config),
      deviceCookie: input.cookies.device,
      machineGrant: createMachineGrant(input.apps, machineTokenAdapter(context, accessTokenSeconds)),
    }),
  };
}

const orderOf = (keys: readonly SigningKey[]) => keys.map(({ kid }) => kid).join();

async function build(
  input: Omit<ConfigurationInput, 'keys'> & Pick<ProviderInput, 'requests' | 'throttle'>,
  keys: readonly SigningKey[],
): Promise<Built> {
  const { config, log } = input.context;
  const provider = new Provider(config.url.origin, providerConfiguration({ ...input, keys }));
  provider.proxy = true; // what it reads as X-Forwarded-* is set by `forwarded` from the configuration alone
  provider.on('server_error', (_ctx, error) => {
    const kind = kindOf(error);

    if (kind.status >= 500) log.error({ err: kind.status === 500 ? error : kind, code: kind.code }, 'provider');
  });
  // P13: the app is told the OAuth error only; the reason is here, without parameters
  const refused = (ctx: KoaContextWithOIDC, error: Error) => {
    input.requests.refused(ctx, error);
    log.info(
      {
        clientId: ctx.oidc?.client?.clientId,
        error: error.message,
        reason: (error as { error_detail?: string }).error_detail,
      },
      'refused by the provider',
    );
  };
  provider.on('authorization.error', refused);
  provider.on('grant.error', refused);
  provider.on('end_session.error', refused);
  provider.on('userinfo.error', refused);
  provider.on('pushed_authorization_request.error', refused);
  provider.on('introspection.error', refused);
  provider.on('device_authorization.error', refused);
  provider.on('device_resume.error', refused);
  provider.on('backchannel_authentication.error', refused);
  provider.on('authorization.success', input.requests.succeeded);
  provider.on('grant.success', input.requests.succeeded);
  ownMethods(provider, input.context, input.apps);
  ownDeviceFlow(provider, input.throttle);
  registerTokenExchange(provider, input);
  completeAnswers(provider, input.context, input.cookies);
  const callback = provider.callback();
  return {
    provider,
    callback,
    order: orderOf(keys),
    jwks: JSON.stringify({ keys: keys.map(publicJwk) }),
    discovery: await answerOf(callback, config.url, '/.well-known/openid-configuration'),
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
