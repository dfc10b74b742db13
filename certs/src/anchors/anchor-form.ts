import { InvalidInput } from '@edutrust/platform/errors';
import { type attributeTypes, encodeName, type NameAttribute, parseCertificate } from '../certificate/certificate.ts';
import { extensionIds } from '../certificate/extensions.ts';
import {
  bitString,
  boolean,
  childrenOf,
  explicit,
  octetString,
  oid,
  readDer,
  sequence,
  tag,
  time,
} from '../der/der.ts';

/** How far an operator trusts somebody else's root. */
export interface AnchorLimits {
  /** Only what was signed from then on, and until then. */
  readonly from: Date | null;
  readonly until: Date | null;
  /** Only subjects below these names, most general attribute first: `C=VN, O=Ban Cơ yếu Chính phủ`. Empty: any. */
  readonly permittedNames: readonly string[];
}

/**
 * A root in the form in which it is trusted: its name and key, with the operator's limits in place of its own validity
 * and beside its own extensions (RFC 5914 §2, TrustAnchorInfo's certPath). Its signature is of no account: it is trusted
 * because somebody here said so.
 */
export function anchorForm(der: Buffer, { from, until, permittedNames }: AnchorLimits): Buffer {
  const certificate = parseCertificate(der);
  const [tbs, algorithm] = childrenOf(readDer(der), tag.sequence);
  const parts = childrenOf(tbs, tag.sequence);
  const version = parts[0]?.tag === 0xa0 ? parts.shift() : undefined;
  const [serial, inner, issuer, , subject, key, ...rest] = parts;
  if (!serial || !inner || !issuer || !subject || !key || !algorithm) throw new Error('not a certificate');
  const later = (one: Date, other: Date | null) => (other && other > one ? other : one);
  const earlier = (one: Date, other: Date | null) => (other && other < one ? other : one);
  const own = rest.find((part) => part.tag === 0xa3)?.children()[0];
  const extensions = own ? childrenOf(own, tag.sequence).map(({ bytes }) => bytes) : [];
  if (permittedNames.length > 0 && !certificate.extensions.has(extensionIds.nameConstraints))
    extensions.push(nameConstraints(permittedNames));
  const trusted = sequence(
    version?.bytes ?? explicit(0, Buffer.of(2, 1, 2)),
    serial.bytes,
    inner.bytes,
    issuer.bytes,
    sequence(time(later(certificate.notBefore, from)), time(earlier(certificate.notAfter, until))),
    subject.bytes,
    key.bytes,
    ...(extensions.length > 0 ? [explicit(3, sequence(...extensions))] : []),
  );
  return sequence(trusted, algorithm.bytes, bitString(Buffer.alloc(1)));
}

/** NameConstraints (RFC 5280 §4.2.1.10) with permitted directory names. */
function nameConstraints(names: readonly string[]): Buffer {
  const subtrees = names.map((name) => sequence(explicit(4, encodeName(parseNameText(name)))));
  const value = sequence(explicit(0, ...subtrees)); // [0] IMPLICIT SEQUENCE OF has the same bytes
  return sequence(oid(extensionIds.nameConstraints), boolean(true), octetString(value));
}

const shortTypes: Readonly<Record<string, keyof typeof attributeTypes>> = {
  C: 'country',
  L: 'locality',
  O: 'organisation',
  OU: 'organisationalUnit',
  CN: 'commonName',
};

/** @throws InvalidInput `anchors/bad-name` */
export function parseNameText(text: string): NameAttribute[] {
  return text.split(/\s*,\s*/).map((part) => {
    const [, short = '', value = ''] = /^([A-Za-z]+)=(.+)$/.exec(part.trim()) ?? [];
    const type = shortTypes[short.toUpperCase()];
    if (type && value.length <= 200 && (type !== 'country' || /^[A-Z]{2}$/.test(value))) return [type, value] as const;
    throw new InvalidInput('anchors/bad-name', {
      vi: `“${text}” không phải tên có dạng C=VN, O=Tên tổ chức.`,
      en: `“${text}” is not a name such as C=VN, O=Name of organisation.`,
    });
  });
}
