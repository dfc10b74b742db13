import { readFileSync } from 'node:fs';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { anyone, localeOf } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { hide } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { listAuthorities } from '../authority/authorities.ts';
import { parseCertificate } from '../certificate/certificate.ts';
import { policies } from '../certificate/profiles.ts';
import type { CertsPages, RepositoryEntry } from '../pages.ts';
import { timeStampPolicy } from '../time-stamp/time-stamp.ts';
import { newestRevocationList } from './revocation-list.ts';

const rank = { root: 0, people: 1, services: 2 } as const;

/** A statement of ours (RFC 3647): its text is read once, here. */
function readStatement(name: 'cps' | 'cp'): Route {
  const text = readFileSync(new URL(`../../statements/${name}.md`, import.meta.url), 'utf8');
  return route({
    method: 'GET',
    url: `/pki/${name}`,
    access: anyone,
    schema: hide,
    handle: async (_request, reply) =>
      reply.type('text/plain; charset=utf-8').header('cache-control', 'public, max-age=3600').send(text),
  });
}

const showRepository = ({ db, config }: ServiceContext, pages: CertsPages) =>
  route({
    method: 'GET',
    url: '/pki',
    access: anyone,
    schema: { ...hide, querystring: Type.Object({ lang: Type.Optional(Type.String()) }) },
    handle: async (request, reply) => {
      const authorities = [...(await listAuthorities(db))].sort(
        (one, other) => Number(one.retiredAt) - Number(other.retiredAt) || rank[one.role] - rank[other.role],
      );
      const { official, seal, services } = policies;
      const page = pages.repository(
        {
          authorities: await Promise.all(authorities.map((authority) => entryOf(db, authority))),
          ocspAddress: `${config.url.origin}/pki/ocsp`,
          timeStampAddress: `${config.url.origin}/pki/tsa`,
          policies: { official, seal, services, timeStamps: timeStampPolicy },
        },
        { locale: localeOf(request), path: request.url },
      );
      return reply.type('text/html; charset=utf-8').header('cache-control', 'public, max-age=60').send(page);
    },
  });

async function entryOf(
  db: Database,
  { id, name, role, certificate, retiredAt }: Awaited<ReturnType<typeof listAuthorities>>[number],
): Promise<RepositoryEntry> {
  const { notAfter, fingerprint } = parseCertificate(certificate);
  const list = await newestRevocationList(db, id);
  return {
    id,
    name,
    role,
    notAfter: notAfter.toISOString(),
    sha256: fingerprint,
    certificatePath: `/pki/${id}.crt`,
    list: list ? { path: `/pki/${id}.crl`, number: list.number, nextUpdate: list.nextUpdate.toISOString() } : null,
    isRetired: retiredAt !== null,
  };
}

/** `/pki`, the public repository as a page, and the statements that it links to. */
export const repositoryPages = (context: ServiceContext, pages: CertsPages): Route[] => [
  readStatement('cps'),
  readStatement('cp'),
  showRepository(context, pages),
];
