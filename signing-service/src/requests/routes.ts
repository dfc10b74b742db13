import type { ServiceContext } from '@edutrust/platform/context';
import { type HttpServer, localeOf, personActor, refersTo, signedIn } from '@edutrust/platform/http';
import { IdParams, listOf, Uuid } from '@edutrust/platform/schemas';
import { requires, scopeOf } from '@edutrust/registry/permissions';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { unusualDueFor } from '../marks/unusual.ts';
import { mayDo, mustBeTheirTurn, resourceOfRequest } from './acts.ts';
import { countWaiting } from './count.ts';
import { documentOf, rejectRequest, withdrawRequest } from './requests.ts';
import { runView } from './run-view.ts';
import { findRun, startTranscripts } from './runs.ts';
import {
  DocumentKind,
  RejectBody,
  RequestAct,
  RequestState,
  SigningRequest,
  TranscriptRun,
  TranscriptsBody,
  UnusualDocument,
} from './schemas.ts';
import { findRequest, listRequests } from './views.ts';

const tags = ['signing'];

export function addRequestRoutes(app: HttpServer, context: ServiceContext): void {
  const { db, clock } = context;
  /** Whose the request is: the school's, the class's, and those whom its order names. */
  const resourceOf = (request: FastifyRequest) => resourceOfRequest(db, (request.params as { id: string }).id); // validated

  app.get(
    '/api/v1/signing/requests',
    {
      config: { access: requires('signing.read') },
      schema: {
        tags,
        summary: 'Signing requests of the organisations where the caller may see them',
        querystring: Type.Object({
          state: Type.Optional(RequestState),
          organisation: Type.Optional(refersTo('organisation', 'organisations.read')),
          class: Type.Optional(refersTo('class', 'organisations.read')),
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
        ...(query.class ? { classId: query.class } : {}),
        ...(query.cursor ? { cursor: query.cursor } : {}),
      };
      const items = await listRequests(db, filter, clock.now());
      return { items, nextCursor: items.length === query.limit ? (items.at(-1)?.id ?? null) : null };
    },
  );

  app.get(
    '/api/v1/signing/inbox',
    {
      config: { access: requires('signing.enrol') },
      schema: {
        tags,
        summary: 'What waits for the caller, now that it is their turn: to sign, or for a clerk to seal',
        querystring: Type.Object({
          purpose: Type.Enum(['sign', 'seal'], { default: 'sign' }),
          limit: Type.Integer({ minimum: 1, maximum: 200, default: 100 }),
          cursor: Type.Optional(Uuid),
        }),
        response: { 200: listOf(SigningRequest) },
      },
    },
    async (request) => {
      const { purpose, limit, cursor } = request.query;
      const actor = personActor(request);
      const filter = {
        ...(purpose === 'seal'
          ? { scope: scopeOf(actor, 'signing.seal'), state: 'signed' as const }
          : { dueFor: actor.personId }),
        limit,
        ...(cursor ? { cursor } : {}),
      };
      const items = await listRequests(db, filter, clock.now());
      return { items, nextCursor: items.length === limit ? (items.at(-1)?.id ?? null) : null };
    },
  );

  app.get(
    '/api/v1/signing/inbox/count',
    {
      config: { access: signedIn },
      schema: {
        tags,
        summary: 'How many documents wait for the caller: to sign, and to seal',
        response: { 200: Type.Object({ toSign: Type.Integer(), toSeal: Type.Integer() }) },
      },
    },
    (request) => countWaiting(db, personActor(request)),
  );

  app.get(
    '/api/v1/signing/inbox/unusual',
    {
      config: { access: requires('signing.enrol') },
      schema: {
        tags,
        summary: 'What stands out in the documents that wait for the caller, against the norm of each class',
        response: { 200: Type.Object({ items: Type.Array(UnusualDocument) }) },
      },
    },
    async (request) => {
      const locale = localeOf(request);
      const items = await unusualDueFor(db, personActor(request).personId);
      return {
        items: items.map(({ requestId, findings }) => ({
          requestId,
          findings: findings.map((finding) => ({ ...finding, detail: finding.detail[locale] })),
        })),
      };
    },
  );

  app.get(
    '/api/v1/signing/signed',
    {
      config: { access: requires('signing.enrol') },
      schema: {
        tags,
        summary: 'What the caller has signed or sealed, newest first: the receipts',
        querystring: Type.Object({
          limit: Type.Integer({ minimum: 1, maximum: 200, default: 100 }),
          cursor: Type.Optional(Uuid),
        }),
        response: { 200: listOf(SigningRequest) },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const filter = { signedBy: personActor(request).personId, limit, ...(cursor ? { cursor } : {}) };
      const items = await listRequests(db, filter, clock.now());
      return { items, nextCursor: items.length === limit ? (items.at(-1)?.id ?? null) : null };
    },
  );

  app.get(
    '/api/v1/signing/asked',
    {
      config: { access: requires('signing.request') },
      schema: {
        tags,
        summary: 'What the caller asked signatures for, newest first, with the state of each',
        querystring: Type.Object({
          kind: Type.Optional(DocumentKind),
          state: Type.Optional(RequestState),
          limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
          cursor: Type.Optional(Uuid),
        }),
        response: { 200: listOf(SigningRequest) },
      },
    },
    async (request) => {
      const actor = personActor(request);
      const { kind, state, limit, cursor } = request.query;
      const filter = {
        scope: scopeOf(actor, 'signing.request'),
        ofPerson: actor.personId,
        requestedBy: actor.personId,
        limit,
        ...(kind ? { kind } : {}),
        ...(state ? { state } : {}),
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
      schema: {
        tags,
        summary: 'One signing request, and what the caller may do with it now',
        params: IdParams,
        response: { 200: Type.Object({ ...SigningRequest.properties, may: Type.Array(RequestAct) }) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const found = await findRequest(db, id, clock.now());
      return { ...found, may: await mayDo(db, found, personActor(request)) };
    },
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
      const { bytes, fileName, mediaType, sha256 } = await documentOf(db, request.params.id);
      const etag = `"${sha256.toString('base64url')}"`;
      reply.header('cache-control', 'private, no-cache').header('etag', etag);
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      return reply.type(mediaType).header('content-disposition', `inline; filename="${fileName}"`).send(bytes);
    },
  );

  const classOf = (request: FastifyRequest) => ({ classId: (request.body as { classId: string }).classId }); // validated

  app.post(
    '/api/v1/signing/transcripts',
    {
      config: { access: requires('signing.request', classOf) },
      schema: {
        tags,
        summary: 'Asks for the transcripts of a class; a job makes them, and the run says how far it is',
        body: TranscriptsBody,
        response: { 202: TranscriptRun },
      },
    },
    async (request, reply) => {
      const { classId, personIds, signerId, dueAt } = request.body;
      const input = {
        classId,
        ...(personIds ? { personIds } : {}),
        ...(signerId ? { signerId } : {}),
        ...(dueAt ? { dueAt: new Date(dueAt) } : {}),
      };
      const id = await startTranscripts(context, input, personActor(request));
      return reply.code(202).send(await runView(db, id, localeOf(request)));
    },
  );

  app.get(
    '/api/v1/signing/transcripts/:id',
    {
      config: {
        access: requires('signing.request', async (request) => {
          const { class_id: classId } = await findRun(db, (request.params as { id: string }).id); // validated
          return { classId };
        }),
      },
      schema: {
        tags,
        summary: 'How far a class’s transcripts are: how many were made, who was passed over and why',
        params: IdParams,
        response: { 200: TranscriptRun },
      },
    },
    (request) => runView(db, request.params.id, localeOf(request)),
  );

  app.post(
    '/api/v1/signing/requests/:id/reject',
    {
      config: { access: requires('signing.enrol') }, // whose turn it is decides, below
      schema: {
        tags,
        summary: 'Whose turn it is rejects, with a reason: the document goes back to who asked',
        params: IdParams,
        body: RejectBody,
        response: { 200: SigningRequest },
      },
    },
    async (request) => {
      await mustBeTheirTurn(db, request.params.id, personActor(request));
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
      schema: {
        tags,
        summary: 'Takes a request back that is not issued',
        params: IdParams,
        response: { 200: SigningRequest },
      },
    },
    async (request) => {
      await withdrawRequest(context, request.params.id, personActor(request));
      return findRequest(db, request.params.id, clock.now());
    },
  );
}
