import type { ServiceContext } from '@edutrust/platform/context';
import { type HttpServer, localeOf, longAnswerMs, personActor } from '@edutrust/platform/http';
import { IdParams, Uuid } from '@edutrust/platform/schemas';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { confirmSession } from './confirm.ts';
import { preparedDocument } from './prepared.ts';
import { ConfirmBody, OpenSessionBody, SessionResult, SigningSession } from './schemas.ts';
import { openSession } from './session.ts';

const tags = ['signing'];

export function addActivationRoutes(app: HttpServer, context: ServiceContext): void {
  app.post(
    '/api/v1/signing/sessions',
    {
      handlerTimeout: longAnswerMs,
      config: { access: requires('signing.enrol') }, // and the purpose's own action, below
      schema: {
        tags,
        summary: 'Prepares documents and gives the phone what to sign; replaces the caller’s open session',
        body: OpenSessionBody,
        response: { 201: SigningSession },
      },
    },
    async (request, reply) => reply.code(201).send(await openSession(context, request.body, personActor(request))),
  );

  app.get(
    '/api/v1/signing/sessions/:id/documents/:requestId',
    {
      config: { access: requires('signing.enrol') },
      schema: {
        tags,
        summary: 'The very file that this open session signs, with room for the signature (PDF)',
        params: Type.Object({ id: Uuid, requestId: Uuid }),
      },
    },
    async (request, reply) => {
      const { id: sessionId, requestId } = request.params;
      const bytes = await preparedDocument(context, { sessionId, requestId }, personActor(request));
      return reply.type('application/pdf').header('cache-control', 'no-store').send(bytes);
    },
  );

  app.post(
    '/api/v1/signing/sessions/:id/confirm',
    {
      handlerTimeout: longAnswerMs,
      config: { access: requires('signing.enrol') },
      schema: {
        tags,
        summary: 'The phone confirms once; idempotent by session and assertion',
        params: IdParams,
        body: ConfirmBody,
        response: { 200: SessionResult },
      },
    },
    (request) => confirmSession(context, request.params.id, request.body, personActor(request), localeOf(request)),
  );
}
