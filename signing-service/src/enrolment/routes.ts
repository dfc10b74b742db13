import type { ServiceContext } from '@edutrust/platform/context';
import { NotFound } from '@edutrust/platform/errors';
import { type HttpServer, personActor } from '@edutrust/platform/http';
import { IdParams, listOf, Uuid } from '@edutrust/platform/schemas';
import { ProposedApproval } from '@edutrust/registry/approvals';
import { lists, requires, scopeOf } from '@edutrust/registry/permissions';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { signingOf } from '../tables.ts';
import { proposeRevoking } from './approval.ts';
import { currentEnrolment, revokeEnrolment } from './certificate.ts';
import { enrol } from './enrol.ts';
import { beginEnrolment } from './enrolment.ts';
import { CreationOptions, EnrolBody, Enrolment, EnrolmentState, OwnEnrolment, RevokeBody } from './schemas.ts';
import { listEnrolments, ownEnrolment } from './views.ts';

const tags = ['signing'];

export function addEnrolmentRoutes(app: HttpServer, context: ServiceContext): void {
  const { db } = context;
  const organisationOf = async (request: FastifyRequest) => {
    const found = await signingOf(db)
      .selectFrom('signing.enrolment')
      .select('organisation_id')
      .where('id', '=', (request.params as { id: string }).id) // validated by IdParams
      .executeTakeFirst();
    return found ? { organisationId: found.organisation_id } : {};
  };

  app.get(
    '/api/v1/signing/enrolment',
    {
      config: { access: requires('signing.enrol') },
      schema: { tags, summary: 'The caller’s own enrolment', response: { 200: OwnEnrolment } },
    },
    (request) => ownEnrolment(context, personActor(request).personId),
  );

  app.post(
    '/api/v1/signing/enrolment/options',
    {
      config: { access: requires('signing.enrol') },
      schema: { tags, summary: 'Options to create the phone’s passkey', response: { 200: CreationOptions } },
    },
    (request) => beginEnrolment(context, personActor(request)),
  );

  app.post(
    '/api/v1/signing/enrolment',
    {
      config: { access: requires('signing.enrol') },
      schema: {
        tags,
        summary: 'Enrols the phone; a second officer approves',
        body: EnrolBody,
        response: { 201: OwnEnrolment },
      },
    },
    async (request, reply) => {
      const actor = personActor(request);
      await enrol(context, request.body, actor);
      return reply.code(201).send(await ownEnrolment(context, actor.personId));
    },
  );

  app.post(
    '/api/v1/signing/enrolment/revoke',
    {
      config: { access: requires('signing.enrol') },
      schema: {
        tags,
        summary: 'Ends the caller’s own enrolment (lost or new phone)',
        body: RevokeBody,
        response: { 200: OwnEnrolment },
      },
    },
    async (request) => {
      const actor = personActor(request);
      const current = await currentEnrolment(context, actor.personId);
      if (!current) {
        throw new NotFound('signing/no-enrolment', { vi: 'Bạn chưa đăng ký ký số.', en: 'You have not enrolled.' });
      }
      await revokeEnrolment(context, current.id, request.body.reason, actor);
      return ownEnrolment(context, actor.personId);
    },
  );

  app.get(
    '/api/v1/signing/enrolments',
    {
      config: { access: lists('signing.approve-enrolment') },
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
    },
    async ({ query, actor }) => {
      const items = await listEnrolments(db, {
        scope: actor ? scopeOf(actor, 'signing.approve-enrolment') : [],
        limit: query.limit,
        ...(query.state ? { state: query.state } : {}),
        ...(query.cursor ? { cursor: query.cursor } : {}),
      });
      return { items, nextCursor: items.length === query.limit ? (items.at(-1)?.id ?? null) : null };
    },
  );

  const decision = { access: requires('signing.approve-enrolment', organisationOf) };

  app.post(
    '/api/v1/signing/enrolments/:id/revoke',
    {
      config: decision,
      schema: {
        tags,
        summary: 'Suspends the certificate of somebody’s phone at once, and proposes to revoke it',
        params: IdParams,
        body: RevokeBody,
        response: { 202: ProposedApproval },
      },
    },
    async (request, reply) => {
      const proposed = await proposeRevoking(context, request.params.id, request.body.reason, personActor(request));
      return reply.code(202).send(proposed);
    },
  );
}
