import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { testConfig } from '@edutrust/testing/context';
import { pino } from 'pino';
import Type from 'typebox';
import { anyone, createHttpServer, type HttpServer } from './http.ts';
import { illFormedAt, isWellFormedText } from './well-formed.ts';

let app: HttpServer;
before(async () => {
  app = await server();
});
after(() => app.close());

async function server(environment: Record<string, string> = {}, warnings: string[] = []): Promise<HttpServer> {
  const log = pino({ level: 'warn' }, { write: (line: string) => warnings.push(line) });
  const made = await createHttpServer({
    config: testConfig(environment),
    log,
    store: { increment: async () => 1 } as never, // counters are not asked about here
    gate: { authenticate: async () => null, can: async () => false },
    readiness: {},
    metrics: async () => 'metrics of all',
  });
  made.get('/echo/*', { config: { access: anyone } }, async () => 'ok');
  made.post('/echo/*', { config: { access: anyone }, schema: { body: Type.Unknown() } }, async () => 'ok');
  return made;
}

test('E14: NUL, octets that are no UTF-8 and lone surrogates are 400 at the edge: path, query, form and JSON', async () => {
  const addresses = [
    '/echo/a%00b',
    '/echo/a?q=%00',
    '/echo/a?%00=q',
    '/echo/a?q=%ED%A0%80',
    '/echo/%FF',
    '/echo/a?q=%c0%80',
    '/nowhere?state=%00',
    '/echo/a?q=%C3',
  ];
  for (const url of addresses) assert.equal((await app.inject({ url })).statusCode, 400, url);
  const json = ['{"name":"a\\u0000"}', '{"a\\u0000":1}', '{"list":[{"x":["\\ud800"]}]}', '{"\\udfff":1}', '"\\u0000"'];
  for (const payload of json) {
    const answer = await app.inject({
      method: 'POST',
      url: '/echo/a',
      payload,
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(answer.statusCode, 400, payload);
    assert.equal(answer.json().code, 'request/ill-formed-text');
  }
  for (const payload of ['a=%00', 'a=1&%00=b']) {
    const answer = await app.inject({
      method: 'POST',
      url: '/echo/a',
      payload,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    assert.equal(answer.statusCode, 400, payload);
  }
  for (const url of ['/echo/%C3%A1?q=%E1%BA%BF%20%F0%9F%98%80', '/echo/100%?q=50%25', '/echo/a?q=%']) {
    assert.doesNotMatch((await app.inject({ url })).body, /ill-formed-text/, url);
    assert.ok(isWellFormedText(url), url);
  }
  assert.equal(illFormedAt({ a: ['ế', { b: '😀', c: null, d: 1 }] }), undefined);
});

test('E8: a body of a hundred thousand levels is a refusal, not the end of the stack', async () => {
  const headers = { 'content-type': 'application/json' };
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  const ask = (payload: string) => app.inject({ method: 'POST', url: '/echo/a', payload, headers });
  assert.equal((await ask(nested(60))).statusCode, 200);
  for (const payload of [nested(70), nested(100_000), `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`]) {
    const answer = await ask(payload);
    assert.deepEqual([answer.statusCode, answer.json().code], [400, 'request/too-deep']);
  }
});

test('S6: behind a proxy that nobody declared the process warns once, readiness says so, and this machine is not exempt', async () => {
  const warnings: string[] = [];
  await using undeclared = await server({ EDUTRUST_URL: 'https://id.example.edu.vn' }, warnings);
  assert.equal((await undeclared.inject('/health/ready')).json().warnings, undefined);
  assert.equal((await undeclared.inject('/metrics')).statusCode, 200, 'this machine itself');
  for (const headers of [{ 'x-forwarded-for': '203.0.113.9' }, { forwarded: 'for=203.0.113.9' }]) {
    assert.equal((await undeclared.inject({ url: '/metrics', headers })).statusCode, 403);
    await undeclared.inject({ url: '/echo/a', headers });
  }
  assert.deepEqual((await undeclared.inject('/health/ready')).json().warnings, ['undeclared-proxy']);
  assert.equal(warnings.filter((line) => line.includes('EDUTRUST_TRUSTED_PROXIES')).length, 1);
  await using declared = await server({
    EDUTRUST_URL: 'https://id.example.edu.vn',
    EDUTRUST_TRUSTED_PROXIES: '127.0.0.1',
  });
  await declared.inject({ url: '/echo/a', headers: { 'x-forwarded-for': '203.0.113.9' } });
  assert.equal((await declared.inject('/health/ready')).json().warnings, undefined);
});
