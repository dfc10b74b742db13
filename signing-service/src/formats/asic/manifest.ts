import { createHash } from 'node:crypto';

/** ETSI EN 319 162-1 annex A.4. */
const asicNamespace = 'http://uri.etsi.org/02918/v1.2.1#';
const digestNamespace = 'http://www.w3.org/2000/09/xmldsig#';
const sha256Uri = 'http://www.w3.org/2001/04/xmlenc#sha256';

/** Digests by their names in XML (RFC 9231 §2.1); SHA-1 is not accepted. */
const hashes: Readonly<Record<string, string>> = {
  [sha256Uri]: 'sha256',
  'http://www.w3.org/2001/04/xmldsig-more#sha384': 'sha384',
  'http://www.w3.org/2001/04/xmlenc#sha512': 'sha512',
};

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

/** The manifest of a signature over these files, with SHA-256. */
export function writeManifest(signature: string, files: ReadonlyMap<string, Uint8Array>): Buffer {
  const references = [...files].map(([name, contents]) => {
    const digest = createHash('sha256').update(contents).digest('base64');
    return `<asic:DataObjectReference URI="${uriOf(name)}"><ds:DigestMethod Algorithm="${sha256Uri}"/><ds:DigestValue>${digest}</ds:DigestValue></asic:DataObjectReference>`;
  });
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<asic:ASiCManifest xmlns:asic="${asicNamespace}" xmlns:ds="${digestNamespace}"><asic:SigReference URI="${uriOf(signature)}" MimeType="application/pkcs7-signature"/>${references.join('')}</asic:ASiCManifest>`,
    'utf8',
  );
}

const uriOf = (name: string) => name.split('/').map(encodeURIComponent).join('/').replaceAll("'", '%27');

/** Whether a file is as the manifest says; `refused` for a digest that is not accepted. */
export function checkReference({ algorithm, digest }: Reference, contents: Uint8Array): 'same' | 'changed' | 'refused' {
  const hash = hashes[algorithm];
  if (!hash) return 'refused';
  return createHash(hash).update(contents).digest().equals(digest) ? 'same' : 'changed';
}

/**
 * Reads a manifest. It is data for a program, so that of XML only elements, attributes and text are taken: no document type,
 * no entities but the five, nothing that could be read in two ways.
 *
 * @throws MalformedManifest
 */
export function readManifest(xml: Buffer): Manifest {
  const root = parse(xml);
  if (root.name !== `${asicNamespace} ASiCManifest`) throw new MalformedManifest('not an ASiCManifest');
  const named = (name: string) => root.children.filter((child) => child.name === `${asicNamespace} ${name}`);
  const [signature, ...others] = named('SigReference');
  const references = named('DataObjectReference').map(readReference);
  const isUnique = new Set(references.map(({ name }) => name)).size === references.length;
  if (!signature || others.length > 0 || references.length === 0 || !isUnique)
    throw new MalformedManifest('not one signature over some files');
  return { signature: nameOf(signature), references };
}

function readReference(element: Element): Reference {
  const child = (name: string) => {
    const [found, ...more] = element.children.filter((one) => one.name === `${digestNamespace} ${name}`);
    if (!found || more.length > 0) throw new MalformedManifest(`not one ${name}`);
    return found;
  };
  const text = child('DigestValue').text.replaceAll(/\s/gu, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/u.test(text)) throw new MalformedManifest('a digest that is no base64');
  return {
    name: nameOf(element),
    algorithm: child('DigestMethod').attributes.get('Algorithm') ?? '',
    digest: Buffer.from(text, 'base64'),
  };
}

function nameOf({ attributes }: Element): string {
  try {
    return decodeURIComponent(attributes.get('URI') ?? '');
  } catch {
    throw new MalformedManifest('a URI that cannot be decoded');
  }
}

interface Element {
  /** Namespace, a space, local name. */
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: Element[];
  text: string;
}

const mostElements = 10_000;
const deepest = 16;
const token =
  /<\?xml[^?<>]*\?>|<!--(?:(?!--)[\s\S])*-->|<\/([\w.:-]+)\s*>|<([\w.:-]+)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/uy;
const attributeOf = /([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/gu;

function parse(xml: Buffer): Element {
  const source = decode(xml);
  const document: Element = { name: '', attributes: new Map(), children: [], text: '' };
  const open = [{ element: document, qualified: '', namespaces: new Map<string, string>() }];
  let count = 0;
  token.lastIndex = 0;
  while (token.lastIndex < source.length) {
    const found = token.exec(source);
    const above = open.at(-1);
    if (!found || !above) throw new MalformedManifest('XML that is not plain');
    const [whole, closing, opening, attributes = '', isEmpty, text] = found;
    if (text !== undefined) {
      if (above.element === document && text.trim() !== '') throw new MalformedManifest('text outside');
      above.element.text += text.includes('&') ? unescaped(text) : text;
    } else if (closing !== undefined) {
      if (open.length < 2 || closing !== above.qualified) throw new MalformedManifest('an end without its start');
      open.pop();
    } else if (opening !== undefined) {
      count += 1;
      if (count > mostElements || open.length > deepest) throw new MalformedManifest('too many elements');
      const started = start(opening, attributes, above.namespaces);
      above.element.children.push(started.element);
      if (!isEmpty) open.push(started);
    } else if (whole.startsWith('<?') && found.index !== 0) throw new MalformedManifest('a declaration inside');
  }
  const [root, ...more] = document.children;
  if (!root || more.length > 0 || open.length > 1) throw new MalformedManifest('not one element');
  return root;
}

function decode(xml: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(xml);
  } catch {
    throw new MalformedManifest('not UTF-8');
  }
}

function start(qualified: string, text: string, above: ReadonlyMap<string, string>) {
  const namespaces = new Map(above);
  const attributes = new Map<string, string>();
  for (const [, name = '', double, single = ''] of text.matchAll(attributeOf)) {
    const value = unescaped(double ?? single);
    if (name === 'xmlns') namespaces.set('', value);
    else if (name.startsWith('xmlns:')) namespaces.set(name.slice(6), value);
    else if (attributes.has(name)) throw new MalformedManifest(`${name} twice`);
    else attributes.set(name, value);
  }
  const [local = '', prefix = '', ...more] = qualified.split(':').reverse();
  const namespace = namespaces.get(prefix);
  if (more.length > 0 || (prefix !== '' && namespace === undefined)) throw new MalformedManifest('an unknown prefix');
  const element: Element = { name: `${namespace ?? ''} ${local}`, attributes, children: [], text: '' };
  return { element, qualified, namespaces };
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replaceAll(/&([^;]*);?/gu, (_, name: string) => {
    const character = entities[name];
    if (character === undefined) throw new MalformedManifest('an entity');
    return character;
  });
}
