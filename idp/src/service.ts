import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { PresentedToken, TokenRequest } from '@edutrust/platform/http';
import { payloadText } from '@edutrust/platform/jobs';
import { readOutbox } from '@edutrust/platform/outbox';
import type { PersonalPart } from '@edutrust/platform/personal';
import type { Route } from '@edutrust/platform/route';
import type { Service } from '@edutrust/platform/service';
import type { ApprovalKind } from '@edutrust/registry/approvals';
import type { FastifyRequest } from 'fastify';
import { classAccountRoutes } from './accounts/class-routes.ts';
import { personAccountRoutes } from './accounts/routes.ts';
import { codeKind } from './activation/code-approval.ts';
import { activationRoutes } from './activation/routes.ts';
import { createAgents } from './agents/agents.ts';
import type { App } from './apps/app.ts';
import { type AppDirectory, createAppDirectory } from './apps/directory.ts';
import { releaseAppKind } from './apps/release-approval.ts';
import { appRoutes } from './apps/routes.ts';
import { roomRoutes } from './badges/room-routes.ts';
import { badgeRoutes } from './badges/routes.ts';
import { breakGlassRoutes } from './break-glass/routes.ts';
import type { DocumentsPort } from './children/children.ts';
import { childrenRoutes } from './children/routes.ts';
import { pingTask } from './ciba/answer.ts';
import { pingApp } from './ciba/ping.ts';
import { signInRequestRoutes } from './ciba/routes.ts';
import { receiptRoutes } from './consent/receipt-routes.ts';
import { consentRoutes } from './consent/routes.ts';
import { dataRequestPages } from './data-requests/routes.ts';
import { launcherRoutes } from './launcher/routes.ts';
import { bellTask, ringBell } from './lessons/lessons.ts';
import { lessonRoutes } from './lessons/routes.ts';
import { suspendInactive } from './level-three/inactive.ts';
import { levelThreeRoutes } from './level-three/routes.ts';
import { signInLogRetention } from './level-three/sign-in-log.ts';
import { looksRoutes } from './looks/routes.ts';
import { ownDataRoutes } from './own-data/routes.ts';
import type { IdpPages } from './pages.ts';
import { passkeyEndpointRoutes } from './passkeys/endpoints.ts';
import { createPasswordHasher } from './password/hashing.ts';
import { rotateOldSigningKeys } from './provider/keys.ts';
import { ownToken } from './provider/own-token.ts';
import { personToken, type TokenHolder } from './provider/person-token.ts';
import { createTokenDoor, isHeldBy, type TokenDoor } from './provider/presented.ts';
import { createProvider } from './provider/provider.ts';
import { personOfSubject } from './provider/subject.ts';
import { sweep } from './provider/sweep.ts';
import { recipientRoutes } from './recipients/routes.ts';
import { registrationRoutes } from './registration/routes.ts';
import { createRequestLog } from './requests/request-log.ts';
import { appRequestRoutes } from './requests/routes.ts';
import { forgetOldUses } from './requests/uses.ts';
import { createRiskWatch } from './risk/risk.ts';
import { seenNetworkRetention } from './risk/seen.ts';
import { sandboxPageRoutes } from './sandbox/pages.ts';
import { previewRoutes } from './sandbox/preview.ts';
import { secondFactorRoutes } from './second-factor/routes.ts';
import { forgetOldDays, securityCounter } from './security-figures/figures.ts';
import { securityFigureRoutes } from './security-figures/routes.ts';
import { accountPages } from './self-service/pages.ts';
import { accountRoutes } from './self-service/routes.ts';
import { createAuthenticate } from './sessions/authenticate.ts';
import { cookieNames } from './sessions/cookies.ts';
import { logoutTask } from './sessions/end.ts';
import { leaversReader } from './sessions/leavers.ts';
import { forgetOldSignals, pushStream, signalReader } from './shared-signals/deliver.ts';
import { signalRoutes } from './shared-signals/routes.ts';
import { pushTask } from './shared-signals/streams.ts';
import { forgetOldHours, signInCounter } from './sign-ins/counting.ts';
import { signInFigures } from './sign-ins/routes.ts';
import { ownPageRoutes } from './signin/first-party.ts';
import { signInRoutes } from './signin/routes.ts';
import { networkRoutes } from './throttling/routes.ts';
import { createThrottle } from './throttling/throttle.ts';
import type { IdpTools } from './tools.ts';
import { forgetOldChanges } from './undo/changes.ts';
import { undoRoutes } from './undo/routes.ts';
import { createUpstreams } from './upstream/providers.ts';
import { upstreamRoutes } from './upstream/routes.ts';

export { appNames, appsThatKnow } from './apps/names.ts';
export { migrations } from './migrations.ts';
export { idpPersonal } from './own-data/parts.ts';

/** What identity keeps for a time only, beside what ends by itself. */
export const idpRetention = [signInLogRetention, seenNetworkRetention];

/** The acts of this workspace that take two people. */
export const idpKinds: readonly ApprovalKind[] = [codeKind, releaseAppKind];

export interface Idp extends Service {
  /** Who calls, by the provider's session; null for nobody. Asked for each request by the HTTP base. */
  authenticate(request: FastifyRequest): Promise<Actor | null>;
  /** The same of a request that goes on; it is no use of the session. */
  authenticateAgain(request: FastifyRequest): Promise<Actor | null>;
  /** What APIs of ours ask about apps and their tokens. */
  readonly apps: {
    holderOf(request: TokenRequest): Promise<
      PresentedToken<TokenHolder> & {
        /** Of a token that comes in the body beside the one in the header, held with the same keys. */
        beside(token: string): Promise<TokenHolder | undefined>;
      }
    >;
    app(clientId: string): Promise<Pick<App, 'name' | 'scopes'> | undefined>;
    appOf(request: TokenRequest): Promise<PresentedToken<Pick<App, 'clientId' | 'organisationId' | 'scopes'>>>;
    personOf(clientId: string, sub: string): Promise<string | undefined>;
  };
}

/** Who keeps what was issued to people, and what went out about them; without them nothing did. */
interface IdpPorts {
  readonly documents?: DocumentsPort;
  readonly releasedOf?: IdpTools['releasedOf'];
  readonly recipients?: IdpTools['recipients'];
  readonly credentialSignIn?: IdpTools['credentialSignIn'];
  readonly receipts?: IdpTools['receipts'];
  /** What each workspace gives of a person, for the copy of their data. */
  readonly personal?: readonly PersonalPart[];
}

const noKeys = { kind: 'error', error: 'access_denied', description: 'no keys are kept here' } as const;

const sweepTask = 'idp.sweep';
const inactiveTask = 'idp.suspend-inactive';
const rotationTask = 'idp.rotate-signing-keys';

/** The OpenID provider with its pages: sign-in, activation, consent, launcher, account; accounts and apps over JSON. */
export async function createIdp(context: ServiceContext, pages: IdpPages, ports: IdpPorts = {}): Promise<Idp> {
  const cookies = cookieNames(context.config.url);
  const apps = createAppDirectory(context.db, context.clock, createAgents(context));
  const requests = createRequestLog(context, apps);
  const throttle = createThrottle(context);
  const risk = createRiskWatch(context, throttle.devices);
  const provider = await createProvider({ context, apps, pages, cookies, requests, throttle, risk });
  const tokens = createTokenDoor(context);
  const tools: IdpTools = {
    context,
    tokens,
    pages,
    apps,
    cookies,
    hasher: createPasswordHasher(),
    throttle,
    risk,
    upstreams: createUpstreams(context),
    provider: provider.current,
    releasedOf: ports.releasedOf ?? (async () => []),
    recipients: ports.recipients ?? (async () => []),
    credentialSignIn: ports.credentialSignIn ?? (async () => noKeys),
    receipts: ports.receipts,
  };
  let readers: readonly { stop(): Promise<void> }[] = [];
  return {
    name: 'idp',
    ...createAuthenticate(context, cookies, risk),
    apps: askedOfApps(context, apps, tokens),
    routes: () => [...provider.routes, ...routesOf(tools, ports)],
    tasks: {
      [sweepTask]: () => forgetOld(context),
      [rotationTask]: () => rotateOldSigningKeys(context),
      [bellTask]: (payload) => ringBell(context, payloadText(payload, 'lessonId')),
      [inactiveTask]: async () => void (await suspendInactive(context)),
    },
    outsideTasks: {
      [pingTask]: (payload) => pingApp(context, apps, payloadText(payload, 'handle')),
      [pushTask]: (payload) => pushStream(context, payloadText(payload, 'streamId')),
      [logoutTask]: (payload) =>
        provider.deliverLogout({
          clientId: payloadText(payload, 'clientId'),
          personId: payloadText(payload, 'personId'),
          ...(payload.sid === undefined ? {} : { sid: payloadText(payload, 'sid') }),
        }),
    },
    retention: idpRetention,
    schedule: { [sweepTask]: '7 * * * *', [rotationTask]: '37 2 * * *', [inactiveTask]: '10 20 * * *' },
    start: async () => {
      readers = [leaversReader(context), signInCounter(context), securityCounter(context), signalReader(context)].map(
        (reader) => readOutbox(context.db, reader, (error) => context.log.error({ err: error }, reader.consumer)),
      );
    },
    close: async () => {
      await Promise.all([...readers.map((reader) => reader.stop()), requests.settled()]);
    },
  };
}

/** What APIs of ours ask, in this process. */
function askedOfApps(context: ServiceContext, apps: AppDirectory, tokens: TokenDoor): Idp['apps'] {
  return {
    holderOf: async (request) => {
      const find = (token: string) => personToken(context.db, apps, token);
      const { proven, ...presented } = await tokens.present(request, find);
      const beside = async (token: string) => {
        const found = await find(token);
        return found && isHeldBy(found, proven) ? found.holder : undefined;
      };
      return { ...presented, beside };
    },
    app: (clientId) => apps.app(clientId),
    appOf: async (request) => {
      const { holder, headers } = await tokens.present(request, async (token) => {
        const found = await ownToken(context, apps, token);
        return found?.app.isApproved && !found.app.isSandbox ? found : undefined;
      });
      if (!holder) return { holder, headers };
      const { clientId, organisationId } = holder.app;
      return { holder: { clientId, organisationId, scopes: [...holder.scopes] }, headers };
    },
    personOf: async (clientId, sub) => {
      const app = await apps.app(clientId);
      return app && personOfSubject(context.db, app.sector, sub);
    },
  };
}

function routesOf(tools: IdpTools, ports: IdpPorts): Route[] {
  return [
    ...ownPageRoutes(tools),
    ...signInRoutes(tools),
    ...consentRoutes(tools),
    ...sandboxPageRoutes(tools),
    ...previewRoutes(tools),
    ...appRequestRoutes(tools),
    ...activationRoutes(tools),
    ...launcherRoutes(tools, ports.documents),
    ...accountPages(tools),
    ...receiptRoutes(tools),
    ...secondFactorRoutes(tools),
    ...accountRoutes(tools),
    ...undoRoutes(tools),
    ...childrenRoutes(tools, ports.documents),
    ...looksRoutes(tools),
    ...signInRequestRoutes(tools),
    ...dataRequestPages(tools),
    ...ownDataRoutes(tools, ports.personal ?? []),
    ...personAccountRoutes(tools),
    ...classAccountRoutes(tools),
    ...badgeRoutes(tools),
    ...roomRoutes(tools),
    ...lessonRoutes(tools),
    ...appRoutes(tools),
    ...registrationRoutes(tools),
    ...recipientRoutes(tools),
    ...networkRoutes(tools),
    ...signInFigures(tools),
    ...signalRoutes(tools),
    ...breakGlassRoutes(tools),
    ...levelThreeRoutes(tools),
    ...securityFigureRoutes(tools),
    ...passkeyEndpointRoutes(tools),
    ...upstreamRoutes(tools),
  ];
}

async function forgetOld(context: ServiceContext): Promise<void> {
  await sweep(context.db);
  await forgetOldHours(context.db);
  await forgetOldDays(context.db);
  await forgetOldUses(context.db);
  await forgetOldSignals(context);
  await forgetOldChanges(context.db, context.clock.now());
}
