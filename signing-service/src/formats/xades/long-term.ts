import { createHash } from 'node:crypto';
import { InvalidInput } from '@edutrust/platform/errors';
import { certificatesInCms } from '../cms.ts';
import type { LongTerm, TimeStamper, ValidationData } from '../format.ts';
import { canonicalDocument, inclusive } from '../xml/canonical.ts';
import { dsig, xades132, xades141 } from '../xml/names.ts';
import { append, childNamed, elementsOf, readXml, type XmlDocument, type XmlElement } from '../xml/read.ts';
import { exclusiveName } from './names.ts';
import { isMaterial, materialOf } from './properties.ts';
import { type CheckedReference, type FileOf, readReferences } from './references.ts';
import { archivedBytes, tokensOf } from './stamps.ts';
import { outermostSignatures, type SignatureStructure, structureOf } from './structure.ts';

/**
 * Adds validation data to every signature of a file, and with `timeStamp` over each an archive time stamp: B-LT, B-LTA (ETSI EN
 * 319 132-1 §5.4, §5.5). `fileOf` gives what detached signatures sign. Gives the file in canonical form.
 *
 * @throws InvalidInput `sign/xml` for a signature without properties, or whose references cannot be followed
 */
export async function extendXades(
  file: Uint8Array,
  data: ValidationData,
  { timeStamp, fileOf = () => undefined }: { readonly timeStamp?: TimeStamper; readonly fileOf?: FileOf } = {},
): Promise<Buffer> {
  const document = readXml(file);
  for (const element of outermostSignatures(document.root)) {
    const list = unsignedList(element);
    const values = dataElements(data);
    // What comes later, for time stamps that came meanwhile, has a place of its own (§5.5.3).
    const isFirst = !elementsOf(list).some(isMaterial);
    for (const one of isFirst ? values : laterData(values)) append(list, one);
    if (!timeStamp) continue;
    const token = await timeStamp(imprint(element, document, fileOf));
    append(
      list,
      `<xades141:ArchiveTimeStamp xmlns:xades141="${xades141}"><ds:CanonicalizationMethod xmlns:ds="${dsig}" Algorithm="${exclusiveName}"/><xades:EncapsulatedTimeStamp xmlns:xades="${xades132}">${Buffer.from(token).toString('base64')}</xades:EncapsulatedTimeStamp></xades141:ArchiveTimeStamp>`,
    );
  }
  return canonicalDocument(document, inclusive);
}

function structureFor(element: XmlElement): SignatureStructure & { readonly qualifying: object } {
  const structure = structureOf(element);
  if (typeof structure === 'string' || !structure.qualifying) throw notExtendable();
  return { ...structure, qualifying: structure.qualifying };
}

/** UnsignedSignatureProperties of a signature, made when there are none. */
function unsignedList(element: XmlElement): XmlElement {
  const { object } = structureFor(element).qualifying;
  const qualifying = childNamed(object, xades132, 'QualifyingProperties');
  if (!qualifying) throw notExtendable();
  const holder =
    childNamed(qualifying, xades132, 'UnsignedProperties') ??
    append(qualifying, `<xades:UnsignedProperties xmlns:xades="${xades132}"/>`);
  return (
    childNamed(holder, xades132, 'UnsignedSignatureProperties') ??
    append(holder, `<xades:UnsignedSignatureProperties xmlns:xades="${xades132}"/>`)
  );
}

/** SHA-256 of what the next archive time stamp of a signature is over. */
function imprint(element: XmlElement, document: XmlDocument, fileOf: FileOf): Buffer {
  const structure = structureFor(element);
  const references = readReferences(structure, document, { fileOf }) ?? [];
  const checked = references.filter((one): one is CheckedReference => 'target' in one);
  const parts = checked.length === references.length ? archivedBytes(structure, checked) : undefined;
  if (!parts || checked.length === 0) throw notExtendable();
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** CertificateValues and RevocationValues (§5.4.1, §5.4.2). */
function dataElements({ certificates = [], crls = [], ocspResponses = [] }: ValidationData): string[] {
  const values = (name: string, ders: readonly Uint8Array[]) =>
    ders.map((der) => `<xades:${name}>${Buffer.from(der).toString('base64')}</xades:${name}>`).join('');
  const list = (name: string, inner: string) => (inner === '' ? '' : `<xades:${name}>${inner}</xades:${name}>`);
  const revocation =
    list('CRLValues', values('EncapsulatedCRLValue', crls)) +
    list('OCSPValues', values('EncapsulatedOCSPValue', ocspResponses));
  return [
    list('CertificateValues', values('EncapsulatedX509Certificate', certificates)),
    list('RevocationValues', revocation),
  ]
    .filter((one) => one !== '')
    .map((one) => one.replace('>', ` xmlns:xades="${xades132}">`));
}

const laterData = (values: readonly string[]) =>
  values.length === 0
    ? []
    : [
        `<xades141:TimeStampValidationData xmlns:xades141="${xades141}">${values.join('')}</xades141:TimeStampValidationData>`,
      ];

/** Validation data and archive time stamps, inside each signature. */
export const xadesLongTerm: LongTerm = {
  certificatesIn: (file) =>
    outermostSignatures(readXml(file).root).flatMap((element) => {
      const structure = structureOf(element);
      if (typeof structure === 'string') return [];
      const own = materialOf(structure).untrusted.map((der) => Buffer.from(der));
      return [...own, ...tokensOf(structure).flatMap((token) => certificatesInCms(token, 'none'))];
    }),
  extend: (file, data, timeStamp) => extendXades(file, data, { timeStamp }),
};

function notExtendable(): InvalidInput {
  return new InvalidInput('sign/xml', {
    vi: 'Chữ ký XML này không gia hạn lưu trữ được.',
    en: 'This XML signature cannot be archived.',
  });
}
