import type { ServiceContext } from '@edutrust/platform/context';
import { personActor } from '@edutrust/platform/http';
import type { KeptData } from '@edutrust/platform/personal';
import { type Route, route } from '@edutrust/platform/route';
import { Day, IdParams, nullable, strict } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { tells } from '../accesses/operations.ts';
import { ProposedApproval } from '../approvals/approvals.ts';
import { requires } from '../permissions/permissions.ts';
import { Gender, PersonSummary } from '../schemas.ts';
import { changeAddress } from './address.ts';
import { mustBeOwnSlip, Paper, proposeCorrection } from './correction.ts';
import { changePerson, findSummary } from './people.ts';

const tags = ['people'];
const Official = {
  fullName: Type.Optional(Type.String({ maxLength: 200 })),
  birthDate: Type.Optional(Day),
};

/** Numbers of the state take two people always: nobody's own slip. */
const StateNumber = Type.Optional(nullable(Type.String({ maxLength: 60, description: 'null or empty: none' })));
const Numbers = { ministryId: StateNumber, lifelongCode: StateNumber };

const change = (context: ServiceContext, kept: readonly KeptData[]) =>
  route({
    method: 'PATCH',
    url: '/api/v1/people/:id',
    access: requires('people.write'),
    discloses: tells('people.change'),
    schema: {
      tags,
      summary: 'Changes a gender, or where notices are mailed to (null: nowhere)',
      description:
        'A full name or a birth date only while it is the caller’s own slip: they added the record by hand within 24 hours, and no signed document names the person. Otherwise `people/takes-two`: see `POST /api/v1/people/{id}/corrections`.',
      params: IdParams,
      body: Type.Object(
        { ...Official, gender: Type.Optional(Gender), email: Type.Optional(nullable(Type.String({ maxLength: 254 }))) },
        strict,
      ),
      response: { 200: PersonSummary },
    },
    resource: ({ params }) => ({ personId: params.id }),
    handle: async (request) => {
      const { email, ...values } = request.body;
      const { id } = request.params;
      const actor = personActor(request);
      await context.db.transaction().execute(async (tx) => {
        await mustBeOwnSlip(tx, context, id, { change: values, kept, actor });
        await changePerson(tx, id, values, actor);
        if (email !== undefined) await changeAddress(tx, id, email, actor);
      });
      return findSummary(context.db, id);
    },
  });

const correct = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/people/:id/corrections',
    access: requires('people.write'),
    schema: {
      tags,
      summary:
        'Proposes to correct a full name, a birth date, the ministry’s identifier or the lifelong code by a paper; a second person approves',
      params: IdParams,
      body: Type.Object(
        {
          ...Official,
          ...Numbers,
          paper: Paper,
          paperNumber: Type.String({
            maxLength: 200,
            pattern: '\\S',
            description: 'Number, day and issuer as they stand on the paper',
          }),
          reason: Type.String({ maxLength: 500, pattern: '\\S' }),
        },
        strict,
      ),
      response: { 202: ProposedApproval },
    },
    resource: ({ params }) => ({ personId: params.id }),
    handle: async (request, reply) => {
      const proposed = await context.db
        .transaction()
        .execute((tx) => proposeCorrection(tx, context, request.params.id, request.body, personActor(request)));
      return reply.code(202).send(proposed);
    },
  });

export const correctionRoutes = (context: ServiceContext, kept: readonly KeptData[]): Route[] => [
  change(context, kept),
  correct(context),
];
