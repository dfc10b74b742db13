import type { ServiceContext } from '@edutrust/platform/context';
import { NotFound } from '@edutrust/platform/errors';
import { type App, anyone } from '@edutrust/platform/http';
import Type from 'typebox';
import { findAuthority } from '../authority/authorities.ts';
import { answerTimeStampRequest } from '../time-stamp/time-stamp.ts';
import { createOcspResponder, ocspError } from './ocsp.ts';
import { newestRevocationList } from './revocation-list.ts';

/** `/pki/*`: what anybody needs to check a certificate or a time stamp of ours. */
export function addRepositoryRoutes(app: App, context: ServiceContext): void {
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

  // RFC 6960 appendix A.1: the request in base64 in the path, or as the body.
  app.get('/pki/ocsp/*', { config: { access: open }, schema: { hide: true } }, async (request, reply) => {
    const text = (request.params as { '*': string })['*'];
    const isBase64 = /^[A-Za-z0-9+/]{4,1000}={0,2}$/.test(text);
    const { der, reusableSeconds } = isBase64
      ? await answerOcsp(Buffer.from(text, 'base64'))
      : { der: ocspError('malformedRequest'), reusableSeconds: 0 };
    reply.header('cache-control', reusableSeconds > 0 ? `public, max-age=${reusableSeconds}` : 'no-store');
    return reply.type('application/ocsp-response').send(der);
  });

  app.register(async (binary) => {
    const types = ['application/ocsp-request', 'application/timestamp-query'];
    binary.addContentTypeParser(types, { parseAs: 'buffer', bodyLimit: 64 * 1024 }, (_request, body, done) =>
      done(null, body),
    );
    binary.post('/pki/ocsp', { config: { access: open }, schema: { hide: true } }, async (request, reply) =>
      reply.type('application/ocsp-response').send((await answerOcsp(bodyOf(request.body))).der),
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
