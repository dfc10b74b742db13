import { readFileSync } from 'node:fs';
import type { ServiceContext } from '@edutrust/platform/context';
import { anyone, type HttpServer, localeOf } from '@edutrust/platform/http';
import Type from 'typebox';
import { listAuthorities } from '../authority/authorities.ts';
import { parseCertificate } from '../certificate/certificate.ts';
import { policies } from '../certificate/profiles.ts';
import type { CertsPages, RepositoryEntry } from '../pages.ts';
import { timeStampPolicy } from '../time-stamp/time-stamp.ts';
import { newestRevocationList } from './revocation-list.ts';

/** `/pki`, the public repository as a page, and the statements that it links to. */
export function addRepositoryPage(app: HttpServer, context: ServiceContext, pages: CertsPages): void {
  const { db, config } = context;
  for (const name of ['cps', 'cp'] as const) {
    const text = readFileSync(new URL(`../../statements/${name}.md`, import.meta.url), 'utf8');
    app.get(`/pki/${name}`, { config: { access: anyone }, schema: { hide: true } }, async (_request, reply) =>
      reply.type('text/plain; charset=utf-8').header('cache-control', 'public, max-age=3600').send(text),
    );
  }
  const rank = { root: 0, people: 1, services: 2 } as const;
  app.get(
    '/pki',
    {
      config: { access: anyone },
      schema: { hide: true, querystring: Type.Object({ lang: Type.Optional(Type.String()) }) },
    },
    async (request, reply) => {
      const authorities = [...(await listAuthorities(db))].sort(
        (one, other) => Number(one.retiredAt) - Number(other.retiredAt) || rank[one.role] - rank[other.role],
      );
      const entries = authorities.map(
        async ({ id, name, role, certificate: der, retiredAt }): Promise<RepositoryEntry> => {
          const { notAfter, fingerprint } = parseCertificate(der);
          const list = await newestRevocationList(db, id);
          return {
            id,
            name,
            role,
            notAfter: notAfter.toISOString(),
            sha256: fingerprint,
            certificatePath: `/pki/${id}.crt`,
            list: list
              ? { path: `/pki/${id}.crl`, number: list.number, nextUpdate: list.nextUpdate.toISOString() }
              : null,
            isRetired: retiredAt !== null,
          };
        },
      );
      const { official, seal, services } = policies;
      const page = pages.repository(
        {
          authorities: await Promise.all(entries),
          ocspAddress: `${config.url.origin}/pki/ocsp`,
          timeStampAddress: `${config.url.origin}/pki/tsa`,
          policies: { official, seal, services, timeStamps: timeStampPolicy },
        },
        { locale: localeOf(request), path: request.url },
      );
      return reply.type('text/html; charset=utf-8').header('cache-control', 'public, max-age=60').send(page);
    },
  );
}
