import { anyone } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { type Child, decidersOf } from '@edutrust/registry/guardians';
import { addressOf, personClaims } from '@edutrust/registry/people';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errors } from 'oidc-provider';
import Type from 'typebox';
import { actingForScope, childrenToActFor } from '../acting-for/children.ts';
import { isAgentId } from '../apps/agent-ids.ts';
import type { App } from '../apps/app.ts';
import { isForPerson, releasedScopes } from '../apps/release.ts';
import { seeOther, sendPage, viewOf } from '../page-reply.ts';
import type { ConsentProps } from '../pages.ts';
import { releasedData } from '../provider/claims.ts';
import { askedScopes } from '../provider/claims-parameter.ts';
import { showSandbox } from '../sandbox/pages.ts';
import { askingApp, type Interaction, localOf, openInteraction, refuseSignIn, signInExpired } from '../signin/flow.ts';
import type { IdpTools } from '../tools.ts';
import { giveConsent, hasConsented } from './consent.ts';
import { askGuardians, guardianWord, whoseWord } from './guardian.ts';
import { saidOfPerson } from './receipt.ts';

const Params = Type.Object({ uid: Type.String({ maxLength: 100 }) });
const Decision = Type.Object({ decision: Type.Enum(['allow', 'refuse']) }, { additionalProperties: false });

const decide = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: '/signin/:uid/consent',
    access: anyone,
    schema: { hide: true, params: Params, body: Decision },
    handle: async (request, reply) => {
      const interaction = await openInteraction(tools, request, reply, 'consent');
      if (request.body.decision === 'refuse') return refuseSignIn(tools, request, reply);
      const personId = interaction.session?.accountId ?? '';
      const clientId = String(interaction.params.client_id);
      const app = await tools.apps.app(clientId);
      if (!app || app.isSandbox) throw signInExpired(); // a sandbox meets nobody real
      if (await isPupilBeforeAgent(tools, clientId, personId)) return refuseSignIn(tools, request, reply);
      const scopes = askedScopes(interaction.params, app.scopes);
      const provider = await tools.provider();
      const sessionUid = interaction.session?.uid ?? '';
      const { db, clock } = tools.context;
      const who = await whoseWord(db, app, personId, clock.now());
      const isWaiting = who !== 'self' && (await guardianWord(db, personId, clientId, scopes, clock.now())) !== 'given';
      const acting = await actingChildren(tools, personId, scopes);
      const said = await saidOfPerson(tools, { personId, app, scopes, children: acting, at: clock.now() });
      const grantId =
        who === 'guardian'
          ? undefined // too young to be asked
          : await giveConsent(tools.context, {
              ...{ personId, clientId, scopes, sessionUid, said, isWaiting },
              children: acting.map(({ id }) => id),
              acr: interaction.session?.acr ?? '',
            }).catch((error: unknown) => {
              if (error instanceof errors.SessionNotFound) throw signInExpired();
              throw error;
            });
      if (!grantId) {
        const { name } = await personClaims(db, personId);
        await db
          .transaction()
          .execute((transaction) => askGuardians(transaction, tools.context, { personId, app, scopes, name }));
        return seeOther(reply, `/signin/${interaction.uid}`);
      }
      const location = await provider.interactionResult(request.raw, reply.raw, { consent: { grantId } });
      return seeOther(reply, localOf(location));
    },
  });

/** The answer to the consent page of a sign-in under way, `/signin/{uid}`. */
export const consentRoutes = (tools: IdpTools): Route[] => [decide(tools)];

/** Pupils do not agree to an agent of which nobody knows more than its host. */
const isPupilBeforeAgent = async ({ context: { db } }: IdpTools, clientId: string, personId: string) =>
  isAgentId(clientId) && (await personClaims(db, personId)).affiliations.some(({ role }) => role === 'learner');

/** For whom the app would let the person act: all whom they decide for. */
const actingChildren = async ({ context: { db, clock } }: IdpTools, personId: string, scopes: readonly string[]) =>
  scopes.includes(actingForScope) ? childrenToActFor(db, personId, clock.now()) : [];

const nameOfChild = ({ fullName, className }: Child) => (className ? `${fullName} (${className})` : fullName);

/** Whose word it takes, and whether the child's is given and a guardian's waited for. */
async function guardiansBeside(
  { context: { db, clock } }: IdpTools,
  personId: string,
  app: App,
  scopes: readonly string[],
): Promise<Pick<ConsentProps, 'who' | 'waiting'>> {
  const now = clock.now();
  const who = await whoseWord(db, app, personId, now);
  if (who === 'self') return { who, waiting: null };
  const isAsked = (await guardianWord(db, personId, app.clientId, scopes, now)) === 'asked';
  const isOver = isAsked && (who === 'guardian' || (await hasConsented(db, personId, app.clientId, scopes)));
  return { who, waiting: isOver ? { hasGuardian: (await decidersOf(db, personId, now)).length > 0 } : null };
}

/** What the app would learn, with the actual values. @throws NotFound `sign-in/expired` */
export async function showConsent(
  tools: IdpTools,
  interaction: Interaction,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { context, pages, apps } = tools;
  const app = await apps.app(String(interaction.params.client_id));
  const personId = interaction.session?.accountId;
  if (!app || !personId) throw signInExpired();
  if (app.isSandbox) return showSandbox(tools, app, interaction, request, reply);
  if (await isPupilBeforeAgent(tools, app.clientId, personId)) return refuseSignIn(tools, request, reply);
  const view = viewOf(request);
  const scopes = askedScopes(interaction.params, app.scopes);
  const email = scopes.includes('email') ? await addressOf(context.db, personId) : null;
  const claims = { ...(await personClaims(context.db, personId)), email };
  const released = releasedScopes(app, claims, scopes, await isForPerson(context.db, app, personId));
  const html = pages.consent(
    {
      action: `/signin/${interaction.uid}/consent`,
      app: { ...(await askingApp(tools, interaction)), purpose: app.purpose[view.locale], owner: null },
      data: releasedData(claims, released, view.locale),
      actsFor: (await actingChildren(tools, personId, scopes)).map(nameOfChild),
      keepsAccess: scopes.includes('offline_access'),
      ...(await guardiansBeside(tools, personId, app, scopes)),
      name: claims.name,
      someoneElseAction: `/signin/${interaction.uid}/someone-else`,
    },
    view,
  );
  return sendPage(reply, html);
}
