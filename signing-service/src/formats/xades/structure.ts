import { dsig, xades132 } from '../xml/names.ts';
import { attributeOf, childNamed, childrenNamed, elementsOf, type XmlElement } from '../xml/read.ts';

export const isSignature = ({ namespace, local }: XmlElement): boolean => namespace === dsig && local === 'Signature';

/** Every signature of a tree that stands in no other. */
export function outermostSignatures(element: XmlElement): XmlElement[] {
  return isSignature(element) ? [element] : elementsOf(element).flatMap(outermostSignatures);
}

/** A ds:Signature taken apart: each part by its place, none found by a search. */
export interface SignatureStructure {
  readonly element: XmlElement;
  readonly id: string | undefined;
  readonly signedInfo: XmlElement;
  readonly value: XmlElement;
  readonly keyInfo: XmlElement | undefined;
  readonly objects: readonly XmlElement[];
  /** The object with the properties of XAdES, and they; `undefined` in a plain XML signature. */
  readonly qualifying:
    | { readonly object: XmlElement; readonly signed: XmlElement; readonly unsigned: readonly XmlElement[] }
    | undefined;
}

/**
 * The parts of a signature in the order of the schema (W3C XMLDSIG §4.1, ETSI EN 319 132-1 §4.3); a sentence when they are not
 * there, or something else is.
 */
export function structureOf(element: XmlElement): SignatureStructure | string {
  // What stands between them nobody signed, and a reader of the document would see it.
  if (element.children.some((child) => child.kind === 'text' && child.text.trim() !== ''))
    return 'text beside its parts';
  const [signedInfo, value, ...rest] = elementsOf(element);
  if (!isDsig(signedInfo, 'SignedInfo') || !isDsig(value, 'SignatureValue')) return 'no SignedInfo and SignatureValue';
  const keyInfo = isDsig(rest[0], 'KeyInfo') ? rest[0] : undefined;
  const objects = keyInfo ? rest.slice(1) : rest;
  if (objects.some((object) => !isDsig(object, 'Object'))) return 'something else beside its objects';
  const id = attributeOf(element, 'Id');
  const base = { element, id, signedInfo, value, keyInfo, objects };
  const holders = objects.filter((object) => childrenNamed(object, xades132, 'QualifyingProperties').length > 0);
  const [object, ...more] = holders;
  if (!object) return { ...base, qualifying: undefined };
  const properties = childNamed(object, xades132, 'QualifyingProperties');
  if (more.length > 0 || !properties || elementsOf(object).length !== 1) return 'properties in several places';
  if (id === undefined || attributeOf(properties, 'Target') !== `#${id}`) return 'properties of another signature';
  const [signed, unsigned, ...others] = elementsOf(properties);
  const isInOrder =
    isXades(signed, 'SignedProperties') &&
    (!unsigned || isXades(unsigned, 'UnsignedProperties')) &&
    others.length === 0;
  if (!isInOrder) return 'properties that are not as they should be';
  const list = unsigned && childNamed(unsigned, xades132, 'UnsignedSignatureProperties');
  return { ...base, qualifying: { object, signed, unsigned: list ? elementsOf(list) : [] } };
}

function isDsig(element: XmlElement | undefined, local: string): element is XmlElement {
  return element?.namespace === dsig && element.local === local;
}

function isXades(element: XmlElement | undefined, local: string): element is XmlElement {
  return element?.namespace === xades132 && element.local === local;
}
