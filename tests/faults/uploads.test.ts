import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Platform } from '@edutrust/testing/platform';

/** Begins a form with a file and never ends it. */
async function stall(platform: Platform, megabytes: number): Promise<Socket> {
  const socket = connect(Number(new URL(platform.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  socket.write(
    'POST /api/v1/verify HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=x\r\ncontent-length: 33000000\r\n\r\n' +
      '--x\r\ncontent-disposition: form-data; name="file"; filename="a.pdf"\r\ncontent-type: application/pdf\r\n\r\n',
  );
  const piece = randomBytes(2 ** 20);
  for (let sent = 0; sent < megabytes; sent += 1) {
    if (!socket.write(piece)) {
      await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), pause(5_000)]);
    }
  }
  return socket;
}

const residentMegabytes = (pid: number) =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** What stays: the least of two seconds, so that garbage which is just being collected is not counted. */
async function leastMegabytes(pid: number): Promise<number> {
  const seen: number[] = [];
  for (let times = 0; times < 10; times += 1) {
    seen.push(residentMegabytes(pid));
    await pause(200);
  }
  return Math.min(...seen);
}

async function verify(platform: Platform): Promise<number> {
  const form = new FormData();
  form.append('file', new Blob(['%PDF-1.4\nno more']), 'a.pdf');
  const answer = await fetch(`${platform.url}/api/v1/verify`, { method: 'POST', body: form });
  await answer.text();
  return answer.status;
}

test('E11, E12: uploads that stall cost no memory and keep nobody out; the server ends within twenty seconds of its signal', async () => {
  await using platform = await Platform.start({ EDUTRUST_LOG_LEVEL: 'error' });
  // Everything is loaded, and the pools of buffers have their size.
  await verify(platform);
  for (const socket of await Promise.all(Array.from({ length: 10 }, () => stall(platform, 5)))) socket.destroy();
  const before = await leastMegabytes(platform.pid);
  const sockets = await Promise.all(Array.from({ length: 100 }, () => stall(platform, 5)));
  const grown = (await leastMegabytes(platform.pid)) - before;
  assert.ok(grown < 100, `${Math.round(grown)} MB more with 500 MB sent`);
  assert.ok([200, 400].includes(await verify(platform)), 'somebody with a small file is served meanwhile');

  const began = Date.now();
  assert.equal(await platform.end('SIGTERM'), 0);
  const seconds = (Date.now() - began) / 1000;
  assert.ok(seconds < 20, `${seconds} s`);
  for (const socket of sockets) socket.destroy();
});
