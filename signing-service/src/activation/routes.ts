import type { ServiceContext } from '@edutrust/platform/context';
import { localeOf, longAnswerMs, personActor } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, Uuid } from '@edutrust/platform/schemas';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { confirmSession } from './confirm.ts';
import { preparedDocument } from './prepared.ts';
import { ConfirmBody, OpenSessionBody, SessionResult, SigningSession } from './schemas.ts';
import { openSession } from './session.ts';

const tags = ['signing'];

const open = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/sessions',
    access: requires('signing.enrol'), // and the purpose's own action, below
    schema: {
      tags,
      summary: 'Prepares documents and gives the phone what to sign; replaces the caller’s open session',
      body: OpenSessionBody,
      response: { 201: SigningSession },
    },
    limits: { handlerTimeout: longAnswerMs },
    handle: async (request, reply) =>
      reply.code(201).send(await openSession(context, request.body, personActor(request))),
  });

const readPrepared = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/sessions/:id/documents/:requestId',
    access: requires('signing.enrol'),
    schema: {
      tags,
      summary: 'The very file that this open session signs, with room for the signature',
      params: Type.Object({ id: Uuid, requestId: Uuid }),
    },
    handle: async (request, reply) => {
      const { id: sessionId, requestId } = request.params;
      const { bytes, mediaType } = await preparedDocument(context, { sessionId, requestId }, personActor(request));
      return reply.type(mediaType).header('cache-control', 'no-store').send(bytes);
    },
  });

const confirm = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/sessions/:id/confirm',
    access: requires('signing.enrol'),
    schema: {
      tags,
      summary: 'The phone confirms once; idempotent by session and assertion',
      params: IdParams,
      body: ConfirmBody,
      response: { 200: SessionResult },
    },
    limits: { handlerTimeout: longAnswerMs },
    handle: (request) =>
      confirmSession(context, request.params.id, request.body, personActor(request), localeOf(request)),
  });

/** Signing on the phone: a session is opened, its files are read, and it is confirmed once. */
export const activationRoutes = (context: ServiceContext): Route[] => [
  open(context),
  readPrepared(context),
  confirm(context),
];
