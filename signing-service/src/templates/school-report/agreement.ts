import { createHash } from 'node:crypto';
import { EduTrustError } from '@edutrust/platform/errors';
import { attachedFile } from '../../formats/pdf/attachment.ts';
import { openPdf } from '../../formats/pdf/document.ts';
import { canonicalDocument, canonicalElement, exclusive, inclusive } from '../../formats/xml/canonical.ts';
import {
  attributeOf,
  childNamed,
  MalformedXml,
  readXml,
  XmlBeyondLimits,
  type XmlElement,
} from '../../formats/xml/read.ts';

/** Of the element that binds data to its document; what the data is in is a namespace of its own. */
const boundNamespace = 'urn:edutrust:bound-report:1';
/** What the data is called inside the PDF. */
export const dataFileName = 'hoc-ba.xml';

/** Data as it is put into the PDF and compared: Exclusive XML Canonicalization 1.0, so that it is the same wherever it stands. */
export function canonicalData(xml: string): Buffer {
  return canonicalElement(readXml(Buffer.from(xml, 'utf8')).root, exclusive);
}

/**
 * The XML that is signed beside the PDF: the data that the PDF carries, and the SHA-256 of the PDF as it was made. Its signatures
 * come behind it as incremental updates, so that those first bytes stay what they are.
 */
export function boundXml(data: Buffer, pdf: Buffer): Buffer {
  const document = `<Document length="${pdf.length}" mediaType="application/pdf" sha256="${sha256(pdf)}"></Document>`;
  const xml = `<BoundReport xmlns="${boundNamespace}"><Data>${data.toString('utf8')}</Data>${document}</BoundReport>`;
  return canonicalDocument(readXml(Buffer.from(xml, 'utf8')), inclusive);
}

/**
 * Why a PDF and an XML are not the two forms of one report. `not-bound`: the XML is no such form; `unreadable`: one of the two cannot be read;
 * `other-document`: the XML belongs to another PDF; `other-data`: the PDF carries other data than the XML, or none.
 */
export type Disagreement = 'not-bound' | 'unreadable' | 'other-document' | 'other-data';

export type Agreement = { readonly agrees: true } | { readonly agrees: false; readonly fault: Disagreement };

/** Whether two files are the two forms of one report, signed or not. What their signatures are worth is another question. */
export function agreementOf(pdf: Uint8Array, xml: Uint8Array): Agreement {
  try {
    const bound = readBound(xml);
    if (!bound) return differs('not-bound');
    const made = Buffer.from(pdf.buffer, pdf.byteOffset, Math.min(bound.length, pdf.byteLength));
    if (made.length !== bound.length || sha256(made) !== bound.sha256) return differs('other-document');
    const carried = attachedFile(openPdf(made).current, dataFileName);
    return carried?.equals(bound.data) ? { agrees: true } : differs('other-data');
  } catch (error) {
    if (error instanceof EduTrustError || error instanceof MalformedXml || error instanceof XmlBeyondLimits)
      return differs('unreadable');
    throw error;
  }
}

const differs = (fault: Disagreement): Agreement => ({ agrees: false, fault });

interface Bound {
  readonly data: Buffer;
  readonly length: number;
  readonly sha256: string;
}

/** What the XML binds; undefined for XML of another kind. */
function readBound(xml: Uint8Array): Bound | undefined {
  const { root } = readXml(xml);
  if (root.namespace !== boundNamespace || root.local !== 'BoundReport') return undefined;
  const [data, ...more] = elementsIn(childNamed(root, boundNamespace, 'Data'));
  const document = childNamed(root, boundNamespace, 'Document');
  const length = Number(document && attributeOf(document, 'length'));
  const digest = document && attributeOf(document, 'sha256');
  if (!data || more.length > 0 || !digest || !Number.isSafeInteger(length) || length <= 0) return undefined;
  return { data: canonicalElement(data, exclusive), length, sha256: digest };
}

const elementsIn = (parent: XmlElement | undefined): XmlElement[] =>
  parent?.children.flatMap((child) => (child.kind === 'element' ? [child] : [])) ?? [];

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
