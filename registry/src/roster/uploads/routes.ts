import type { ServiceContext } from '@edutrust/platform/context';
import { type HttpServer, longAnswerMs, personActor } from '@edutrust/platform/http';
import { type Route, route, scope } from '@edutrust/platform/route';
import { IdParams, nullable, Sha256Hex, strict, Time, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { requires } from '../../permissions/permissions.ts';
import { otherOffset } from './refusals.ts';
import {
  appendPiece,
  beginUpload,
  endOf,
  endUpload,
  findUpload,
  largestPieceBytes,
  listUploads,
  type RosterUpload,
} from './uploads.ts';

const tags = ['roster'];

const UploadView = Type.Object({
  id: Uuid,
  name: Type.String(),
  /** Of the whole file, in bytes. */
  size: Type.Integer(),
  /** Bytes that have arrived: where the next piece begins. */
  offset: Type.Integer(),
  sha256: nullable(Sha256Hex),
  endsAt: Time,
});

const viewOf = (upload: RosterUpload) => ({
  id: upload.id,
  name: upload.name,
  size: upload.size,
  offset: upload.offset,
  sha256: upload.sha256,
  endsAt: endOf(upload).toISOString(),
});

/** Where it stands, also for who asks by HEAD. */
const stands = ({ offset, size }: RosterUpload) => ({
  'upload-offset': String(offset),
  'upload-length': String(size),
  'cache-control': 'no-store',
});

const begin = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/roster/uploads',
    access: requires('roster.import'),
    schema: {
      tags,
      summary: 'Begins a roster file that is sent in pieces, or finds the one of the same name, size and SHA-256',
      body: Type.Object(
        {
          name: Type.String({ minLength: 1, maxLength: 255 }),
          size: Type.Integer({ minimum: 1 }),
          sha256: Type.Optional(Sha256Hex),
        },
        strict,
      ),
      response: { 201: UploadView },
    },
    handle: async (request, reply) => {
      const upload = await beginUpload(context, request.body, personActor(request));
      reply.headers(stands(upload));
      return reply.code(201).header('location', `/api/v1/roster/uploads/${upload.id}`).send(viewOf(upload));
    },
  });

const list = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/roster/uploads',
    access: requires('roster.import'),
    schema: {
      tags,
      summary: 'One’s own roster files of the last day that are sent in pieces, newest first',
      response: { 200: Type.Object({ items: Type.Array(UploadView) }) },
    },
    handle: async (request) => ({
      items: (await listUploads(context, context.db, personActor(request))).map(viewOf),
    }),
  });

const read = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/roster/uploads/:id',
    access: requires('roster.import'),
    schema: {
      tags,
      summary: 'How much of a roster file has arrived (`Upload-Offset`; HEAD too)',
      params: IdParams,
      response: { 200: UploadView },
    },
    handle: async (request, reply) => {
      const upload = await findUpload(context, request.params.id, personActor(request));
      reply.headers(stands(upload));
      return viewOf(upload);
    },
  });

const append = (context: ServiceContext) =>
  route({
    method: 'PATCH',
    url: '/api/v1/roster/uploads/:id',
    access: requires('roster.import'),
    schema: {
      tags,
      summary:
        'The next piece of a roster file, at most 4 MiB, from `Upload-Offset` on; 409 says where it really stands (application/offset+octet-stream)',
      consumes: ['application/offset+octet-stream', 'application/octet-stream'],
      params: IdParams,
      headers: Type.Object({ 'upload-offset': Type.Integer({ minimum: 0 }) }),
      response: { 200: UploadView },
    },
    limits: { bodyLimit: largestPieceBytes, handlerTimeout: longAnswerMs },
    handle: async (request, reply) => {
      const { id } = request.params;
      const offset = request.headers['upload-offset'];
      const actor = personActor(request);
      await findUpload(context, id, actor); // before anything is read
      await using piece = await request.server.uploads.receive(request.raw, {
        mostBytes: largestPieceBytes,
        from: request.ip,
      });
      const { upload, isTaken } = await appendPiece(context, { id, offset, bytes: await piece.bytes() }, actor);
      reply.headers(stands(upload));
      if (!isTaken) throw otherOffset(upload.offset);
      return viewOf(upload);
    },
  });

const end = (context: ServiceContext) =>
  route({
    method: 'DELETE',
    url: '/api/v1/roster/uploads/:id',
    access: requires('roster.import'),
    schema: {
      tags,
      summary: 'Gives up a roster file that was sent in pieces',
      params: IdParams,
      response: { 204: Type.Null() },
    },
    handle: async (request, reply) => {
      await endUpload(context, request.params.id, personActor(request));
      return reply.code(204).send(null);
    },
  });

/** Leaves the bytes where they are: they are taken from the socket when somebody has a place for them (E11). */
function takeBytes(app: HttpServer): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ['application/offset+octet-stream', 'application/octet-stream'],
    (_request, _payload, done) => done(null),
  );
}

/** Roster files that arrive in pieces and go on after a cut (after draft-ietf-httpbis-resumable-upload). */
export const uploadRoutes = (context: ServiceContext): Route[] => [
  begin(context),
  list(context),
  read(context),
  scope({ prepare: takeBytes, routes: [append(context)] }),
  end(context),
];
