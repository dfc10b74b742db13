import type { ServiceContext } from '@edutrust/platform/context';
import { NotFound } from '@edutrust/platform/errors';
import { anyone, type HttpServer } from '@edutrust/platform/http';
import { directly, type Route, route, scope } from '@edutrust/platform/route';
import { hide } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { findAuthority } from '../authority/authorities.ts';
import { answerTimeStampRequest } from '../time-stamp/time-stamp.ts';
import { createOcspResponder, ocspError } from './ocsp.ts';
import { newestRevocationList } from './revocation-list.ts';

type OcspResponder = ReturnType<typeof createOcspResponder>;

const publicProtocol = { kind: 'self-authenticating', scheme: 'public protocol' } as const;
const Params = Type.Object({ id: Type.String({ pattern: '^[a-z]{1,20}(-[0-9]{1,3})?$' }) });

const readCertificate = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/pki/:id.crt',
    access: anyone,
    schema: { ...hide, params: Params },
    handle: async ({ params: { id } }, reply) => {
      const { certificate } = await findAuthority(db, id);
      return reply.type('application/pkix-cert').header('cache-control', 'public, max-age=86400').send(certificate);
    },
  });

const readList = ({ db }: ServiceContext, kind: 'whole' | 'delta') =>
  route({
    method: 'GET',
    url: kind === 'whole' ? '/pki/:id.crl' : '/pki/:id.delta.crl',
    access: anyone,
    schema: { ...hide, params: Params },
    handle: async ({ params: { id } }, reply) => {
      const list = await newestRevocationList(db, id);
      const der = kind === 'whole' ? list?.der : list?.delta;
      if (!list || !der) {
        throw new NotFound('pki/no-list', {
          vi: 'Không có danh sách thu hồi này.',
          en: 'There is no such revocation list.',
        });
      }
      reply.type('application/pkix-crl').header('cache-control', 'public, max-age=60');
      reply.header('last-modified', list.thisUpdate.toUTCString());
      if (kind === 'whole') reply.header('expires', list.nextUpdate.toUTCString());
      return reply.send(der);
    },
  });

/** What is asked again within seconds is answered before the framework; see `createOcspResponder`. */
function heldAnswers(responder: OcspResponder): Route[] {
  const heldAnswer = (request: Buffer, headersOf: (reusableSeconds: number) => Readonly<Record<string, string>>) => {
    const held = responder.held(request);
    return held && { headers: headersOf(held.reusableSeconds), body: held.der };
  };
  return [
    directly.get('/pki/ocsp/*', ({ url = '' }) => {
      const request = requestInPath(url.slice('/pki/ocsp/'.length));
      return request && heldAnswer(request, cachedHeaders);
    }),
    directly.post('/pki/ocsp', 'application/ocsp-request', (body) => heldAnswer(body, () => ocspHeaders)),
  ];
}

/** RFC 6960 appendix A.1: the request in base64 in the path. */
const answerOcspInPath = (responder: OcspResponder) =>
  route({
    method: 'GET',
    url: '/pki/ocsp/*',
    access: publicProtocol,
    schema: { ...hide, params: Type.Object({ '*': Type.String() }) },
    handle: async (request, reply) => {
      const asked = decodedRequest(request.params['*']);
      const { der, reusableSeconds } = asked
        ? await responder.answer(asked)
        : { der: ocspError('malformedRequest'), reusableSeconds: 0 };
      return reply.headers(cachedHeaders(reusableSeconds)).send(der);
    },
  });

/** The same, the request being the body. */
const answerOcsp = (responder: OcspResponder) =>
  route({
    method: 'POST',
    url: '/pki/ocsp',
    access: publicProtocol,
    schema: hide,
    handle: async (request, reply) =>
      reply.headers(ocspHeaders).send((await responder.answer(bodyOf(request.body))).der),
  });

const stampTime = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/pki/tsa',
    access: publicProtocol,
    schema: hide,
    handle: async (request, reply) =>
      reply.type('application/timestamp-reply').send(await answerTimeStampRequest(context, bodyOf(request.body))),
  });

function readDer(app: HttpServer): void {
  const types = ['application/ocsp-request', 'application/timestamp-query'];
  app.addContentTypeParser(types, { parseAs: 'buffer', bodyLimit: 64 * 1024 }, (_request, body, done) =>
    done(null, body),
  );
}

/** `/pki/*`: what anybody needs to check a certificate or a time stamp of ours. */
export function repositoryRoutes(context: ServiceContext): Route[] {
  const responder = createOcspResponder(context);
  return [
    readCertificate(context),
    readList(context, 'whole'),
    readList(context, 'delta'),
    ...heldAnswers(responder),
    answerOcspInPath(responder),
    scope({ prepare: readDer, routes: [answerOcsp(responder), stampTime(context)] }),
  ];
}

const ocspHeaders = { 'content-type': 'application/ocsp-response' };
const uncachedHeaders = { ...ocspHeaders, 'cache-control': 'no-store' };
const reusableHeaders = new Map<number, Readonly<Record<string, string>>>();

/** The same object for the same seconds, of which there is one. */
function cachedHeaders(reusableSeconds: number): Readonly<Record<string, string>> {
  if (reusableSeconds <= 0) return uncachedHeaders;
  const held = reusableHeaders.get(reusableSeconds) ?? {
    ...ocspHeaders,
    'cache-control': `public, max-age=${reusableSeconds}`,
  };
  reusableHeaders.set(reusableSeconds, held);
  return held;
}

/** The request in base64; undefined for anything else. */
function decodedRequest(text: string): Buffer | undefined {
  return /^[A-Za-z0-9+/]{4,1000}={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}

/** The same of a path as it came; undefined also where the framework has to read it. */
function requestInPath(path: string): Buffer | undefined {
  if (!path.includes('%')) return decodedRequest(path);
  return /^(?:[A-Za-z0-9+/=]|%2[BbFf]|%3[Dd])+$/.test(path) ? decodedRequest(decodeURIComponent(path)) : undefined;
}

/** A body of another content type is no request of ours: the protocol says so in its own words. */
function bodyOf(body: unknown): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}
