import {
  archiveCover,
  archiveImprint,
  type CmsSignedData,
  cmsOids,
  digestOf,
  imprintAlgorithmOf,
  readCms,
  readSigners,
  SignerCountError,
  verifyTimeStampToken,
} from '@edutrust/certs/cms';
import { judgeCms } from '../../validation/judge-cms.ts';
import { type GoodStamp, stampTrust } from '../../validation/judge-signature.ts';
import type { ValidationOptions } from '../../validation/options.ts';
import { reason } from '../../validation/reasons.ts';
import type { SignatureReport, ValidationReport } from '../../validation/report.ts';
import { type Surroundings, surroundingsOf, withMaterial } from '../../validation/surroundings.ts';
import { emptyReport, fileReport, unjudged, withVerdict } from '../../validation/verdict.ts';
import { type Content, isHeld, piecesOf } from '../content.ts';

/**
 * Judges every signature of a CMS (ETSI EN 319 122-1): CAdES, or PKCS#7 of before. What is signed is inside, or is
 * `options.content`; with both they must be the same bytes.
 */
export async function validateCades(bytes: Uint8Array, options: ValidationOptions): Promise<ValidationReport> {
  let signers: CmsSignedData[];
  try {
    signers = readSigners(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), 'none');
  } catch (error) {
    const detail = error instanceof Error ? error.message : '';
    return unjudged(error instanceof SignerCountError ? 'cms-signers' : 'cms-malformed', detail);
  }
  const around = surroundingsOf(options);
  return fileReport(
    signers.map((cms, index) => judgeCades(cms, { name: `Signature${index + 1}`, content: options.content }, around)),
  );
}

/** A signature by its name, what it signs, and good time stamps that stand outside it and are over all of it. */
interface Given {
  readonly name: string;
  readonly content: Content | undefined;
  readonly beside?: readonly GoodStamp[];
}

/** Judges one signature over bytes that stand elsewhere, or inside it. Never throws for what is in it. */
export function judgeCades(
  cms: CmsSignedData,
  { name, content, beside = [] }: Given,
  around: Surroundings,
): SignatureReport {
  const profile = cms.certificateBinding ? 'baseline' : 'plain';
  const base: SignatureReport = {
    ...emptyReport(name),
    format: profile === 'baseline' ? 'CAdES' : 'PKCS#7',
    time: { ...emptyReport('').time, claimed: cms.signingTime?.toISOString() ?? null },
  };
  if (cms.contentType !== cmsOids.data) return withVerdict(base, [reason('cms-malformed', 'not of plain data')]);
  const signed = cms.content ?? content;
  if (!signed) return withVerdict(base, [reason('content-missing')]);
  // Without signed attributes the value is over the contents themselves, which would be held (RFC 5652 §5.4).
  if (!isHeld(signed) && !cms.signedAttributes)
    return withVerdict(base, [reason('beyond-limits', 'a large file without signed attributes')]);
  const isAnother = cms.content && content && !(isHeld(content) && cms.content.equals(content));
  const { covering, isMaterialStamped } = archiveStamps(cms, signed, around);
  return judgeCms(
    cms,
    {
      base: { ...base, coverage: 'whole' },
      content: piecesOf(signed),
      changeReasons: isAnother ? [reason('content-changed', 'the file is not the one inside the signature')] : [],
      profile,
      stored: { untrusted: [], crls: [], ocsp: [] },
      covering: [...covering, ...beside].toSorted((one, other) => one.at.getTime() - other.at.getTime()),
      isMaterialStamped: isMaterialStamped || beside.length > 0,
    },
    around,
  );
}

/** Archive time stamps of one signature that are looked at. */
const mostStamps = 16;

/** The good archive time stamps (ETSI EN 319 122-1 §5.5.3), oldest first, and whether one covers all material of now. */
function archiveStamps(
  cms: CmsSignedData,
  content: Content,
  around: Surroundings,
): { readonly covering: readonly GoodStamp[]; readonly isMaterialStamped: boolean } {
  const inside = { untrusted: cms.certificates, crls: cms.crls, ocsp: cms.ocspResponses };
  const trust = stampTrust(withMaterial(around, inside));
  const found = cms.archiveTimeStampTokens.slice(0, mostStamps).flatMap((token) => {
    const over = archivedBytes(cms, content, token);
    const verified = over && verifyTimeStampToken(token, over.parts, trust);
    return verified?.isTrusted
      ? [{ at: verified.at, authority: verified.authority, coversMaterial: over?.coversMaterial === true }]
      : [];
  });
  const covering = found.toSorted((a, b) => a.at.getTime() - b.at.getTime());
  return { covering, isMaterialStamped: covering.some(({ coversMaterial }) => coversMaterial) };
}

/** What a token must be over; `undefined` when it carries no index of this signature, or one by a weak digest. */
function archivedBytes({ encoded }: CmsSignedData, content: Content, token: Buffer) {
  try {
    const { hashIndex } = readCms(token, 'none');
    const algorithm = imprintAlgorithmOf(token);
    const digest = algorithm && digestOf(algorithm, piecesOf(content));
    const cover = hashIndex && archiveCover(hashIndex, encoded);
    if (!hashIndex || !digest || !cover?.isWhole) return undefined;
    return { parts: archiveImprint(encoded, digest, hashIndex), coversMaterial: cover.coversMaterial };
  } catch {
    return undefined; // a token that cannot be read proves nothing
  }
}
