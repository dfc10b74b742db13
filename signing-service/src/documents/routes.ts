import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput } from '@edutrust/platform/errors';
import { type HttpServer, longAnswerMs, personActor, refersTo } from '@edutrust/platform/http';
import { requires } from '@edutrust/registry/permissions';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { SigningRequest } from '../requests/schemas.ts';
import { findRequest } from '../requests/views.ts';
import type { ValidationPool } from '../validation/validation.ts';
import { askForSignatures } from './ask.ts';
import { DocumentBody, Upload, WaitingUpload } from './schemas.ts';
import { largestUploadBytes, listUploads, receiveUpload, tooLarge } from './upload.ts';

const tags = ['signing'];
const params = Type.Object({ organisationId: refersTo('organisation') });

/** Files that an organisation has its own people sign. */
export function addDocumentRoutes(app: HttpServer, context: ServiceContext, pool: ValidationPool): void {
  const organisationOf = (request: FastifyRequest) => request.params as { organisationId: string }; // validated
  const access = requires('signing.request', organisationOf);

  app.post(
    '/api/v1/signing/organisations/:organisationId/uploads',
    {
      config: { access },
      bodyLimit: largestUploadBytes + 64 * 1024,
      handlerTimeout: longAnswerMs,
      schema: {
        tags,
        summary: 'Takes a PDF to be signed (multipart `file`); kept for a day until signatures are asked for',
        params,
        consumes: ['multipart/form-data'],
        response: { 201: Upload },
      },
    },
    async (request, reply) => {
      const part = await request.file({ limits: { fileSize: largestUploadBytes + 1, files: 1 } });
      if (!part) throw new InvalidInput('signing/no-file', { vi: 'Chưa chọn tệp.', en: 'No file was sent.' });
      const bytes = await part.toBuffer().catch((error: unknown) => {
        throw (error as { statusCode?: number }).statusCode === 413 ? tooLarge() : error;
      });
      const fileName = part.filename.normalize('NFC').slice(-120);
      const { organisationId } = request.params;
      const received = await receiveUpload(context, pool, { organisationId, fileName, bytes }, personActor(request));
      return reply.code(201).send({ ...received, pages: [...received.pages], fileName, sizeBytes: bytes.length });
    },
  );

  app.get(
    '/api/v1/signing/organisations/:organisationId/uploads',
    {
      config: { access },
      schema: {
        tags,
        summary: 'Files that the caller sent and has asked no signatures for yet, newest first',
        params,
        response: { 200: Type.Object({ items: Type.Array(WaitingUpload) }) },
      },
    },
    async (request) => ({
      items: await listUploads(context.db, request.params.organisationId, personActor(request)),
    }),
  );

  app.post(
    '/api/v1/signing/organisations/:organisationId/documents',
    {
      config: { access },
      handlerTimeout: longAnswerMs,
      schema: {
        tags,
        summary: 'Asks for signatures on an uploaded PDF, in order or in parallel, and for the seal after them',
        params,
        body: DocumentBody,
        response: { 201: SigningRequest },
      },
    },
    async (request, reply) => {
      const { title, dueAt, ...wish } = request.body;
      const id = await askForSignatures(
        context,
        {
          ...wish,
          organisationId: request.params.organisationId,
          title: title.normalize('NFC').trim(),
          dueAt: dueAt === undefined ? undefined : new Date(dueAt),
        },
        personActor(request),
      );
      return reply.code(201).send(await findRequest(context.db, id, context.clock.now()));
    },
  );
}
