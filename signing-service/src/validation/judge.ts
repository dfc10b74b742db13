import type { Certificate } from '@edutrust/certs/certificate';
import type { PdfFile } from '../pdf/document.ts';
import { as, nameOf, type PdfDictionary, textOf } from '../pdf/object.ts';
import { checkByteRange, type SignedRange } from './byte-range.ts';
import { type ChangeReview, reviewChanges } from './changes/policy.ts';
import { type CmsSignature, readCms, SignerCountError } from './cms.ts';
import type { SignedField } from './fields.ts';
import { type ReasonCode, reason } from './reasons.ts';
import type { Reason, SignatureReport, Verdict } from './report.ts';
import { checkSignatureValue, digestOf } from './signature-value.ts';
import { checkTrust, findSigner, identityOf } from './signer.ts';
import { checkTimeStamp, type TimeStampVerdict } from './time-stamp.ts';

/** How far two good clocks may differ. */
const toleratedMs = 5 * 60_000;

/** What all signatures of a file are judged with. */
export interface Surroundings {
  readonly anchors: readonly Uint8Array[];
  readonly timeStampAnchors: readonly Uint8Array[];
  /** From the options and the document's security store. */
  readonly untrusted: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
  readonly hasValidationData: boolean;
  readonly requireRevocation: boolean;
  readonly at: Date;
  /** Good document time stamps, oldest first. */
  readonly documentTimeStamps: readonly {
    readonly at: Date;
    readonly authority: string;
    readonly coveredLength: number;
  }[];
}

/** A signature's report, and what the whole file's verdict needs to know of it. */
export interface Judged {
  readonly report: SignatureReport;
  readonly value: number | undefined;
  readonly laterSignatures: ReadonlySet<number>;
  /** For a good document time stamp. */
  readonly stamp?: { readonly at: Date; readonly authority: string; readonly coveredLength: number };
}

type OpenRange = Extract<SignedRange, { ok: true }>;

/** Judges one signature field; never throws for what is in it. */
export function judgeSignature(file: PdfFile, field: SignedField, around: Surroundings): Judged {
  const refused = (code: ReasonCode, detail?: string, extra: Partial<SignatureReport> = {}): Judged => ({
    report: withVerdict({ ...emptyReport(field.name), ...extra }, [reason(code, detail)]),
    value: field.value,
    laterSignatures: new Set(),
  });
  const entry = field.value === undefined ? undefined : file.current.entry(field.value);
  if (field.value === undefined || entry?.type !== 'offset')
    return refused('field-malformed', 'the signature is no object of its own');
  const placed = file.placedAt(entry.offset, field.value, entry.generation, file.current);
  const dictionary = as('dictionary', placed.object);
  if (!dictionary) return refused('field-malformed', 'the signature is no dictionary');
  const range = checkByteRange(file, dictionary, placed);
  if (!range.ok) return refused(range.code, range.detail);
  const { changes, laterSignatures } = reviewChanges(file, range.revision, range.length);
  const base: SignatureReport = {
    ...emptyReport(field.name),
    coverage: range.length === file.bytes.length ? 'whole' : 'revision',
    revisionLength: range.length,
    changesAfter: changes,
    time: { proven: null, claimed: claimedTime(dictionary), authority: null },
  };
  const changeReasons = reasonsOfChanges(changes);
  const subFilter = nameOf(dictionary.entries.get('SubFilter'));
  if (subFilter === 'ETSI.RFC3161')
    return judgeDocumentTimeStamp(field, range, base, laterSignatures, changeReasons, around);
  if (subFilter !== 'ETSI.CAdES.detached' && subFilter !== 'adbe.pkcs7.detached') {
    return { ...refused('sub-filter-unknown', subFilter, base), laterSignatures };
  }
  const format = subFilter === 'ETSI.CAdES.detached' ? 'PAdES' : 'PKCS#7';
  const cms = tryReadCms(range.contents);
  if (typeof cms === 'string') return { ...refused(cms, undefined, { ...base, format }), laterSignatures };
  const judged = judgeCms(cms, range, format, base, changeReasons, around);
  return { report: judged, value: field.value, laterSignatures };
}

function tryReadCms(contents: Buffer): CmsSignature | ReasonCode {
  try {
    const cms = readCms(contents, 'zeros');
    // Detached, and of plain data (ETSI EN 319 142-1 §5.2).
    return cms.content || cms.contentType !== '1.2.840.113549.1.7.1' ? 'cms-malformed' : cms;
  } catch (error) {
    return error instanceof SignerCountError ? 'cms-signers' : 'cms-malformed';
  }
}

function judgeCms(
  cms: CmsSignature,
  range: OpenRange,
  format: 'PAdES' | 'PKCS#7',
  base: SignatureReport,
  changeReasons: readonly Reason[],
  around: Surroundings,
): SignatureReport {
  const reasons: Reason[] = [...changeReasons];
  const digest = digestOf(cms.digestAlgorithm, ...range.parts);
  if (!digest) reasons.push(reason('algorithm-refused', `digest ${cms.digestAlgorithm}`));
  else if (!digest.equals(cms.messageDigest)) reasons.push(reason('content-changed'));
  const untrusted = [...cms.certificates, ...around.untrusted];
  // PAdES asks for the attribute that binds the certificate (ETSI EN 319 142-1 §6.3); plain PKCS#7 does not.
  const isUnbound = format === 'PAdES' && !cms.certificateHash;
  const found = isUnbound
    ? ({ ok: false, code: 'signer-mismatch', detail: 'no signing-certificate-v2' } as const)
    : findSigner(cms, untrusted);
  if (!found.ok) return withVerdict({ ...base, format }, [...reasons, reason(found.code, found.detail)]);
  const value = tryCheckValue(cms, found.certificate);
  if (value === 'wrong') reasons.push(reason('signature-wrong'));
  if (value === 'refused') reasons.push(reason('algorithm-refused', 'signature algorithm or key'));
  const isIntact = reasons.length === 0;
  const stamp = checkStamps(cms, around, untrusted);
  if (stamp && !stamp.ok) reasons.push(reason(stamp.code, stamp.detail));
  const documentStamp = around.documentTimeStamps.find(({ coveredLength }) => coveredLength >= range.length);
  if (stamp?.ok && documentStamp && documentStamp.at < stamp.at) reasons.push(reason('time-stamp-order'));
  const proven = stamp?.ok ? stamp : documentStamp;
  if (proven && proven.at.getTime() > around.at.getTime() + toleratedMs) reasons.push(reason('signed-later'));
  const distrust = checkTrust({
    certificate: found.certificate,
    untrusted,
    anchors: around.anchors,
    crls: around.crls,
    requireRevocation: around.requireRevocation,
    proven: proven?.at,
    at: around.at,
  });
  if (distrust) reasons.push(reason(distrust.code, distrust.detail));
  const isStamped = stamp?.ok === true;
  const level = isStamped ? (around.hasValidationData ? (documentStamp ? 'B-LTA' : 'B-LT') : 'B-T') : 'B-B';
  return withVerdict(
    {
      ...base,
      format,
      level: format === 'PAdES' ? level : null,
      signer: identityOf(found.certificate),
      time: { ...base.time, proven: proven?.at.toISOString() ?? null, authority: proven?.authority ?? null },
      intact: isIntact,
      trusted: !distrust,
    },
    reasons,
  );
}

/** The first good time stamp of the signature, else why the first one is not. */
function checkStamps(
  cms: CmsSignature,
  around: Surroundings,
  untrusted: readonly Uint8Array[],
): TimeStampVerdict | undefined {
  const verdicts = cms.timeStampTokens.slice(0, 4).map((token) =>
    checkTimeStamp(token, 'none', [cms.signature], {
      anchors: around.timeStampAnchors,
      untrusted,
      crls: around.crls,
    }),
  );
  return verdicts.find(({ ok }) => !ok) ?? verdicts[0];
}

function tryCheckValue(cms: CmsSignature, certificate: Certificate): 'good' | 'wrong' | 'refused' {
  try {
    return checkSignatureValue(cms, certificate.publicKey());
  } catch {
    // A key or a signature that node:crypto cannot read.
    return 'refused';
  }
}

function judgeDocumentTimeStamp(
  field: SignedField,
  range: OpenRange,
  base: SignatureReport,
  laterSignatures: ReadonlySet<number>,
  changeReasons: readonly Reason[],
  around: Surroundings,
): Judged {
  const stamp = checkTimeStamp(range.contents, 'zeros', range.parts, {
    anchors: around.timeStampAnchors,
    untrusted: around.untrusted,
    crls: around.crls,
  });
  const reasons = stamp.ok ? [...changeReasons] : [...changeReasons, reason(stamp.code, stamp.detail)];
  const report: SignatureReport = {
    ...base,
    format: 'document-time-stamp',
    time: stamp.ok ? { proven: stamp.at.toISOString(), claimed: null, authority: stamp.authority } : base.time,
    intact: changeReasons.length === 0 && (stamp.ok || stamp.code === 'time-stamp-untrusted'),
    trusted: stamp.ok,
  };
  return {
    report: withVerdict(report, reasons),
    value: field.value,
    laterSignatures,
    ...(stamp.ok ? { stamp: { at: stamp.at, authority: stamp.authority, coveredLength: range.length } } : {}),
  };
}

function reasonsOfChanges(changes: ChangeReview['changes']): Reason[] {
  const refused = changes.filter(({ allowed }) => !allowed);
  const details = refused
    .slice(0, 5)
    .map(({ detail, kind }) => detail ?? kind)
    .join('; ');
  if (refused.length === 0) return [];
  const isMetadataOnly = refused.every(({ kind }) => kind === 'metadata');
  return [reason(isMetadataOnly ? 'metadata-changed-afterwards' : 'changed-afterwards', details)];
}

/** `/M` (ISO 32000-1 §7.9.4) as ISO 8601, when it can be read. */
function claimedTime(signature: PdfDictionary): string | null {
  const text = as('string', signature.entries.get('M'));
  const match = text && /^D:(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:Z|([+-])(\d\d)'?(\d\d)?'?)?/u.exec(textOf(text));
  if (!match) return null;
  const [, year, month, day, hour, minute, second, sign, hours = '00', minutes = '00'] = match;
  const at = new Date(
    `${year}-${month}-${day}T${hour}:${minute}:${second}${sign ? `${sign}${hours}:${minutes}` : 'Z'}`,
  );
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

function emptyReport(field: string): SignatureReport {
  return {
    verdict: 'indeterminate',
    sub: null,
    format: 'unknown',
    level: null,
    field,
    coverage: 'none',
    revisionLength: null,
    changesAfter: [],
    signer: null,
    time: { proven: null, claimed: null, authority: null },
    intact: false,
    trusted: false,
    reasons: [],
  };
}

/** The verdict that the reasons give: one that failed, else one that is open, else passed (ETSI EN 319 102-1 §5.1.3). */
export function withVerdict(report: SignatureReport, reasons: readonly Reason[]): SignatureReport {
  const deciding =
    reasons.find(({ indication }) => indication === 'TOTAL-FAILED') ??
    reasons.find(({ indication }) => indication === 'INDETERMINATE');
  const verdict: Verdict =
    deciding === undefined ? 'valid' : deciding.indication === 'TOTAL-FAILED' ? 'invalid' : 'indeterminate';
  const given = reasons.length > 0 ? reasons : [reason('passed')];
  return { ...report, verdict, sub: deciding?.subIndication ?? null, reasons: given };
}
