import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ServiceContext } from '@edutrust/platform/context';
import { disclose, localeOf, longAnswerMs, personActor } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, Uuid } from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { subjectsOf } from '../requests/registry.ts';
import { confirmSession } from './confirm.ts';
import { preparedDocument } from './prepared.ts';
import { ConfirmBody, OpenSessionBody, SessionResult, SigningSession } from './schemas.ts';
import { openSession } from './session.ts';

const compressed = promisify(gzip);
const tags = ['signing'];

const open = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/sessions',
    access: requires('signing.enrol'), // and the purpose's own action, below
    discloses: tells('documents.sign'),
    schema: {
      tags,
      summary: 'Prepares documents and gives the phone what to sign; replaces the caller’s open session',
      body: OpenSessionBody,
      response: { 201: SigningSession },
    },
    limits: { handlerTimeout: longAnswerMs },
    handle: async (request, reply) => {
      const session = await openSession(context, request.body, personActor(request));
      disclose(request, await subjectsOf(context.db, request.body.requestIds));
      return reply.code(201).send(session);
    },
  });

const readPrepared = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/sessions/:id/documents/:requestId',
    access: requires('signing.enrol'),
    discloses: tells('documents.read'),
    schema: {
      tags,
      summary: 'The very file that this open session signs, with room for the signature',
      params: Type.Object({ id: Uuid, requestId: Uuid }),
      querystring: Type.Object({ artefact: Type.Enum(['document', 'data'], { default: 'document' }) }),
    },
    handle: async (request, reply) => {
      const { id: sessionId, requestId } = request.params;
      const which = { sessionId, requestId, artefact: request.query.artefact };
      const { bytes, mediaType } = await preparedDocument(context, which, personActor(request));
      disclose(request, await subjectsOf(context.db, [requestId]));
      reply.type(mediaType).header('cache-control', 'no-store').header('vary', 'accept-encoding');
      // Most of what a signature adds is room that is still empty: a class costs a phone a third less.
      if (!/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) return reply.send(bytes);
      return reply.header('content-encoding', 'gzip').send(await compressed(bytes));
    },
  });

const confirm = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/sessions/:id/confirm',
    access: requires('signing.enrol'),
    discloses: tells('documents.sign'),
    schema: {
      tags,
      summary: 'The phone confirms once; idempotent by session and assertion',
      params: IdParams,
      body: ConfirmBody,
      response: { 200: SessionResult },
    },
    limits: { handlerTimeout: longAnswerMs },
    handle: async (request) => {
      const { params, body } = request;
      const result = await confirmSession(context, params.id, body, personActor(request), localeOf(request));
      const signed = [...new Set(body.drawn.map(({ requestId }) => requestId))];
      disclose(request, await subjectsOf(context.db, signed));
      return result;
    },
  });

/** Signing on the phone: a session is opened, its files are read, and it is confirmed once. */
export const activationRoutes = (context: ServiceContext): Route[] => [
  open(context),
  readPrepared(context),
  confirm(context),
];
