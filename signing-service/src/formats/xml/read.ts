import { type SaxesAttributeNSIncomplete, SaxesParser, type SaxesTagNS } from 'saxes';

/** XML that is read in one way only, or not at all. */
export class MalformedXml extends Error {}
/** More than any honest document has. */
export class XmlBeyondLimits extends Error {}

export interface XmlAttribute {
  /** As it is written. */
  readonly qualified: string;
  readonly local: string;
  /** Empty without a prefix. */
  readonly namespace: string;
  readonly value: string;
}

export interface XmlElement {
  readonly kind: 'element';
  readonly qualified: string;
  readonly prefix: string;
  readonly local: string;
  /** Empty in none. */
  readonly namespace: string;
  readonly attributes: readonly XmlAttribute[];
  /** Namespaces that this element itself declares, by prefix; the default one by the empty prefix. */
  readonly declared: ReadonlyMap<string, string>;
  readonly parent: XmlElement | undefined;
  readonly children: readonly XmlNode[];
}

export type XmlNode =
  | XmlElement
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'instruction'; readonly target: string; readonly body: string };

type Instruction = Extract<XmlNode, { kind: 'instruction' }>;

export interface XmlDocument {
  readonly root: XmlElement;
  /** Processing instructions around the root. */
  readonly before: readonly Instruction[];
  readonly after: readonly Instruction[];
}

const mostElements = 300_000;
const mostAttributes = 256;
const deepest = 100;

/**
 * Reads XML 1.0 with namespaces in UTF-8 (W3C REC-xml, REC-xml-names), strictly: no document type, so that nothing is defined,
 * expanded or fetched; no encoding but UTF-8. Comments are left out: what is signed is canonical XML, which has none; one inside a text,
 * where programs differ in what they read, is refused.
 *
 * @throws MalformedXml, XmlBeyondLimits
 */
export function readXml(bytes: Uint8Array): XmlDocument {
  const builder = new Builder();
  const parser = new SaxesParser({ xmlns: true, position: false, fragment: false });
  parser.on('xmldecl', ({ version, encoding }) => builder.declaration(version, encoding));
  parser.on('doctype', () => {
    throw new MalformedXml('a document type');
  });
  parser.on('opentag', (tag) => builder.open(tag));
  parser.on('closetag', () => builder.close());
  parser.on('text', (text) => builder.text(text));
  parser.on('cdata', (text) => builder.text(text));
  parser.on('comment', () => builder.comment());
  parser.on('processinginstruction', ({ target, body }) => builder.instruction(target, body));
  try {
    parser.write(decode(bytes)).close();
  } catch (error) {
    if (error instanceof MalformedXml || error instanceof XmlBeyondLimits) throw error;
    throw new MalformedXml(error instanceof Error ? error.message.slice(0, 120) : 'malformed');
  }
  return builder.document();
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new MalformedXml('not UTF-8');
  }
}

type OpenElement = XmlElement & { readonly children: XmlNode[] };

class Builder {
  #root: OpenElement | undefined;
  readonly #open: OpenElement[] = [];
  readonly #before: Instruction[] = [];
  readonly #after: Instruction[] = [];
  #count = 0;
  #isBehindComment = false;

  declaration(version: string | undefined, encoding: string | undefined): void {
    if (version !== undefined && version !== '1.0') throw new MalformedXml(`version ${version}`);
    if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') throw new MalformedXml(`encoding ${encoding}`);
  }

  open({ name, prefix, local, uri, attributes, ns }: SaxesTagNS): void {
    this.#count += 1;
    if (this.#count > mostElements || this.#open.length >= deepest) throw new XmlBeyondLimits('elements');
    const parent = this.#open.at(-1);
    const all = Object.values(attributes);
    if (all.length > mostAttributes) throw new XmlBeyondLimits('attributes');
    const element: OpenElement = {
      kind: 'element',
      qualified: name,
      prefix,
      local,
      namespace: uri,
      attributes: all.filter(isNoDeclaration).map(({ name: qualified, local: short, uri: namespace, value }) => ({
        qualified,
        local: short,
        namespace,
        value,
      })),
      declared: new Map(Object.entries(ns)),
      parent,
      children: [],
    };
    if (parent) parent.children.push(element);
    else this.#root = element;
    this.#open.push(element);
  }

  close(): void {
    this.#open.pop();
  }

  text(text: string): void {
    const siblings = this.#open.at(-1)?.children; // outside of the root there is nothing but white space
    if (this.#isBehindComment && isWritten(text) && isWrittenText(siblings?.at(-1)))
      throw new MalformedXml('a comment inside a text');
    this.#isBehindComment = false;
    siblings?.push({ kind: 'text', text });
  }

  comment(): void {
    this.#isBehindComment = true;
  }

  instruction(target: string, body: string): void {
    const instruction: Instruction = { kind: 'instruction', target, body };
    const parent = this.#open.at(-1);
    if (parent) parent.children.push(instruction);
    else (this.#root ? this.#after : this.#before).push(instruction);
  }

  document(): XmlDocument {
    if (!this.#root) throw new MalformedXml('no element');
    return { root: this.#root, before: this.#before, after: this.#after };
  }
}

const isWritten = (text: string) => text.trim() !== '';
const isWrittenText = (node: XmlNode | undefined) => node?.kind === 'text' && isWritten(node.text);

const isNoDeclaration = ({ name }: SaxesAttributeNSIncomplete) => name !== 'xmlns' && !name.startsWith('xmlns:');

/**
 * Puts an element, written with every namespace that it uses, behind the children of another; gives it.
 *
 * @throws MalformedXml
 */
export function append(parent: XmlElement, fragment: string): XmlElement {
  const element: XmlElement = { ...readXml(Buffer.from(fragment)).root, parent };
  for (const child of elementsOf(element)) Object.assign(child, { parent: element });
  (parent.children as XmlNode[]).push(element); // made here as an array, and nobody else's yet
  return element;
}

/** The elements below one. */
export function elementsOf({ children }: XmlElement): XmlElement[] {
  return children.filter((child) => child.kind === 'element');
}

/** The children of this name. */
export function childrenNamed(element: XmlElement, namespace: string, local: string): XmlElement[] {
  return elementsOf(element).filter((child) => child.namespace === namespace && child.local === local);
}

/** The one child of this name; none when there is none, or several. */
export function childNamed(element: XmlElement, namespace: string, local: string): XmlElement | undefined {
  const [found, ...more] = childrenNamed(element, namespace, local);
  return more.length === 0 ? found : undefined;
}

/** An attribute without a prefix. */
export function attributeOf(element: XmlElement, local: string): string | undefined {
  return element.attributes.find((attribute) => attribute.namespace === '' && attribute.local === local)?.value;
}

/** The text of an element that has nothing but text; `undefined` of any other. */
export function textOf({ children }: XmlElement): string | undefined {
  return children.every((child) => child.kind === 'text')
    ? children.map((child) => (child.kind === 'text' ? child.text : '')).join('')
    : undefined;
}

/** The namespace of a prefix at an element; `undefined` when it has none there. */
export function namespaceAt(element: XmlElement, prefix: string): string | undefined {
  for (let at: XmlElement | undefined = element; at; at = at.parent) {
    const found = at.declared.get(prefix);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Bytes in base64, with white space between (W3C XML Schema 2 §3.2.16); `undefined` for anything else. */
export function bytesOf(element: XmlElement): Buffer | undefined {
  const text = textOf(element)?.replaceAll(/[ \t\r\n]/gu, '');
  if (text === undefined || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/u.test(text)) return undefined;
  return Buffer.from(text, 'base64');
}

/** An element and everything below it, in order. */
export function* descendants(element: XmlElement): Generator<XmlElement> {
  yield element;
  for (const child of elementsOf(element)) yield* descendants(child);
}
