import { createHash } from 'node:crypto';
import { type Canonicalisation, canonicalDocument, canonicalElement, exclusive, inclusive } from '../xml/canonical.ts';
import { digestNames, dsig } from '../xml/names.ts';
import {
  attributeOf,
  bytesOf,
  childNamed,
  childrenNamed,
  descendants,
  elementsOf,
  namespaceAt,
  textOf,
  type XmlDocument,
  type XmlElement,
} from '../xml/read.ts';
import {
  envelopedName,
  exclusiveName,
  filterName,
  inclusiveName,
  notASignature,
  signedPropertiesType,
  xpathName,
} from './names.ts';
import { isSignature, type SignatureStructure } from './structure.ts';

const inclusive11Name = 'http://www.w3.org/2006/12/xml-c14n11';
const base64Name = 'http://www.w3.org/2000/09/xmldsig#base64';
const exclusiveNamespace = exclusiveName;
const mostReferences = 64;

/** What a reference is over, found by its place and never by a search that an attacker could lead astray. */
export type Target =
  /** The document, or its root with nothing beside it. */
  | 'document'
  /** An element of the document, with what is below it. */
  | 'part'
  /** The properties of this signature. */
  | 'properties'
  /** An object or the key information of this signature. */
  | 'own'
  /** The value of the signature that this one counter-signs. */
  | 'value'
  /** A file that was given along. */
  | 'file';

export interface CheckedReference {
  readonly uri: string;
  readonly target: Target;
  /** For `own`, the element. */
  readonly element: XmlElement | undefined;
  /** What the digest is over. */
  readonly octets: Buffer;
  readonly outcome: 'same' | 'changed' | 'refused';
}

/** A reference that is not followed, or whose file is not there. */
export interface UnfollowedReference {
  readonly uri: string;
  readonly problem: 'refused' | 'missing';
  readonly detail: string;
}

export type ReadReference = CheckedReference | UnfollowedReference;

/** A file beside the signature, by the URI that a reference gives; nothing is ever fetched. */
export type FileOf = (uri: string) => Buffer | undefined;

/** What references may lead to beside the document and the signature itself. */
export interface Followed {
  readonly fileOf: FileOf;
  /** Of a counter-signature: the value that it signs (ETSI EN 319 132-1 §5.2.7.2). */
  readonly counterSigned?: XmlElement | undefined;
}

/** Follows every reference of a signature (W3C XMLDSIG §4.4.3) by the transforms that are known; `undefined` for no list of them. */
export function readReferences(
  structure: SignatureStructure,
  document: XmlDocument,
  followed: Followed,
): readonly ReadReference[] | undefined {
  const references = childrenNamed(structure.signedInfo, dsig, 'Reference');
  // CanonicalizationMethod, SignatureMethod, references, and nothing else (§4.4)
  const isPlain = elementsOf(structure.signedInfo).length === references.length + 2;
  if (!isPlain || references.length === 0 || references.length > mostReferences) return undefined;
  return references.map((reference) => readReference(reference, structure, document, followed));
}

function readReference(
  reference: XmlElement,
  structure: SignatureStructure,
  document: XmlDocument,
  followed: Followed,
): ReadReference {
  const uri = attributeOf(reference, 'URI');
  const refused = (detail: string) => ({ uri: uri ?? '', problem: 'refused' as const, detail });
  if (uri === undefined) return refused('a reference without a URI');
  const transforms = readTransforms(reference);
  if (typeof transforms === 'string') return refused(transforms);
  const found = targetOf(uri, structure, document, followed);
  if (typeof found === 'string') return refused(found);
  if (!found) return { uri, problem: 'missing', detail: uri };
  const isOfProperties = attributeOf(reference, 'Type') === signedPropertiesType;
  if (isOfProperties && found.target !== 'properties') return refused('signed properties by another name');
  const octets = octetsOf(found, transforms, structure, document);
  if (typeof octets === 'string') return refused(octets);
  const method = childNamed(reference, dsig, 'DigestMethod');
  const expected = childNamed(reference, dsig, 'DigestValue');
  const bytes = expected && bytesOf(expected);
  if (!method || !bytes) return refused('no digest');
  const hash = digestNames[attributeOf(method, 'Algorithm') ?? ''];
  const isSame = hash !== undefined && createHash(hash).update(octets).digest().equals(bytes);
  const outcome = hash === undefined ? 'refused' : isSame ? 'same' : 'changed';
  return { uri, target: found.target, element: found.element, octets, outcome };
}

interface Found {
  readonly target: Target;
  readonly element?: XmlElement;
  readonly file?: Buffer;
}

/** A sentence for what is not followed; `undefined` for a file that is not there. */
function targetOf(
  uri: string,
  { element: signature, keyInfo, objects, qualifying }: SignatureStructure,
  { root, before, after }: XmlDocument,
  { fileOf, counterSigned }: Followed,
): Found | string | undefined {
  if (uri === '') return { target: 'document' };
  if (!uri.startsWith('#')) {
    const file = fileOf(uri);
    return file && { target: 'file', file };
  }
  const id = uri.slice(1);
  // A pointer with an expression, `#xpointer(…)`, is no name.
  if (!/^[\p{L}_][\p{L}\p{N}_.-]*$/u.test(id)) return 'a pointer that is no plain name';
  const [element, ...others] = [...descendants(root)].filter((one) => hasId(one, id));
  if (!element) return 'a name that nothing has';
  if (others.length > 0) return 'a name that several elements have';
  if (element === counterSigned) return { target: 'value', element };
  if (element === qualifying?.signed) return { target: 'properties', element };
  if (element === keyInfo || objects.includes(element)) return { target: 'own', element };
  for (let at: XmlElement | undefined = element; at; at = at.parent)
    if (isSignature(at) && at !== root) return 'something inside a signature';
  if (element !== root) return { target: 'part', element };
  if (element === signature) return 'the signature itself';
  return { target: before.length + after.length === 0 ? 'document' : 'part', element };
}

/** Attributes that programs take for an ID; one value names one element, whichever of them it stands in. */
const idNames = new Set(['Id', 'ID', 'id', 'xml:id']);
const hasId = ({ attributes }: XmlElement, id: string) =>
  attributes.some(({ qualified, value }) => idNames.has(qualified) && value === id);

/** Signatures that are no part of what is signed: this one, every one, or those right below the root. */
type LeftOut = 'this' | 'every' | 'below-root';

interface Transforms {
  readonly leftOut: ReadonlySet<LeftOut>;
  readonly isBase64: boolean;
  /** Canonical XML 1.0 when none is named (§4.4.3.2). */
  readonly canonicalisation: XmlElement | undefined;
}

/** The transforms of a reference: those of the list, in an order that makes sense; a sentence for any other. */
function readTransforms(reference: XmlElement): Transforms | string {
  const list = childNamed(reference, dsig, 'Transforms');
  const transforms = list ? elementsOf(list) : [];
  const leftOut = new Set<LeftOut>();
  let isBase64 = false;
  let canonicalisation: XmlElement | undefined;
  for (const transform of transforms) {
    const name = attributeOf(transform, 'Algorithm') ?? '';
    if (canonicalisation || isBase64) return 'a transform behind the last one';
    const filter = name === envelopedName ? 'this' : xpathOf(transform, name);
    if (filter) leftOut.add(filter);
    else if (name === base64Name) isBase64 = true;
    else if (canonicalisationNames.has(name)) canonicalisation = transform;
    else return `the transform ${name.slice(0, 80)}`;
  }
  return { leftOut, isBase64, canonicalisation };
}

/** Which signatures a known XPath leaves out; `undefined` for any other. */
function xpathOf(transform: XmlElement, name: string): LeftOut | undefined {
  const isFilter = name === filterName;
  const [xpath, ...more] = elementsOf(transform);
  if ((name !== xpathName && !isFilter) || !xpath || more.length > 0) return undefined;
  if (xpath.local !== 'XPath' || xpath.namespace !== (isFilter ? filterName : dsig)) return undefined;
  if (namespaceAt(xpath, 'ds') !== dsig) return undefined;
  const text = textOf(xpath)?.trim() ?? '';
  if (!isFilter) return text === notASignature ? 'every' : undefined;
  return attributeOf(xpath, 'Filter') === 'subtract' ? subtracted.get(text) : undefined;
}

/** What XPath Filter 2.0 takes away, as programs write it. */
const subtracted: ReadonlyMap<string, LeftOut> = new Map([
  ['/descendant::ds:Signature', 'every'],
  ['/*/ds:Signature', 'below-root'],
  ['here()/ancestor::ds:Signature[1]', 'this'],
]);

const canonicalisationNames = new Set([inclusiveName, inclusive11Name, exclusiveName]);

/** The canonicalisation that an element names, for an apex; `undefined` for one that is not known. */
export function canonicalisationOf(
  method: XmlElement | undefined,
  apex: XmlElement | undefined,
): Canonicalisation | undefined {
  if (!method) return inclusive;
  const name = attributeOf(method, 'Algorithm');
  const [parameters, ...more] = elementsOf(method);
  if (name === inclusiveName && !parameters) return inclusive;
  // 1.1 differs in the `xml:` attributes that an apex takes over: where there are none it is the same.
  if (name === inclusive11Name && !parameters) return hasXmlAttributesAbove(apex) ? undefined : inclusive;
  if (name !== exclusiveName || more.length > 0) return undefined;
  if (!parameters) return exclusive;
  if (parameters.namespace !== exclusiveNamespace || parameters.local !== 'InclusiveNamespaces') return undefined;
  const prefixes = (attributeOf(parameters, 'PrefixList') ?? '').split(/[ \t\r\n]+/u).filter((prefix) => prefix !== '');
  return { kind: 'exclusive', prefixes: prefixes.map((prefix) => (prefix === '#default' ? '' : prefix)) };
}

function hasXmlAttributesAbove(apex: XmlElement | undefined): boolean {
  for (let at = apex?.parent; at; at = at.parent)
    if (at.attributes.some(({ qualified }) => qualified.startsWith('xml:'))) return true;
  return false;
}

/** What the digest is over; a sentence when the transforms do not go with the target. */
function octetsOf(
  { target, element, file }: Found,
  { leftOut, isBase64, canonicalisation }: Transforms,
  { element: signature }: SignatureStructure,
  document: XmlDocument,
): Buffer | string {
  const isFiltered = leftOut.size > 0;
  if (file) return isFiltered || isBase64 || canonicalisation ? 'transforms of a file' : file;
  if (isBase64) {
    const bytes = target === 'own' && element && !isFiltered ? bytesOf(element) : undefined;
    return bytes ?? 'base64 of what is none';
  }
  if (isFiltered && target !== 'document' && target !== 'part') return 'transforms of a part of the signature';
  const method = canonicalisationOf(canonicalisation, element);
  if (!method) return 'a canonicalisation that is not known';
  const isLeftOut = (one: XmlElement) =>
    (leftOut.has('this') && one === signature) ||
    (leftOut.has('every') && isSignature(one)) ||
    (leftOut.has('below-root') && isSignature(one) && one.parent === document.root);
  return element ? canonicalElement(element, method, isLeftOut) : canonicalDocument(document, method, isLeftOut);
}
