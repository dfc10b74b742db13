import type { ServiceContext } from '@edutrust/platform/context';
import { longAnswerMs, personActor, refersTo } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { listOf, Uuid } from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { makeParcel } from './make.ts';
import { Parcel, ParcelBody, ParcelClass, ReceiptBody } from './schemas.ts';
import { recordReceipt } from './send.ts';
import { findParcel, parcelClasses, parcelsOf } from './views.ts';

const tags = ['signing'];
const params = Type.Object({ organisationId: refersTo('organisation') });

const register = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/organisations/:organisationId/parcels',
    access: requires('signing.copy'),
    discloses: tells('documents.list'),
    schema: {
      tags,
      summary: 'The school’s register of parcels of school reports for the ministry’s warehouse, newest first',
      params,
      querystring: Type.Object({
        limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
        cursor: Type.Optional(Uuid),
      }),
      response: { 200: listOf(Parcel) },
    },
    handle: async ({ params: { organisationId }, query }) => {
      const items = await parcelsOf(db, organisationId, query);
      return { items, nextCursor: items.length === query.limit ? (items.at(-1)?.id ?? null) : null };
    },
  });

const classes = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/organisations/:organisationId/parcel-classes',
    access: requires('signing.copy'),
    schema: {
      tags,
      summary: 'Classes with issued school reports, and how many of these are in no parcel yet',
      params,
      response: { 200: Type.Object({ items: Type.Array(ParcelClass) }) },
    },
    handle: async ({ params: { organisationId } }) => ({ items: await parcelClasses(db, organisationId) }),
  });

const make = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/organisations/:organisationId/parcels',
    access: requires('signing.copy'),
    discloses: tells('documents.copy'),
    schema: {
      tags,
      summary: 'Makes a parcel of a class’s issued school reports, to be sealed',
      params,
      body: ParcelBody,
      response: { 201: Parcel },
    },
    limits: { handlerTimeout: longAnswerMs },
    handle: async (request, reply) => {
      const { organisationId } = request.params;
      const order = { ...request.body, organisationId };
      await makeParcel(context, order, personActor(request));
      return reply.code(201).send(await findParcel(context.db, order));
    },
  });

const receipt = (context: ServiceContext) =>
  route({
    method: 'PUT',
    url: '/api/v1/signing/organisations/:organisationId/parcels/:parcelId/receipt',
    access: requires('signing.copy'),
    discloses: tells('documents.list'),
    schema: {
      tags,
      summary: 'Records that the warehouse took a sealed parcel, with the number of its receipt',
      params: Type.Object({ ...params.properties, parcelId: Uuid }),
      body: ReceiptBody,
      response: { 200: Parcel },
    },
    handle: async (request) => {
      const { organisationId, parcelId: id } = request.params;
      const told = request.body.receipt.normalize('NFC').replace(/\s+/gu, ' ').trim();
      await recordReceipt(context, { id, organisationId, receipt: told }, personActor(request));
      return findParcel(context.db, { id, organisationId });
    },
  });

/** Parcels of issued school reports for the ministry's warehouse. */
export const parcelRoutes = (context: ServiceContext): Route[] => [
  register(context),
  classes(context),
  make(context),
  receipt(context),
];
