import { verifyTimeStampToken } from '@edutrust/certs/cms';
import { type GoodStamp, stampTrust, type TakenSignature } from '../../validation/judge-signature.ts';
import { type Material, type Surroundings, withMaterial } from '../../validation/surroundings.ts';
import { canonicalElement } from '../xml/canonical.ts';
import { dsig, xades132, xades141 } from '../xml/names.ts';
import { bytesOf, childNamed, childrenNamed, type XmlElement } from '../xml/read.ts';
import { isMaterial } from './properties.ts';
import { type CheckedReference, canonicalisationOf } from './references.ts';
import type { SignatureStructure } from './structure.ts';

/** Time stamps of one signature that are looked at. */
const mostStamps = 16;

/** Time stamps over the signature value (ETSI EN 319 132-1 §5.3): over its canonical element. */
export function signatureStamps({ value, qualifying }: SignatureStructure): TakenSignature['stamps'] {
  const found = qualifying?.unsigned.filter((one) => one.namespace === xades132 && one.local === 'SignatureTimeStamp');
  return (found ?? []).slice(0, mostStamps).flatMap((stamp) => {
    const method = canonicalisationOf(childNamed(stamp, dsig, 'CanonicalizationMethod'), value);
    const token = tokenOf(stamp);
    return method && token ? [{ token, over: canonicalElement(value, method) }] : [];
  });
}

function tokenOf(stamp: XmlElement): Buffer | undefined {
  const holder = childNamed(stamp, xades132, 'EncapsulatedTimeStamp');
  return holder && bytesOf(holder);
}

/** Every token of a signature, for the certificates in them. */
export function tokensOf({ qualifying }: SignatureStructure): Buffer[] {
  const holders = (qualifying?.unsigned ?? []).flatMap((one) => childrenNamed(one, xades132, 'EncapsulatedTimeStamp'));
  return holders.flatMap((holder) => bytesOf(holder) ?? []);
}

const isArchive = ({ namespace, local }: XmlElement) => namespace === xades141 && local === 'ArchiveTimeStamp';

/** The good archive time stamps, oldest first, and whether one covers all material of now (§5.5.2). */
export function archiveStamps(
  structure: SignatureStructure,
  references: readonly CheckedReference[],
  { around, material }: { readonly around: Surroundings; readonly material: Material },
): { readonly covering: readonly GoodStamp[]; readonly isMaterialStamped: boolean } {
  const unsigned = structure.qualifying?.unsigned ?? [];
  const trust = stampTrust(withMaterial(around, material));
  const found = unsigned
    .filter(isArchive)
    .slice(0, mostStamps)
    .flatMap((stamp) => {
      const token = tokenOf(stamp);
      const over = archivedBytes(structure, references, stamp);
      const verified = token && over && verifyTimeStampToken(token, over, trust);
      const coversMaterial = unsigned.findLastIndex(isMaterial) < unsigned.indexOf(stamp);
      return verified?.isTrusted ? [{ at: verified.at, authority: verified.authority, coversMaterial }] : [];
    });
  const covering = found.toSorted((a, b) => a.at.getTime() - b.at.getTime());
  return { covering, isMaterialStamped: covering.some(({ coversMaterial }) => coversMaterial) };
}

/**
 * What an archive time stamp is over (§5.5.2.2): what every reference is over, SignedInfo, SignatureValue, KeyInfo, the unsigned
 * properties before it, and every object but that of the properties. `stamp` absent: one that would come behind all of them.
 */
export function archivedBytes(
  { signedInfo, value, keyInfo, objects, qualifying }: SignatureStructure,
  references: readonly CheckedReference[],
  stamp?: XmlElement,
): Buffer[] | undefined {
  const named = stamp && childNamed(stamp, dsig, 'CanonicalizationMethod');
  // One that lists what it is over, with Include, is not read.
  if (stamp && childrenNamed(stamp, xades132, 'Include').length > 0) return undefined;
  const unsigned = qualifying?.unsigned ?? [];
  const before = stamp ? unsigned.slice(0, unsigned.indexOf(stamp)) : unsigned;
  const others = objects.filter((object) => object !== qualifying?.object);
  const parts: Buffer[] = references.map(({ octets }) => octets);
  for (const element of [signedInfo, value, ...(keyInfo ? [keyInfo] : []), ...before, ...others]) {
    const method = stamp ? canonicalisationOf(named, element) : ({ kind: 'exclusive', prefixes: [] } as const);
    if (!method) return undefined;
    parts.push(canonicalElement(element, method));
  }
  return parts;
}
