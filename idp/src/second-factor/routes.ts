import { createHash, randomBytes } from 'node:crypto';
import type { PersonActor } from '@edutrust/platform/actor';
import { anyone, type HttpServer, personActor } from '@edutrust/platform/http';
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

const config = { access: anyone };
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

/** `/account/second-factor`: an authenticator app beside the password, plain forms. */
export function addSecondFactorRoutes(app: HttpServer, tools: IdpTools): void {
  const { context, pages } = tools;
  const { db, store } = context;

  async function show(
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
  app.get(path, { config, schema: { ...hide, querystring: Query } }, async (request, reply) => {
    const actor = await freshOr(tools, request, reply, { returnTo: path, changes: 'password' });
    if (!actor) return reply;
    const factor = await findSecondFactor(db, actor.personId);
    if (!factor || request.query.renew) return show(request, reply, actor);
    const html = pages.secondFactorSetup(
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
  });

  const Code = Type.Object({ ticket: Type.String({ maxLength: 64 }), code: Type.String({ maxLength: 40 }) }, strict);
  app.post(path, { config, schema: { ...hide, body: Code } }, async (request, reply) => {
    const actor = await freshOr(tools, request, reply, { returnTo: path, changes: 'password' });
    if (!actor) return reply;
    const { ticket, code } = request.body;
    const offer = await store.take<Offer>(keyOf(ticket));
    if (offer?.sessionId !== actor.sessionId) return seeOther(reply, path);
    const secret = Buffer.from(offer.secret, 'base64');
    try {
      const input = { personId: actor.personId, secret, typed: code };
      const codes = await db
        .transaction()
        .execute((transaction) => keepSecondFactor(transaction, context, input, actor));
      return sendPage(reply, pages.secondFactorSetup({ step: 'codes', accountPath, codes }, viewOf(request)));
    } catch (error) {
      const { error: shown, status } = formErrorOf(error, request);
      return show(request, reply, actor, { secret, error: shown, status });
    }
  });

  app.post(`${path}/remove`, { config, schema: hide }, async (request, reply) => {
    const actor = await freshOr(tools, request, reply, { returnTo: path, changes: 'password' });
    if (!actor) return reply;
    await db.transaction().execute((transaction) => removeSecondFactor(transaction, actor.personId, actor));
    return seeOther(reply, accountPath);
  });

  // For who lost the phone and the recovery codes: the desk that may give them an activation code takes the app away.
  app.delete(
    '/api/v1/people/:id/second-factor',
    {
      config: {
        access: requires('accounts.invite', (request) => ({ personId: (request.params as { id: string }).id })), // checked by IdParams
      },
      schema: {
        tags: ['accounts'],
        summary: "Removes a person's authenticator app, which was lost with its recovery codes",
        params: IdParams,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      await db
        .transaction()
        .execute((transaction) => removeSecondFactor(transaction, request.params.id, personActor(request)));
      return reply.code(204).send(null);
    },
  );
}
