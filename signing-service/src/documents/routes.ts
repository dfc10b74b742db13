import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput } from '@edutrust/platform/errors';
import { longAnswerMs, personActor, refersTo } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { tells } from '@edutrust/registry/accesses';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { SigningRequest } from '../requests/schemas.ts';
import { findRequest } from '../requests/views.ts';
import type { ValidationPool } from '../validation/validation.ts';
import { askForSignatures } from './ask.ts';
import { DocumentBody, Upload, WaitingUpload } from './schemas.ts';
import { largestUploadBytes, listUploads, receiveUpload, tooLarge } from './upload.ts';

const tags = ['signing'];
const params = Type.Object({ organisationId: refersTo('organisation') });

const upload = (context: ServiceContext, pool: ValidationPool) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/organisations/:organisationId/uploads',
    access: requires('signing.request'),
    schema: {
      tags,
      summary:
        'Takes a file of any kind to be signed (multipart `file`); kept for a day until signatures are asked for',
      params,
      consumes: ['multipart/form-data'],
      response: { 201: Upload },
    },
    limits: { bodyLimit: largestUploadBytes + 64 * 1024, handlerTimeout: longAnswerMs },
    handle: async (request, reply) => {
      const part = await request.file({ limits: { fileSize: largestUploadBytes + 1, files: 1 } });
      if (!part) throw new InvalidInput('signing/no-file', { vi: 'Chưa chọn tệp.', en: 'No file was sent.' });
      const bytes = await part.toBuffer().catch((error: unknown) => {
        throw (error as { statusCode?: number }).statusCode === 413 ? tooLarge() : error;
      });
      const fileName = part.filename.normalize('NFC').slice(-120);
      const { organisationId } = request.params;
      const received = await receiveUpload(context, pool, { organisationId, fileName, bytes }, personActor(request));
      return reply.code(201).send({
        ...received,
        formats: [...received.formats],
        pages: [...received.pages],
        fileName,
        sizeBytes: bytes.length,
      });
    },
  });

const waiting = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/organisations/:organisationId/uploads',
    access: requires('signing.request'),
    schema: {
      tags,
      summary: 'Files that the caller sent and has asked no signatures for yet, newest first',
      params,
      response: { 200: Type.Object({ items: Type.Array(WaitingUpload) }) },
    },
    handle: async (request) => ({
      items: await listUploads(db, request.params.organisationId, personActor(request)),
    }),
  });

const ask = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/organisations/:organisationId/documents',
    access: requires('signing.request'),
    discloses: tells('documents.sign'),
    schema: {
      tags,
      summary: 'Asks for signatures on an uploaded file, in order or in parallel, and for the seal after them',
      params,
      body: DocumentBody,
      response: { 201: SigningRequest },
    },
    limits: { handlerTimeout: longAnswerMs },
    handle: async (request, reply) => {
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
  });

/** Files that an organisation has its own people sign. */
export const documentRoutes = (context: ServiceContext, pool: ValidationPool): Route[] => [
  upload(context, pool),
  waiting(context),
  ask(context),
];
