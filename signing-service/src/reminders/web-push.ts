import {
  createCipheriv,
  createECDH,
  createHash,
  createPrivateKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import type { SecretBox } from '@edutrust/platform/secrets';
import { SignJWT } from 'jose';

/** What a browser gave when it subscribed (RFC 8291 §2): its key, an uncompressed point of P-256, and its secret, 16 bytes. */
export interface PushReceiver {
  readonly endpoint: string;
  readonly publicKey: Uint8Array;
  readonly authSecret: Uint8Array;
}

/** The key by which push services know this installation (RFC 8292). */
export interface ApplicationServerKey {
  /** Uncompressed point of P-256, 65 bytes: browsers subscribe with it. */
  readonly publicKey: Buffer;
  readonly privateKey: KeyObject;
}

const curve = 'prime256v1';
/** One record holds every message of ours. */
const recordBytes = 4096;
/** Less than the day that RFC 8292 §2 allows. */
const tokenSeconds = 12 * 3600;

/**
 * The installation's key, from its secret: the same in every process and after a restore, nothing more to keep. Another secret is another key,
 * and browsers subscribe anew at their next visit.
 */
export function applicationServerKey(secrets: Pick<SecretBox, 'derive'>): ApplicationServerKey {
  const pair = createECDH(curve);
  let scalar = secrets.derive('signing/web-push');
  for (;;) {
    try {
      pair.setPrivateKey(scalar);
      break;
    } catch {
      scalar = createHash('sha256').update(scalar).digest(); // not below the order of the curve: once in 2^32 secrets
    }
  }
  const publicKey = pair.getPublicKey();
  const privateKey = createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      x: publicKey.subarray(1, 33).toString('base64url'),
      y: publicKey.subarray(33).toString('base64url'),
      d: scalar.toString('base64url'),
    },
  });
  return { publicKey, privateKey };
}

/** Encrypts a message for one browser (RFC 8291 §3.4, `aes128gcm` of RFC 8188). `fixed` is for the example of the standard. */
export function encryptPush(
  message: Uint8Array,
  { publicKey, authSecret }: Omit<PushReceiver, 'endpoint'>,
  fixed?: { readonly salt: Uint8Array; readonly privateKey: Uint8Array },
): Buffer {
  const sender = createECDH(curve);
  if (fixed) sender.setPrivateKey(fixed.privateKey);
  else sender.generateKeys();
  const own = sender.getPublicKey();
  const salt = fixed?.salt ?? randomBytes(16);
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), publicKey, own]);
  const shared = hkdfSync('sha256', sender.computeSecret(publicKey), authSecret, info, 32);
  const derive = (what: string, length: number) =>
    Buffer.from(hkdfSync('sha256', Buffer.from(shared), salt, `Content-Encoding: ${what}\0`, length));
  const cipher = createCipheriv('aes-128-gcm', derive('aes128gcm', 16), derive('nonce', 12));
  const size = Buffer.alloc(4);
  size.writeUInt32BE(recordBytes);
  const last = Buffer.of(2); // delimiter of the last record
  const body = Buffer.concat([cipher.update(message), cipher.update(last), cipher.final(), cipher.getAuthTag()]);
  return Buffer.concat([salt, size, Buffer.of(own.length), own, body]);
}

/** The header that says who pushes (RFC 8292 §3), for the push service at `endpoint`. */
export async function vapidHeader(
  endpoint: string,
  { publicKey, privateKey }: ApplicationServerKey,
  { contact, now }: { readonly contact: string; readonly now: Date },
): Promise<string> {
  const token = await new SignJWT({ aud: new URL(endpoint).origin, sub: contact })
    .setProtectedHeader({ typ: 'JWT', alg: 'ES256' })
    .setExpirationTime(new Date(now.getTime() + tokenSeconds * 1000))
    .sign(privateKey);
  return `vapid t=${token}, k=${publicKey.toString('base64url')}`;
}
