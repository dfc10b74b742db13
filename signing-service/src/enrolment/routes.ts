import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { personActor } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, listOf, Uuid } from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { ProposedApproval } from '@edutrust/registry/approvals';
import { lists, requires, scopeOf } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { signingOf } from '../tables.ts';
import { proposeRevoking } from './approval.ts';
import { currentEnrolment, revokeEnrolment } from './certificate.ts';
import { enrol } from './enrol.ts';
import { beginEnrolment } from './enrolment.ts';
import { CreationOptions, EnrolBody, Enrolment, EnrolmentState, OwnEnrolment, RevokeBody } from './schemas.ts';
import { listEnrolments, ownEnrolment } from './views.ts';

const tags = ['signing'];

/** Nothing of an enrolment that is not there: refused as another's would be. */
async function organisationOf(db: Database, id: string) {
  const found = await signingOf(db)
    .selectFrom('signing.enrolment')
    .select('organisation_id')
    .where('id', '=', id)
    .executeTakeFirst();
  return found ? { organisationId: found.organisation_id } : {};
}

const readOwn = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/enrolment',
    access: requires('signing.enrol'),
    schema: { tags, summary: 'The caller’s own enrolment', response: { 200: OwnEnrolment } },
    handle: (request) => ownEnrolment(context, personActor(request).personId),
  });

const beginOwn = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/enrolment/options',
    access: requires('signing.enrol'),
    schema: { tags, summary: 'Options to create the phone’s passkey', response: { 200: CreationOptions } },
    handle: (request) => beginEnrolment(context, personActor(request)),
  });

const enrolOwn = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/enrolment',
    access: requires('signing.enrol'),
    schema: {
      tags,
      summary: 'Enrols the phone; a second officer approves',
      body: EnrolBody,
      response: { 201: OwnEnrolment },
    },
    handle: async (request, reply) => {
      const actor = personActor(request);
      await enrol(context, request.body, actor);
      return reply.code(201).send(await ownEnrolment(context, actor.personId));
    },
  });

const revokeOwn = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/enrolment/revoke',
    access: requires('signing.enrol'),
    schema: {
      tags,
      summary: 'Ends the caller’s own enrolment (lost or new phone)',
      body: RevokeBody,
      response: { 200: OwnEnrolment },
    },
    handle: async (request) => {
      const actor = personActor(request);
      const current = await currentEnrolment(context, actor.personId);
      if (!current) {
        throw new NotFound('signing/no-enrolment', { vi: 'Anh/chị chưa đăng ký ký số.', en: 'You have not enrolled.' });
      }
      await revokeEnrolment(context, current.id, request.body.reason, actor);
      return ownEnrolment(context, actor.personId);
    },
  });

const listAll = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/enrolments',
    access: lists('signing.approve-enrolment'),
    discloses: tells('enrolments.list'),
    schema: {
      tags,
      summary: 'Enrolments to decide on, and decided ones',
      querystring: Type.Object({
        state: Type.Optional(EnrolmentState),
        limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
        cursor: Type.Optional(Uuid),
      }),
      response: { 200: listOf(Enrolment) },
    },
    handle: async ({ query, actor }) => {
      const items = await listEnrolments(db, {
        scope: actor ? scopeOf(actor, 'signing.approve-enrolment') : [],
        limit: query.limit,
        ...(query.state ? { state: query.state } : {}),
        ...(query.cursor ? { cursor: query.cursor } : {}),
      });
      return { items, nextCursor: items.length === query.limit ? (items.at(-1)?.id ?? null) : null };
    },
  });

const revokeOne = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/enrolments/:id/revoke',
    access: requires('signing.approve-enrolment'),
    schema: {
      tags,
      summary: 'Suspends the certificate of somebody’s phone at once, and proposes to revoke it',
      params: IdParams,
      body: RevokeBody,
      response: { 202: ProposedApproval },
    },
    resource: ({ params }) => organisationOf(context.db, params.id),
    handle: async (request, reply) => {
      const proposed = await proposeRevoking(context, request.params.id, request.body.reason, personActor(request));
      return reply.code(202).send(proposed);
    },
  });

/** Phones that sign: the caller's own, and those that an officer decides on. */
export const enrolmentRoutes = (context: ServiceContext): Route[] => [
  readOwn(context),
  beginOwn(context),
  enrolOwn(context),
  revokeOwn(context),
  listAll(context),
  revokeOne(context),
];
