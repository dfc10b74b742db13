import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtScreens } from '@edutrust/admin-console/build';
import type { CertsPages } from '@edutrust/certs/pages';
import type { IdpPages } from '@edutrust/idp/pages';
import { Unavailable } from '@edutrust/platform/errors';
import { anyone, type HttpServer } from '@edutrust/platform/http';
import type { Locale } from '@edutrust/platform/messages';
import type { SigningPages } from '@edutrust/signing-service/pages';
import fastifyStatic from '@fastify/static';

/** The built pages, as the services ask for them. */
export interface Pages {
  readonly certsPages: CertsPages;
  readonly idpPages: IdpPages;
  readonly signingPages: SigningPages;
  /** The API's reference, from the OpenAPI document. */
  apiDocs(
    props: { readonly document: object; readonly origin: string },
    view: { readonly locale: Locale; readonly path: string },
  ): string;
  /** The folder of the browser's files. */
  readonly client: string;
}

/**
 * Builds the screens when their sources are newer than what is built, and loads the pages for the services. Of a
 * checkout that may only be read they are built below the data folder.
 */
export async function loadPages(dataDirectory = tmpdir()): Promise<Pages> {
  const folder = await builtScreens(join(dataDirectory, 'screens')).catch((cause: Error) => {
    throw notBuilt(cause);
  });
  const pages = (await import(join(folder, 'server/pages.js'))) as Omit<Pages, 'client'>;
  return { ...pages, client: join(folder, 'client') };
}

function notBuilt(cause: Error): Unavailable {
  const line = cause.message.trim().split('\n').slice(0, 4).join(' ');
  return new Unavailable(
    'screens/not-built',
    { vi: `Không dựng được các màn hình: ${line}`, en: `The screens could not be built: ${line}` },
    {
      remedy: {
        vi: 'Đặt EDUTRUST_DATA tới một thư mục ghi được, hoặc chạy «npm run build» bằng người đã cài đặt.',
        en: 'Set EDUTRUST_DATA to a folder that may be written, or run "npm run build" as the installing user.',
      },
      cause,
    },
  );
}

/** Screens that are one document each and find their way in the browser. */
const shells = { '/admin': 'console.html', '/teach': 'console.html', '/sign': 'sign.html' } as const;

/** The parts that the screens are made of, for who works on them or judges them. */
const designShell = { '/design': 'design.html' } as const;

/**
 * Assets by hashed name (kept for a year) and the shells of the browser's applications; a demo shows the design too.
 */
export async function addScreens(
  app: HttpServer,
  client: string,
  { isDemo }: { readonly isDemo: boolean },
): Promise<void> {
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
  // Its scope is the folder that it is served from, so that `/signin` and `/signed-out` are not in it.
  const worker = await readFile(join(client, 'sign-worker.js'), 'utf8');
  app.get('/sign/worker.js', { config: { access: anyone }, schema: { hide: true } }, (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').header('cache-control', 'no-cache').send(worker),
  );
  app.get('/sign', { config: { access: anyone }, schema: { hide: true } }, (request, reply) =>
    reply.redirect(`/sign/${new URL(request.url, 'http://localhost').search}`, 308),
  );
  for (const [path, file] of Object.entries({ ...shells, ...(isDemo ? designShell : {}) })) {
    const html = await readFile(join(client, file), 'utf8');
    for (const url of path === '/sign' ? [`${path}/*`] : [path, `${path}/*`]) {
      app.get(url, { config: { access: anyone }, schema: { hide: true } }, async (_request, reply) =>
        reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(html),
      );
    }
  }
}
