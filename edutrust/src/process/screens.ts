import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildScreens, distDirectory, screensAreStale } from '@edutrust/admin-console/build';
import type { CertsPages } from '@edutrust/certs/pages';
import type { IdpPages } from '@edutrust/idp/pages';
import { type App, anyone } from '@edutrust/platform/http';
import type { SigningPages } from '@edutrust/signing-service/pages';
import fastifyStatic from '@fastify/static';

/** The built pages, as the services ask for them. */
export interface Pages {
  readonly certsPages: CertsPages;
  readonly idpPages: IdpPages;
  readonly signingPages: SigningPages;
}

/** Builds the screens when their sources are newer than what is built, and loads the pages for the services. */
export async function loadPages(): Promise<Pages> {
  if (await screensAreStale()) await buildScreens();
  return (await import(join(distDirectory, 'server/pages.js'))) as Pages;
}

/** Screens that are one document each and find their way in the browser. */
const shells = { '/admin': 'console.html', '/teach': 'console.html', '/sign': 'sign.html' } as const;

/** Assets by hashed name (kept for a year) and the shells of the browser's applications. */
export async function addScreens(app: App): Promise<void> {
  const client = join(distDirectory, 'client');
  await app.register(fastifyStatic, {
    root: join(client, 'assets'),
    serve: false, // the route below is ours, because every route names its access
    preCompressed: true,
    immutable: true,
    maxAge: '1y',
  });
  app.get('/assets/*', { config: { access: anyone }, schema: { hide: true } }, (request, reply) =>
    reply.sendFile((request.params as { '*': string })['*']),
  );
  for (const [path, file] of Object.entries(shells)) {
    const html = await readFile(join(client, file), 'utf8');
    for (const url of [path, `${path}/*`]) {
      app.get(url, { config: { access: anyone }, schema: { hide: true } }, async (_request, reply) =>
        reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(html),
      );
    }
  }
}
