import type { ServiceContext } from '@edutrust/platform/context';
import { type App, longAnswerMs, personActor } from '@edutrust/platform/http';
import { requires, scopeOf } from '@edutrust/registry/permissions';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { signingOf } from '../tables.ts';
import { formatVerificationCode } from './code.ts';
import { documentOf, rejectRequest, withdrawRequest } from './requests.ts';
import {
  IdParams,
  listOf,
  RejectBody,
  RequestState,
  SigningRequest,
  TranscriptsBody,
  TranscriptsMade,
  Uuid,
} from './schemas.ts';
import { requestTranscripts } from './transcripts.ts';
import { findRequest, listRequests } from './views.ts';

const tags = ['signing'];

export function addRequestRoutes(app: App, context: ServiceContext): void {
  const { db, clock } = context;
  /** Whose the request is: the school's, the class's, and the signer's whom it names. */
  const resourceOf = async (request: FastifyRequest) => {
    const found = await signingOf(db)
      .selectFrom('signing.request')
      .select(['organisation_id', 'class_id', 'signer_id'])
      .where('id', '=', (request.params as { id: string }).id) // validated by IdParams
      .executeTakeFirst();
    if (!found) return {};
    return {
      organisationId: found.organisation_id,
      assigneeIds: [found.signer_id],
      ...(found.class_id ? { classId: found.class_id } : {}),
    };
  };

  app.get(
    '/api/v1/signing/requests',
    {
      config: { access: requires('signing.read') },
      schema: {
        tags,
        summary: 'Signing requests of the organisations where the caller may see them',
        querystring: Type.Object({
          state: Type.Optional(RequestState),
          organisation: Type.Optional(Uuid),
          limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
          cursor: Type.Optional(Uuid),
        }),
        response: { 200: listOf(SigningRequest) },
      },
    },
    async ({ query, actor }) => {
      const filter = {
        scope: actor ? scopeOf(actor, 'signing.read') : [],
        ...(actor?.kind === 'person' ? { ofPerson: actor.personId } : {}),
        limit: query.limit,
        ...(query.state ? { state: query.state } : {}),
        ...(query.organisation ? { organisationId: query.organisation } : {}),
        ...(query.cursor ? { cursor: query.cursor } : {}),
      };
      const items = await listRequests(db, filter, clock.now());
      return { items, nextCursor: items.length === query.limit ? (items.at(-1)?.id ?? null) : null };
    },
  );

  app.get(
    '/api/v1/signing/inbox',
    {
      config: { access: requires('signing.sign') },
      schema: {
        tags,
        summary: 'What waits for the caller’s signature',
        querystring: Type.Object({
          limit: Type.Integer({ minimum: 1, maximum: 200, default: 100 }),
          cursor: Type.Optional(Uuid),
        }),
        response: { 200: listOf(SigningRequest) },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const filter = {
        signerId: personActor(request).personId,
        state: 'waiting' as const,
        limit,
        ...(cursor ? { cursor } : {}),
      };
      const items = await listRequests(db, filter, clock.now());
      return { items, nextCursor: items.length === limit ? (items.at(-1)?.id ?? null) : null };
    },
  );

  app.get(
    '/api/v1/signing/requests/:id',
    {
      config: { access: requires('signing.read', resourceOf) },
      schema: { tags, summary: 'One signing request', params: IdParams, response: { 200: SigningRequest } },
    },
    ({ params }) => findRequest(db, params.id, clock.now()),
  );

  app.get(
    '/api/v1/signing/requests/:id/document',
    {
      config: { access: requires('signing.read', resourceOf) },
      schema: {
        tags,
        summary: 'The file: signed when it is signed',
        params: IdParams,
        produces: ['application/pdf'],
      },
    },
    async (request, reply) => {
      const { bytes, isSigned, code, sha256 } = await documentOf(db, request.params.id);
      const etag = `"${sha256.toString('base64url')}"`;
      reply.header('cache-control', 'private, no-cache').header('etag', etag);
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      const name = `${isSigned ? 'hoc-ba' : 'hoc-ba-chua-ky'}-${formatVerificationCode(code)}.pdf`;
      return reply.type('application/pdf').header('content-disposition', `inline; filename="${name}"`).send(bytes);
    },
  );

  app.post(
    '/api/v1/signing/transcripts',
    {
      handlerTimeout: longAnswerMs,
      config: {
        access: requires('signing.request', (request) => {
          const { classId } = request.body as { classId: string }; // validated by TranscriptsBody
          return { classId };
        }),
      },
      schema: {
        tags,
        summary: 'Makes transcripts of a class and asks its school’s signer; idempotent by class and learner',
        body: TranscriptsBody,
        response: { 200: TranscriptsMade },
      },
    },
    async (request) => {
      const { classId, personIds, signerId, dueAt } = request.body;
      const input = {
        classId,
        ...(personIds ? { personIds } : {}),
        ...(signerId ? { signerId } : {}),
        ...(dueAt ? { dueAt: new Date(dueAt) } : {}),
      };
      const { createdIds, skipped } = await requestTranscripts(context, input, personActor(request));
      const created = createdIds.length > 0 ? await listRequests(db, { ids: createdIds, limit: 200 }, clock.now()) : [];
      return { created, skipped: [...skipped] };
    },
  );

  app.post(
    '/api/v1/signing/requests/:id/reject',
    {
      config: { access: requires('signing.sign', resourceOf) },
      schema: {
        tags,
        summary: 'The signer rejects, with a reason',
        params: IdParams,
        body: RejectBody,
        response: { 200: SigningRequest },
      },
    },
    async (request) => {
      await rejectRequest(
        context,
        request.params.id,
        request.body.reason.normalize('NFC').trim(),
        personActor(request),
      );
      return findRequest(db, request.params.id, clock.now());
    },
  );

  app.post(
    '/api/v1/signing/requests/:id/withdraw',
    {
      config: { access: requires('signing.request', resourceOf) },
      schema: { tags, summary: 'Takes a waiting request back', params: IdParams, response: { 200: SigningRequest } },
    },
    async (request) => {
      await withdrawRequest(context, request.params.id, personActor(request));
      return findRequest(db, request.params.id, clock.now());
    },
  );
}
