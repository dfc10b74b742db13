import type { KeyObject } from 'node:crypto';
import { type Extension, readExtensionList } from '../certificate/certificate.ts';
import { canonicalName, readName } from '../certificate/names.ts';
import { signatureProblem } from '../certificate/signature.ts';
import {
  childrenOf,
  DerError,
  readBitString,
  readDer,
  readInteger,
  readSmallInteger,
  readTime,
  tag,
} from '../der/der.ts';

/** A certificate revocation list (RFC 5280 §5.1), parsed strictly. */
export interface RevocationList {
  readonly der: Buffer;
  readonly tbs: Buffer;
  readonly issuer: string;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | undefined;
  /** The CRL number extension (§5.2.3). */
  readonly number: bigint | undefined;
  readonly signatureAlgorithm: Buffer;
  readonly signature: Buffer;
  readonly extensions: ReadonlyMap<string, Extension>;
  /** By serial number in hexadecimal. */
  readonly revoked: ReadonlyMap<string, { readonly at: Date; readonly reason: number }>;
  /** Whether an entry says more than we understand (§5.3): the list then decides nothing. */
  readonly hasUnknownCritical: boolean;
}

const knownExtensions = new Set(['2.5.29.20', '2.5.29.35']); // CRL number, authority key identifier
const knownEntryExtensions = new Set(['2.5.29.21', '2.5.29.24']); // reason, invalidity date

/** @throws DerError */
export function parseRevocationList(der: Uint8Array): RevocationList {
  const whole = readDer(der);
  const [tbs, algorithm, signature] = childrenOf(whole, tag.sequence);
  if (!tbs || !algorithm) throw new DerError('not a revocation list');
  const parts = childrenOf(tbs, tag.sequence);
  const version = parts[0]?.tag === tag.integer ? readSmallInteger(parts.shift()) + 1 : 1;
  const [inner, issuer, thisUpdate] = parts.splice(0, 3);
  if (!inner?.bytes.equals(algorithm.bytes) || !issuer) throw new DerError('not a revocation list');
  const isTime = (byte: number | undefined) => byte === tag.utcTime || byte === tag.generalizedTime;
  const nextUpdate = isTime(parts[0]?.tag) ? readTime(parts.shift()) : undefined;
  const entries = parts[0]?.tag === tag.sequence ? childrenOf(parts.shift(), tag.sequence) : [];
  const extensions =
    parts[0]?.tag === 0xa0 ? readExtensionList(parts.shift()?.children()[0]) : new Map<string, Extension>();
  if (parts.length > 0 || (version === 1 && extensions.size > 0)) throw new DerError('a malformed revocation list');
  let hasUnknownCritical = [...extensions].some(([type, { critical }]) => critical && !knownExtensions.has(type));
  const revoked = new Map<string, { at: Date; reason: number }>();
  for (const entry of entries) {
    const [serial, at, list] = childrenOf(entry, tag.sequence);
    const details = list ? readExtensionList(list) : new Map<string, Extension>();
    hasUnknownCritical ||= [...details].some(([type, { critical }]) => critical && !knownEntryExtensions.has(type));
    const reason = details.get('2.5.29.21');
    revoked.set(readInteger(serial).toString('hex'), {
      at: readTime(at),
      reason: reason ? (readDer(reason.value).contents[0] ?? 0) : 0,
    });
  }
  return {
    der: whole.bytes,
    tbs: tbs.bytes,
    issuer: canonicalName(readName(issuer)),
    thisUpdate: readTime(thisUpdate),
    nextUpdate,
    number: readNumber(extensions),
    signatureAlgorithm: algorithm.bytes,
    signature: readBitString(signature).bytes,
    extensions,
    revoked,
    hasUnknownCritical,
  };
}

function readNumber(extensions: ReadonlyMap<string, Extension>): bigint | undefined {
  const extension = extensions.get('2.5.29.20');
  return extension && BigInt(`0x${readInteger(readDer(extension.value)).toString('hex')}`);
}

/** Whether the list decides about certificates of this issuer at this time (§6.3.3). */
export function isUsable(list: RevocationList, issuerName: string, issuerKey: KeyObject, at: Date): boolean {
  return (
    !list.hasUnknownCritical &&
    list.issuer === issuerName &&
    list.thisUpdate <= at &&
    list.nextUpdate !== undefined &&
    list.nextUpdate >= at &&
    signatureProblem(list.signatureAlgorithm, issuerKey, list.tbs, list.signature) === undefined
  );
}
