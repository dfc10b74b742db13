import { createHmac, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';

/** How messages are signed (Standard Webhooks, "signature scheme"): a shared secret, or a key pair of which the receiver has one half. */
export type SignatureScheme = 'v1' | 'v1a';
export const signatureSchemes: readonly SignatureScheme[] = ['v1', 'v1a'];

/** Of a secret and of an Ed25519 seed alike. */
export const secretBytes = 32;

/** PKCS #8 of an Ed25519 seed (RFC 8410 §7) up to the seed. */
const ed25519Head = Buffer.from('302e020100300506032b657004220420', 'hex');
const privateKeyOf = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([ed25519Head, seed]), format: 'der', type: 'pkcs8' });

/** What a receiver verifies by: the secret itself (`whsec_…`), or the public key (`whpk_…`). */
export function verifierOf(scheme: SignatureScheme, secret: Uint8Array): string {
  if (scheme === 'v1') return `whsec_${Buffer.from(secret).toString('base64')}`;
  const publicKey = createPublicKey(privateKeyOf(secret)).export({ format: 'der', type: 'spki' });
  return `whpk_${publicKey.subarray(-32).toString('base64')}`;
}

/** The headers of a message: who it is, when it is sent, and a signature by each secret that is valid now. */
export function signedHeaders(
  { id, at, body }: { readonly id: string; readonly at: Date; readonly body: string },
  scheme: SignatureScheme,
  secrets: readonly Uint8Array[],
): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  const content = `${id}.${timestamp}.${body}`;
  const signatureBy = (secret: Uint8Array) =>
    scheme === 'v1'
      ? createHmac('sha256', secret).update(content).digest('base64')
      : sign(null, Buffer.from(content), privateKeyOf(secret)).toString('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map((secret) => `${scheme},${signatureBy(secret)}`).join(' '),
  };
}
