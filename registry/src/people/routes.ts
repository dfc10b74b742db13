import type { Actor } from '@edutrust/platform/actor';
import { dateInVietnam } from '@edutrust/platform/calendar';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { personActor, refersTo, signedIn } from '@edutrust/platform/http';
import { listAudit } from '@edutrust/platform/ledger';
import type { KeptData } from '@edutrust/platform/personal';
import { type Route, route } from '@edutrust/platform/route';
import { Day, IdParams, listOf, Page, strict, Time } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { tells } from '../accesses/operations.ts';
import { ProposedApproval, propose } from '../approvals/approvals.ts';
import { createEducationIdIssuer } from '../education-id/education-id.ts';
import { findOrganisation } from '../organisations/organisations.ts';
import {
  actions,
  can,
  mayAnywhere,
  mayGrant,
  ofDepartment,
  requires,
  roles,
  scopeOf,
} from '../permissions/permissions.ts';
import { findStanding, governingOn, maySeeDetails } from '../permissions/standing.ts';

import { AffiliationRole, Gender, OrganisationSummary, PersonSummary, PersonView } from '../schemas.ts';
import { changeAddress } from './address.ts';
import { isOwnSlip } from './correction.ts';
import { correctionRoutes } from './correction-routes.ts';
import { mergeSelf } from './merge.ts';
import { describeRecords, mergeKind } from './merge-approval.ts';
import {
  addressOf,
  countPeople,
  createIdentifierVault,
  createPerson,
  findPerson,
  findSummary,
  leave,
  listPeople,
  officialIdsOf,
  peopleCountedUpTo,
  transfer,
} from './people.ts';
import { describeSplit, splitKind } from './split.ts';

const tags = ['people'];
const Email = Type.String({ maxLength: 254 });

/** Today in Vietnam. */
const today = ({ clock }: ServiceContext) => dateInVietnam(clock.now());

const tools = (context: ServiceContext) => ({
  issuer: createEducationIdIssuer(context),
  vault: createIdentifierVault(context.secrets),
});

/** Relatives at other schools are nobody of the reader's. */
async function withinReach<One extends { id: string }>(
  db: Database,
  actor: Actor,
  relatives: readonly One[],
): Promise<One[]> {
  const decide = can(db);
  const seen = await Promise.all(relatives.map(({ id }) => decide(actor, 'people.read', { personId: id })));
  return relatives.filter((_one, index) => seen[index]);
}

/** What a colleague may see of a person's timeline: the registry's events, and nothing of signing in. */
const registryEvents = /^(person|affiliation|guardianship|role|class|transfer)\./;

const readMe = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/me',
    access: signedIn,
    discloses: 'own',
    schema: {
      tags,
      summary: 'Who is signed in, and what they may do',
      response: {
        200: Type.Object({
          person: PersonSummary,
          roles: Type.Array(Type.Object({ role: Type.String(), organisation: OrganisationSummary })),
          permissions: Type.Array(Type.String()),
          grantableRoles: Type.Array(Type.String()),
          /** What the roles allow after a sign-in with a passkey. */
          permissionsWithPasskey: Type.Array(Type.String()),
          acr: Type.String(),
          authenticatedAt: Time,
        }),
      },
    },
    handle: async (request) => {
      const actor = personActor(request);
      return {
        person: await findSummary(context.db, actor.personId),
        roles: await Promise.all(
          actor.roles.map(async ({ role, organisationId }) => ({
            role,
            organisation: await findOrganisation(context.db, organisationId),
          })),
        ),
        permissions: actions.filter((action) => mayAnywhere(actor, action)),
        grantableRoles: roles.filter((role) => actor.roles.some((held) => mayGrant(held.role, role))),
        permissionsWithPasskey: actions.filter((action) => mayAnywhere({ ...actor, acr: 'passkey' }, action)),
        acr: actor.acr,
        authenticatedAt: actor.authenticatedAt.toISOString(),
      };
    },
  });

/** What the list and its counts are asked for. */
const Filter = {
  q: Type.Optional(Type.String({ maxLength: 100 })),
  organisation: Type.Optional(refersTo('organisation')),
  class: Type.Optional(refersTo('class')),
  status: Type.Optional(Type.Enum(['active', 'left', 'archived'])),
};
const FilterQuery = Type.Object(Filter);
const Count = Type.Integer({ minimum: 0 });

const filterOf = (query: Type.Static<typeof FilterQuery>, actor: Actor | null) => ({
  scope: actor ? scopeOf(actor, 'people.read') : [],
  detailScope: actor ? scopeOf(actor, 'people.read-details') : [],
  ...(query.q ? { query: query.q } : {}),
  ...(query.organisation ? { organisationId: query.organisation } : {}),
  ...(query.class ? { classId: query.class } : {}),
  ...(query.status ? { status: query.status } : {}),
});

const search = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/people',
    access: requires('people.read'),
    discloses: tells('people.list'),
    schema: {
      tags,
      summary: 'People whom the caller may see; `q` is an education ID or words of a name, marks optional',
      querystring: Type.Object({ ...Filter, role: Type.Optional(AffiliationRole), ...Page }),
      response: { 200: listOf(PersonSummary) },
    },
    handle: async ({ query, actor }) => {
      const items = await listPeople(context.db, {
        ...filterOf(query, actor),
        limit: query.limit,
        ...(query.role ? { role: query.role } : {}),
        ...(query.cursor ? { cursor: query.cursor } : {}),
      });
      return { items, nextCursor: items.length === query.limit ? (items.at(-1)?.id ?? null) : null };
    },
  });

const count = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/people/counts',
    access: requires('people.read'),
    schema: {
      tags,
      summary: 'How many the list of people holds, and of each role',
      querystring: Type.Object(Filter),
      response: {
        200: Type.Object({
          all: Type.Integer({ maximum: peopleCountedUpTo, description: `${peopleCountedUpTo}: that many or more` }),
          roles: Type.Partial(Type.Object({ learner: Count, teacher: Count, staff: Count, guardian: Count }), {
            description: 'Of each role that somebody has; none where there are too many to count',
          }),
        }),
      },
    },
    handle: ({ query, actor }) => countPeople(context.db, filterOf(query, actor)),
  });

const readOne = (context: ServiceContext, kept: readonly KeptData[]) =>
  route({
    method: 'GET',
    url: '/api/v1/people/:id',
    access: requires('people.read'),
    discloses: tells('people.open'),
    schema: { tags, summary: 'One person with their history', params: IdParams, response: { 200: PersonView } },
    resource: ({ params }) => ({ personId: params.id }),
    handle: async (request) => {
      const actor = personActor(request);
      const { id } = request.params;
      const [person, standing] = [await findPerson(context.db, id), await findStanding(context.db, id)];
      const may = standing ? governingOn(actor, standing) : [];
      const seesDetails = standing !== undefined && maySeeDetails(actor, standing);
      const entries = await listAudit(context.db, { subjectId: id, limit: 50 });
      const seesAccount = may.includes('accounts.read');
      const mayWrite = may.includes('people.write');
      return {
        ...person,
        birthDate: seesDetails ? person.birthDate : null,
        email: mayWrite ? await addressOf(context.db, id) : null,
        ...(mayWrite ? await officialIdsOf(context.db, context.secrets, id) : { ministryId: null, lifelongCode: null }),
        correctsAlone: mayWrite && (await isOwnSlip(context.db, context, id, { kept, actor })),
        guardians: await withinReach(context.db, actor, person.guardians),
        wards: await withinReach(context.db, actor, person.wards),
        timeline: entries
          .filter(({ type }) => seesAccount || registryEvents.test(type))
          .map(({ at, type, data }) => ({ at: at.toISOString(), type, data })),
        may,
      };
    },
  });

const create = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/people',
    access: requires('people.write'),
    discloses: tells('people.change'),
    schema: {
      tags,
      summary: 'Adds a person and issues an education ID',
      body: Type.Object(
        {
          fullName: Type.String({ maxLength: 200 }),
          birthDate: Type.Optional(Day),
          gender: Type.Optional(Gender),
          email: Type.Optional(Email),
          organisationId: refersTo('organisation'),
          role: AffiliationRole,
          title: Type.Optional(Type.String({ maxLength: 120 })),
          classId: Type.Optional(refersTo('class')),
        },
        strict,
      ),
      response: { 201: PersonSummary },
    },
    resource: ({ body }) => ({
      organisationId: body.organisationId,
    }),
    handle: async (request, reply) => {
      const { organisationId, role, title, classId, email, ...person } = request.body;
      const affiliation = { organisationId, role, ...(title ? { title } : {}), ...(classId ? { classId } : {}) };
      const actor = personActor(request);
      const { id } = await context.db.transaction().execute(async (tx) => {
        const input = { ...person, affiliations: [affiliation] };
        const made = await createPerson(tx, tools(context), input, { actor, today: today(context) });
        if (email) await changeAddress(tx, made.id, email, actor);
        return made;
      });
      return reply.code(201).send(await findSummary(context.db, id));
    },
  });

const leaveSchool = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/people/:id/leave',
    access: requires('people.leave'),
    discloses: tells('people.change'),
    schema: {
      tags,
      summary: 'Ends every affiliation; the record and its history stay',
      params: IdParams,
      response: { 200: PersonSummary },
    },
    resource: ({ params }) => ({ personId: params.id }),
    handle: async (request) => {
      await context.db
        .transaction()
        .execute((tx) => leave(tx, request.params.id, { actor: personActor(request), today: today(context) }));
      return findSummary(context.db, request.params.id);
    },
  });

const changeSchool = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/people/:id/transfer',
    access: requires('people.write'),
    discloses: tells('people.change'),
    schema: {
      tags,
      summary: 'Moves a learner to another school or class',
      params: IdParams,
      body: Type.Object(
        { organisationId: refersTo('organisation'), classId: Type.Optional(refersTo('class')) },
        strict,
      ),
      response: { 200: PersonSummary },
    },
    resource: ({ params }) => ({ personId: params.id }),
    handle: async (request) => {
      const actor = personActor(request);
      const { organisationId, classId } = request.body;
      await context.db
        .transaction()
        .execute((tx) =>
          transfer(
            tx,
            request.params.id,
            { organisationId, ...(classId ? { classId } : {}) },
            { actor, today: today(context) },
          ),
        );
      return findSummary(context.db, request.params.id);
    },
  });

const merge = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/people/:id/merge',
    access: requires('people.merge'),
    schema: {
      tags,
      summary: 'Proposes to merge a duplicate into the record that stays; a second person approves',
      params: IdParams,
      body: Type.Object({ into: refersTo('person') }, strict),
      response: { 202: ProposedApproval },
    },
    resource: ({ params }) => ({ personId: params.id }),
    handle: async (request, reply) => {
      const actor = personActor(request);
      const { id } = request.params;
      const { into } = request.body;
      if (id === into) throw mergeSelf();
      const proposed = await context.db.transaction().execute(async (tx) => {
        const content = await describeRecords(tx, id, into);
        const organisationId = content.organisationId ?? (await ofDepartment(context.db)()).organisationId ?? '';
        return propose(tx, context, mergeKind, { content, organisationId }, actor);
      });
      return reply.code(202).send(proposed);
    },
  });

const splitOff = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/people/:id/splits',
    access: requires('people.merge'),
    schema: {
      tags,
      summary: 'Proposes to split a wrongly merged record off this one again; a second person approves',
      params: IdParams,
      body: Type.Object(
        {
          educationId: Type.String({
            maxLength: 40,
            description: 'the ID of the record that was merged into this one',
          }),
        },
        strict,
      ),
      response: { 202: ProposedApproval },
    },
    resource: ({ params }) => ({ personId: params.id }),
    handle: async (request, reply) => {
      const proposed = await context.db.transaction().execute(async (tx) => {
        const content = await describeSplit(tx, request.params.id, request.body.educationId);
        const organisationId = content.organisationId ?? (await ofDepartment(context.db)()).organisationId ?? '';
        return propose(tx, context, splitKind, { content, organisationId }, personActor(request));
      });
      return reply.code(202).send(proposed);
    },
  });

/** `kept`: what of a person is kept by law, of every workspace. */
export const peopleRoutes = (context: ServiceContext, kept: readonly KeptData[]): Route[] => [
  readMe(context),
  search(context),
  count(context),
  readOne(context, kept),
  create(context),
  ...correctionRoutes(context, kept),
  leaveSchool(context),
  changeSchool(context),
  merge(context),
  splitOff(context),
];
