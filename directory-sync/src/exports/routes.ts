import { Readable } from 'node:stream';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { NotFound, Unauthenticated } from '@edutrust/platform/errors';
import { longAnswerMs, personActor } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, strict, Time, Uuid } from '@edutrust/platform/schemas';
import { requires, scopeOf } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import Type from 'typebox';
import { bearerOf, clientOfToken, findClient } from '../clients/clients.ts';
import { record } from '../events.ts';
import { syncOf } from '../tables.ts';
import { addExport, askForFile, findExport, readExports, readFiles, removeExport } from './exports.ts';
import { exportFormats, exportSchedules } from './formats.ts';
import { isGoodLink, linkTo } from './links.ts';
import { contentOfFile } from './make.ts';

const tags = ['sync'];
const Format = Type.Enum([...exportFormats]);
const Schedule = Type.Enum([...exportSchedules]);

const Export = Type.Object({ id: Uuid, clientId: Uuid, format: Format, schedule: Schedule, createdAt: Time });
const File = Type.Object({
  id: Uuid,
  name: Type.String(),
  bytes: Type.Integer(),
  sha256: Type.String(),
  madeAt: Time,
  expiresAt: Time,
  downloads: Type.Integer(),
});
const Linked = Type.Object({ ...File.properties, url: Type.String(), linkExpiresAt: Time });

/** For a person who hands it on, and for a program that fetches at once. */
const linkSeconds = { person: 24 * 3_600, program: 15 * 60 } as const;

async function ofExport(db: Database, id: string) {
  const [found] = await readExports(db, sql`e.id = ${id}`);
  return found ? { organisationId: found.organisation_id } : {};
}

const listAll = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/sync/exports',
    access: requires('sync.read'),
    schema: {
      tags,
      summary: 'Files that are made for clients',
      response: { 200: Type.Object({ items: Type.Array(Export) }) },
    },
    handle: async ({ actor }) => {
      const scope = actor ? scopeOf(actor, 'sync.read') : [];
      const rows = await readExports(db, sql`o.path && ${[...scope]}::uuid[]`);
      return {
        items: rows.map(({ id, client_id, format, schedule, created_at }) => ({
          id,
          clientId: client_id,
          format,
          schedule,
          createdAt: created_at.toISOString(),
        })),
      };
    },
  });

const add = ({ db }: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/sync/exports',
    access: requires('sync.write'),
    schema: {
      tags,
      summary: 'Makes a file of what a client may know, now and on a schedule (each night, or on Mondays)',
      body: Type.Object({ clientId: Uuid, format: Format, schedule: Schedule }, strict),
      response: { 201: Type.Object({ id: Uuid }) },
    },
    resource: async ({ body }) => ({ organisationId: (await findClient(db, body.clientId)).organisation_id }),
    handle: async (request, reply) => {
      const id = await db.transaction().execute((tx) => addExport(tx, request.body, personActor(request)));
      return reply.code(201).send({ id });
    },
  });

const remove = ({ db }: ServiceContext) =>
  route({
    method: 'DELETE',
    url: '/api/v1/sync/exports/:id',
    access: requires('sync.write'),
    schema: {
      tags,
      summary: 'Makes no more files, and forgets those that were made',
      params: IdParams,
      response: { 204: Type.Null() },
    },
    resource: ({ params }) => ofExport(db, params.id),
    handle: async (request, reply) => {
      const row = await findExport(db, request.params.id);
      await db.transaction().execute((tx) => removeExport(tx, row, personActor(request)));
      return reply.code(204).send(null);
    },
  });

const makeNow = ({ db }: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/sync/exports/:id/files',
    access: requires('sync.write'),
    schema: { tags, summary: 'Makes a file as things are now', params: IdParams, response: { 202: Type.Object({}) } },
    resource: ({ params }) => ofExport(db, params.id),
    handle: async (request, reply) => {
      const { id } = await findExport(db, request.params.id);
      await db.transaction().execute((tx) => askForFile(tx, id));
      return reply.code(202).send({});
    },
  });

const listFiles = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/sync/exports/:id/files',
    access: requires('sync.write'),
    schema: {
      tags,
      summary: 'Its files, each with a link that opens it for a day, for whoever has the link',
      params: IdParams,
      response: { 200: Type.Object({ items: Type.Array(Linked) }) },
    },
    resource: ({ params }) => ofExport(context.db, params.id),
    handle: async (request, reply) => {
      const files = await readFiles(context.db, sql`e.id = ${request.params.id}`, context.clock.now());
      return reply
        .header('cache-control', 'no-store')
        .send({ items: files.map((file) => toLinked(context, file, linkSeconds.person)) });
    },
  });

const listOwn = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/exports',
    access: { kind: 'self-authenticating', scheme: 'client token' },
    schema: {
      tags: ['feed'],
      summary: 'The files of the client whose token this is, each with a link that opens it for 15 minutes',
      response: { 200: Type.Object({ items: Type.Array(Linked) }) },
    },
    handle: async ({ headers }, reply) => {
      const token = bearerOf(headers.authorization);
      const client = token ? await clientOfToken(context, token) : undefined;
      if (!client)
        throw new Unauthenticated('exports/no-token', {
          vi: 'Cần token của hệ thống: Authorization: Bearer edu_….',
          en: 'The token of a client is needed: Authorization: Bearer edu_….',
        });
      const files = await readFiles(context.db, sql`e.client_id = ${client.id}`, context.clock.now());
      return reply
        .header('cache-control', 'no-store')
        .send({ items: files.map((file) => toLinked(context, file, linkSeconds.program)) });
    },
  });

const download = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/exports/files/:id',
    access: { kind: 'self-authenticating', scheme: 'signed link' },
    schema: {
      tags: ['feed'],
      summary: 'A file, by a signed link; each download is counted',
      params: IdParams,
      querystring: Type.Object({
        expires: Type.Integer({ minimum: 0 }),
        signature: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
      }),
    },
    limits: { handlerTimeout: longAnswerMs },
    handle: async ({ params: { id }, query: { expires, signature } }, reply) => {
      const file = isGoodLink(context, id, expires, signature)
        ? (await readFiles(context.db, sql`f.id = ${id}`, context.clock.now()))[0]
        : undefined;
      if (!file)
        throw new NotFound('exports/bad-link', {
          vi: 'Liên kết này không đúng hoặc đã hết hạn; hãy xin liên kết mới.',
          en: 'This link is invalid or has expired; ask for a new one.',
        });
      await context.db.transaction().execute(async (tx) => {
        await syncOf(tx)
          .updateTable('sync.export_file')
          .set({ downloads: sql`downloads + 1` })
          .where('id', '=', id)
          .execute();
        await record(tx, {
          type: 'export.downloaded',
          actor: { kind: 'system', name: 'signed link' },
          subject: { kind: 'export', id: file.export_id },
          organisationId: (await findExport(tx, file.export_id)).organisation_id,
          data: { fileId: id },
        });
      });
      return reply
        .header('content-type', file.media_type)
        .header('content-disposition', `attachment; filename="${file.name}"`)
        .header('content-length', file.bytes)
        .header('cache-control', 'no-store')
        .send(Readable.from(contentOfFile(context, id)));
    },
  });

function toLinked(context: ServiceContext, file: Awaited<ReturnType<typeof readFiles>>[number], seconds: number) {
  const { url, expiresAt } = linkTo(context, file.id, seconds);
  return {
    id: file.id,
    name: file.name,
    bytes: file.bytes,
    sha256: file.sha256.toString('hex'),
    madeAt: file.made_at.toISOString(),
    expiresAt: file.expires_at.toISOString(),
    downloads: file.downloads,
    url,
    linkExpiresAt: expiresAt.toISOString(),
  };
}

/** Files for systems that read no API. */
export const exportRoutes = (context: ServiceContext): Route[] => [
  listAll(context),
  add(context),
  remove(context),
  makeNow(context),
  listFiles(context),
  listOwn(context),
  download(context),
];
