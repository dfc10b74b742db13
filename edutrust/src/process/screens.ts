import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtScreens } from '@edutrust/admin-console/build';
import type { CertsPages } from '@edutrust/certs/pages';
import type { IdpPages } from '@edutrust/idp/pages';
import { Unavailable } from '@edutrust/platform/errors';
import { anyone } from '@edutrust/platform/http';
import type { Locale } from '@edutrust/platform/messages';
import { type Route, route, scope } from '@edutrust/platform/route';
import { hide } from '@edutrust/platform/schemas';
import type { SigningPages } from '@edutrust/signing-service/pages';
import fastifyStatic from '@fastify/static';
import Type from 'typebox';

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

/** Assets by hashed name, kept for a year; the files are there pre-compressed. */
const readAsset = route({
  method: 'GET',
  url: '/assets/*',
  access: anyone,
  schema: { ...hide, params: Type.Object({ '*': Type.String() }) },
  handle: (request, reply) => reply.sendFile(request.params['*']),
});

/** One document at several addresses. */
const showDocument = (url: string, contentType: string, text: string) =>
  route({
    method: 'GET',
    url,
    access: anyone,
    schema: hide,
    handle: async (_request, reply) => reply.type(contentType).header('cache-control', 'no-cache').send(text),
  });

/** The scope of the signing page's worker is the folder `/sign/`, so that `/signin` and `/signed-out` are not in it. */
const enterSigning = route({
  method: 'GET',
  url: '/sign',
  access: anyone,
  schema: hide,
  handle: (request, reply) => reply.redirect(`/sign/${new URL(request.url, 'http://localhost').search}`, 308),
});

/** The shells of the browser's applications, their assets and worker; a demo shows the design too. */
export async function screenRoutes(client: string, { isDemo }: { readonly isDemo: boolean }): Promise<Route[]> {
  const read = (name: string) => readFile(join(client, name), 'utf8');
  const shown = await Promise.all(
    Object.entries({ ...shells, ...(isDemo ? designShell : {}) }).map(async ([path, file]) => {
      const html = await read(file);
      const urls = path === '/sign' ? [`${path}/*`] : [path, `${path}/*`];
      return urls.map((url) => showDocument(url, 'text/html; charset=utf-8', html));
    }),
  );
  const assets = scope({
    prepare: (app) =>
      app.register(fastifyStatic, {
        root: join(client, 'assets'),
        serve: false, // the route is ours, because every route names its access
        preCompressed: true,
        immutable: true,
        maxAge: '1y',
      }),
    routes: [readAsset],
  });
  const worker = showDocument('/sign/worker.js', 'text/javascript; charset=utf-8', await read('sign-worker.js'));
  return [assets, worker, enterSigning, ...shown.flat()];
}
