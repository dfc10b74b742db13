import { anyone, personActor } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import {
  FullName,
  hide,
  IdParams,
  listOf,
  nullable,
  PersonId,
  personal,
  Sha256Hex,
  strict,
  Time,
  Uuid,
} from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { getPerson } from '@edutrust/registry/people';
import { breakGlassAcr, ofDepartment, requires, roleNames, scopeOf } from '@edutrust/registry/permissions';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { seeOther, sendPage, viewOf } from '../page-reply.ts';
import type { BreakGlassProps } from '../pages.ts';
import { beginAfterActivation } from '../signin/activated.ts';
import { proofOfActivation } from '../signin/proof.ts';
import type { IdpTools } from '../tools.ts';
import { readLink, useLink } from './glass.ts';
import { listGlasses, reviewGlass } from './review.ts';

const path = '/break-glass';
const Token = Type.String({ maxLength: 64 });

function show({ pages }: IdpTools, request: FastifyRequest, reply: FastifyReply, props: BreakGlassProps) {
  return sendPage(reply, pages.breakGlass(props, viewOf(request)), props.step === 'gone' ? 404 : 200);
}

// Opening the link uses nothing up: what draws previews of links must not.
const showLink = (tools: IdpTools) =>
  route({
    method: 'GET',
    url: path,
    access: anyone,
    schema: { ...hide, querystring: Type.Object({ token: Token, lang: Type.Optional(Type.String()) }) },
    handle: async (request, reply) => {
      const { token } = request.query;
      const { db } = tools.context;
      const glass = await readLink(db, tools.context, token);
      if (!glass) return show(tools, request, reply, { step: 'gone' });
      const { fullName: name } = await getPerson(db, glass.person_id);
      const role = roleNames[glass.role][viewOf(request).locale];
      return show(tools, request, reply, {
        step: 'ask',
        name,
        role,
        endsAt: glass.ends_at.toISOString(),
        action: path,
        token,
      });
    },
  });

const press = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: path,
    access: anyone,
    schema: { ...hide, body: Type.Object({ token: Token }, strict) },
    handle: async (request, reply) => {
      const { context } = tools;
      const glass = await context.db
        .transaction()
        .execute((transaction) => useLink(transaction, context, request.body.token));
      const proof = await proofOfActivation(tools, glass.person_id, { acr: breakGlassAcr, amr: ['otp'] });
      return seeOther(reply, await beginAfterActivation(tools, request, reply, proof, '/admin'));
    },
  });

const Glass = Type.Object({
  id: Uuid,
  person: Type.Object({ id: PersonId, fullName: FullName }),
  role: Type.String(),
  reason: Type.String(personal),
  openedBy: Type.String({ description: 'The account of the machine at which it was opened' }),
  openedAt: Time,
  endsAt: Time,
  usedAt: nullable(Time),
  state: Type.Enum(['open', 'to-review', 'reviewed']),
  acts: Type.Array(Type.Object({ id: Uuid, at: Time, type: Type.String() })),
  digest: Sha256Hex,
  reviews: Type.Array(Type.Object({ by: Type.Object({ id: PersonId, fullName: FullName }), at: Time })),
  mayReview: Type.Boolean(),
});

const list = ({ context }: IdpTools) =>
  route({
    method: 'GET',
    url: '/api/v1/break-glass',
    access: requires('security.read'),
    discloses: tells('break-glass.list'),
    schema: {
      tags: ['security'],
      summary:
        'Who got in by broken glass (`edutrust break-glass`), what they did, and who reviewed it; the newest first',
      response: { 200: listOf(Glass) },
    },
    handle: async (request) => {
      const actor = personActor(request);
      const { personId } = actor;
      const scope = scopeOf(actor, 'security.read');
      const named = async (id: string) => ({ id, fullName: (await getPerson(context.db, id)).fullName });
      const glasses = (await listGlasses(context)).filter((glass) => scope.includes(glass.organisation_id));
      const items = glasses.map(async ({ person_id: whose, reviews, ...glass }) => ({
        id: glass.id,
        person: await named(whose),
        role: glass.role,
        reason: glass.reason,
        openedBy: glass.opened_by,
        openedAt: glass.opened_at.toISOString(),
        endsAt: (glass.closed_at ?? glass.ends_at).toISOString(),
        usedAt: glass.used_at?.toISOString() ?? null,
        state: glass.state,
        acts: glass.acts.map(({ id, at, type }) => ({ id, at: at.toISOString(), type })),
        digest: glass.digest,
        reviews: await Promise.all(
          reviews.map(async ({ reviewer_id: by, at }) => ({ by: await named(by), at: at.toISOString() })),
        ),
        mayReview:
          glass.state === 'to-review' && whose !== personId && reviews.every(({ reviewer_id: by }) => by !== personId),
      }));
      return { items: await Promise.all(items), nextCursor: null };
    },
  });

const review = ({ context }: IdpTools) =>
  route({
    method: 'POST',
    url: '/api/v1/break-glass/:id/reviews',
    access: requires('break-glass.review'),
    schema: {
      tags: ['security'],
      summary: 'Confirms that the caller, another person, went through exactly the acts of this digest; it takes two',
      params: IdParams,
      body: Type.Object({ digest: Sha256Hex, note: Type.String({ maxLength: 1_000 }) }, strict),
      response: { 204: Type.Null() },
    },
    resource: ofDepartment(context.db),
    handle: async (request, reply) => {
      await reviewGlass(context, request.params.id, request.body, personActor(request));
      return reply.code(204).send(null);
    },
  });

/** Broken glass: its link, for nobody who is signed in, and its review. It is opened at the server alone. */
export const breakGlassRoutes = (tools: IdpTools): Route[] => [
  showLink(tools),
  press(tools),
  list(tools),
  review(tools),
];
