import type { ServiceContext } from '@edutrust/platform/context';
import { disclose, localeOf, personActor, refersTo, signedIn } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, listOf, Uuid } from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { ProposedApproval } from '@edutrust/registry/approvals';
import { requires, scopeOf } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { unusualDueFor } from '../marks/unusual.ts';
import { mayDo, mustBeTheirTurn, resourceOfRequest } from './acts.ts';
import { proposeCorrection } from './corrections.ts';
import { countReturned, countWaiting } from './count.ts';
import { subjectsOf } from './registry.ts';
import { documentOf, rejectRequest } from './requests.ts';
import { runView } from './run-view.ts';
import { withdrawRun } from './run-withdraw.ts';
import { findRun, startTranscripts } from './runs.ts';
import {
  CorrectionBody,
  DocumentKind,
  RejectBody,
  RequestAct,
  RequestState,
  SigningRequest,
  Sought,
  TranscriptRun,
  TranscriptsBody,
  UnusualDocument,
} from './schemas.ts';
import { findRequest, listRequests, soughtOf } from './views.ts';

const tags = ['signing'];

const listAll = ({ db, clock }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/requests',
    access: requires('signing.read'),
    discloses: tells('documents.list'),
    schema: {
      tags,
      summary: 'Signing requests of the organisations where the caller may see them',
      querystring: Type.Object({
        state: Type.Optional(RequestState),
        organisation: Type.Optional(refersTo('organisation', 'organisations.read')),
        class: Type.Optional(refersTo('class', 'organisations.read')),
        ...Sought.properties,
        q: Type.Optional(
          Type.String({
            maxLength: 100,
            description: 'Words of the title, an education ID, or the code on the document',
          }),
        ),
        limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
        cursor: Type.Optional(Uuid),
      }),
      response: { 200: listOf(SigningRequest) },
    },
    handle: async ({ query, actor }) => {
      const filter = {
        scope: actor ? scopeOf(actor, 'signing.read') : [],
        ...(actor?.kind === 'person' ? { ofPerson: actor.personId } : {}),
        limit: query.limit,
        ...(query.state ? { state: query.state } : {}),
        ...(query.organisation ? { organisationId: query.organisation } : {}),
        ...(query.class ? { classId: query.class } : {}),
        ...(query.q?.trim() ? { query: query.q } : {}),
        ...soughtOf(query),
        ...(query.cursor ? { cursor: query.cursor } : {}),
      };
      const items = await listRequests(db, filter, clock.now());
      return { items, nextCursor: items.length === query.limit ? (items.at(-1)?.id ?? null) : null };
    },
  });

const inbox = ({ db, clock }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/inbox',
    access: requires('signing.enrol'),
    discloses: tells('documents.list'),
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
    handle: async (request) => {
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
  });

const inboxCount = ({ db, clock }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/inbox/count',
    access: signedIn,
    schema: {
      tags,
      summary: 'How many documents wait for the caller: to sign, to seal, and to be mended and asked for again',
      response: {
        200: Type.Object({ toSign: Type.Integer(), toSeal: Type.Integer(), returned: Type.Integer() }),
      },
    },
    handle: async (request) => {
      const actor = personActor(request);
      const [waiting, returned] = await Promise.all([
        countWaiting(db, actor),
        countReturned(db, actor.personId, clock.now()),
      ]);
      return { ...waiting, returned };
    },
  });

const inboxUnusual = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/inbox/unusual',
    access: requires('signing.enrol'),
    discloses: tells('marks.open'),
    schema: {
      tags,
      summary: 'What stands out in the documents that wait for the caller, against the norm of each class',
      response: { 200: Type.Object({ items: Type.Array(UnusualDocument) }) },
    },
    handle: async (request) => {
      const locale = localeOf(request);
      const items = await unusualDueFor(db, personActor(request).personId);
      disclose(
        request,
        await subjectsOf(
          db,
          items.map(({ requestId }) => requestId),
        ),
      );
      return {
        items: items.map(({ requestId, findings }) => ({
          requestId,
          findings: findings.map((finding) => ({ ...finding, detail: finding.detail[locale] })),
        })),
      };
    },
  });

const signed = ({ db, clock }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/signed',
    access: requires('signing.enrol'),
    discloses: tells('documents.list'),
    schema: {
      tags,
      summary: 'What the caller has signed or sealed, newest first: the receipts',
      querystring: Type.Object({
        limit: Type.Integer({ minimum: 1, maximum: 200, default: 100 }),
        cursor: Type.Optional(Uuid),
      }),
      response: { 200: listOf(SigningRequest) },
    },
    handle: async (request) => {
      const { limit, cursor } = request.query;
      const filter = { signedBy: personActor(request).personId, limit, ...(cursor ? { cursor } : {}) };
      const items = await listRequests(db, filter, clock.now());
      return { items, nextCursor: items.length === limit ? (items.at(-1)?.id ?? null) : null };
    },
  });

const listAsked = ({ db, clock }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/asked',
    access: requires('signing.request'),
    discloses: tells('documents.list'),
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
    handle: async (request) => {
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
  });

const readOne = ({ db, clock }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/requests/:id',
    access: requires('signing.read'),
    discloses: tells('documents.open'),
    schema: {
      tags,
      summary: 'One signing request, and what the caller may do with it now',
      params: IdParams,
      response: { 200: Type.Object({ ...SigningRequest.properties, may: Type.Array(RequestAct) }) },
    },
    resource: ({ params }) => resourceOfRequest(db, params.id),
    handle: async (request) => {
      const { id } = request.params;
      const found = await findRequest(db, id, clock.now());
      return { ...found, may: await mayDo(db, found, personActor(request)) };
    },
  });

const readDocument = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/requests/:id/document',
    access: requires('signing.read'),
    discloses: tells('documents.read'),
    schema: {
      tags,
      summary: 'The file: signed when it is signed; of a school report also the same data as XML',
      params: IdParams,
      querystring: Type.Object({ artefact: Type.Enum(['document', 'data'], { default: 'document' }) }),
      produces: ['application/pdf', 'application/vnd.etsi.asic-e+zip', 'application/xml'],
    },
    resource: ({ params }) => resourceOfRequest(db, params.id),
    handle: async (request, reply) => {
      const file = await documentOf(db, request.params.id, request.query.artefact);
      const { bytes, fileName, mediaType, sha256 } = file;
      disclose(request, await subjectsOf(db, [request.params.id]));
      const etag = `"${sha256.toString('base64url')}"`;
      reply.header('cache-control', 'private, no-cache').header('etag', etag);
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      return reply.type(mediaType).header('content-disposition', `inline; filename="${fileName}"`).send(bytes);
    },
  });

// validated
const startRun = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/transcripts',
    access: requires('signing.request'),
    discloses: tells('transcripts.make'),
    schema: {
      tags,
      summary:
        'Asks for the transcripts or school reports of a class; a job makes them, and the run says how far it is',
      body: TranscriptsBody,
      response: { 202: TranscriptRun },
    },
    resource: ({ body }) => ({ classId: body.classId }),
    handle: async (request, reply) => {
      const { classId, template, subjectTeachers, personIds, signerId, dueAt } = request.body;
      const input = {
        classId,
        template,
        ...(subjectTeachers ? { subjectTeachers } : {}),
        ...(personIds ? { personIds } : {}),
        ...(signerId ? { signerId } : {}),
        ...(dueAt ? { dueAt: new Date(dueAt) } : {}),
      };
      const id = await startTranscripts(context, input, personActor(request));
      return reply.code(202).send(await runView(context.db, id, localeOf(request)));
    },
  });

const readRun = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/transcripts/:id',
    access: requires('signing.request'),
    discloses: tells('transcripts.make'),
    schema: {
      tags,
      summary: 'How far a class’s transcripts are: how many were made, who was passed over and why',
      params: IdParams,
      response: { 200: TranscriptRun },
    },
    resource: async (request) => {
      const { class_id: classId } = await findRun(db, request.params.id); // validated
      return { classId };
    },
    watch: (request) => runView(db, request.params.id, localeOf(request)),
    handle: (request) => runView(db, request.params.id, localeOf(request)),
  });

const correct = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/requests/:id/correction',
    access: requires('signing.request'),
    schema: {
      tags,
      summary: 'Asks that an issued transcript or school report be corrected; the head who signed it approves',
      params: IdParams,
      body: CorrectionBody,
      response: { 202: ProposedApproval },
    },
    resource: ({ params }) => resourceOfRequest(context.db, params.id),
    handle: async (request, reply) => {
      const { params, body } = request;
      return reply.code(202).send(await proposeCorrection(context, params.id, body.reason, personActor(request)));
    },
  });

const reject = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/requests/:id/reject',
    access: requires('signing.enrol'), // whose turn it is decides, below
    discloses: tells('documents.sign'),
    schema: {
      tags,
      summary: 'Whose turn it is rejects, with a reason: the document goes back to who asked',
      params: IdParams,
      body: RejectBody,
      response: { 200: SigningRequest },
    },
    handle: async (request) => {
      await mustBeTheirTurn(context.db, request.params.id, personActor(request));
      await rejectRequest(
        context,
        request.params.id,
        request.body.reason.normalize('NFC').trim(),
        personActor(request),
      );
      return findRequest(context.db, request.params.id, context.clock.now());
    },
  });

const takeRunBack = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/transcripts/:id/withdraw',
    access: requires('signing.request'),
    schema: {
      tags,
      summary: 'Takes back the transcripts of a run that nobody has signed yet',
      params: IdParams,
      response: { 200: Type.Object({ withdrawn: Type.Integer() }) },
    },
    resource: async (request) => {
      const { class_id: classId } = await findRun(context.db, request.params.id); // validated
      return { classId };
    },
    handle: async (request) => ({
      withdrawn: await withdrawRun(context, request.params.id, personActor(request)),
    }),
  });

/** Signing requests: what waits, what was signed, a class's transcripts, rejecting and withdrawing. */
export const requestRoutes = (context: ServiceContext): Route[] => [
  listAll(context),
  inbox(context),
  inboxCount(context),
  inboxUnusual(context),
  signed(context),
  listAsked(context),
  readOne(context),
  readDocument(context),
  startRun(context),
  readRun(context),
  takeRunBack(context),
  reject(context),
  correct(context),
];
