import { createHash } from 'node:crypto';
import { type Content, piecesOf } from '../content.ts';
import { digestNames, dsig, sha256Name } from '../xml/names.ts';
import {
  attributeOf,
  bytesOf,
  childNamed,
  childrenNamed,
  MalformedXml,
  readXml,
  XmlBeyondLimits,
  type XmlElement,
} from '../xml/read.ts';

/** ETSI EN 319 162-1 annex A.4. */
const asicNamespace = 'http://uri.etsi.org/02918/v1.2.1#';

/** Not the plain XML that a manifest is. */
export class MalformedManifest extends Error {}

/** What an ASiCManifest says: which signature it belongs to, and what that signs. */
export interface Manifest {
  /** Name of the signature's file in the container. */
  readonly signature: string;
  readonly references: readonly Reference[];
}

interface Reference {
  readonly name: string;
  readonly algorithm: string;
  readonly digest: Buffer;
}

/** The manifest of a signature over files with these SHA-256 digests. */
export function writeManifest(signature: string, digests: ReadonlyMap<string, Buffer>): Buffer {
  const references = [...digests].map(
    ([name, digest]) =>
      `<asic:DataObjectReference URI="${uriOf(name)}"><ds:DigestMethod Algorithm="${sha256Name}"/><ds:DigestValue>${digest.toString('base64')}</ds:DigestValue></asic:DataObjectReference>`,
  );
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<asic:ASiCManifest xmlns:asic="${asicNamespace}" xmlns:ds="${dsig}"><asic:SigReference URI="${uriOf(signature)}" MimeType="application/pkcs7-signature"/>${references.join('')}</asic:ASiCManifest>`,
    'utf8',
  );
}

const uriOf = (name: string) => name.split('/').map(encodeURIComponent).join('/').replaceAll("'", '%27');

/** The name of a file of the container by its URI; `undefined` for one that cannot be decoded. */
export function nameOfUri(uri: string): string | undefined {
  try {
    return decodeURIComponent(uri);
  } catch {
    return undefined;
  }
}

/** Whether a file is as the manifest says; `refused` for a digest that is not accepted. */
export function checkReference({ algorithm, digest }: Reference, contents: Content): 'same' | 'changed' | 'refused' {
  const hash = digestNames[algorithm];
  if (!hash) return 'refused';
  const computed = createHash(hash);
  for (const piece of piecesOf(contents)) computed.update(piece);
  return computed.digest().equals(digest) ? 'same' : 'changed';
}

/** Reads a manifest. @throws MalformedManifest */
export function readManifest(xml: Buffer): Manifest {
  const root = rootOf(xml);
  if (root.namespace !== asicNamespace || root.local !== 'ASiCManifest')
    throw new MalformedManifest('not an ASiCManifest');
  const signature = childNamed(root, asicNamespace, 'SigReference');
  const references = childrenNamed(root, asicNamespace, 'DataObjectReference').map(readReference);
  const isUnique = new Set(references.map(({ name }) => name)).size === references.length;
  if (!signature || references.length === 0 || !isUnique)
    throw new MalformedManifest('not one signature over some files');
  return { signature: nameOf(signature), references };
}

function rootOf(xml: Buffer): XmlElement {
  try {
    return readXml(xml).root;
  } catch (error) {
    if (error instanceof MalformedXml || error instanceof XmlBeyondLimits) throw new MalformedManifest(error.message);
    throw error;
  }
}

function readReference(element: XmlElement): Reference {
  const method = childNamed(element, dsig, 'DigestMethod');
  const value = childNamed(element, dsig, 'DigestValue');
  const digest = value && bytesOf(value);
  if (!method || !digest) throw new MalformedManifest('a reference without its digest');
  return { name: nameOf(element), algorithm: attributeOf(method, 'Algorithm') ?? '', digest };
}

function nameOf(element: XmlElement): string {
  const name = nameOfUri(attributeOf(element, 'URI') ?? '');
  if (name === undefined) throw new MalformedManifest('a URI that cannot be decoded');
  return name;
}
