import { isUtf8 } from 'node:buffer';
import {
  childrenOf,
  DerError,
  type DerNode,
  expectTag,
  ia5String,
  oid,
  printableString,
  readOid,
  readSetOf,
  sequence,
  setOf,
  tag,
  utf8String,
} from '../der/der.ts';

/** Attribute types of distinguished names (RFC 4519, RFC 5280 appendix A) by the short words people know. */
export const attributeTypes = {
  commonName: '2.5.4.3',
  surname: '2.5.4.4',
  serialNumber: '2.5.4.5',
  country: '2.5.4.6',
  locality: '2.5.4.7',
  organisation: '2.5.4.10',
  organisationalUnit: '2.5.4.11',
  title: '2.5.4.12',
  givenName: '2.5.4.42',
  organisationIdentifier: '2.5.4.97',
  emailAddress: '1.2.840.113549.1.9.1',
  domainComponent: '0.9.2342.19200300.100.1.25',
} as const;
export type AttributeType = keyof typeof attributeTypes;

/** One attribute of a distinguished name, in the order in which it is written. */
export type NameAttribute = readonly [AttributeType, string];

const shortNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
  '2.5.4.4': 'SN',
  '2.5.4.42': 'GN',
  '2.5.4.97': 'organizationIdentifier',
};

/** Name (RFC 5280 §4.1.2.4): country and serialNumber as PrintableString, e-mail and DC as IA5String, the rest UTF-8. */
export function encodeName(attributes: readonly NameAttribute[]): Buffer {
  const relative = attributes.map(([type, value]) => {
    const text = value.normalize('NFC');
    const encoded =
      type === 'country' || type === 'serialNumber'
        ? printableString(text)
        : type === 'emailAddress' || type === 'domainComponent'
          ? ia5String(text)
          : utf8String(text);
    return setOf(sequence(oid(attributeTypes[type]), encoded));
  });
  return sequence(...relative);
}

export interface ReadAttribute {
  readonly type: string;
  readonly value: string;
}

/** The relative names of a Name, each a set of attributes. @throws DerError */
export function readName(node: DerNode | undefined): ReadAttribute[][] {
  return childrenOf(node, tag.sequence).map((relative) => readRelativeName(expectTag(relative, tag.set)));
}

/** RelativeDistinguishedName, also with an implicit tag. @throws DerError */
export function readRelativeName(node: DerNode): ReadAttribute[] {
  const attributes = readSetOf(node).map((attribute): ReadAttribute => {
    const [type, value, ...rest] = childrenOf(attribute, tag.sequence);
    if (!value || rest.length > 0) throw new DerError('a malformed attribute of a name');
    return { type: readOid(type), value: readText(value) };
  });
  if (attributes.length === 0) throw new DerError('an empty relative name');
  return attributes;
}

function readText(node: DerNode): string {
  switch (node.tag) {
    case tag.utf8String:
      if (!isUtf8(node.contents)) throw new DerError('a text that is not UTF-8');
      return node.contents.toString('utf8');
    case tag.printableString:
    case tag.ia5String:
    case 0x14: // TeletexString, read as Latin-1 as everybody does
      return node.contents.toString('latin1');
    case 0x1e: // BMPString
      if (node.contents.length % 2 === 1) throw new DerError('a malformed BMPString');
      return Buffer.from(node.contents).swap16().toString('utf16le');
    case 0x1c: // UniversalString
      throw new DerError('a UniversalString, which nobody writes');
    default:
      return `#${node.bytes.toString('hex')}`; // no text: the form of RFC 4514 §2.4, compared byte for byte
  }
}

/** `CN=…, O=…, C=VN`, most specific first as people read it. */
export function formatName(relative: readonly (readonly ReadAttribute[])[]): string {
  return [...relative]
    .reverse()
    .map((attributes) =>
      attributes
        .map(({ type, value }) => `${shortNames[type] ?? type}=${value.replaceAll(/[,+=\\]/g, '\\$&')}`)
        .join('+'),
    )
    .join(', ');
}

/**
 * What string preparation takes away (RFC 4518 §2.2): controls and invisible marks. Space of any kind becomes a space.
 */
const invisible = /\p{Cf}|\p{Variation_Selector}|\u034f|\u1806|\ufffc|(?!\s)\p{Cc}/gu;

function fold(text: string): string {
  const prepared = text.replaceAll('\u0085', ' ').replaceAll(invisible, '');
  return prepared.normalize('NFKC').toLowerCase().normalize('NFKC').trim().replaceAll(/\s+/g, ' ');
}

/** Compared as RFC 5280 §7.1 asks: case and inner space folded, types in order; the encoding of a string is not the point. */
export function canonicalName(relative: readonly (readonly ReadAttribute[])[]): string {
  return JSON.stringify(
    relative.map((attributes) => attributes.map(({ type, value }) => `${type}=${fold(value)}`).sort()),
  );
}
