import { createHash, randomBytes } from 'node:crypto';
import type { PersonActor } from '@edutrust/platform/actor';
import { anyone, personActor } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { hide, IdParams, strict } from '@edutrust/platform/schemas';
import { formatEducationId } from '@edutrust/registry/education-id';
import { getPerson } from '@edutrust/registry/people';
import { requires } from '@edutrust/registry/permissions';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { formErrorOf, seeOther, sendPage, viewOf } from '../page-reply.ts';
import type { FormError } from '../pages.ts';
import { freshOr } from '../self-service/pages.ts';
import type { IdpTools } from '../tools.ts';
import { findSecondFactor, keepSecondFactor, removeSecondFactor } from './second-factor.ts';
import { newTotpSecret, totpAddress, typedSecret } from './totp.ts';

export const secondFactorPath = '/account/second-factor';
const path = secondFactorPath;
const accountPath = '/account';
/** From the QR code to its first code. */
const offerSeconds = 900;

/** A secret that was shown and is not kept yet; of this session alone. */
interface Offer {
  readonly secret: string;
  readonly sessionId: string;
}

const keyOf = (ticket: string) => `idp:second-factor:${createHash('sha256').update(ticket).digest('hex')}`;

async function show(
  { context: { db, store }, pages }: IdpTools,
  request: FastifyRequest,
  reply: FastifyReply,
  actor: PersonActor,
  { secret = newTotpSecret(), error, status }: { secret?: Buffer; error?: FormError; status?: number } = {},
): Promise<FastifyReply> {
  const ticket = randomBytes(24).toString('base64url');
  const offer: Offer = { secret: secret.toString('base64'), sessionId: actor.sessionId };
  await store.put(keyOf(ticket), offer, offerSeconds);
  const { educationId } = await getPerson(db, actor.personId);
  const address = totpAddress(secret, 'EduTrust', formatEducationId(educationId));
  const props = { step: 'offer', accountPath, action: path, ticket, address, secret: typedSecret(secret) } as const;
  return sendPage(reply, pages.secondFactorSetup({ ...props, ...(error ? { error } : {}) }, viewOf(request)), status);
}

const Query = Type.Object({ renew: Type.Optional(Type.Literal('yes')), lang: Type.Optional(Type.String()) });

const Code = Type.Object({ ticket: Type.String({ maxLength: 64 }), code: Type.String({ maxLength: 40 }) }, strict);

const showPage = (tools: IdpTools) =>
  route({
    method: 'GET',
    url: path,
    access: anyone,
    schema: { ...hide, querystring: Query },
    handle: async (request, reply) => {
      const actor = await freshOr(tools, request, reply, { returnTo: path, changes: 'password' });
      if (!actor) return reply;
      const factor = await findSecondFactor(tools.context.db, actor.personId);
      if (!factor || request.query.renew) return show(tools, request, reply, actor);
      const html = tools.pages.secondFactorSetup(
        {
          step: 'kept',
          accountPath,
          addedAt: factor.addedAt.toISOString(),
          recoveryCodesLeft: factor.recoveryCodesLeft,
          renewAction: `${path}?renew=yes`,
          removeAction: `${path}/remove`,
        },
        viewOf(request),
      );
      return sendPage(reply, html);
    },
  });

const keep = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: path,
    access: anyone,
    schema: { ...hide, body: Code },
    handle: async (request, reply) => {
      const actor = await freshOr(tools, request, reply, { returnTo: path, changes: 'password' });
      if (!actor) return reply;
      const { ticket, code } = request.body;
      const offer = await tools.context.store.take<Offer>(keyOf(ticket));
      if (offer?.sessionId !== actor.sessionId) return seeOther(reply, path);
      const secret = Buffer.from(offer.secret, 'base64');
      try {
        const input = { personId: actor.personId, secret, typed: code };
        const codes = await tools.context.db
          .transaction()
          .execute((transaction) => keepSecondFactor(transaction, tools.context, input, actor));
        return sendPage(reply, tools.pages.secondFactorSetup({ step: 'codes', accountPath, codes }, viewOf(request)));
      } catch (error) {
        const { error: shown, status } = formErrorOf(error, request);
        return show(tools, request, reply, actor, { secret, error: shown, status });
      }
    },
  });

const remove = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: `${path}/remove`,
    access: anyone,
    schema: hide,
    handle: async (request, reply) => {
      const actor = await freshOr(tools, request, reply, { returnTo: path, changes: 'password' });
      if (!actor) return reply;
      await tools.context.db
        .transaction()
        .execute((transaction) => removeSecondFactor(transaction, actor.personId, actor));
      return seeOther(reply, accountPath);
    },
  });

// For who lost the phone and the recovery codes: the desk that may give them an activation code takes the app away.
const removeOfPerson = ({ context: { db } }: IdpTools) =>
  route({
    method: 'DELETE',
    url: '/api/v1/people/:id/second-factor',
    access: requires('accounts.invite'),
    schema: {
      tags: ['accounts'],
      summary: "Removes a person's authenticator app, which was lost with its recovery codes",
      params: IdParams,
      response: { 204: Type.Null() },
    },
    resource: ({ params }) => ({ personId: params.id }),
    handle: async (request, reply) => {
      await db
        .transaction()
        .execute((transaction) => removeSecondFactor(transaction, request.params.id, personActor(request)));
      return reply.code(204).send(null);
    },
  });

/** `/account/second-factor`: an authenticator app beside the password, plain forms. */
export const secondFactorRoutes = (tools: IdpTools): Route[] => [
  showPage(tools),
  keep(tools),
  remove(tools),
  removeOfPerson(tools),
];
