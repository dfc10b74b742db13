import { algorithmIds } from '../certificate/algorithms.ts';
import {
  childrenOf,
  DerError,
  nullValue,
  readBoolean,
  readDer,
  readInteger,
  readOid,
  readSmallInteger,
  tag,
} from '../der/der.ts';

export interface MessageImprint {
  readonly hash: 'sha256' | 'sha384' | 'sha512';
  readonly digest: Buffer;
}

export interface TimeStampRequest {
  readonly imprint: MessageImprint;
  /** The INTEGER as it came, to be echoed. */
  readonly nonce: Buffer | undefined;
  readonly wantsCertificate: boolean;
}

/** PKIFailureInfo bits (RFC 3161 §2.4.2). */
const failure = { badAlg: 0, badRequest: 2, badDataFormat: 5, unacceptedPolicy: 15, unacceptedExtension: 16 } as const;

export class RequestRefused extends Error {
  readonly failureBit: number;

  constructor(name: keyof typeof failure) {
    super(name);
    this.failureBit = failure[name];
  }
}

const hashes: Readonly<Record<string, readonly [MessageImprint['hash'], number]>> = {
  [algorithmIds.sha256]: ['sha256', 32],
  [algorithmIds.sha384]: ['sha384', 48],
  [algorithmIds.sha512]: ['sha512', 64],
};

/** @throws RequestRefused */
export function parseTimeStampRequest(der: Uint8Array, ownPolicy: string): TimeStampRequest {
  try {
    const parts = childrenOf(readDer(der), tag.sequence);
    if (readSmallInteger(parts.shift()) !== 1) throw new RequestRefused('badRequest');
    const [algorithm, digest] = childrenOf(parts.shift(), tag.sequence);
    const [type, parameters] = childrenOf(algorithm, tag.sequence);
    const known = hashes[readOid(type)];
    if (!known || (parameters && !parameters.bytes.equals(nullValue))) throw new RequestRefused('badAlg');
    if (digest?.tag !== tag.octetString || digest.contents.length !== known[1])
      throw new RequestRefused('badDataFormat');
    if (parts[0]?.tag === tag.oid && readOid(parts.shift()) !== ownPolicy) throw new RequestRefused('unacceptedPolicy');
    const nonce = parts[0]?.tag === tag.integer ? parts.shift() : undefined;
    if (nonce) readInteger(nonce);
    const wantsCertificate = parts[0]?.tag === tag.boolean ? readBoolean(parts.shift()) : false;
    if (parts[0]?.tag === 0xa0) throw new RequestRefused('unacceptedExtension');
    if (parts.length > 0 || (nonce && nonce.contents.length > 64)) throw new RequestRefused('badRequest');
    return { imprint: { hash: known[0], digest: digest.contents }, nonce: nonce?.bytes, wantsCertificate };
  } catch (error) {
    if (error instanceof DerError) throw new RequestRefused('badDataFormat');
    throw error;
  }
}
