import { hexOf, sha256 } from './keys.ts';

const dsig = 'http://www.w3.org/2000/09/xmldsig#';
const inclusive = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';
const xpath = 'http://www.w3.org/TR/1999/REC-xpath-19991116';
const start = `<ds:Signature xmlns:ds="${dsig}" Id="`;
const end = '</ds:Signature>';

export const isXml = (bytes: Uint8Array): boolean => bytes[0] === 0x3c;

/**
 * What is signed of XML that waits for a signature: its bytes without the signatures at the end of the root. They are in canonical
 * form (W3C Canonical XML 1.0), or no digest of theirs would fit. `undefined` when a signature stands anywhere else.
 */
export function contentOfXml(bytes: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const text = decode(bytes);
  const close = text && /<\/[^<>\s]+>$/.exec(text)?.[0];
  if (!text || !close) return undefined;
  let rest = text.slice(0, -close.length);
  while (rest.endsWith(end)) {
    const at = rest.lastIndexOf(start);
    const block = rest.slice(at);
    if (at < 0 || block.indexOf(end) !== block.length - end.length) return undefined;
    rest = rest.slice(0, at);
  }
  if (rest.length + close.length === text.length || rest.includes(dsig)) return undefined;
  return new TextEncoder().encode(rest + close);
}

/** Of a report's data the document that it belongs to: its first bytes as it was made, and their SHA-256; undefined of other XML. */
export function boundDocument(bytes: Uint8Array): { readonly length: number; readonly sha256: string } | undefined {
  const content = contentOfXml(bytes);
  const end =
    /<Document length="(\d{1,9})" mediaType="application\/pdf" sha256="([0-9a-f]{64})"><\/Document><\/BoundReport>$/;
  const [, length, digest] = end.exec((content && decode(content)) ?? '') ?? [];
  return length && digest ? { length: Number(length), sha256: digest } : undefined;
}

/** SHA-256 of it, hexadecimal. */
export async function digestOfXml(bytes: Uint8Array): Promise<string | undefined> {
  const content = contentOfXml(bytes);
  return content && hexOf(await sha256(content));
}

/** Whether SignedInfo, as the key signs it, is over the whole document without signatures, with exactly this SHA-256. */
export function signsDocument(signedInfo: Uint8Array, digestHex: string): boolean {
  const digest = btoa(String.fromCharCode(...(digestHex.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16))));
  const reference = ` URI=""><ds:Transforms><ds:Transform Algorithm="${xpath}"><ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath></ds:Transform><ds:Transform Algorithm="${inclusive}"></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod><ds:DigestValue>${digest}</ds:DigestValue></ds:Reference>`;
  const text = decode(signedInfo) ?? '';
  return text.startsWith(`<ds:SignedInfo xmlns:ds="${dsig}">`) && text.split(reference).length === 2;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
