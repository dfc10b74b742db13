import type { XmlAttribute, XmlDocument, XmlElement, XmlNode } from './read.ts';

/** How a tree becomes bytes; without comments, both. */
export type Canonicalisation =
  /** W3C Canonical XML 1.0, §2.3: with every namespace that is in scope. */
  | { readonly kind: 'inclusive' }
  /** W3C Exclusive XML Canonicalization 1.0, §3: with those that are used, and those of these prefixes. */
  | { readonly kind: 'exclusive'; readonly prefixes: readonly string[] };

export const inclusive: Canonicalisation = { kind: 'inclusive' };
export const exclusive: Canonicalisation = { kind: 'exclusive', prefixes: [] };

/** Elements that are left out with all that is below them. */
type LeftOut = (element: XmlElement) => boolean;

type Namespaces = ReadonlyMap<string, string>;

/** The canonical form of a whole document, processing instructions around the root included; UTF-8. */
export function canonicalDocument(
  { root, before, after }: XmlDocument,
  method: Canonicalisation,
  isLeftOut: LeftOut = () => false,
): Buffer {
  const parts: string[] = [];
  for (const one of before) parts.push(instruction(one), '\n');
  if (!isLeftOut(root)) write(root, new Map(), { parts, method, isLeftOut }, new Map());
  for (const one of after) parts.push('\n', instruction(one));
  return Buffer.from(parts.join(''), 'utf8');
}

/** The canonical form of an element and everything below it; UTF-8. */
export function canonicalElement(
  element: XmlElement,
  method: Canonicalisation,
  isLeftOut: LeftOut = () => false,
): Buffer {
  const parts: string[] = [];
  write(element, scopeAbove(element), { parts, method, isLeftOut }, new Map(), inheritedAttributes(element, method));
  return Buffer.from(parts.join(''), 'utf8');
}

/** Namespaces in scope above an element, by prefix. */
function scopeAbove({ parent }: XmlElement): Namespaces {
  const above: XmlElement[] = [];
  for (let element = parent; element; element = element.parent) above.unshift(element);
  return new Map(above.flatMap(({ declared }) => [...declared]));
}

/** Canonical XML 1.0 §2.4: the apex takes over what `xml:` attributes say above it; the exclusive form does not. */
function inheritedAttributes(apex: XmlElement, { kind }: Canonicalisation): readonly XmlAttribute[] {
  if (kind === 'exclusive') return [];
  const found = new Map<string, XmlAttribute>();
  const own = new Set(apex.attributes.map(({ qualified }) => qualified));
  for (let element = apex.parent; element; element = element.parent)
    for (const attribute of element.attributes)
      if (attribute.namespace === xmlNamespace && !own.has(attribute.qualified) && !found.has(attribute.local))
        found.set(attribute.local, attribute);
  return [...found.values()];
}

const xmlNamespace = 'http://www.w3.org/XML/1998/namespace';

interface Writing {
  readonly parts: string[];
  readonly method: Canonicalisation;
  readonly isLeftOut: LeftOut;
}

function write(
  element: XmlElement,
  above: Namespaces,
  writing: Writing,
  rendered: Namespaces,
  inherited: readonly XmlAttribute[] = [],
): void {
  const { parts, method, isLeftOut } = writing;
  const inScope = element.declared.size === 0 ? above : new Map([...above, ...element.declared]);
  const attributes = [...inherited, ...element.attributes];
  const added = namespacesFor(element, attributes, { inScope, rendered, method });
  parts.push('<', element.qualified);
  for (const [prefix, uri] of added)
    parts.push(prefix === '' ? ' xmlns="' : ` xmlns:${prefix}="`, escapeAttribute(uri), '"');
  for (const { qualified, value } of attributes.toSorted(byName))
    parts.push(' ', qualified, '="', escapeAttribute(value), '"');
  parts.push('>');
  const now = added.length === 0 ? rendered : new Map([...rendered, ...added]);
  for (const child of element.children) {
    if (child.kind === 'text') parts.push(escapeText(child.text));
    else if (child.kind === 'instruction') parts.push(instruction(child));
    else if (!isLeftOut(child)) write(child, inScope, writing, now);
  }
  parts.push('</', element.qualified, '>');
}

/** The namespace declarations that an element writes, sorted: those that matter here and that nothing written above says. */
function namespacesFor(
  { prefix }: XmlElement,
  attributes: readonly XmlAttribute[],
  { inScope, rendered, method }: { inScope: Namespaces; rendered: Namespaces; method: Canonicalisation },
): [string, string][] {
  const wanted =
    method.kind === 'inclusive'
      ? new Set(['', ...inScope.keys()])
      : new Set([prefix, ...attributes.map(prefixOf).filter((used) => used !== ''), ...method.prefixes]);
  wanted.delete('xml');
  const added: [string, string][] = [];
  for (const name of wanted) {
    const uri = inScope.get(name) ?? '';
    // No declaration is as good as an empty default one; only the default namespace can be taken back.
    if (uri !== (rendered.get(name) ?? '')) added.push([name, uri]);
  }
  return added.sort(([one], [other]) => byCodePoints(one, other));
}

const prefixOf = ({ qualified }: XmlAttribute) => (qualified.includes(':') ? (qualified.split(':')[0] ?? '') : '');

const byName = (one: XmlAttribute, other: XmlAttribute) =>
  byCodePoints(one.namespace, other.namespace) || byCodePoints(one.local, other.local);

function byCodePoints(one: string, other: string): number {
  return one === other ? 0 : Buffer.compare(Buffer.from(one, 'utf8'), Buffer.from(other, 'utf8'));
}

function instruction({ target, body }: Extract<XmlNode, { kind: 'instruction' }>): string {
  return body === '' ? `<?${target}?>` : `<?${target} ${body.replaceAll('\r', '&#xD;')}?>`;
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};

const escapeText = (text: string) => text.replaceAll(/[&<>\r]/gu, (character) => escapes[character] ?? character);
const escapeAttribute = (value: string) =>
  value.replaceAll(/[&<"\t\n\r]/gu, (character) => escapes[character] ?? character);
