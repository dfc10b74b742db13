import { notPrepared } from '../not-prepared.ts';
import { prepareEnveloped } from './sign.ts';

/**
 * What a key signs of prepared XML, computed from the file itself: the file is what preparing the XML without its last
 * signature gives, for this certificate (DER), and nothing else.
 *
 * @throws InvalidInput `sign/not-prepared`, `sign/xml`
 */
export function signedOfXml(prepared: Buffer, certificate: Uint8Array): { digest: Buffer; toBeSigned: Buffer } {
  const text = prepared.toString('utf8');
  const [start, end] = [text.lastIndexOf('<ds:Signature '), text.lastIndexOf('</')]; // the room is the last thing in the root
  const room = /^<ds:Signature [^>]*Id="signature-([\da-f-]{36})">.*<xades:SigningTime>([\d-]{10}T[\d:]{8}Z)</su;
  const [, id, time] = (start < 0 ? null : room.exec(text.slice(start, end))) ?? [];
  const at = new Date(time ?? '');
  if (!id || Number.isNaN(at.getTime())) throw notPrepared();
  const before = Buffer.from(text.slice(0, start) + text.slice(end), 'utf8');
  const { prepared: expected, digest, toBeSigned } = prepareEnveloped(before, { at, certificate, id });
  if (!expected.equals(prepared)) throw notPrepared();
  return { digest, toBeSigned };
}
