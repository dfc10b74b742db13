import { counterName, withCounterSignatures } from '../../validation/counter-signatures.ts';
import { judgeSignature } from '../../validation/judge-signature.ts';
import { checkLogProof } from '../../validation/log-proof.ts';
import type { ValidationOptions } from '../../validation/options.ts';
import { type Reason, type ReasonCode, reason } from '../../validation/reasons.ts';
import type { SignatureReport, ValidationReport } from '../../validation/report.ts';
import { type Surroundings, surroundingsOf, withMaterial } from '../../validation/surroundings.ts';
import { emptyReport, fileReport, unjudged, withVerdict } from '../../validation/verdict.ts';
import { isHeld } from '../content.ts';
import { ecdsaSignatureFromRaw } from '../ecdsa.ts';
import { checkNamedValue, type NamedAlgorithm, xmlAlgorithms } from '../signature-value.ts';
import { canonicalElement } from '../xml/canonical.ts';
import { dsig } from '../xml/names.ts';
import {
  attributeOf,
  bytesOf,
  childNamed,
  elementsOf,
  MalformedXml,
  readXml,
  XmlBeyondLimits,
  type XmlDocument,
  type XmlElement,
} from '../xml/read.ts';
import { findXmlSigner, inclusionProofOf, materialOf, signingTime } from './properties.ts';
import {
  type CheckedReference,
  canonicalisationOf,
  type FileOf,
  type ReadReference,
  readReferences,
} from './references.ts';
import { archiveStamps, signatureStamps } from './stamps.ts';
import { isSignature, outermostSignatures, type SignatureStructure, structureOf } from './structure.ts';

/**
 * Judges every signature of an XML file (W3C XMLDSIG, ETSI EN 319 132-1): around it, inside it, or beside the file that it signs,
 * which is `options.content`. A signature is good only when it covers all of the file that it is shown with.
 */
export async function validateXades(bytes: Uint8Array, options: ValidationOptions): Promise<ValidationReport> {
  if (options.content && !isHeld(options.content)) return unjudged('beyond-limits', 'a large file beside it');
  const content = options.content && Buffer.from(options.content);
  return judgeXml(bytes, surroundingsOf(options), { fileOf: () => content });
}

/** Judges the signatures of a file with what stands beside it. Never throws for what is in it. */
export function judgeXml(bytes: Uint8Array, around: Surroundings, beside: Beside): ValidationReport {
  const document = tryRead(bytes);
  if ('verdict' in document) return document;
  const signatures = outermostSignatures(document.root);
  if (signatures.length > mostSignatures) return unjudged('beyond-limits', `${signatures.length} signatures`);
  return fileReport(
    signatures.map((element, index) =>
      judgeXmlSignature(element, { document, beside, name: `Signature${index + 1}` }, around),
    ),
  );
}

const mostSignatures = 100;

function tryRead(bytes: Uint8Array): XmlDocument | ValidationReport {
  try {
    return readXml(bytes);
  } catch (error) {
    if (error instanceof XmlBeyondLimits) return unjudged('beyond-limits', error.message);
    if (error instanceof MalformedXml) return unjudged('xml-malformed', error.message);
    throw error;
  }
}

/** Files that signatures of a file name. */
interface Beside {
  readonly fileOf: FileOf;
  /** Every signature is over each of these. */
  readonly mustCover?: readonly Buffer[];
}

/** Where a signature stands. */
interface XmlPlace {
  readonly document: XmlDocument;
  readonly beside: Beside;
  /** What it is called in the report. */
  readonly name: string;
  /** Of a counter-signature: the value that it signs. */
  readonly counterSigned?: XmlElement;
}

/** Judges one signature in its document. */
function judgeXmlSignature(element: XmlElement, place: XmlPlace, around: Surroundings): SignatureReport {
  const { document, beside, name, counterSigned } = place;
  const structure = structureOf(element);
  if (typeof structure === 'string')
    return withVerdict(emptyReport(name), [reason('xml-signature-malformed', structure)]);
  const profile = structure.qualifying ? 'baseline' : 'plain';
  const own: SignatureReport = {
    ...emptyReport(name),
    format: profile === 'baseline' ? 'XAdES' : 'XMLDSig',
    time: { ...emptyReport('').time, claimed: signingTime(structure)?.toISOString() ?? null },
  };
  const base = withCounters(own, structure, place, around);
  const malformed = (detail: string) => withVerdict(base, [reason('xml-signature-malformed', detail)]);
  const method = childNamed(structure.signedInfo, dsig, 'CanonicalizationMethod');
  const canonicalisation = method && canonicalisationOf(method, structure.signedInfo);
  const algorithm = childNamed(structure.signedInfo, dsig, 'SignatureMethod');
  const value = bytesOf(structure.value);
  if (!canonicalisation || !algorithm || !value) return malformed('no algorithms, or no value');
  const references = readReferences(structure, document, { fileOf: beside.fileOf, counterSigned });
  if (!references) return malformed('no references');
  // The properties are bound by a reference alone (ETSI EN 319 132-1 §4.3.2).
  if (structure.qualifying && references.filter((one) => 'target' in one && one.target === 'properties').length !== 1)
    return malformed('properties that are not signed');
  const checked = references.filter((one) => 'target' in one);
  const found = [
    ...references.flatMap(faultOf),
    ...(counterSigned
      ? counterFaults(checked)
      : [...coverageFaults(structure, document, references), ...leftOut(checked, beside)]),
  ];
  const isWhole = !found.some(({ code }) => code === 'part-not-signed' || code === 'file-not-signed');
  const covered = { ...base, coverage: isWhole ? ('whole' as const) : ('revision' as const) };
  const material = materialOf(structure);
  const certificate = findXmlSigner(structure, [...material.untrusted, ...around.untrusted]);
  if (typeof certificate === 'string') return withVerdict(covered, [...found, reason(certificate)]);
  const signed = canonicalElement(structure.signedInfo, canonicalisation);
  const named = xmlAlgorithms[attributeOf(algorithm, 'Algorithm') ?? ''];
  const stamps = signatureStamps(structure);
  return judgeSignature(
    {
      base: covered,
      found,
      isContentSame: checked.length === references.length && checked.every(({ outcome }) => outcome === 'same'),
      // What nobody signed is not called unchanged.
      isChangedLater: !isWhole,
      certificate,
      material,
      stamps,
      ...archiveStamps(structure, checked, { around, material }),
      hasLevels: profile === 'baseline',
      checkValue: (at) => checkNamedValue(named, certificate.publicKey, signed, value, at),
      checkLog: () =>
        checkLogProof(
          {
            inclusionProof: inclusionProofOf(structure),
            signature: loggedValue(value, named),
            timeStampTokens: stamps.map(({ token }) => token),
          },
          { certificate: certificate.der, content: contentOf(checked), logs: around.logs },
        ),
    },
    around,
  );
}

/** The log knows ECDSA values in DER. */
const loggedValue = (value: Buffer, algorithm: NamedAlgorithm | undefined) =>
  algorithm?.isRaw && value.length === 64 ? ecdsaSignatureFromRaw(value) : value;

/** What people mean by what was signed: everything but the signature's own parts. */
const contentOf = (references: readonly CheckedReference[]) =>
  references.filter(({ target }) => target !== 'properties').map(({ octets }) => octets);

function withCounters(
  base: SignatureReport,
  structure: SignatureStructure,
  { document, beside, name, counterSigned }: XmlPlace,
  around: Surroundings,
): SignatureReport {
  const counters = countersOf(structure).map((counter, index) => () => {
    // One that is signed itself is shown to be, and no more: a file cannot ask for work without end.
    if (counterSigned || !counter) return undefined;
    const place = { document, beside, name: counterName(name, index), counterSigned: structure.value };
    return judgeXmlSignature(counter, place, withMaterial(around, materialOf(structure)));
  });
  return withCounterSignatures(base, counters);
}

/** The signatures in the properties that nobody signed (ETSI EN 319 132-1 §5.2.7.2), one in each; `undefined` for one that is none. */
const countersOf = ({ qualifying }: SignatureStructure): (XmlElement | undefined)[] =>
  (qualifying?.unsigned ?? [])
    .filter(({ local }) => local === 'CounterSignature')
    .map((property) => {
      const [signature, ...others] = elementsOf(property);
      return signature && isSignature(signature) && others.length === 0 ? signature : undefined;
    });

/** A counter-signature is over the value of the signature that it stands in. */
const counterFaults = (references: readonly CheckedReference[]): Reason[] =>
  references.some(({ target }) => target === 'value') ? [] : [reason('part-not-signed', 'the counter-signed value')];

function leftOut(references: readonly CheckedReference[], { mustCover = [] }: Beside): Reason[] {
  const isCovered = mustCover.every((file) => references.some(({ octets }) => octets === file));
  return isCovered ? [] : [reason('file-not-signed')];
}

function faultOf(reference: ReadReference): Reason[] {
  if ('problem' in reference) {
    const code: ReasonCode = reference.problem === 'missing' ? 'content-missing' : 'reference-refused';
    return [reason(code, reference.detail)];
  }
  if (reference.outcome === 'refused') return [reason('algorithm-refused', `digest of ${reference.uri}`)];
  return reference.outcome === 'changed' ? [reason('content-changed', reference.uri)] : [];
}

/**
 * What of the file the signature leaves out. A signature that stands in a document covers all of it; one that is the document, or
 * stands in nothing but a list of signatures, covers files beside it or its own objects; and nothing in it is unsigned.
 */
function coverageFaults(
  { element, objects, qualifying }: SignatureStructure,
  { root, before, after }: XmlDocument,
  references: readonly ReadReference[],
): Reason[] {
  const checked = references.filter((one) => 'target' in one);
  const unsigned = objects.filter(
    (object) => object !== qualifying?.object && !checked.some((one) => one.element === object),
  );
  const faults = unsigned.map(() => reason('part-not-signed', 'an object of the signature'));
  const standsAlone = root === element || (isListOfSignatures(root) && before.length + after.length === 0);
  if (standsAlone) {
    const isContent = ({ target, element: signed }: CheckedReference) =>
      target === 'file' || (target === 'own' && signed !== undefined && objects.includes(signed));
    const isOverNothing = checked.length === references.length && !checked.some(isContent);
    return isOverNothing ? [...faults, reason('part-not-signed', 'nothing is signed')] : faults;
  }
  return checked.some(({ target }) => target === 'document')
    ? faults
    : [...faults, reason('part-not-signed', 'the document around the signature')];
}

/** `asic:XAdESSignatures` and its like: nothing but signatures. */
const isListOfSignatures = ({ children }: XmlElement) =>
  children.every((child) =>
    child.kind === 'element' ? isSignature(child) : child.kind === 'text' && child.text.trim() === '',
  );
