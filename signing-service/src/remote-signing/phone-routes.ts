import type { ServiceContext } from '@edutrust/platform/context';
import { personActor } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams } from '@edutrust/platform/schemas';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { confirmAuthorisation, refuseAuthorisation } from './confirm.ts';
import type { AppsPort } from './port.ts';
import { Authorisation, ConfirmAuthorisationBody, WaitingAuthorisations } from './schemas.ts';
import { listWaitingAuthorisations, readAuthorisation } from './views.ts';

const tags = ['signing'];
const url = '/api/v1/signing/authorisations';

const list = (context: ServiceContext, apps: AppsPort) =>
  route({
    method: 'GET',
    url,
    access: requires('signing.sign'),
    schema: { tags, summary: 'What other apps ask the caller to sign now', response: { 200: WaitingAuthorisations } },
    handle: (request) => listWaitingAuthorisations(context, apps, personActor(request)),
  });

const read = (context: ServiceContext, apps: AppsPort) =>
  route({
    method: 'GET',
    url: `${url}/:id`,
    access: requires('signing.sign'),
    schema: {
      tags,
      summary: 'The hashes that one act of the caller would sign, and what the phone’s passkey is asked with',
      params: IdParams,
      response: { 200: Authorisation },
    },
    handle: (request) => readAuthorisation(context, apps, request.params.id, personActor(request)),
  });

const confirm = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: `${url}/:id/confirm`,
    access: requires('signing.sign'),
    schema: {
      tags,
      summary: 'The phone confirms once; idempotent by its assertion',
      params: IdParams,
      body: ConfirmAuthorisationBody,
      response: { 204: Type.Null() },
    },
    handle: async (request, reply) => {
      await confirmAuthorisation(context, request.params.id, request.body, personActor(request));
      return reply.code(204).send(null);
    },
  });

const refuse = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: `${url}/:id/refuse`,
    access: requires('signing.sign'),
    schema: {
      tags,
      summary: 'The caller does not sign this; the app is told so',
      params: IdParams,
      response: { 204: Type.Null() },
    },
    handle: async (request, reply) => {
      await refuseAuthorisation(context, request.params.id, personActor(request));
      return reply.code(204).send(null);
    },
  });

/** On the phone: what other apps ask to be signed, and the act itself. */
export const authorisationRoutes = (context: ServiceContext, apps: AppsPort): Route[] => [
  list(context, apps),
  read(context, apps),
  confirm(context),
  refuse(context),
];
