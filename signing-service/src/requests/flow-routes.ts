import type { ServiceContext } from '@edutrust/platform/context';
import { personActor } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, nullable, strict, Time, Uuid } from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { resourceOfRequest } from './acts.ts';
import { handOver, putOff } from './hand-over.ts';
import { withdrawRequest } from './requests.ts';
import { SigningRequest } from './schemas.ts';
import { findRequest } from './views.ts';

const tags = ['signing'];

const giveToAnother = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/requests/:id/hand-over',
    access: requires('signing.request'),
    discloses: tells('documents.sign'),
    schema: {
      tags,
      summary: 'Gives a signature that is still wanted on an uploaded document to another signer',
      params: IdParams,
      body: Type.Object(
        {
          /** Of the step, from 0. */
          position: Type.Integer({ minimum: 0, maximum: 100 }),
          personId: Uuid,
          title: Type.Optional(Type.String({ minLength: 1, maxLength: 120 })),
        },
        strict,
      ),
      response: { 200: SigningRequest },
    },
    resource: ({ params }) => resourceOfRequest(context.db, params.id),
    handle: async (request) => {
      await handOver(context, request.params.id, request.body, personActor(request));
      return findRequest(context.db, request.params.id, context.clock.now());
    },
  });

const changeDeadline = (context: ServiceContext) =>
  route({
    method: 'PUT',
    url: '/api/v1/signing/requests/:id/deadline',
    access: requires('signing.request'),
    discloses: tells('documents.sign'),
    schema: {
      tags,
      summary: 'Puts the deadline of a document off, or takes it away',
      params: IdParams,
      body: Type.Object({ dueAt: nullable(Time) }, strict),
      response: { 200: SigningRequest },
    },
    resource: ({ params }) => resourceOfRequest(context.db, params.id),
    handle: async (request) => {
      const { dueAt } = request.body;
      await putOff(context, request.params.id, dueAt ? new Date(dueAt) : null, personActor(request));
      return findRequest(context.db, request.params.id, context.clock.now());
    },
  });

const withdraw = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/requests/:id/withdraw',
    access: requires('signing.request'),
    discloses: tells('documents.sign'),
    schema: {
      tags,
      summary: 'Takes a request back that is not issued',
      params: IdParams,
      response: { 200: SigningRequest },
    },
    resource: ({ params }) => resourceOfRequest(context.db, params.id),
    handle: async (request) => {
      await withdrawRequest(context, request.params.id, personActor(request));
      return findRequest(context.db, request.params.id, context.clock.now());
    },
  });

/** What who asked does to a document that is late, waits for the wrong person, or is not wanted any longer. */
export const flowRoutes = (context: ServiceContext): Route[] => [
  giveToAnother(context),
  changeDeadline(context),
  withdraw(context),
];
