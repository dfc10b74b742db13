import { createHash } from 'node:crypto';
import { chainAbove } from '@edutrust/certs/authority';
import { attribute, cmsOids } from '@edutrust/certs/cms';
import { time } from '@edutrust/certs/der';
import { keyStore } from '@edutrust/certs/key-store';
import { timeStamp } from '@edutrust/certs/time-stamp';
import type { ServiceContext } from '@edutrust/platform/context';
import { EduTrustError } from '@edutrust/platform/errors';
import { findSigners } from '@edutrust/registry/permissions';
import { assembleCms, buildSignedAttributes } from '../formats/cms.ts';
import type { SignatureFormat } from '../formats/format.ts';
import { formatNamed } from '../formats/formats.ts';
import { invalidRequest } from './csc-error.ts';
import {
  hashes,
  isBase64,
  missing,
  mustBeOurSignAlgo,
  mustBeSha256,
  optionalText,
  type Parameters,
  parametersOf,
  text,
} from './request.ts';
import { type Activation, mustBeHere, type Signing, useAct } from './sign-hash.ts';

/** What `signatures/signDoc` makes, by the letters of the specification (CSC API v2.2 §11.11), with how a signature lies there. */
export const documentFormats = {
  P: ['Revision'],
  C: ['Attached', 'Detached'],
  X: ['Enveloped'],
} as const;
type Letter = keyof typeof documentFormats;
export const conformanceLevels = ['Ades-B-B', 'Ades-B-T'] as const;

/** Some documents of this many bytes in one call. */
export const longestCallBytes = 32 * 1024 * 1024;

interface DocumentWish {
  readonly letter: Letter;
  readonly isStamped: boolean;
  readonly isDetached: boolean;
  /** SHA-256 of the document as it came, which the person confirmed; of a PDF that somebody prepared, of its byte ranges. */
  readonly hash: Buffer;
  readonly document: Buffer | undefined;
}

interface MadeDocument {
  readonly signature: Buffer;
  readonly file: Buffer;
  readonly isWhole: boolean;
}

/** Makes AdES signatures of documents or of digests that the person confirmed. @throws CscError */
export async function signDocuments(context: ServiceContext, activation: Activation, parameters: Parameters) {
  const wishes = wishesOf(parameters);
  const made = await useAct(
    context,
    activation,
    wishes.map(({ hash }) => hash),
    (signing, index) => makeDocument(signing, wishes[index] as DocumentWish), // one for each
  );
  const of = (isWhole: boolean) =>
    made.flatMap((one) => (one.isWhole === isWhole ? [one.file.toString('base64')] : []));
  const [whole, detached] = [of(true), of(false)];
  return {
    ...(whole.length > 0 ? { DocumentWithSignature: whole } : {}),
    ...(detached.length > 0 ? { SignatureObject: detached } : {}),
  };
}

function wishesOf(parameters: Parameters): DocumentWish[] {
  const { documents = null, documentDigests = null } = parameters;
  if (documents !== null && documentDigests !== null)
    throw invalidRequest('Both documentDigests and documents parameters passed');
  if (documents !== null && !Array.isArray(documents)) throw invalidRequest('Invalid array parameter documents');
  if (documentDigests !== null && !Array.isArray(documentDigests))
    throw invalidRequest('Invalid object parameter documentDigests');
  const given = (documents ?? documentDigests ?? []) as readonly unknown[];
  if (given.length === 0) throw invalidRequest('Empty documentDigests and documents objects');
  return given.flatMap((one): DocumentWish[] => {
    const entry = parametersOf(one);
    mustBeOurSignAlgo(entry);
    mustBeSha256(entry, false);
    const how = howOf(entry);
    if (documents !== null) {
      const document = documentOf(entry);
      return [{ ...how, document, hash: createHash('sha256').update(document).digest() }];
    }
    if (how.letter === 'X') throw invalidRequest('Invalid parameter signature_format');
    const digests = typeof entry.hashes === 'string' ? { hashes: [entry.hashes] } : entry; // the specification's samples have one
    return hashes(digests).map((hash) => ({ ...how, isDetached: true, document: undefined, hash }));
  });
}

function documentOf(entry: Parameters): Buffer {
  const { document } = entry;
  if (typeof document !== 'string' || !isBase64(document))
    throw invalidRequest('Invalid Base64 documents string parameter');
  return Buffer.from(document, 'base64');
}

function howOf(entry: Parameters): Pick<DocumentWish, 'letter' | 'isStamped' | 'isDetached'> {
  const letter = text(entry, 'signature_format');
  if (!isLetter(letter)) throw invalidRequest('Invalid parameter signature_format');
  const level = (optionalText(entry, 'conformance_level') ?? conformanceLevels[0]).toLowerCase();
  if (!conformanceLevels.some((known) => known.toLowerCase() === level))
    throw invalidRequest('Invalid parameter conformance_level');
  const properties: readonly string[] = documentFormats[letter];
  const property = optionalText(entry, 'signed_envelope_property') ?? properties[0] ?? '';
  if (!properties.includes(property)) throw invalidRequest('Invalid parameter signed_envelope_property');
  if (entry.signed_props !== undefined && entry.signed_props !== null) {
    if (!Array.isArray(entry.signed_props)) throw missing('array', 'signed_props');
    if (entry.signed_props.length > 0) throw invalidRequest('Invalid parameter signed_props');
  }
  return { letter, isStamped: level.endsWith('-t'), isDetached: property === 'Detached' };
}

const isLetter = (letter: string): letter is Letter => Object.hasOwn(documentFormats, letter);

async function makeDocument(signing: Signing, wish: DocumentWish): Promise<MadeDocument> {
  const { letter, document } = wish;
  if (document && letter !== 'C')
    return makeFile(signing, wish, formatNamed(letter === 'P' ? 'PAdES' : 'XAdES'), document);
  return makeCms(signing, wish);
}

/** A file that carries its signature: PDF and XML. */
async function makeFile(
  signing: Signing,
  { isStamped }: DocumentWish,
  format: SignatureFormat,
  document: Buffer,
): Promise<MadeDocument> {
  const { context, certificate, enrolment } = signing;
  const [signer] = await findSigners(context, {
    personId: enrolment.person_id,
    organisationId: enrolment.organisation_id,
  });
  try {
    if (!format.recognises(document)) throw invalidRequest('Invalid parameter signature_format');
    const { prepared, toBeSigned } = format.prepare(document, {
      signatory: {
        kind: 'person',
        name: signer?.fullName ?? '',
        title: enrolment.title,
        organisation: signer?.organisationName ?? '',
        certificate: certificate.der,
      },
      at: context.clock.now(),
      place: undefined,
      verifyAt: `${context.config.url.host}/verify`,
    });
    const signature = await signBytes(signing, toBeSigned);
    const timeStampToken = isStamped
      ? await timeStamp(context, sha256(format.stamped(signature, certificate.der)))
      : undefined;
    const file = format.complete(prepared, {
      toBeSigned,
      signature,
      certificates: await chainOf(signing),
      ...(timeStampToken ? { timeStampToken } : {}),
    });
    return { signature, file, isWhole: true };
  } catch (error) {
    // what cannot be signed of a document, said by the format
    if (error instanceof EduTrustError && error.status === 400) throw invalidRequest(error.detail.en);
    throw error;
  }
}

/** A CMS: of any file, or for the place that somebody kept in a PDF (ETSI EN 319 122-1, EN 319 142-1 §6.2). */
async function makeCms(signing: Signing, wish: DocumentWish): Promise<MadeDocument> {
  const { context, certificate } = signing;
  const isOfPdf = wish.letter === 'P'; // a PDF tells the time itself
  const signedAttributes = buildSignedAttributes({
    digest: wish.hash,
    signingCertificate: certificate.der,
    ...(isOfPdf ? {} : { others: [attribute(cmsOids.signingTime, time(context.clock.now()))] }),
  });
  const signature = await signBytes(signing, signedAttributes);
  const file = assembleCms({
    signedAttributes,
    signature,
    certificates: await chainOf(signing),
    ...(wish.isStamped ? { timeStampToken: await timeStamp(context, sha256(signature)) } : {}),
    ...(wish.document && !wish.isDetached ? { content: wish.document } : {}),
  });
  return { signature, file, isWhole: wish.document !== undefined && !wish.isDetached };
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

const signBytes = ({ context, enrolment }: Signing, bytes: Uint8Array): Promise<Buffer> =>
  keyStore(context).sign(context.db, mustBeHere(enrolment), 'signer', bytes);

/** The signer's certificate and its issuers without the root. */
async function chainOf({ context, certificate: { der, issuerId } }: Signing): Promise<Buffer[]> {
  return [der, ...(issuerId ? (await chainAbove(context, issuerId)).slice(0, -1) : [])];
}
