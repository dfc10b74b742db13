import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * A server reads 2,400 files before it listens, and a run starts hundreds of servers, commands and test files: most of
 * their start is spent on finding and linking files. So a run bundles first what they all read.
 */
const root = new URL('..', import.meta.url).pathname;
const cache = join(root, 'node_modules/.cache/edutrust-tests');

/** Libraries of hundreds of files each, by every name that somebody imports them by: two copies of one would be strangers. */
const names = [
  ...(['typebox', 'typebox/compile', 'typebox/format', 'typebox/value'] as const),
  ...(['kysely', 'oidc-provider', 'jose'] as const),
];
const packages = new Set(names.map((name) => name.split('/')[0]));
const fileOf = (name: string) => join(cache, 'libraries', `${name.replaceAll('/', '-')}.js`);

/** Where each bundled library is, by the name that it is imported by. */
export const libraries: ReadonlyMap<string, string> = new Map(
  names.map((name) => [name, pathToFileURL(fileOf(name)).href]),
);

/** The program, bundled: what {@link bundle} makes of `edutrust/bin/edutrust.js`. */
export const program = join(cache, 'program/edutrust.js');

/** Bundles the libraries for the test files, and the program with them for the servers and commands that tests start. */
export async function bundle(): Promise<void> {
  const isOurs = (name: string) => /^[./]|^@edutrust\//.test(name);
  const isLibrary = (name: string) => packages.has(name.split('/')[0] ?? '');
  await Promise.all([
    write('libraries', Object.fromEntries(names.map((name) => [name.replaceAll('/', '-'), name])), isLibrary),
    write('program', { edutrust: join(root, 'edutrust/bin/edutrust.js') }, (name) => isOurs(name) || isLibrary(name)),
  ]);
}

async function write(folder: string, input: Record<string, string>, isInside: (name: string) => boolean) {
  const { rolldown } = await import('rolldown'); // every process of the tests reads this file
  const made = await rolldown({
    cwd: root,
    input,
    platform: 'node',
    tsconfig: join(root, 'tsconfig.json'), // not one that lies above the checkout
    external: (name) => !isInside(name) && !/^[./#]/.test(name),
    plugins: [{ name: 'where-it-was', transform: staysWhereItWas }],
  });
  await rm(join(cache, folder), { recursive: true, force: true });
  await mkdir(join(cache, folder), { recursive: true });
  await made.write({ dir: join(cache, folder), entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' });
  await made.close();
}

/** What a file finds beside itself (a font, a thread's file) is still beside its source. */
const staysWhereItWas = (code: string, id: string) =>
  code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href));
