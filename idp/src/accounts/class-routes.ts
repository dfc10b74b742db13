import { personActor } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { PersonId, PersonRef, personal, Time, Uuid } from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import type { IdpTools } from '../tools.ts';
import { createClassCodes, listLearnerAccounts } from './class-codes.ts';

const tags = ['accounts'];
const Params = Type.Object({ id: Uuid });
const Instant = Time;

const LearnerAccount = Type.Object({
  personId: PersonId,
  status: Type.Enum(['none', 'invited', 'active', 'suspended'], personal),
  hasOpenCode: Type.Boolean(),
  lastSignInAt: Type.Union([Instant, Type.Null()]),
});

const ClassCodes = Type.Object({
  made: Type.Array(
    Type.Object({
      person: PersonRef,
      code: Type.String(),
      expiresAt: Instant,
    }),
  ),
  skipped: Type.Array(Type.Object({ personId: Uuid, reason: Type.Enum(['active', 'suspended', 'not-yours']) })),
});

// checked by Params
const list = ({ context }: IdpTools) =>
  route({
    method: 'GET',
    url: '/api/v1/classes/:id/accounts',
    access: requires('accounts.read'),
    discloses: tells('accounts.open'),
    schema: {
      tags,
      summary: 'Who of the class can sign in already',
      params: Params,
      response: { 200: Type.Object({ items: Type.Array(LearnerAccount) }) },
    },
    resource: ({ params }) => ({ classId: params.id }),
    watch: ({ params }) => listLearnerAccounts(context, params.id),
    handle: async ({ params }) => ({
      items: (await listLearnerAccounts(context, params.id)).map(({ lastSignInAt, ...account }) => ({
        ...account,
        lastSignInAt: lastSignInAt?.toISOString() ?? null,
      })),
    }),
  });

const makeCodes = ({ context }: IdpTools) =>
  route({
    method: 'POST',
    url: '/api/v1/classes/:id/activation-codes',
    access: requires('accounts.invite'),
    discloses: tells('accounts.invite'),
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
    resource: ({ params }) => ({ classId: params.id }),
    handle: async (request, reply) => {
      const { personIds, resetsActive = false } = request.body;
      const input = { classId: request.params.id, personIds, resetsActive };
      const { made, skipped } = await context.db
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
  });

/** Accounts of a whole class, for its teacher and the school. */
export const classAccountRoutes = (tools: IdpTools): Route[] => [list(tools), makeCodes(tools)];
