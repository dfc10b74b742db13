import type { ServiceContext } from '@edutrust/platform/context';
import { disclose, longAnswerMs, personActor, refersTo } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, listOf, Uuid } from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { resourceOfRequest } from '../requests/acts.ts';
import { subjectsOf } from '../requests/registry.ts';
import { makeCopy } from './make.ts';
import { Copy, CopyBody, CopyChoices } from './schemas.ts';
import { copiesOf, findCopy, printOf, registerOf, subjectsIn } from './views.ts';

const tags = ['signing'];

const read = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/requests/:id/copies',
    access: requires('signing.copy'),
    discloses: tells('documents.open'),
    schema: {
      tags,
      summary: 'Copies that were made of an issued document, and what an extract of it can hold',
      params: IdParams,
      response: { 200: CopyChoices },
    },
    resource: ({ params }) => resourceOfRequest(db, params.id),
    handle: async ({ params }) => ({
      subjects: await subjectsIn(db, params.id),
      items: await copiesOf(db, params.id),
    }),
  });

const make = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/requests/:id/copies',
    access: requires('signing.copy'),
    discloses: tells('documents.copy'),
    schema: {
      tags,
      summary: 'Makes a paper print or an extract of an issued document, with a number and a code of its own',
      params: IdParams,
      body: CopyBody,
      response: { 201: Copy },
    },
    limits: { handlerTimeout: longAnswerMs },
    resource: ({ params }) => resourceOfRequest(context.db, params.id),
    handle: async (request, reply) => {
      const { requester, purpose, ...order } = request.body;
      const told = (text: string) => text.normalize('NFC').replace(/\s+/gu, ' ').trim();
      const id = await makeCopy(
        context,
        { ...order, requester: told(requester), purpose: told(purpose), requestId: request.params.id },
        personActor(request),
      );
      return reply.code(201).send(await findCopy(context.db, id));
    },
  });

const register = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/organisations/:organisationId/copies',
    access: requires('signing.copy'),
    discloses: tells('documents.list'),
    schema: {
      tags,
      summary: 'The organisation’s register of copies, newest first',
      params: Type.Object({ organisationId: refersTo('organisation') }),
      querystring: Type.Object({
        limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
        cursor: Type.Optional(Uuid),
      }),
      response: { 200: listOf(Copy) },
    },
    handle: async ({ params, query }) => {
      const items = await registerOf(db, params.organisationId, query);
      return { items, nextCursor: items.length === query.limit ? (items.at(-1)?.id ?? null) : null };
    },
  });

const readPrint = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/requests/:id/copies/:copyId/print',
    access: requires('signing.copy'),
    discloses: tells('documents.read'),
    schema: {
      tags,
      summary: 'The file of a paper print',
      params: Type.Object({ ...IdParams.properties, copyId: Uuid }),
      produces: ['application/pdf'],
    },
    resource: ({ params }) => resourceOfRequest(db, params.id),
    handle: async (request, reply) => {
      const { id, copyId } = request.params;
      const { bytes, fileName, mediaType } = await printOf(db, { id: copyId, requestId: id });
      disclose(request, await subjectsOf(db, [id]));
      return reply
        .header('cache-control', 'private, no-store')
        .type(mediaType)
        .header('content-disposition', `inline; filename="${fileName}"`)
        .send(bytes);
    },
  });

/** Copies of issued documents: on paper and as extracts. */
export const copyRoutes = (context: ServiceContext): Route[] => [
  read(context),
  make(context),
  register(context),
  readPrint(context),
];
