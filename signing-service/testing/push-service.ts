import { createDecipheriv, createECDH, type ECDH, hkdfSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Reads a message as the browser does that subscribed (RFC 8291 §3.4); written apart from what encrypts. */
export function decryptPush(body: Buffer, browser: ECDH, authSecret: Uint8Array): Buffer {
  const salt = body.subarray(0, 16);
  const keyEnd = 21 + (body[20] ?? 0);
  const sender = body.subarray(21, keyEnd);
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), browser.getPublicKey(), sender]);
  const input = Buffer.from(hkdfSync('sha256', browser.computeSecret(sender), authSecret, info, 32));
  const key = Buffer.from(hkdfSync('sha256', input, salt, 'Content-Encoding: aes128gcm\0', 16));
  const nonce = Buffer.from(hkdfSync('sha256', input, salt, 'Content-Encoding: nonce\0', 12));
  const decipher = createDecipheriv('aes-128-gcm', key, nonce).setAuthTag(body.subarray(-16));
  const padded = Buffer.concat([decipher.update(body.subarray(keyEnd, -16)), decipher.final()]);
  return padded.subarray(0, padded.lastIndexOf(2));
}

export interface PushedMessage {
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** A browser maker's push service on loopback, with one browser; what it answers can be changed. */
export async function pushService() {
  const browser = createECDH('prime256v1');
  browser.generateKeys();
  const authSecret = randomBytes(16);
  const messages: PushedMessage[] = [];
  const answer = { status: 201 };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = decryptPush(Buffer.concat(chunks), browser, authSecret).toString();
    messages.push({ text, headers: request.headers });
    response.writeHead(answer.status).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const subscription = (path = '/send/1') => ({
    endpoint: `http://127.0.0.1:${port}${path}`,
    keys: { p256dh: browser.getPublicKey('base64url'), auth: authSecret.toString('base64url') },
  });
  return {
    messages,
    answer,
    subscription,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
