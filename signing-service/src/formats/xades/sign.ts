import { createHash, randomUUID } from 'node:crypto';
import { parseCertificate } from '@edutrust/certs/certificate';
import { explicit, integer, sequence } from '@edutrust/certs/der';
import { InvalidInput } from '@edutrust/platform/errors';
import { tlogProofText } from '@edutrust/platform/ledger-proof';
import type { Prepared, SignatureParts, Signer } from '../format.ts';
import { namedValue, xmlNames } from '../signature-value.ts';
import { signingCertificate } from '../signing-certificate.ts';
import { canonicalDocument, canonicalElement, exclusive, inclusive } from '../xml/canonical.ts';
import { dsig, sha256Name, xades132 } from '../xml/names.ts';
import { childNamed, MalformedXml, readXml, XmlBeyondLimits, type XmlDocument } from '../xml/read.ts';
import { exclusiveName, inclusiveName, notASignature, proofNamespace, xpathName } from './names.ts';
import { isSignature, outermostSignatures } from './structure.ts';

/** How XML is signed. */
export interface XadesRequest {
  /** The claimed signing time, to the second. */
  readonly at: Date;
  /** DER, of the signer. */
  readonly certificate: Uint8Array;
  readonly algorithm?: Signer['algorithm'];
  /** A UUID that the signature is named by; a new one when absent. */
  readonly id?: string;
}

/**
 * The file that is signed: the XML in its canonical form (W3C Canonical XML 1.0), so that the digest that is signed is one over the
 * file's own bytes. Comments and the declaration are left out: nothing stands in the file that is not signed.
 *
 * @throws InvalidInput `sign/xml`
 */
export function canonicalXml(file: Uint8Array): Buffer {
  return canonicalDocument(read(file), inclusive);
}

/** How many signatures an XML file carries; 0 of one that cannot be read. */
export function countXmlSignatures(file: Uint8Array): number {
  try {
    return outermostSignatures(readXml(file).root).length;
  } catch {
    return 0;
  }
}

/**
 * Puts room for an enveloped XAdES baseline signature at the end of the root (ETSI EN 319 132-1 §6.3). What is signed is the
 * whole document without any signature, so that several people sign the same; earlier signatures stay whole.
 *
 * @throws InvalidInput `sign/xml`, `sign/certificate`, `sign/algorithm`
 */
export function prepareEnveloped(file: Uint8Array, request: XadesRequest): Prepared {
  const document = read(file);
  if (isSignature(document.root)) throw notSignable('a signature cannot be signed');
  if (document.after.length > 0) throw notSignable('instructions behind the root');
  const content = canonicalDocument(document, inclusive, isSignature);
  const digest = createHash('sha256').update(content).digest();
  const transforms = `<ds:Transforms><ds:Transform Algorithm="${xpathName}"><ds:XPath xmlns:ds="${dsig}">${notASignature}</ds:XPath></ds:Transform><ds:Transform Algorithm="${inclusiveName}"></ds:Transform></ds:Transforms>`;
  const signature = buildSignature({ uri: '', transforms, digest, mediaType: 'application/xml' }, request);
  const whole = canonicalDocument(document, inclusive);
  const end = whole.length - Buffer.byteLength(`</${document.root.qualified}>`); // nothing stands behind the root
  const prepared = Buffer.concat([whole.subarray(0, end), signature.bytes, whole.subarray(end)]);
  return { prepared, digest, toBeSigned: signature.toBeSigned };
}

/**
 * A XAdES baseline signature of any file, as a file of its own: the reference names the file, and is over its bytes as they are.
 *
 * @throws InvalidInput `sign/certificate`, `sign/algorithm`
 */
export function prepareDetached(
  content: Uint8Array,
  request: XadesRequest & { readonly name: string; readonly mediaType: string },
): Prepared {
  const digest = createHash('sha256').update(content).digest();
  const { name, mediaType } = request;
  const uri = escaped(encodeURIComponent(name));
  const { bytes, toBeSigned } = buildSignature({ uri, transforms: '', digest, mediaType: escaped(mediaType) }, request);
  return { prepared: bytes, digest, toBeSigned };
}

/** One reference of a signature, its texts escaped. */
export interface SignedReference {
  readonly uri: string;
  readonly transforms: string;
  readonly digest: Buffer;
  readonly mediaType: string;
}

/** A signature with an empty value, in canonical form, and the bytes that the key signs. */
export function buildSignature(
  { uri, transforms, digest, mediaType }: SignedReference,
  { at, certificate, algorithm, id: uuid = randomUUID() }: XadesRequest,
): { readonly bytes: Buffer; readonly toBeSigned: Buffer } {
  const id = `signature-${uuid}`;
  const signing = signingCertificate(certificate);
  const method = xmlNames[algorithm ?? signing.algorithm()];
  const properties = `<xades:SignedProperties Id="${id}-properties"><xades:SignedSignatureProperties><xades:SigningTime>${at.toISOString().replace(/\.\d+/u, '')}</xades:SigningTime><xades:SigningCertificateV2><xades:Cert><xades:CertDigest><ds:DigestMethod Algorithm="${sha256Name}"></ds:DigestMethod><ds:DigestValue>${hashOf(certificate)}</ds:DigestValue></xades:CertDigest><xades:IssuerSerialV2>${issuerSerial(certificate)}</xades:IssuerSerialV2></xades:Cert></xades:SigningCertificateV2></xades:SignedSignatureProperties><xades:SignedDataObjectProperties><xades:DataObjectFormat ObjectReference="#${id}-content"><xades:MimeType>${mediaType}</xades:MimeType></xades:DataObjectFormat></xades:SignedDataObjectProperties></xades:SignedProperties>`;
  const object = `<ds:Object><xades:QualifyingProperties xmlns:xades="${xades132}" Target="#${id}">${properties}</xades:QualifyingProperties></ds:Object>`;
  const signed = (propertiesDigest: string) =>
    `<ds:SignedInfo><ds:CanonicalizationMethod Algorithm="${exclusiveName}"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="${method}"></ds:SignatureMethod><ds:Reference Id="${id}-content" URI="${uri}">${transforms}<ds:DigestMethod Algorithm="${sha256Name}"></ds:DigestMethod><ds:DigestValue>${digest.toString('base64')}</ds:DigestValue></ds:Reference><ds:Reference Type="http://uri.etsi.org/01903#SignedProperties" URI="#${id}-properties"><ds:Transforms><ds:Transform Algorithm="${exclusiveName}"></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="${sha256Name}"></ds:DigestMethod><ds:DigestValue>${propertiesDigest}</ds:DigestValue></ds:Reference></ds:SignedInfo>`;
  const whole = (signedInfo: string) =>
    `<ds:Signature xmlns:ds="${dsig}" Id="${id}">${signedInfo}<ds:SignatureValue></ds:SignatureValue><ds:KeyInfo></ds:KeyInfo>${object}</ds:Signature>`;
  // The exclusive form of an element does not depend on what is around it: it is the same in the file as it is here.
  const qualifying = readXml(Buffer.from(whole('')))
    .root.children.flatMap((child) => (child.kind === 'element' ? [child] : []))
    .flatMap((child) => childNamed(child, xades132, 'QualifyingProperties') ?? [])[0];
  const signedProperties = qualifying && childNamed(qualifying, xades132, 'SignedProperties');
  if (!signedProperties) throw new TypeError('a signature without its properties');
  const bytes = whole(signed(hashOf(canonicalElement(signedProperties, exclusive))));
  const signedInfo = childNamed(readXml(Buffer.from(bytes)).root, dsig, 'SignedInfo');
  if (!signedInfo) throw new TypeError('a signature without what it signs');
  return { bytes: Buffer.from(bytes), toBeSigned: canonicalElement(signedInfo, exclusive) };
}

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64');

/** DER IssuerSerial in base64 (RFC 5035 §4): GeneralNames with one directoryName, and the number. */
function issuerSerial(certificate: Uint8Array): string {
  const { issuer, serial } = parseCertificate(certificate);
  const names = sequence(explicit(4, issuer.der));
  return sequence(names, integer(serial)).toString('base64');
}

/** The canonical ds:SignatureValue: what a time stamp of the signature is over (ETSI EN 319 132-1 §5.3). */
export function stampedValue(signature: Uint8Array, algorithm: 'ES256' | 'RS256'): Buffer {
  const value = namedValue(algorithm, signature).toString('base64');
  return Buffer.from(`<ds:SignatureValue xmlns:ds="${dsig}">${value}</ds:SignatureValue>`, 'utf8');
}

/** Fills the one signature that has no value yet. @throws InvalidInput `sign/certificate`, `sign/algorithm` */
export function completeXades(prepared: Uint8Array, parts: SignatureParts & Pick<Signer, 'algorithm'>): Buffer {
  const [own] = parts.certificates;
  if (!own) throw new TypeError('a signature carries at least its own certificate');
  const text = Buffer.from(prepared).toString('utf8');
  const room = '<ds:SignatureValue></ds:SignatureValue><ds:KeyInfo></ds:KeyInfo>';
  const at = text.lastIndexOf(room);
  const end = text.indexOf('</xades:QualifyingProperties>', at);
  if (at < 0 || end < 0) throw new TypeError('a file that was not prepared');
  const algorithm = parts.algorithm ?? signingCertificate(own).algorithm();
  const value = namedValue(algorithm, parts.signature).toString('base64');
  const certificates = parts.certificates.map(
    (der) => `<ds:X509Certificate>${Buffer.from(der).toString('base64')}</ds:X509Certificate>`,
  );
  const unsigned = [
    parts.timeStampToken &&
      `<xades:SignatureTimeStamp><ds:CanonicalizationMethod Algorithm="${exclusiveName}"></ds:CanonicalizationMethod><xades:EncapsulatedTimeStamp>${Buffer.from(parts.timeStampToken).toString('base64')}</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp>`,
    parts.inclusionProof &&
      `<tlog:InclusionProof xmlns:tlog="${proofNamespace}">${Buffer.from(tlogProofText(parts.inclusionProof)).toString('base64')}</tlog:InclusionProof>`,
  ].filter((one) => one !== undefined);
  const properties =
    unsigned.length === 0
      ? ''
      : `<xades:UnsignedProperties><xades:UnsignedSignatureProperties>${unsigned.join('')}</xades:UnsignedSignatureProperties></xades:UnsignedProperties>`;
  return Buffer.from(
    `${text.slice(0, at)}<ds:SignatureValue>${value}</ds:SignatureValue><ds:KeyInfo><ds:X509Data>${certificates.join('')}</ds:X509Data></ds:KeyInfo>${text.slice(at + room.length, end)}${properties}${text.slice(end)}`,
    'utf8',
  );
}

/**
 * Signs XML with an enveloped signature, or any file with a detached one (`detached`: its name and media type): XAdES B-B, or B-T
 * with `signer.timeStamp`.
 *
 * @throws InvalidInput `sign/…`
 */
export async function signXades(
  file: Uint8Array,
  { at, detached }: { readonly at: Date; readonly detached?: { readonly name: string; readonly mediaType: string } },
  signer: Signer,
): Promise<Buffer> {
  const [certificate] = signer.certificates;
  if (!certificate) throw new TypeError('a signer has at least its own certificate');
  const algorithm = signer.algorithm ?? signingCertificate(certificate).algorithm();
  const request = { at, certificate, algorithm };
  const { prepared, toBeSigned } = detached
    ? prepareDetached(file, { ...request, ...detached })
    : prepareEnveloped(file, request);
  const signature = await signer.sign(toBeSigned);
  const hash = createHash('sha256').update(stampedValue(signature, algorithm)).digest();
  return completeXades(prepared, {
    toBeSigned,
    signature,
    algorithm,
    certificates: signer.certificates,
    ...(signer.timeStamp ? { timeStampToken: await signer.timeStamp(hash) } : {}),
  });
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

function read(file: Uint8Array): XmlDocument {
  try {
    return readXml(file);
  } catch (error) {
    if (error instanceof MalformedXml || error instanceof XmlBeyondLimits) throw notSignable(error.message);
    throw error;
  }
}

function notSignable(detail: string): InvalidInput {
  return new InvalidInput('sign/xml', {
    vi: `Tệp XML này không ký được (${detail}).`,
    en: `This XML cannot be signed (${detail}).`,
  });
}
