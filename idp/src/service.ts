import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { payloadText } from '@edutrust/platform/jobs';
import { readOutbox } from '@edutrust/platform/outbox';
import type { Service } from '@edutrust/platform/service';
import type { ApprovalKind } from '@edutrust/registry/approvals';
import type { FastifyRequest } from 'fastify';
import { addClassAccountsRoutes } from './accounts/class-routes.ts';
import { addAccountsRoutes } from './accounts/routes.ts';
import { codeKind } from './activation/code-approval.ts';
import { addActivationRoutes } from './activation/routes.ts';
import { createAppDirectory } from './apps/directory.ts';
import { releaseAppKind } from './apps/release-approval.ts';
import { addAppsRoutes } from './apps/routes.ts';
import { addRoomRoutes } from './badges/room-routes.ts';
import { addBadgeRoutes } from './badges/routes.ts';
import type { DocumentsPort } from './children/children.ts';
import { addChildrenRoutes } from './children/routes.ts';
import { addConsentRoutes } from './consent/routes.ts';
import { addLauncher } from './launcher/routes.ts';
import type { IdpPages } from './pages.ts';
import { createPasswordHasher } from './password/hashing.ts';
import { createProvider } from './provider/provider.ts';
import { sweep } from './provider/sweep.ts';
import { addSecondFactorRoutes } from './second-factor/routes.ts';
import { addAccountPages } from './self-service/pages.ts';
import { addAccountRoutes } from './self-service/routes.ts';
import { createAuthenticate } from './sessions/authenticate.ts';
import { cookieNames } from './sessions/cookies.ts';
import { logoutTask } from './sessions/end.ts';
import { leaversReader } from './sessions/leavers.ts';
import { forgetOldHours, signInCounter } from './sign-ins/counting.ts';
import { addSignInFiguresRoutes } from './sign-ins/routes.ts';
import { addOwnPagesRoutes } from './signin/first-party.ts';
import { addSignInRoutes } from './signin/routes.ts';
import { addNetworkRoutes } from './throttling/routes.ts';
import { createThrottle } from './throttling/throttle.ts';
import type { IdpTools } from './tools.ts';

export { migrations } from './migrations.ts';

/** The acts of this workspace that take two people. */
export const idpKinds: readonly ApprovalKind[] = [codeKind, releaseAppKind];

export interface Idp extends Service {
  /** Who calls, by the provider's session; null for nobody. Asked for each request by the HTTP base. */
  authenticate(request: FastifyRequest): Promise<Actor | null>;
}

const sweepTask = 'idp.sweep';

/** The OpenID provider with its pages: sign-in, activation, consent, launcher, account; accounts and apps over JSON. */
export async function createIdp(
  context: ServiceContext,
  pages: IdpPages,
  /** Who keeps what was issued to people; without it nothing was. */
  ports: { readonly documents?: DocumentsPort } = {},
): Promise<Idp> {
  const cookies = cookieNames(context.config.url);
  const apps = createAppDirectory(context.db, context.clock);
  const provider = await createProvider({ context, apps, pages, cookies });
  const tools: IdpTools = {
    context,
    pages,
    apps,
    cookies,
    hasher: createPasswordHasher(),
    throttle: createThrottle(context),
    provider: provider.current,
  };
  let readers: readonly { stop(): Promise<void> }[] = [];
  return {
    name: 'idp',
    authenticate: createAuthenticate(context, cookies.session),
    routes: (app) => {
      provider.routes(app);
      addOwnPagesRoutes(app, tools);
      addSignInRoutes(app, tools);
      addConsentRoutes(app, tools);
      addActivationRoutes(app, tools);
      addLauncher(app, tools, ports.documents);
      addAccountPages(app, tools);
      addSecondFactorRoutes(app, tools);
      addAccountRoutes(app, tools);
      addChildrenRoutes(app, tools, ports.documents);
      addAccountsRoutes(app, tools);
      addClassAccountsRoutes(app, tools);
      addBadgeRoutes(app, tools);
      addRoomRoutes(app, tools);
      addAppsRoutes(app, tools);
      addNetworkRoutes(app, tools);
      addSignInFiguresRoutes(app, tools);
    },
    tasks: {
      [sweepTask]: async () => {
        await sweep(context.db);
        await forgetOldHours(context.db);
      },
    },
    outsideTasks: {
      [logoutTask]: (payload) =>
        provider.deliverLogout({
          clientId: payloadText(payload, 'clientId'),
          personId: payloadText(payload, 'personId'),
          ...(payload.sid === undefined ? {} : { sid: payloadText(payload, 'sid') }),
        }),
    },
    schedule: { [sweepTask]: '7 * * * *' },
    start: async () => {
      readers = [leaversReader(context), signInCounter(context)].map((reader) =>
        readOutbox(context.db, reader, (error) => context.log.error({ err: error }, reader.consumer)),
      );
    },
    close: async () => {
      await Promise.all(readers.map((reader) => reader.stop()));
    },
  };
}
