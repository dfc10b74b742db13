import type { ServiceContext } from '@edutrust/platform/context';
import { NotFound } from '@edutrust/platform/errors';
import { type App, anyone } from '@edutrust/platform/http';
import Type from 'typebox';
import { findAuthority } from '../authority/authorities.ts';
import { answerTimeStampRequest } from '../time-stamp/time-stamp.ts';
import { answerOcsp, ocspError } from './ocsp.ts';
import { newestRevocationList } from './revocation-list.ts';

/** `/pki/*`: what anybody needs to check a certificate or a time stamp of ours. */
export function addRepositoryRoutes(app: App, context: ServiceContext): void {
  const open = { kind: 'self-authenticating', scheme: 'public protocol' } as const;
  const params = Type.Object({ id: Type.String({ pattern: '^[a-z]{1,20}$' }) });

  app.get(
    '/pki/:id.crt',
    { config: { access: anyone }, schema: { hide: true, params } },
    async ({ params: { id } }, reply) => {
      const { certificate } = await findAuthority(context.db, id);
      return reply.type('application/pkix-cert').header('cache-control', 'public, max-age=86400').send(certificate);
    },
  );

  app.get(
    '/pki/:id.crl',
    { config: { access: anyone }, schema: { hide: true, params } },
    async ({ params: { id } }, reply) => {
      const list = await newestRevocationList(context.db, id);
      if (!list)
        throw new NotFound('pki/no-list', {
          vi: 'Không có danh sách thu hồi này.',
          en: 'There is no such revocation list.',
        });
      return reply
        .type('application/pkix-crl')
        .header('cache-control', 'public, max-age=60')
        .header('last-modified', list.thisUpdate.toUTCString())
        .header('expires', list.nextUpdate.toUTCString())
        .send(list.der);
    },
  );

  // RFC 6960 appendix A.1: the request in base64 in the path, or as the body.
  app.get('/pki/ocsp/*', { config: { access: open }, schema: { hide: true } }, async (request, reply) => {
    const text = (request.params as { '*': string })['*'];
    const isBase64 = /^[A-Za-z0-9+/]{4,1000}={0,2}$/.test(text);
    const answer = isBase64 ? await answerOcsp(context, Buffer.from(text, 'base64')) : ocspError('malformedRequest');
    return reply.type('application/ocsp-response').header('cache-control', 'public, max-age=60').send(answer);
  });

  app.register(async (binary) => {
    const types = ['application/ocsp-request', 'application/timestamp-query'];
    binary.addContentTypeParser(types, { parseAs: 'buffer', bodyLimit: 64 * 1024 }, (_request, body, done) =>
      done(null, body),
    );
    binary.post('/pki/ocsp', { config: { access: open }, schema: { hide: true } }, async (request, reply) =>
      reply.type('application/ocsp-response').send(await answerOcsp(context, bodyOf(request.body))),
    );
    binary.post('/pki/tsa', { config: { access: open }, schema: { hide: true } }, async (request, reply) =>
      reply.type('application/timestamp-reply').send(await answerTimeStampRequest(context, bodyOf(request.body))),
    );
  });
}

/** A body of another content type is no request of ours: the protocol says so in its own words. */
function bodyOf(body: unknown): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}
