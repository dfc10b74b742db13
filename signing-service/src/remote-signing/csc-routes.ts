import type { ServiceContext } from '@edutrust/platform/context';
import { EduTrustError } from '@edutrust/platform/errors';
import { type HttpServer, longAnswerMs } from '@edutrust/platform/http';
import { type Route, type RouteSchema, route, scope } from '@edutrust/platform/route';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  authorize,
  authorizeCheck,
  type Call,
  listCredentials,
  readCredential,
  signDoc,
  signHash,
  timestamp,
} from './csc-calls.ts';
import { CscError, invalidRequest } from './csc-error.ts';
import * as schemas from './csc-schemas.ts';
import type { AppsPort } from './port.ts';
import { oids, parametersOf } from './request.ts';
import { conformanceLevels, documentFormats, longestCallBytes } from './sign-doc.ts';

const prefix = '/csc/v2';
const access = { kind: 'self-authenticating', scheme: 'CSC access token' } as const;
const tags = ['remote signing'];

/** The API of the Cloud Signature Consortium, version 2.2, at `/csc/v2`. */
export const cscRoutes = (context: ServiceContext, apps: AppsPort): Route[] => [
  scope({
    prefix,
    prepare: speakCsc,
    routes: [info(context), ...credentials(context, apps), ...signatures(context, apps)],
  }),
];

/** Parameters are read, and errors told, as the specification writes them (§10). */
function speakCsc(app: HttpServer): void {
  app.setValidatorCompiler(() => () => true); // `request.ts` has the specification's words for each
  app.setErrorHandler(async (error, request, reply) => {
    const refusal = refusalOf(error);
    if (!refusal) {
      request.log.error({ err: error }, 'remote signing');
      return reply.code(500).send({ error: 'server_error', error_description: 'Something went wrong here' });
    }
    if (refusal.status === 401 && !reply.hasHeader('www-authenticate'))
      reply.header('www-authenticate', `Bearer error="${refusal.error}"`);
    return reply.code(refusal.status).header('cache-control', 'no-store').send(refusal.toJSON());
  });
  app.setNotFoundHandler(async (_request, reply) =>
    reply.code(501).send({ error: 'invalid_request', error_description: 'There is no such method' }),
  );
}

function refusalOf(error: unknown): CscError | undefined {
  if (error instanceof CscError) return error;
  if (error instanceof EduTrustError) {
    if (error.status === 503) return new CscError(503, 'temporarily_unavailable', error.detail.en);
    if (error.status === 429) return new CscError(429, 'temporarily_unavailable', error.detail.en);
    return new CscError(400, 'invalid_request', error.detail.en);
  }
  const { statusCode, message = '' } = error as { statusCode?: number; message?: string };
  return statusCode && statusCode >= 400 && statusCode < 500
    ? new CscError(statusCode, 'invalid_request', message)
    : undefined;
}

/** A method of the API: whoever has a token with one of the scopes. */
const method = (
  apps: AppsPort,
  url: string,
  scopes: readonly string[],
  schema: RouteSchema,
  work: (call: Call) => Promise<unknown>,
  limits: { readonly bodyLimit?: number } = {},
) =>
  route({
    method: 'POST',
    url,
    access,
    schema: { tags, ...schema },
    limits: { handlerTimeout: longAnswerMs, ...limits },
    handle: async (request, reply) => {
      const held = await heldToken(apps, request, reply, scopes);
      reply.header('cache-control', 'no-store');
      return work({ ...held, parameters: parametersOf(request.body), reply });
    },
  });

const service = ['service'];
const either = ['service', 'credential'];

const credentials = (context: ServiceContext, apps: AppsPort): Route[] => [
  method(
    apps,
    '/credentials/list',
    service,
    {
      summary: 'The credentials of the person whose token it is',
      body: schemas.ListBody,
      response: { 200: schemas.Credentials },
    },
    (call) => listCredentials(context, apps, call),
  ),
  method(
    apps,
    '/credentials/info',
    either,
    {
      summary: 'A credential: its certificate, and how it is authorised',
      body: schemas.CredentialBody,
      response: { 200: schemas.CredentialInfo },
    },
    (call) => readCredential(context, apps, call),
  ),
  method(
    apps,
    '/credentials/authorize',
    service,
    {
      summary: 'Puts hashes before the signer, who confirms them on the phone',
      body: schemas.AuthorizeBody,
      response: { 202: schemas.Handle },
    },
    (call) => authorize(context, apps, call),
  ),
  method(
    apps,
    '/credentials/authorizeCheck',
    service,
    {
      summary: 'Whether the signer has confirmed',
      body: schemas.HandleBody,
      response: { 200: schemas.ActivationData, 202: schemas.Handle },
    },
    (call) => authorizeCheck(context, call),
  ),
];

const signatures = (context: ServiceContext, apps: AppsPort): Route[] => [
  method(
    apps,
    '/signatures/signHash',
    either,
    {
      summary: 'Signs hashes that the signer confirmed, each once',
      body: schemas.SignHashBody,
      response: { 200: schemas.Signatures },
    },
    (call) => signHash(context, call),
  ),
  method(
    apps,
    '/signatures/signDoc',
    either,
    {
      summary: 'AdES signatures of documents or digests that the signer confirmed',
      body: schemas.SignDocBody,
      response: { 200: schemas.SignedDocuments },
    },
    (call) => signDoc(context, call),
    { bodyLimit: longestCallBytes },
  ),
  method(
    apps,
    '/signatures/timestamp',
    either,
    { summary: 'A time-stamp token (RFC 3161)', body: schemas.TimestampBody, response: { 200: schemas.Timestamp } },
    ({ parameters }) => timestamp(context, parameters),
  ),
];

/** Whom the token of the call stands for. @throws CscError */
async function heldToken(
  apps: AppsPort,
  request: FastifyRequest,
  reply: FastifyReply,
  scopes: readonly string[],
): Promise<Pick<Call, 'holder' | 'beside'>> {
  const { authorization } = request.headers;
  if (authorization === undefined) throw new CscError(401, 'invalid_request', 'Malformed authorization header');
  if (!/^(?:Bearer|DPoP) [\w-]{40,100}$/i.test(authorization)) throw invalidRequest('Malformed authorization header');
  const { holder, headers, beside } = await apps.holderOf(request);
  reply.headers(headers);
  if (!holder) throw new CscError(401, 'invalid_token', 'The access token is not valid');
  if (!holder.scopes.some((one) => scopes.includes(one)))
    throw new CscError(403, 'invalid_scope', `The access token has none of the scopes ${scopes.join(', ')}`);
  return { holder, beside };
}

const methods = [
  'info',
  'credentials/list',
  'credentials/info',
  'credentials/authorize',
  'credentials/authorizeCheck',
  'signatures/signHash',
  'signatures/signDoc',
  'signatures/timestamp',
];

const info = ({ config }: ServiceContext) =>
  route({
    method: 'POST',
    url: '/info',
    access,
    schema: {
      tags,
      summary: 'What this service of remote signing can do',
      body: schemas.InfoBody,
      response: { 200: schemas.Info },
    },
    handle: async () => ({
      specs: '2.2.0.0',
      name: 'EduTrust',
      logo: new URL('/assets/logo.png', config.url).href,
      region: 'VN',
      lang: 'en',
      description: 'Signs with the keys of the education sector’s officials; each use is their own act on their phone',
      authType: ['oauth2code'],
      oauth2Issuer: config.url.origin,
      asynchronousOperationMode: false,
      validationInfo: false,
      methods,
      signAlgorithms: { algos: [oids.ecdsaWithSha256] },
      signature_formats: {
        formats: Object.keys(documentFormats),
        envelope_properties: Object.values(documentFormats).map((properties) => [...properties]),
      },
      conformance_levels: [...conformanceLevels],
    }),
  });
