import type { ServiceContext } from '@edutrust/platform/context';
import { Forbidden, Unauthenticated } from '@edutrust/platform/errors';
import { longAnswerMs } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams } from '@edutrust/platform/schemas';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { noRequest, withdrawRequest } from '../requests/requests.ts';
import type { ValidationPool } from '../validation/validation.ts';
import { actorOf, askAsApp } from './ask.ts';
import type { AskingApp, AskingAppsPort } from './port.ts';
import { fileOfOwn, findOwn, readOwn } from './read.ts';
import { AppDocument, AppDocumentBody, longestBodyBytes } from './schemas.ts';

const tags = ['documents of apps'];
const access = { kind: 'self-authenticating', scheme: 'client credentials token' } as const;
const scope = 'documents';

/** Which app asks, by a token of its own. @throws Unauthenticated `signing/no-app-token`; Forbidden `signing/app-not-allowed` */
async function appOf(apps: AskingAppsPort, request: FastifyRequest, reply: FastifyReply): Promise<AskingApp> {
  const { holder: app, headers } = await apps.appOf(request);
  reply.headers(headers);
  if (!app)
    throw new Unauthenticated('signing/no-app-token', {
      vi: 'Cần mã truy cập do client credentials cấp cho ứng dụng đã được duyệt.',
      en: 'A token of the client credentials grant for an approved app is needed.',
    });
  if (!app.scopes.includes(scope))
    throw new Forbidden('signing/app-not-allowed', {
      vi: `Mã truy cập không có phạm vi ${scope}.`,
      en: `The token has not the scope ${scope}.`,
    });
  return app;
}

type Tools = { readonly context: ServiceContext; readonly apps: AskingAppsPort; readonly pool: ValidationPool };

const view = ({ context: { db, config } }: Tools, { clientId }: AskingApp, id: string) =>
  readOwn(db, { clientId, origin: config.url.origin }, id);

const ask = (tools: Tools) =>
  route({
    method: 'POST',
    url: '/api/v1/app-documents',
    access,
    schema: {
      tags,
      summary: 'An app asks for signatures on a file; the same key with the same content again is the same document',
      body: AppDocumentBody,
      response: { 200: AppDocument, 201: AppDocument },
    },
    limits: { bodyLimit: longestBodyBytes, handlerTimeout: longAnswerMs },
    handle: async (request, reply) => {
      const app = await appOf(tools.apps, request, reply);
      const { id, isNew } = await askAsApp(tools.context, tools, app, request.body);
      return reply.code(isNew ? 201 : 200).send(await view(tools, app, id));
    },
  });

const readOne = (tools: Tools) =>
  route({
    method: 'GET',
    url: '/api/v1/app-documents/:id',
    access,
    schema: {
      tags,
      summary: 'How far a document is that the calling app sent',
      params: IdParams,
      response: { 200: AppDocument },
    },
    handle: async (request, reply) => view(tools, await appOf(tools.apps, request, reply), request.params.id),
  });

const readFile = (tools: Tools) =>
  route({
    method: 'GET',
    url: '/api/v1/app-documents/:id/file',
    access,
    schema: {
      tags,
      summary: 'The finished file of a document that the calling app sent, once it is issued',
      params: IdParams,
      produces: ['application/pdf', 'application/vnd.etsi.asic-e+zip', 'application/xml'],
    },
    handle: async (request, reply) => {
      const { clientId } = await appOf(tools.apps, request, reply);
      const { bytes, fileName, mediaType, sha256 } = await fileOfOwn(tools.context.db, clientId, request.params.id);
      const etag = `"${sha256.toString('base64url')}"`;
      reply.header('cache-control', 'private, no-cache').header('etag', etag);
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      return reply.type(mediaType).header('content-disposition', `attachment; filename="${fileName}"`).send(bytes);
    },
  });

const withdraw = (tools: Tools) =>
  route({
    method: 'POST',
    url: '/api/v1/app-documents/:id/withdraw',
    access,
    schema: {
      tags,
      summary: 'The calling app takes back a document that is not issued; twice is once',
      params: IdParams,
      response: { 200: AppDocument },
    },
    handle: async (request, reply) => {
      const { params } = request;
      const app = await appOf(tools.apps, request, reply);
      const { db } = tools.context;
      const found = await findOwn(db, app.clientId, { id: params.id });
      if (!found) throw noRequest();
      if (found.state !== 'withdrawn') await withdrawRequest(tools.context, params.id, actorOf(app));
      return view(tools, app, params.id);
    },
  });

/** Documents that apps send by themselves, with tokens of their own. */
export const appDocumentRoutes = (
  context: ServiceContext,
  tools: { readonly apps: AskingAppsPort; readonly pool: ValidationPool },
): Route[] => [ask, readOne, readFile, withdraw].map((make) => make({ context, ...tools }));
