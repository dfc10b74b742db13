import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ask, mayBeCalled, post } from './public-address.ts';

const city = new URL('https://id.example.edu.vn');
const laptop = new URL('http://localhost:8080');

test('P12: the server calls nothing inside private networks, and loopback only from loopback', () => {
  for (const address of [
    'https://169.254.169.254/latest',
    'https://10.0.0.1/',
    'https://192.168.1.1/',
    'https://172.20.0.9/',
    'https://100.64.0.1/',
    'https://0.0.0.0/',
    'https://2130706433.example.'.replace('.example.', '/'),
    'https://0x7f000001/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[fd00::1]/',
    'https://[fe80::1]/',
    'https://[fec0::1]/',
    'https://[::10.0.0.1]/',
    'https://[::ffff:0:10.0.0.1]/',
    'https://[64:ff9b::10.0.0.1]/',
    'https://[64:ff9b:1::10.0.0.1]/',
    'https://[2002:a00:1::1]/',
    'https://[2001:0:a00:1::1]/',
    'http://localhost:6379/',
    'http://127.0.0.1:6379/',
    'https://x.localhost/',
  ])
    assert.equal(mayBeCalled(address, city), false, address);
  assert.equal(mayBeCalled('https://app.example.edu.vn/out', city), true);
  assert.equal(mayBeCalled('https://8.8.8.8/out', city), true);
  assert.equal(mayBeCalled('https://[2606:4700::1]/out', city), true);
  assert.equal(mayBeCalled('http://localhost:4001/out', laptop), true);
  assert.equal(mayBeCalled('https://10.0.0.1/', laptop), false);
});

test('P12: a name that leads inward is refused when it is resolved, and nothing arrives', async () => {
  let arrived = 0;
  const server = createServer((_request, response) => {
    arrived += 1;
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const send = (issuer: URL) =>
    post(`http://localhost:${port}/`, { headers: {}, body: 'a=b', issuer, timeoutMs: 5_000 });
  await assert.rejects(() => send(city));
  assert.equal(arrived, 0);
  assert.equal((await send(laptop)).status, 200);
  assert.equal(arrived, 1);
  server.close();
});

test('P12: an answer is read as far as it may be long, under the same rules', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/moved') response.writeHead(302, { location: '/long' });
    response.end(request.url === '/long' ? 'x'.repeat(1_001) : 'short');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const read = (path: string, issuer = laptop) =>
    ask(`http://localhost:${port}${path}`, { method: 'GET', headers: {}, issuer, timeoutMs: 5_000, maxBytes: 1_000 });
  assert.deepEqual(await read('/'), { status: 200, text: 'short' });
  assert.equal((await read('/moved')).status, 302, 'redirects are not followed');
  await assert.rejects(read('/long'), { code: 'ETOOLONG' });
  await assert.rejects(read('/', city), { code: 'EPRIVATE' });
  server.close();
});
