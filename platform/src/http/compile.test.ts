import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testConfig } from '@edutrust/testing/context';
import { pino } from 'pino';
import Type from 'typebox';
import { anyone, createHttpServer } from './http.ts';

const server = () =>
  createHttpServer({
    config: testConfig(),
    log: pino({ level: 'silent' }),
    store: { increment: async () => 1 } as never, // counters are not asked about here
    gate: { authenticate: async () => null, can: async () => false },
    readiness: {},
    metrics: async () => '',
  });

test('a schema that waits for its first request judges, changes types and serialises as one compiled before', async () => {
  await using app = await server();
  const schema = {
    querystring: Type.Object({ limit: Type.Integer({ maximum: 9 }), ids: Type.Optional(Type.Array(Type.String())) }),
    response: { 200: Type.Object({ limit: Type.Integer(), ids: Type.Array(Type.String()) }) },
  };
  app.get('/page', { config: { access: anyone }, schema }, async ({ query: { limit, ids = [] } }) =>
    Object.assign({ limit, ids }, { secret: 'not in the schema' }),
  );
  app.post('/number', { config: { access: anyone }, schema: { body: Type.Integer() } }, async ({ body }) => ({ body }));

  const ask = (url: string) => app.inject({ url });
  assert.equal((await ask('/page?limit=10')).statusCode, 400);
  assert.equal((await ask('/page?limit=4&ids=a')).body, '{"limit":4,"ids":["a"]}');
  const refused = await ask('/page?limit=ten');
  assert.equal(refused.statusCode, 400);
  assert.match(refused.body, /limit/);
  assert.equal((await ask('/page?limit=5')).statusCode, 200, 'a refusal is not remembered');
  const headers = { 'content-type': 'application/json' };
  const posted = await app.inject({ method: 'POST', url: '/number', payload: '"7"', headers });
  assert.equal(posted.body, '{"body":7}', 'also a whole body changes its type');
});

test('a schema that does not compile is found by compileSchemas, which says how many do', async () => {
  await using right = await server();
  right.get('/right', { config: { access: anyone }, schema: { querystring: Type.Object({}) } }, async () => 'ok');
  await right.ready();
  assert.ok(right.compileSchemas() > 0);

  await using wrong = await server();
  const schema = { querystring: Type.Unsafe<unknown>({ type: 'objekt' }) };
  wrong.get('/wrong', { config: { access: anyone }, schema }, async () => 'ok');
  await wrong.ready();
  assert.throws(() => wrong.compileSchemas(), /objekt|type/);
});
