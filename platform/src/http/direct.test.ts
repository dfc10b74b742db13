import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { testContext } from '@edutrust/testing/context';
import { eventually } from '@edutrust/testing/eventually';
import { exchange } from '@edutrust/testing/exchange';
import { bareServer } from '@edutrust/testing/served';
import { metricsText } from '../metrics/metrics.ts';
import type { HttpServer } from './http.ts';

const open = { config: { access: { kind: 'self-authenticating', scheme: 'test' } } } as const;
const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'public, max-age=5' };

async function listen(app: HttpServer): Promise<string> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

/** A path with its route, whose body says which of the two answered. */
function addPath(app: HttpServer): void {
  app.get('/asked', open, async (_request, reply) => reply.headers(headers).send('xin chào (framework)'));
  app.direct.get('/asked', () => ({ headers, body: 'xin chào (direct   )' }));
}

test('a direct answer has the headers of its route; what it does not answer, the route does', async () => {
  await using context = await testContext({ migrations: [] });
  const app = await bareServer(context);
  addPath(app);
  const origin = await listen(app);
  try {
    const direct = await exchange(`${origin}/asked`);
    assert.match(direct.body.toString(), /direct/);
    const routed = await exchange(`${origin}/asked`, { headers: { 'content-length': '0' } });
    assert.match(routed.body.toString(), /framework/);
    const { 'x-request-id': one, ...same } = direct.headers;
    const { 'x-request-id': other, ...expected } = routed.headers;
    assert.deepEqual(same, expected);
    assert.match(String(one), /^[\dA-Z]{4}-[\dA-Z]{4}$/);
    assert.notEqual(one, other);
    for (const [method, path] of [
      ['GET', '/asked?query'],
      ['GET', '/asked/'],
      ['GET', '//asked'],
      ['HEAD', '/asked'],
      ['OPTIONS', '/asked'],
      ['POST', '/asked'],
    ] as const) {
      const { body, status } = await exchange(`${origin}${path}`, { method });
      assert.doesNotMatch(body.toString(), /direct/, `${method} ${path}: ${status}`);
    }
    const head = await exchange(`${origin}/asked`, { method: 'HEAD' });
    assert.equal(head.headers['content-length'], direct.headers['content-length']);
    assert.match(
      await metricsText(),
      /edutrust_http_request_seconds_count\{method="GET",route="\/asked",status="2xx"\} [2-9]/,
    );
  } finally {
    await app.close();
  }
});

test('no answer, and a failing one, are the route’s; one that takes too long is 503 in time (E13)', async () => {
  await using context = await testContext({ migrations: [] });
  const app = await bareServer(context, { answerWithinMs: 300 });
  for (const path of ['/none', '/later-none', '/fails', '/hangs'])
    app.get(path, open, async (_request, reply) => reply.headers(headers).send('framework'));
  app.direct.get('/none', () => undefined);
  app.direct.get('/later-none', async () => undefined);
  app.direct.get('/fails', async () => {
    throw new Error('the database is away');
  });
  app.direct.get('/hangs', () => new Promise(() => undefined));
  const origin = await listen(app);
  try {
    for (const path of ['/none', '/later-none', '/fails'])
      assert.equal((await exchange(`${origin}${path}`)).body.toString(), 'framework', path);
    const late = await exchange(`${origin}/hangs`);
    assert.deepEqual([late.status, late.headers['retry-after']], [503, '5']);
  } finally {
    await app.close();
  }
});

test('R5: direct answers count, once each, and beyond the limit the route refuses', async () => {
  await using context = await testContext({
    migrations: [],
    environment: { EDUTRUST_TRUSTED_PROXIES: '127.0.0.1' },
  });
  const app = await bareServer(context);
  app.get('/verify/:code', open, async (_request, reply) => reply.headers(headers).send('framework'));
  let answers = true;
  app.direct.get('/verify/*', async () => (answers ? { headers, body: 'direct' } : undefined));
  const origin = await listen(app);
  const ask = (address: string) => exchange(`${origin}/verify/a`, { headers: { 'x-forwarded-for': address } });
  try {
    // Of verification 120 a minute pass; should the minute turn meanwhile, the count begins anew.
    for (let call = 0; call < 2; call += 1) {
      answers = call === 0;
      const address = `203.0.113.${call + 1}`;
      let passed = 0;
      while ((await ask(address)).status === 200) passed += 1;
      assert.ok(passed === 120 || (passed > 120 && passed < 240), `${passed} passed`);
      const refused = await ask(address);
      assert.equal(refused.status, 429);
      assert.ok(Number(refused.headers['retry-after']) > 0);
      assert.match(refused.body.toString(), /request\/too-many/);
    }
    answers = true;
    assert.equal((await ask('203.0.113.99')).status, 200, 'another address is not refused');
  } finally {
    await app.close();
  }
});

test('a body is answered directly, or put back as it was for the route', async () => {
  await using context = await testContext({ migrations: [] });
  const app = await bareServer(context);
  const received: Buffer[] = [];
  await app.register(async (scope) => {
    scope.addContentTypeParser('application/question', { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    );
    scope.post('/pki/question', open, async (request, reply) => {
      received.push(request.body as Buffer);
      return reply.headers(headers).send('framework');
    });
  });
  app.direct.post('/pki/question', 'application/question', (body) =>
    body[0] === 1 ? { headers, body: 'direct' } : undefined,
  );
  const origin = await listen(app);
  const post = (body: Buffer, contentType = 'application/question') =>
    exchange(`${origin}/pki/question`, { method: 'POST', headers: { 'content-type': contentType }, body });
  try {
    const known = await exchange(`${origin}/pki/question`, {
      method: 'POST',
      headers: { 'content-type': 'application/question', 'content-length': '2' },
      body: Buffer.of(1, 2),
    });
    assert.equal(known.body.toString(), 'direct');
    for (const size of [1, 1_000, 64 * 1024, 64 * 1024 + 1, 200_000]) {
      const body = Buffer.alloc(size, 7);
      const answer = await exchange(`${origin}/pki/question`, {
        method: 'POST',
        headers: { 'content-type': 'application/question', 'content-length': String(size) },
        body,
      });
      assert.deepEqual([answer.status, answer.body.toString()], [200, 'framework'], `${size}`);
      assert.ok(received.pop()?.equals(body), `${size} bytes reach the route whole`);
    }
    assert.equal((await post(Buffer.of(1), 'application/question; charset=binary')).body.toString(), 'framework');
    // Byte by byte, and the connection goes on.
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    for (const [first, expected] of [
      [1, 'direct'],
      [9, 'framework'],
      [1, 'direct'],
    ] as const) {
      text = '';
      socket.write(
        'POST /pki/question HTTP/1.1\r\nHost: a\r\nContent-Type: application/question\r\nContent-Length: 3\r\n\r\n',
      );
      for (const byte of [first, 2, 3]) {
        await pause(20);
        socket.write(Buffer.of(byte));
      }
      await eventually(async () => assert.match(text, new RegExp(`^HTTP/1.1 200[\\s\\S]*${expected}$`)));
    }
    // Who leaves in the middle harms nobody.
    socket.write(
      'POST /pki/question HTTP/1.1\r\nHost: a\r\nContent-Type: application/question\r\nContent-Length: 9\r\n\r\nab',
    );
    await pause(30);
    socket.destroy();
    assert.equal((await post(Buffer.of(7))).body.toString(), 'framework');
  } finally {
    await app.close();
  }
});

test('E12: while the server closes, a kept connection is ended or told so, and what is under way is finished', async () => {
  await using context = await testContext({ migrations: [] });
  const app = await bareServer(context);
  addPath(app);
  let release = () => {};
  const mayEnd = new Promise<void>((resolve) => {
    release = resolve;
  });
  const arrived = new Set<string>();
  app.addHook('onRequest', async ({ url }) => void arrived.add(url));
  app.get('/slow', open, async () => {
    await mayEnd;
    return 'done';
  });
  const origin = await listen(app);
  const slow = exchange(`${origin}/slow`);
  const socket = connect(Number(new URL(origin).port), '127.0.0.1');
  let text = '';
  socket.on('error', () => undefined).setEncoding('utf8');
  socket.on('data', (part: string) => {
    text += part;
  });
  socket.write('GET /asked HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(async () => assert.match(text, /direct/));
  await eventually(async () => assert.ok(arrived.has('/slow')));
  socket.write('GET /asked HTTP/1.1\r\nHost: a\r\n'); // under way, so that the connection is not idle
  const closing = app.close();
  await eventually(async () => assert.equal(app.server.listening, false));
  socket.write('\r\n');
  await eventually(async () => assert.ok(socket.destroyed || /HTTP\/1.1 503/.test(text), 'ended, or told'));
  assert.equal(text.match(/direct/g)?.length, 1);
  release();
  assert.equal((await slow).status, 200, 'what was under way is finished');
  await closing;
});
