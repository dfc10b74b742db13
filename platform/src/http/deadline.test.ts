import assert from 'node:assert/strict';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { testContext } from '@edutrust/testing/context';
import { eventually } from '@edutrust/testing/eventually';
import { bareServer } from '@edutrust/testing/served';
import { createPool } from '../database/database.ts';
import { metricsText } from '../metrics/metrics.ts';
import { anyone } from './http.ts';

const open = { config: { access: anyone } } as const;

test('E13: a request that waits too long is answered 503 with Retry-After, also where the provider answers by itself', async () => {
  await using context = await testContext({ migrations: [] });
  const app = await bareServer(context, { answerWithinMs: 300 });
  app.get('/hangs', open, () => new Promise(() => undefined));
  app.get('/hijacked', open, (_request, reply) => {
    reply.hijack();
    return new Promise(() => undefined);
  });
  let end = () => {};
  const mayEnd = new Promise<void>((resolve) => {
    end = resolve;
  });
  app.get('/long', { ...open, handlerTimeout: 10 * 60_000 }, async () => {
    await mayEnd;
    return { ok: true };
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  try {
    const { port } = app.server.address() as AddressInfo;
    const long = fetch(`http://127.0.0.1:${port}/long`);
    for (const path of ['/hangs', '/hijacked']) {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      assert.equal(answer.status, 503, path);
      assert.equal(answer.headers.get('retry-after'), '5');
      await answer.text();
    }
    end();
    assert.equal((await long).status, 200, 'unless it said that it takes long');
    const text = await metricsText();
    assert.match(text, /edutrust_http_request_seconds_count\{method="GET",route="\/hangs",status="5xx"\} 1/);
    assert.match(text, /edutrust_errors_total\{code="request\/deadline"\} 1/);
  } finally {
    await app.close();
  }
});

test('E13: a full pool and a lost connection are 503, and no error of ours', async () => {
  await using context = await testContext({ migrations: [] });
  const pool = createPool(context.databaseUrl, 1, undefined, { connectWithinMs: 300 });
  const app = await bareServer(context);
  app.get('/query', open, async () => (await pool.query('SELECT 1 AS one')).rows[0]);
  app.get('/lost', open, async () => pool.query('SELECT pg_terminate_backend(pg_backend_pid())'));
  try {
    const held = await eventually(() => pool.connect());
    const full = await app.inject({ url: '/query' });
    assert.deepEqual([full.statusCode, full.json().code], [503, 'database/unavailable']);
    assert.equal(full.headers['retry-after'], '5');
    held.release();
    assert.equal((await app.inject({ url: '/query' })).statusCode, 200);
    assert.equal((await app.inject({ url: '/lost' })).statusCode, 503);
    await eventually(async () => {
      assert.equal((await app.inject({ url: '/query' })).statusCode, 200, 'and the pool goes on');
    });
  } finally {
    await app.close();
    await pool.end();
  }
});

test('E12: closing ends connections that are kept alive at once, and those that stall in time', async () => {
  await using context = await testContext({ migrations: [] });
  const app = await bareServer(context);
  let answer = () => {};
  const mayAnswer = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const arrived = new Set<string>();
  app.addHook('onRequest', async ({ url }) => void arrived.add(url));
  app.get('/slow', open, async () => {
    await mayAnswer;
    return { ok: true };
  });
  app.post('/form', open, async () => ({ ok: true }));
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const stalled = connect(port, '127.0.0.1');
  stalled.on('error', () => undefined);
  stalled.write('POST /form HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{');
  // A client that keeps its connection: asked before the close, answered after.
  const { Agent } = await import('node:http');
  const agent = new Agent({ keepAlive: true });
  const answered = new Promise<number | undefined>((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: '/slow', agent }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    })
      .on('error', reject)
      .end();
  });
  await eventually(async () => assert.equal(arrived.size, 2));
  const closed = app.close().then(() => 'closed');
  await eventually(async () => assert.equal(app.server.listening, false));
  answer();
  assert.equal(await answered, 200, 'what was under way is answered');
  // Left to itself it would end after 67 s, or never.
  assert.equal(await Promise.race([closed, pause(60_000, 'still open', { ref: false })]), 'closed');
  agent.destroy();
});

test('through a proxy that nobody declared, metrics are nobody’s', async () => {
  await using context = await testContext({ migrations: [] });
  const app = await bareServer(context);
  try {
    assert.equal((await app.inject({ url: '/metrics' })).statusCode, 200, 'from this machine itself');
    for (const header of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip']) {
      const answer = await app.inject({ url: '/metrics', headers: { [header]: '203.0.113.9' } });
      assert.equal(answer.statusCode, 403, header);
    }
  } finally {
    await app.close();
  }
});
