import { dateInVietnam } from '@edutrust/platform/calendar';
import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput } from '@edutrust/platform/errors';
import { personActor, refersTo } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { Day, FullName, IdParams, nullable, PersonId, strict, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { tells } from '../accesses/operations.ts';
import { createEducationIdIssuer } from '../education-id/education-id.ts';
import { createIdentifierVault, createPerson, findSummary } from '../people/people.ts';
import { requires } from '../permissions/permissions.ts';
import { Gender } from '../schemas.ts';
import { addGuardian, endGuardianship, findGuardianship, noGuardianship, relations } from './guardians.ts';
import { guardianScopes, limitGuardianship } from './limit.ts';

const tags = ['people'];
const Relation = Type.Enum([...relations]);

const add = (context: ServiceContext) => {
  const { db, clock } = context;
  const tools = { issuer: createEducationIdIssuer(context), vault: createIdentifierVault(context.secrets) };
  return route({
    method: 'POST',
    url: '/api/v1/people/:id/guardians',
    access: requires('people.write'),
    discloses: tells('guardians.add'),
    schema: {
      tags,
      summary: "Adds a guardian of a learner: somebody whom the caller may see (`guardianId`), or a new person's name",
      params: IdParams,
      body: Type.Object(
        {
          relation: Relation,
          guardianId: Type.Optional(refersTo('person', 'people.read')),
          fullName: Type.Optional(Type.String({ maxLength: 200 })),
          birthDate: Type.Optional(Day),
          gender: Type.Optional(Gender),
        },
        strict,
      ),
      response: { 201: Type.Object({ id: Uuid, guardianId: PersonId, fullName: FullName, relation: Relation }) },
    },
    resource: (request) => ({ personId: request.params.id }),
    handle: async (request, reply) => {
      const actor = personActor(request);
      const { guardianId: known, fullName, birthDate, gender, relation } = request.body;
      if ((known === undefined) === (fullName === undefined)) throw oneOfTwo();
      const childId = request.params.id;
      const by = { actor, today: dateInVietnam(clock.now()) };
      const made = await db.transaction().execute(async (tx) => {
        const guardianId =
          known ??
          (
            await createPerson(
              tx,
              tools,
              {
                fullName: fullName ?? '',
                affiliations: [],
                ...(birthDate ? { birthDate } : {}),
                ...(gender ? { gender } : {}),
              },
              by,
            )
          ).id;
        return { id: await addGuardian(tx, { childId, guardianId, relation }, by), guardianId };
      });
      const summary = await findSummary(db, made.guardianId);
      return reply.code(201).send({ ...made, fullName: summary.fullName, relation });
    },
  });
};

const end = ({ db, clock }: ServiceContext) =>
  route({
    method: 'DELETE',
    url: '/api/v1/guardianships/:id',
    access: requires('people.write'),
    schema: {
      tags,
      summary: 'Ends a guardianship; its history stays',
      params: IdParams,
      response: { 204: Type.Null() },
    },
    resource: (request) => childOf(db, request.params.id),
    handle: async (request, reply) => {
      const by = { actor: personActor(request), today: dateInVietnam(clock.now()) };
      await db.transaction().execute((tx) => endGuardianship(tx, request.params.id, by));
      return reply.code(204).send(null);
    },
  });

const limit = ({ db }: ServiceContext) =>
  route({
    method: 'PATCH',
    url: '/api/v1/guardianships/:id',
    access: requires('people.write'),
    schema: {
      tags,
      summary: 'Says what a guardian may see and decide, by the decision of a court; it holds at once',
      params: IdParams,
      body: Type.Object(
        {
          scope: Type.Enum([...guardianScopes]),
          reason: Type.String({ maxLength: 300 }),
          until: nullable(Day),
        },
        strict,
      ),
      response: { 204: Type.Null() },
    },
    resource: (request) => childOf(db, request.params.id),
    handle: async (request, reply) => {
      const { scope, reason } = request.body;
      if (scope !== 'full' && reason.trim().length < 3) throw noReason();
      const actor = personActor(request);
      await db.transaction().execute((tx) => limitGuardianship(tx, request.params.id, request.body, actor));
      return reply.code(204).send(null);
    },
  });

async function childOf(db: ServiceContext['db'], id: string) {
  const found = await db.transaction().execute((tx) => findGuardianship(tx, id));
  if (!found) throw noGuardianship();
  return { personId: found.childId };
}

function noReason(): InvalidInput {
  const detail = { vi: 'Ghi quyết định của Toà: Toà nào, số, ngày.', en: 'Name the decision: court, number, day.' };
  return new InvalidInput('guardians/no-reason', detail, { fields: [{ pointer: '/reason', detail }] });
}

/** Forms of one guardian: add an existing or a new person, end it. */
export const guardianRoutes = (context: ServiceContext): Route[] => [add(context), limit(context), end(context)];

function oneOfTwo(): InvalidInput {
  return new InvalidInput('guardians/who', {
    vi: 'Chọn một người đã có hồ sơ, hoặc ghi họ tên người mới.',
    en: 'Choose somebody who is known, or write the name of a new person.',
  });
}
