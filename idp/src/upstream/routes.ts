import { anyone } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { hide, Uuid } from '@edutrust/platform/schemas';
import { getPerson, hasLeft } from '@edutrust/registry/people';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { findAccount } from '../accounts/account.ts';
import { formErrorOf, seeOther, sendPage } from '../page-reply.ts';
import { freshOr, signedInOr } from '../self-service/pages.ts';
import { readCookie, setCookie } from '../sessions/cookies.ts';
import { viewOfSession } from '../sessions/view.ts';
import { doubtsOf, finishSignIn, openInteraction, signInExpired } from '../signin/flow.ts';
import { proofOf, suspendedAccount } from '../signin/proof.ts';
import { waitsForCode } from '../signin/second-step.ts';
import { obstacleOf } from '../signin/standing.ts';
import type { IdpTools } from '../tools.ts';
import { type Arrived, arrive, leave } from './flow.ts';
import { link, linkUsed, listLinks, personOfLink, unlink } from './links.ts';

const Id = Type.String({ pattern: '^[a-z][a-z0-9-]{1,30}$' });
const ticketSeconds = 60;
const awaySeconds = 600;
const settings = '/account/upstream';

/** What came back for a sign-in, from the callback to the sign-in's own path, whose cookie only that path gets. */
type Ticket = Pick<Arrived, 'issuer' | 'subject'> & { readonly uid: string };
const ticketKey = (ticket: string) => `idp:upstream-ticket:${ticket}`;

const cookieName = ({ context }: IdpTools) =>
  context.config.url.protocol === 'https:' ? '__Host-edutrust-away' : 'edutrust-away';
const away = ({ context, upstreams }: IdpTools) => ({ config: context.config, store: context.store, upstreams });

function go(tools: IdpTools, reply: FastifyReply, left: { readonly location: string; readonly cookie: string }) {
  reply.header('set-cookie', setCookie(tools.context.config.url, cookieName(tools), left.cookie, awaySeconds));
  return seeOther(reply, left.location);
}

const begin = (tools: IdpTools) =>
  route({
    method: 'GET', // a link: a form may lead to no other origin (`form-action`)
    url: '/signin/:uid/upstream/:provider',
    access: anyone,
    schema: { ...hide, params: Type.Object({ uid: Type.String({ maxLength: 100 }), provider: Id }) },
    handle: async (request, reply) => {
      const { uid } = await openInteraction(tools, request, reply, 'login');
      return go(tools, reply, await leave(away(tools), request.params.provider, { kind: 'sign-in', uid }));
    },
  });

const callback = (tools: IdpTools) =>
  route({
    method: 'GET',
    url: '/upstream/:provider/callback',
    access: anyone,
    schema: { ...hide, params: Type.Object({ provider: Id }) },
    handle: async (request, reply) => {
      const { provider } = request.params;
      const { searchParams } = new URL(request.url, tools.context.config.url);
      const cookie = readCookie(request.headers.cookie, cookieName(tools));
      const { purpose, ...arrived } = await arrive(away(tools), provider, searchParams, cookie);
      reply.header('set-cookie', setCookie(tools.context.config.url, cookieName(tools), '', 0));
      if (purpose.kind === 'link') {
        const actor = signedInOr(request, reply);
        if (!actor) return reply;
        if (actor.personId !== purpose.personId || actor.sessionId !== purpose.sessionId) throw signInExpired();
        return finishLink(tools, request, reply, () =>
          link(tools.context, tools.upstreams.provider(provider), { ...arrived, purpose }, actor),
        );
      }
      const { issuer, subject } = arrived;
      const ticket = crypto.randomUUID();
      const value: Ticket = { issuer, subject, uid: purpose.uid };
      await tools.context.store.put(ticketKey(ticket), value, ticketSeconds);
      return seeOther(reply, `/signin/${purpose.uid}/upstream?ticket=${ticket}`);
    },
  });

/** A session begins here only with the cookie of the sign-in that left, and a ticket that is used once. */
const finish = (tools: IdpTools) =>
  route({
    method: 'GET',
    url: '/signin/:uid/upstream',
    access: anyone,
    schema: {
      ...hide,
      params: Type.Object({ uid: Type.String({ maxLength: 100 }) }),
      querystring: Type.Object({ ticket: Uuid }),
    },
    handle: async (request, reply) => {
      const { context } = tools;
      const interaction = await openInteraction(tools, request, reply, 'login');
      const ticket = await context.store.take<Ticket>(ticketKey(request.query.ticket));
      if (!ticket || ticket.uid !== interaction.uid) throw signInExpired();
      const personId = await personOfLink(context, ticket);
      const account = personId === undefined ? undefined : await findAccount(context.db, personId);
      if (!personId || !account) return seeOther(reply, `/signin/${interaction.uid}?upstream=not-linked`);
      const person = await getPerson(context.db, personId);
      const obstacle = obstacleOf(person, account);
      if (obstacle === 'suspended') throw await suspendedAccount(context.db, personId);
      if (obstacle) return seeOther(reply, `/signin/${interaction.uid}?upstream=not-linked`);
      await linkUsed(context.db, ticket, context.clock.now());
      const how = { acr: 'pwd', amr: ['fed'] } as const;
      const proof = { ...(await proofOf(context.db, account, how)), hasLeft: hasLeft(person) };
      const isUnusual = (await doubtsOf(tools, request, interaction, proof)).length > 0;
      if (isUnusual && (await waitsForCode(tools, request, interaction, { proof, isShared: false })))
        return seeOther(reply, `/signin/${interaction.uid}/second`);
      const begin = { isShared: false, isActivation: false };
      return seeOther(reply, await finishSignIn(tools, request, reply, interaction, proof, begin));
    },
  });

async function sendSettings(tools: IdpTools, request: FastifyRequest, reply: FastifyReply, error?: unknown) {
  const actor = signedInOr(request, reply);
  if (!actor) return reply;
  const shown = await viewOfSession(tools.context, request, actor);
  const links = await listLinks(tools.context.db, actor.personId);
  const refused = error === undefined ? undefined : formErrorOf(error, request);
  const html = tools.pages.upstream(
    {
      providers: tools.upstreams.all.map(({ id, name }) => {
        const held = links.find(({ provider }) => provider === id);
        return {
          name: name[shown.locale],
          linkPath: held ? null : `${settings}/${id}/link`,
          unlinkAction: held ? `${settings}/links/${held.id}/remove` : null,
          linkedAt: held?.linkedAt.toISOString() ?? null,
          lastUsedAt: held?.lastUsedAt?.toISOString() ?? null,
        };
      }),
      ...(refused ? { error: refused.error } : {}),
      accountPath: '/account',
    },
    shown,
  );
  return sendPage(reply, html, refused?.status);
}

async function finishLink(tools: IdpTools, request: FastifyRequest, reply: FastifyReply, work: () => Promise<void>) {
  try {
    await work();
    return seeOther(reply, settings);
  } catch (error) {
    return sendSettings(tools, request, reply, error);
  }
}

const show = (tools: IdpTools) =>
  route({
    method: 'GET',
    url: settings,
    access: anyone,
    schema: hide,
    handle: (request, reply) => sendSettings(tools, request, reply),
  });

const beginLink = (tools: IdpTools) =>
  route({
    method: 'GET',
    url: `${settings}/:provider/link`,
    access: anyone,
    schema: { ...hide, params: Type.Object({ provider: Id }) },
    handle: async (request, reply) => {
      // A link of another site would have whoever follows it link the account that the other site signed them in to.
      if (request.headers['sec-fetch-site'] !== 'same-origin') return seeOther(reply, settings);
      const actor = await freshOr(tools, request, reply, { returnTo: settings, changes: 'passkeys' });
      if (!actor) return reply;
      const { personId, sessionId } = actor;
      return go(tools, reply, await leave(away(tools), request.params.provider, { kind: 'link', personId, sessionId }));
    },
  });

const remove = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: `${settings}/links/:id/remove`,
    access: anyone,
    schema: { ...hide, params: Type.Object({ id: Uuid }) },
    handle: async (request, reply) => {
      const actor = await freshOr(tools, request, reply, { returnTo: settings, changes: 'passkeys' });
      if (!actor) return reply;
      await unlink(tools.context.db, request.params.id, actor);
      return seeOther(reply, settings);
    },
  });

/** Signing in with an account of another house that was linked here before (OpenID Connect Core, RFC 9207, RFC 7636). */
export const upstreamRoutes = (tools: IdpTools): Route[] => [
  begin(tools),
  callback(tools),
  finish(tools),
  show(tools),
  beginLink(tools),
  remove(tools),
];
