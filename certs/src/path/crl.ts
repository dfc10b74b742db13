import type { KeyObject } from 'node:crypto';
import { type Extension, readExtensionList } from '../certificate/certificate.ts';
import { extensionIds, readKeyIdentifiers } from '../certificate/extensions.ts';
import { canonicalName, readName } from '../certificate/names.ts';
import { signatureProblem } from '../certificate/signature.ts';
import {
  childrenOf,
  DerError,
  type DerNode,
  expectTag,
  readBitString,
  readDer,
  readInteger,
  readSmallInteger,
  readTime,
  tag,
} from '../der/der.ts';
import { allReasons, type IssuingDistributionPoint, readIssuingDistributionPoint } from './distribution-point.ts';

/** What a list says of one certificate. */
export interface RevocationEntry {
  readonly at: Date;
  /** CRLReason (RFC 5280 §5.3.1); 0 when the list gives none. */
  readonly reason: number;
}

/** A certificate revocation list (RFC 5280 §5.1), parsed strictly. */
export interface RevocationList {
  readonly der: Buffer;
  readonly tbs: Buffer;
  /** Canonical name of who issued the list. */
  readonly issuer: string;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | undefined;
  /** The CRL number extension (§5.2.3). */
  readonly number: bigint | undefined;
  /** The number of the whole list that a delta builds on (§5.2.4); undefined when this is a whole list. */
  readonly baseNumber: bigint | undefined;
  readonly issuerKeyIdentifier: Buffer | undefined;
  /** Which certificates and reasons it covers (§5.2.5). */
  readonly scope: IssuingDistributionPoint;
  /** Lists of one issuer and one scope replace each other. */
  readonly scopeKey: string;
  readonly signatureAlgorithm: Buffer;
  readonly signature: Buffer;
  readonly extensions: ReadonlyMap<string, Extension>;
  /** The issuer's own certificates, by serial number in hexadecimal. */
  readonly revoked: ReadonlyMap<string, RevocationEntry>;
  /** Certificates of others in an indirect list, by canonical name of their issuer. */
  readonly revokedOfOthers: ReadonlyMap<string, ReadonlyMap<string, RevocationEntry>>;
  /** Whether it says more than we understand (§5.2, §5.3): the list then decides nothing. */
  readonly hasUnknownCritical: boolean;
}

const knownExtensions = new Set<string>([
  extensionIds.crlNumber,
  extensionIds.authorityKeyIdentifier,
  extensionIds.deltaCrlIndicator,
  extensionIds.issuingDistributionPoint,
]);
const knownEntryExtensions = new Set<string>([extensionIds.reasonCode, '2.5.29.24', extensionIds.certificateIssuer]);
/** §5.2.1, §5.2.3: a list where these are critical means something by them that we do not know. */
const neverCritical = [extensionIds.crlNumber, extensionIds.authorityKeyIdentifier];
/** As many elements as the largest list has that the work budget lets in. */
const mostNodes = 2_000_000;
const wholeScope: IssuingDistributionPoint = { names: [], only: undefined, reasons: allReasons, isIndirect: false };

/** @throws DerError */
export function parseRevocationList(der: Uint8Array): RevocationList {
  const whole = readDer(der, mostNodes);
  const [tbs, algorithm, signature, ...surplus] = childrenOf(whole, tag.sequence);
  if (!tbs || !algorithm || surplus.length > 0) throw new DerError('not a revocation list');
  const parts = childrenOf(tbs, tag.sequence);
  const isVersion2 = parts[0]?.tag === tag.integer;
  if (isVersion2 && readSmallInteger(parts.shift()) !== 1) throw new DerError('a version that lists do not have');
  const [inner, issuerNode, thisUpdate] = parts.splice(0, 3);
  if (!inner?.bytes.equals(algorithm.bytes)) throw new DerError('two signature algorithms that differ');
  const nextUpdate = parts[0]?.tag === tag.utcTime || parts[0]?.tag === tag.generalizedTime ? parts.shift() : undefined;
  const entries = parts[0]?.tag === tag.sequence ? parts.shift() : undefined;
  const wrapped = parts[0]?.tag === 0xa0 ? (parts.shift()?.children() ?? []) : [];
  const extensions = wrapped.length > 0 ? readExtensionList(wrapped[0]) : new Map<string, Extension>();
  if (parts.length > 0 || wrapped.length > 1 || (!isVersion2 && extensions.size > 0))
    throw new DerError('a malformed revocation list');
  const issuerName = readName(issuerNode);
  const issuer = canonicalName(issuerName);
  const point = extensions.get(extensionIds.issuingDistributionPoint);
  const scope = point ? readIssuingDistributionPoint(point.value, issuerName) : wholeScope;
  const isCritical = (type: string) => extensions.get(type)?.critical === true;
  const numberExtension = extensions.get(extensionIds.crlNumber);
  const baseExtension = extensions.get(extensionIds.deltaCrlIndicator);
  const found = entries ? readEntries(entries, issuer, scope.isIndirect, isVersion2) : noEntries();
  const own = found.byIssuer.get(issuer) ?? new Map<string, RevocationEntry>();
  found.byIssuer.delete(issuer);
  return {
    der: whole.bytes,
    tbs: tbs.bytes,
    issuer,
    thisUpdate: readTime(thisUpdate),
    nextUpdate: nextUpdate && readTime(nextUpdate),
    number: numberExtension && readNumber(numberExtension),
    baseNumber: baseExtension && readNumber(baseExtension),
    issuerKeyIdentifier: readKeyIdentifiers({ extensions }).issuer,
    scope,
    scopeKey: `${issuer} ${point?.value.toString('hex') ?? ''}`,
    signatureAlgorithm: algorithm.bytes,
    signature: readBitString(signature).bytes,
    extensions,
    revoked: own,
    revokedOfOthers: found.byIssuer,
    hasUnknownCritical:
      found.hasUnknownCritical || hasUnknown(extensions, knownExtensions) || neverCritical.some(isCritical),
  };
}

function hasUnknown(extensions: ReadonlyMap<string, Extension>, known: ReadonlySet<string>): boolean {
  return [...extensions].some(([type, { critical }]) => critical && !known.has(type));
}

/** CRLNumber ::= INTEGER (0..MAX), at most 20 octets (§5.2.3). */
function readNumber({ value }: Extension): bigint {
  const contents = readInteger(readDer(value));
  if ((contents[0] ?? 0x80) >= 0x80 || contents.length > 20) throw new DerError('a malformed number of a list');
  return BigInt(`0x${contents.toString('hex')}`);
}

interface Entries {
  readonly byIssuer: Map<string, Map<string, RevocationEntry>>;
  hasUnknownCritical: boolean;
}

const noEntries = (): Entries => ({ byIssuer: new Map(), hasUnknownCritical: false });

function readEntries(list: DerNode, ownIssuer: string, isIndirect: boolean, isVersion2: boolean): Entries {
  const found = noEntries();
  let issuer = ownIssuer;
  let ofIssuer = new Map<string, RevocationEntry>();
  found.byIssuer.set(issuer, ofIssuer);
  for (const node of list.each()) {
    const [serial, at, extensionList, ...surplus] = childrenOf(node, tag.sequence);
    if (surplus.length > 0 || (extensionList && !isVersion2)) throw new DerError('a malformed entry of a list');
    let reason = 0;
    if (extensionList) {
      const details = readExtensionList(extensionList);
      found.hasUnknownCritical ||= hasUnknown(details, knownEntryExtensions);
      const other = details.get(extensionIds.certificateIssuer);
      if (other) {
        // §5.3.3: in an indirect list alone; it stands for the entries after it too
        if (!isIndirect) found.hasUnknownCritical = true;
        issuer = readCertificateIssuer(other);
        ofIssuer = found.byIssuer.get(issuer) ?? new Map();
        found.byIssuer.set(issuer, ofIssuer);
      }
      reason = readReason(details.get(extensionIds.reasonCode));
    }
    ofIssuer.set(readInteger(serial).toString('hex'), { at: readTime(at), reason });
  }
  return found;
}

function readReason(extension: Extension | undefined): number {
  if (!extension) return 0;
  const { contents } = expectTag(readDer(extension.value), tag.enumerated);
  const [reason = 7] = contents;
  if (contents.length !== 1 || reason === 7 || reason > 10) throw new DerError('a reason that does not exist');
  return reason;
}

function readCertificateIssuer({ value }: Extension): string {
  const names = childrenOf(readDer(value), tag.sequence).filter((name) => name.tag === 0xa4);
  const [name, ...surplus] = names;
  if (!name || surplus.length > 0) throw new DerError('an entry without the name of its issuer');
  return canonicalName(readName(name.children()[0]));
}

/** Whether the list is current at this time, numbered (§5.2.3), and says nothing that we do not understand. */
export function isCurrent({ hasUnknownCritical, number, thisUpdate, nextUpdate }: RevocationList, at: Date): boolean {
  return (
    !hasUnknownCritical && number !== undefined && thisUpdate <= at && nextUpdate !== undefined && nextUpdate >= at
  );
}

/** Whether the list is whole, of this issuer, and current at this time (§6.3.3). */
export function isUsable(list: RevocationList, issuerName: string, issuerKey: KeyObject, at: Date): boolean {
  return (
    isCurrent(list, at) &&
    list.baseNumber === undefined &&
    list.issuer === issuerName &&
    signatureProblem(list.signatureAlgorithm, issuerKey, list.tbs, list.signature) === undefined
  );
}
