import { createPublicKey, type KeyObject } from 'node:crypto';
import { InvalidInput } from '@edutrust/platform/errors';
import {
  bitString,
  childrenOf,
  DerError,
  expectTag,
  explicit,
  integer,
  readBitString,
  readDer,
  readSmallInteger,
  sequence,
  tag,
} from '../der/der.ts';
import { encodeName, formatName, type NameAttribute, type ReadAttribute, readName } from './names.ts';
import { algorithmOfKey, signatureAlgorithms, signatureProblem } from './signature.ts';

/** What a PKCS #10 request (RFC 2986) asks for; that its sender holds the key has been proved. */
export interface ReadRequest {
  readonly subject: ReadAttribute[][];
  readonly subjectText: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
}

/** A request for a key, signed by it. */
export async function makeRequest(
  subject: readonly NameAttribute[],
  publicKey: Buffer,
  sign: (bytes: Buffer) => Promise<Buffer>,
): Promise<Buffer> {
  const info = sequence(integer(0), encodeName(subject), publicKey, explicit(0));
  const algorithm = algorithmOfKey(createPublicKey({ key: publicKey, format: 'der', type: 'spki' }));
  return sequence(info, signatureAlgorithms[algorithm], bitString(await sign(info)));
}

/**
 * Reads a request and checks the proof of possession: its signature by the key that it names (RFC 2986 §4.2).
 *
 * @throws InvalidInput `certificates/bad-request` that says what is wrong.
 */
export function readRequest(der: Uint8Array): ReadRequest {
  try {
    const [info, algorithm, signature, ...rest] = childrenOf(readDer(der), tag.sequence);
    if (!info || !algorithm || rest.length > 0) throw new DerError('not a PKCS #10 request');
    const [version, name, spki] = childrenOf(info, tag.sequence);
    if (readSmallInteger(version) !== 0 || !name) throw new DerError('not a PKCS #10 request');
    const publicKey = expectTag(spki, tag.sequence).bytes;
    const key: KeyObject = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
    const problem = signatureProblem(algorithm.bytes, key, info.bytes, readBitString(signature).bytes);
    if (problem) throw new DerError(`its signature does not prove possession of the key: ${problem}`);
    const subject = readName(name);
    return { subject, subjectText: formatName(subject), publicKey };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidInput(
      'certificates/bad-request',
      {
        vi: `Yêu cầu cấp chứng thư (PKCS #10) không dùng được: ${why}.`,
        en: `The certificate request (PKCS #10) cannot be used: ${why}.`,
      },
      { cause: error },
    );
  }
}
