import { type HttpServer, personActor } from '@edutrust/platform/http';
import { Time, Uuid } from '@edutrust/platform/schemas';
import { type Action, requires } from '@edutrust/registry/permissions';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { IdpTools } from '../tools.ts';
import { createClassCodes, listLearnerAccounts } from './class-codes.ts';

const tags = ['accounts'];
const Params = Type.Object({ id: Uuid });
const Instant = Time;

const LearnerAccount = Type.Object({
  personId: Uuid,
  status: Type.Enum(['none', 'invited', 'active', 'suspended']),
  hasOpenCode: Type.Boolean(),
  lastSignInAt: Type.Union([Instant, Type.Null()]),
});

const ClassCodes = Type.Object({
  made: Type.Array(
    Type.Object({
      person: Type.Object({ id: Uuid, fullName: Type.String(), educationId: Type.String() }),
      code: Type.String(),
      expiresAt: Instant,
    }),
  ),
  skipped: Type.Array(Type.Object({ personId: Uuid, reason: Type.Enum(['active', 'suspended', 'not-yours']) })),
});

/** Accounts of a whole class, for its teacher and the school. */
export function addClassAccountsRoutes(app: HttpServer, { context }: IdpTools): void {
  const { db } = context;
  const ofClass = (action: Action) =>
    requires(action, (request: FastifyRequest) => ({ classId: (request.params as { id: string }).id })); // checked by Params

  app.get(
    '/api/v1/classes/:id/accounts',
    {
      config: { access: ofClass('accounts.read') },
      schema: {
        tags,
        summary: 'Who of the class can sign in already',
        params: Params,
        response: { 200: Type.Object({ items: Type.Array(LearnerAccount) }) },
      },
    },
    async ({ params }) => ({
      items: (await listLearnerAccounts(context, params.id)).map(({ lastSignInAt, ...account }) => ({
        ...account,
        lastSignInAt: lastSignInAt?.toISOString() ?? null,
      })),
    }),
  );

  app.post(
    '/api/v1/classes/:id/activation-codes',
    {
      config: { access: ofClass('accounts.invite') },
      schema: {
        tags,
        summary: 'Codes for the printed sheet of a class, all or none; accounts in use only when that is meant',
        params: Params,
        body: Type.Object(
          {
            personIds: Type.Array(Uuid, { minItems: 1, maxItems: 100 }),
            resetsActive: Type.Optional(Type.Boolean()),
          },
          { additionalProperties: false },
        ),
        response: { 201: ClassCodes },
      },
    },
    async (request, reply) => {
      const { personIds, resetsActive = false } = request.body;
      const input = { classId: request.params.id, personIds, resetsActive };
      const { made, skipped } = await db
        .transaction()
        .execute((transaction) => createClassCodes(transaction, context, input, personActor(request)));
      reply.header('cache-control', 'no-store');
      return reply.code(201).send({
        made: made.map(({ learner: { id, fullName, educationId }, code, expiresAt }) => ({
          person: { id, fullName, educationId },
          code,
          expiresAt: expiresAt.toISOString(),
        })),
        skipped: [...skipped],
      });
    },
  );
}
