import { createHash } from 'node:crypto';
import { buildSignedAttributes } from '../cms.ts';
import { notPrepared } from '../not-prepared.ts';

/**
 * What a key signs of a prepared PDF, computed from the file itself: SHA-256 of everything but the room for the new
 * signature, which holds zeros and nothing else, within the signed attributes that name the certificate (DER).
 *
 * @throws InvalidInput `sign/not-prepared` for a file in which anything else is left out
 */
export function signedOfPdf(prepared: Buffer, certificate: Uint8Array): { digest: Buffer; toBeSigned: Buffer } {
  const text = prepared.toString('latin1');
  const range = [...text.matchAll(/\/ByteRange \[0 (\d{1,10}) (\d{1,10}) (\d{1,10}) *\]/gu)].at(-1); // earlier ones are signed
  const [end = 0, start = 0, length = 0] = range?.slice(1).map(Number) ?? [];
  const isWhole = range !== undefined && start + length === prepared.length;
  if (!isWhole || !/^<0+>$/u.test(text.slice(end, start))) throw notPrepared();
  const digest = createHash('sha256').update(prepared.subarray(0, end)).update(prepared.subarray(start)).digest();
  return { digest, toBeSigned: buildSignedAttributes({ digest, signingCertificate: certificate }) };
}
