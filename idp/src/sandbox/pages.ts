import { Forbidden } from '@edutrust/platform/errors';
import { anyone } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { hide } from '@edutrust/platform/schemas';
import { can } from '@edutrust/registry/permissions';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errors } from 'oidc-provider';
import Type from 'typebox';
import type { App } from '../apps/app.ts';
import { seeOther, sendPage, viewOf } from '../page-reply.ts';
import { roleNames } from '../provider/claims.ts';
import { askedScopes } from '../provider/claims-parameter.ts';
import { askingApp, type Interaction, localOf, openInteraction, signInExpired } from '../signin/flow.ts';
import type { IdpTools } from '../tools.ts';
import { chooseInvented } from './choice.ts';
import { ChosenPerson, inventedPeople } from './people.ts';

const Params = Type.Object({ uid: Type.String({ maxLength: 100 }) });

const choose = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: '/signin/:uid/sandbox',
    access: anyone,
    schema: { ...hide, params: Params, body: ChosenPerson },
    handle: async (request, reply) => {
      const interaction = await openInteraction(tools, request, reply, 'consent');
      const app = await tools.apps.app(String(interaction.params.client_id));
      if (!app?.isSandbox) throw signInExpired();
      const { personId, sessionUid } = await mustDevelop(tools, app, interaction, request);
      const { clientId } = app;
      const scopes = askedScopes(interaction.params, app.scopes);
      const invented = request.body.person;
      const grantId = await chooseInvented(tools.context, { sessionUid, personId, clientId, scopes, invented }).catch(
        (error: unknown) => {
          if (error instanceof errors.SessionNotFound) throw signInExpired();
          throw error;
        },
      );
      const provider = await tools.provider();
      const location = await provider.interactionResult(request.raw, reply.raw, { consent: { grantId } });
      return seeOther(reply, localOf(location));
    },
  });

/** The answer to the page of an app in its sandbox. */
export const sandboxPageRoutes = (tools: IdpTools): Route[] => [choose(tools)];

/** As whom the developer enters: an app in its sandbox meets nobody else. @throws Forbidden `apps/sandbox` */
export async function showSandbox(
  tools: IdpTools,
  app: App,
  interaction: Interaction,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  await mustDevelop(tools, app, interaction, request);
  const view = viewOf(request);
  const html = tools.pages.sandbox(
    {
      action: `/signin/${interaction.uid}/sandbox`,
      cancelAction: `/signin/${interaction.uid}/cancel`,
      app: await askingApp(tools, interaction),
      people: inventedPeople.map(({ id, claims }) => ({
        id,
        name: claims.name,
        places: claims.affiliations.map(({ role, school, class: name }) =>
          [roleNames[role][view.locale], name, school].filter(Boolean).join(' · '),
        ),
      })),
    },
    view,
  );
  return sendPage(reply, html);
}

/** Only those who may change an app enter it while it is in its sandbox. @throws Forbidden `apps/sandbox` */
async function mustDevelop(
  { context }: IdpTools,
  { organisationId }: App,
  { session }: Interaction,
  { actor }: FastifyRequest,
): Promise<{ personId: string; sessionUid: string }> {
  if (!session?.accountId || actor?.kind !== 'person' || actor.personId !== session.accountId) throw signInExpired();
  if (await can(context.db)(actor, 'apps.write', { organisationId }))
    return { personId: session.accountId, sessionUid: session.uid };
  throw new Forbidden(
    'apps/sandbox',
    {
      vi: 'Ứng dụng này đang thử nghiệm: chỉ người làm ra nó vào được.',
      en: 'This app is in its sandbox: only those who build it can enter.',
    },
    {
      remedy: {
        vi: 'Nếu anh/chị làm ra nó, hãy đăng nhập bằng tài khoản có vai trò chủ ứng dụng, bằng passkey.',
        en: 'If you build it, sign in as the owner of the app, with a passkey.',
      },
    },
  );
}
