import type { PersonActor } from '@edutrust/platform/actor';
import { NotFound } from '@edutrust/platform/errors';
import { anyone, disclose } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { hide, Uuid } from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { decidesFor } from '@edutrust/registry/guardians';
import { findSummary } from '@edutrust/registry/people';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { sendPage } from '../page-reply.ts';
import { signedInOr } from '../self-service/pages.ts';
import { viewOfSession } from '../sessions/view.ts';
import type { IdpTools } from '../tools.ts';
import { viewLooks, type Who } from './looks.ts';

const kinds = ['all', 'people', 'apps', 'systems'] as const;
const Query = Type.Object({
  who: Type.Enum([...kinds], { default: 'all' }),
  cursor: Type.Optional(Uuid),
  lang: Type.Optional(Type.String()),
});

interface Asked {
  readonly who: Who;
  readonly cursor?: string;
}

/** Own, or of a child for whom the reader decides. */
async function sendLooks(
  tools: IdpTools,
  request: FastifyRequest,
  reply: FastifyReply,
  { actor, personId, query }: { readonly actor: PersonActor; readonly personId: string; readonly query: Asked },
) {
  const { context, pages } = tools;
  const shown = await viewOfSession(context, request, actor);
  const isOwn = personId === actor.personId;
  const path = isOwn ? '/account/looks' : `/account/children/${personId}/looks`;
  const { older, ...found } = await viewLooks(tools, personId, {
    who: query.who,
    before: query.cursor,
    locale: shown.locale,
  });
  const { fullName } = await findSummary(context.db, personId);
  disclose(request, [personId]);
  const html = pages.looks(
    {
      ...found,
      child: isOwn ? null : fullName,
      shown: query.who,
      filters: kinds.map((who) => ({ who, path: who === 'all' ? path : `${path}?who=${who}` })),
      olderPath: older ? `${path}?who=${query.who}&cursor=${older}` : null,
      backPath: isOwn ? '/account' : '/account/children',
    },
    shown,
  );
  return sendPage(reply, html);
}

const own = (tools: IdpTools) =>
  route({
    method: 'GET',
    url: '/account/looks',
    access: anyone,
    discloses: 'own',
    schema: { ...hide, querystring: Query },
    handle: async (request, reply) => {
      const actor = signedInOr(request, reply);
      if (!actor) return reply;
      return sendLooks(tools, request, reply, { actor, personId: actor.personId, query: request.query });
    },
  });

const ofChild = (tools: IdpTools) =>
  route({
    method: 'GET',
    url: '/account/children/:id/looks',
    access: anyone,
    discloses: tells('children.open'),
    schema: { ...hide, params: Type.Object({ id: Uuid }), querystring: Query },
    handle: async (request, reply) => {
      const actor = signedInOr(request, reply);
      if (!actor) return reply;
      const { id: personId } = request.params;
      const { db, clock } = tools.context;
      if (!(await decidesFor(db, actor.personId, personId, clock.now()))) throw noChild();
      return sendLooks(tools, request, reply, { actor, personId, query: request.query });
    },
  });

/** «Ai đã xem hồ sơ?»: for oneself, and for the children for whom one decides. */
export const looksRoutes = (tools: IdpTools): Route[] => [own(tools), ofChild(tools)];

/** The same for another's child, for one who decides alone, and for none. */
function noChild(): NotFound {
  return new NotFound('children/not-found', { vi: 'Không có trang này.', en: 'There is no such page.' });
}
