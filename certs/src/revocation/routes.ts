import type { ServiceContext } from '@edutrust/platform/context';
import { NotFound } from '@edutrust/platform/errors';
import { anyone, type HttpServer } from '@edutrust/platform/http';
import Type from 'typebox';
import { findAuthority } from '../authority/authorities.ts';
import { answerTimeStampRequest } from '../time-stamp/time-stamp.ts';
import { createOcspResponder, ocspError } from './ocsp.ts';
import { newestRevocationList } from './revocation-list.ts';

/** `/pki/*`: what anybody needs to check a certificate or a time stamp of ours. */
export function addRepositoryRoutes(app: HttpServer, context: ServiceContext): void {
  const open = { kind: 'self-authenticating', scheme: 'public protocol' } as const;
  const params = Type.Object({ id: Type.String({ pattern: '^[a-z]{1,20}(-[0-9]{1,3})?$' }) });
  const answerOcsp = createOcspResponder(context);

  app.get(
    '/pki/:id.crt',
    { config: { access: anyone }, schema: { hide: true, params } },
    async ({ params: { id } }, reply) => {
      const { certificate } = await findAuthority(context.db, id);
      return reply.type('application/pkix-cert').header('cache-control', 'public, max-age=86400').send(certificate);
    },
  );

  for (const kind of ['whole', 'delta'] as const) {
    app.get(
      kind === 'whole' ? '/pki/:id.crl' : '/pki/:id.delta.crl',
      { config: { access: anyone }, schema: { hide: true, params } },
      async ({ params: { id } }, reply) => {
        const list = await newestRevocationList(context.db, id);
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
    );
  }

  // What is asked again within seconds is answered before the framework; see `createOcspResponder`.
  const heldAnswer = (request: Buffer, cacheControl: (reusableSeconds: number) => Readonly<Record<string, string>>) => {
    const held = answerOcsp.held(request);
    return held && { headers: cacheControl(held.reusableSeconds), body: held.der };
  };
  app.direct.get('/pki/ocsp/*', ({ url = '' }) => {
    const request = requestInPath(url.slice('/pki/ocsp/'.length));
    return request && heldAnswer(request, cachedHeaders);
  });
  app.direct.post('/pki/ocsp', 'application/ocsp-request', (body) => heldAnswer(body, () => ocspHeaders));

  // RFC 6960 appendix A.1: the request in base64 in the path, or as the body.
  app.get('/pki/ocsp/*', { config: { access: open }, schema: { hide: true } }, async (request, reply) => {
    const asked = decodedRequest((request.params as { '*': string })['*']);
    const { der, reusableSeconds } = asked
      ? await answerOcsp.answer(asked)
      : { der: ocspError('malformedRequest'), reusableSeconds: 0 };
    return reply.headers(cachedHeaders(reusableSeconds)).send(der);
  });

  app.register(async (binary) => {
    const types = ['application/ocsp-request', 'application/timestamp-query'];
    binary.addContentTypeParser(types, { parseAs: 'buffer', bodyLimit: 64 * 1024 }, (_request, body, done) =>
      done(null, body),
    );
    binary.post('/pki/ocsp', { config: { access: open }, schema: { hide: true } }, async (request, reply) =>
      reply.headers(ocspHeaders).send((await answerOcsp.answer(bodyOf(request.body))).der),
    );
    binary.post('/pki/tsa', { config: { access: open }, schema: { hide: true } }, async (request, reply) =>
      reply.type('application/timestamp-reply').send(await answerTimeStampRequest(context, bodyOf(request.body))),
    );
  });
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
