import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { builtScreens } from '@edutrust/admin-console/build';

/** What Vite says of one file of its output. */
interface Chunk {
  readonly file: string;
  readonly css?: readonly string[];
  readonly imports?: readonly string[];
}

const client = join(await builtScreens(join(tmpdir(), 'edutrust-screens')), 'client');
const manifestOf = (name: string) =>
  JSON.parse(readFileSync(join(client, `.vite/${name}.json`), 'utf8')) as Readonly<Record<string, Chunk>>; // Vite's own form

/** Bytes on the wire: Brotli where the server has it, the file itself otherwise. */
function weightOf(file: string): number {
  const path = join(client, file);
  return (statSync(`${path}.br`, { throwIfNoEntry: false }) ?? statSync(path)).size;
}

/** An entry and all that it imports before it can run, each file once. */
function opensWith(manifest: Readonly<Record<string, Chunk>>, entry: string): ReadonlySet<string> {
  const files = new Set<string>();
  const visit = (name: string) => {
    const chunk = manifest[name];
    if (!chunk || files.has(chunk.file)) return;
    for (const file of [chunk.file, ...(chunk.css ?? [])]) files.add(file);
    for (const next of chunk.imports ?? []) visit(next);
  };
  visit(entry);
  return files;
}

/** Letters are asked for when a style names them and a character needs them: here all of them, in the newer format. */
const letters = (manifest: Readonly<Record<string, Chunk>>) =>
  Object.values(manifest)
    .map(({ file }) => file)
    .filter((file) => file.endsWith('.woff2'));

test('first load: public pages and sign-in at most 30 kB, the console 150 kB, the phone 60 kB, as a browser gets them', (context) => {
  const applications = manifestOf('applications');
  const icons = readFileSync(join(client, 'sign-worker.js'), 'utf8').match(/assets\/icons-[\w-]+\.svg/)?.[0];
  assert.ok(icons, 'the sprite of the icons');
  const sum = (files: Iterable<string>) => [...files].reduce((total, file) => total + weightOf(file), 0);
  const weights = {
    // Their HTML comes on top, and is weighed where the pages are served.
    pages: sum(opensWith(manifestOf('pages'), 'src/pages/client.ts')),
    console: sum([...opensWith(applications, 'src/console/main.tsx'), ...letters(applications), icons]),
    sign: sum([...opensWith(applications, 'src/sign/main.tsx'), icons]),
  };
  for (const [name, bytes] of Object.entries(weights)) context.diagnostic(`${name}: ${(bytes / 1000).toFixed(1)} kB`);
  assert.ok(weights.pages <= 22_000, `pages: ${weights.pages} B`);
  assert.ok(weights.console <= 150_000, `console: ${weights.console} B`);
  assert.ok(weights.sign <= 60_000, `sign: ${weights.sign} B`);
});

test('the verifier to keep is at most 400 kB gzipped, and nothing in it is of Node', (context) => {
  const page = readFileSync(join(client, '../verifier.html'));
  const { length } = gzipSync(page, { level: 9 });
  context.diagnostic(`verifier: ${(length / 1000).toFixed(1)} kB`);
  assert.ok(length <= 400_000, `${length} B`);
  assert.doesNotMatch(page.toString(), /["'`]node:|\bprocess\.|\brequire\(/);
});

test('a server starts without the libraries that it may never use: Redis, mail, PDF, passkeys, the worker', () => {
  const script = `
    import { registerHooks } from 'node:module';
    const read = new Set();
    registerHooks({
      load: (url, context, next) => {
        read.add(/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1]);
        return next(url, context);
      },
    });
    await import('@edutrust/edutrust/app');
    console.log(JSON.stringify([...read]));`;
  const read: string[] = JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: import.meta.dirname }).toString(),
  );
  assert.ok(read.includes('fastify'), 'what is read is seen');
  const dear = ['@redis/client', 'nodemailer', 'pdfkit', '@simplewebauthn/server', 'graphile-worker', 'vite'];
  assert.deepEqual(
    dear.filter((name) => read.includes(name)),
    [],
  );
});
