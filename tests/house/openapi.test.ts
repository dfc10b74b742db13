import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { composeApp, loadPages, openContext, serviceNames } from '@edutrust/edutrust/app';
import { readConfig } from '@edutrust/platform/config';
import { testDatabase } from '@edutrust/testing/database';
import { pino } from 'pino';

const kept = new URL('../../admin-console/openapi.json', import.meta.url).pathname;

test('the OpenAPI document that the console is typed by is what the routes say; /api/docs shows all of it', async () => {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await testDatabase([]));
  const directory = await mkdtemp(join(tmpdir(), 'edutrust-api-'));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const secretFile = join(directory, 'secret.key');
  await writeFile(secretFile, '5a'.repeat(32));
  const config = readConfig({ DATABASE_URL: database.url, EDUTRUST_SECRET_FILE: secretFile, EDUTRUST_DATA: directory });
  const context = await openContext(config, pino({ level: 'silent' }), { serves: false });
  stack.defer(() => context.close());
  const { app } = await composeApp(context, serviceNames, await loadPages());
  stack.defer(() => app.close());
  await app.ready();

  assert.ok(app.compileSchemas() > 1_000, 'each schema of a route compiles');

  const served = (await app.inject('/api/openapi.json')).json();
  assert.equal(served.openapi, '3.1.0');
  const document = { ...served, servers: [] };
  // `npm run api` writes it.
  if (process.env.EDUTRUST_TEST_WRITE_API) await writeFile(kept, `${JSON.stringify(document, null, 2)}\n`);
  assert.deepEqual(
    JSON.parse(await readFile(kept, 'utf8')),
    document,
    'the routes have changed: run `npm run api` and commit admin-console/openapi.json',
  );
  for (const [path, operations] of Object.entries<Record<string, Record<string, unknown>>>(served.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      assert.ok(operation.summary && operation['x-access'], `${method} ${path} says what it does and who may call it`);
    }
  }
  const docs = await app.inject({ url: '/api/docs', headers: { 'accept-language': 'vi' } });
  assert.match(docs.body, /<html lang="vi"/);
  assert.doesNotMatch(
    docs.body,
    /<script(?! type="module" src="\/assets\/)|style="|<style/,
    'the content security policy allows nothing inline',
  );
  for (const path of Object.keys(served.paths)) assert.ok(docs.body.includes(path), path);
});
