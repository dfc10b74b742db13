import { type CmsSignedData, cmsOids, readCms, SignerCountError } from '@edutrust/certs/cms';
import { judgeCms } from '../../validation/judge-cms.ts';
import type { Reason } from '../../validation/reasons.ts';
import { type ReasonCode, reason } from '../../validation/reasons.ts';
import type { SignatureReport } from '../../validation/report.ts';
import { type Material, type Surroundings, withMaterial } from '../../validation/surroundings.ts';
import { emptyReport, withVerdict } from '../../validation/verdict.ts';
import { warning } from '../../validation/warnings.ts';
import type { PdfFile } from '../pdf/document.ts';
import { as, nameOf, type PdfDictionary, textOf } from '../pdf/object.ts';
import { checkByteRange } from './byte-range.ts';
import { permissionsOf } from './changes/permissions.ts';
import { type ChangeReview, reviewChanges } from './changes/policy.ts';
import type { SignedField } from './fields.ts';
import { judgeStamp, type ProvenStamp } from './judge-stamp.ts';
import { latentContent } from './latent.ts';

/** A signature's report, and what the whole file's verdict needs to know of it. */
export interface Judged {
  readonly report: SignatureReport;
  readonly value: number | undefined;
  readonly laterSignatures: ReadonlySet<number>;
  /** For a good document time stamp. */
  readonly stamp?: ProvenStamp;
}

/** What all signatures of a PDF are judged with. */
export interface PdfSurroundings {
  readonly around: Surroundings;
  /** What the document's security store holds. */
  readonly stored: Material;
  /** Good document time stamps, oldest first. */
  readonly documentTimeStamps: readonly ProvenStamp[];
}

/** Judges one signature field; never throws for what is in it. */
export function judgeField(file: PdfFile, field: SignedField, given: PdfSurroundings): Judged {
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
  const permissions = permissionsOf(file.at(range.revision), dictionary, field);
  const { changes, laterSignatures, isOverScan } = reviewChanges(file, range.revision, range.length, permissions);
  const base: SignatureReport = {
    ...emptyReport(field.name),
    coverage: range.length === file.bytes.length ? 'whole' : 'revision',
    revisionLength: range.length,
    changesAfter: changes,
    certification: permissions.certifies ? { permits: permissions.certifies } : null,
    time: { ...emptyReport('').time, claimed: claimedTime(dictionary) },
  };
  const changeReasons = reasonsOfChanges(changes);
  const opened = { range, base, changeReasons };
  const judged = (report: SignatureReport, stamp?: ProvenStamp): Judged => ({
    report,
    value: field.value,
    laterSignatures,
    ...(stamp ? { stamp } : {}),
  });
  const subFilter = subFilterOf(dictionary);
  if (subFilter === 'ETSI.RFC3161') {
    const { report, stamp } = judgeStamp(opened, withMaterial(given.around, given.stored));
    return judged(report, stamp);
  }
  if (subFilter !== 'ETSI.CAdES.detached' && subFilter !== 'adbe.pkcs7.detached') {
    return judged(withVerdict(base, [...changeReasons, reason('sub-filter-unknown', subFilter)]));
  }
  const format = subFilter === 'ETSI.CAdES.detached' ? 'PAdES' : 'PKCS#7';
  const cms = tryReadCms(range.contents);
  if ('code' in cms) return judged(withVerdict({ ...base, format }, [...changeReasons, reason(cms.code, cms.detail)]));
  const { around, stored, documentTimeStamps } = given;
  const latent = latentContent(file.at(range.revision));
  const warnings = isOverScan ? [...latent, warning('block-over-scan')] : latent;
  const profile = format === 'PAdES' ? 'baseline' : 'plain';
  return judged(
    judgeCms(
      cms,
      {
        base: { ...base, format, warnings },
        content: range.parts,
        changeReasons,
        profile,
        stored,
        covering: documentTimeStamps.filter(({ coveredLength }) => coveredLength >= range.length),
        isMaterialStamped: documentTimeStamps.some(({ revision }) => hasStore(file, revision)),
      },
      around,
    ),
  );
}

/** Whether a revision has a document security store, which a document time stamp in it covers. */
function hasStore(file: PdfFile, revision: number): boolean {
  const view = file.at(revision);
  return view.dictionary(view.trailer.entries.get('Root'))?.entries.has('DSS') === true;
}

/** Whether a field holds a document time stamp (ETSI EN 319 142-1 §5.4.3). */
export function isDocumentTimeStamp(file: PdfFile, { value }: SignedField): boolean {
  const signature = value === undefined ? undefined : as('dictionary', file.current.get(value));
  return signature !== undefined && subFilterOf(signature) === 'ETSI.RFC3161';
}

const subFilterOf = (signature: PdfDictionary) => nameOf(signature.entries.get('SubFilter'));

function tryReadCms(contents: Buffer): CmsSignedData | { readonly code: ReasonCode; readonly detail: string } {
  try {
    const cms = readCms(contents, 'zeros');
    // Detached, and of plain data (ETSI EN 319 142-1 §5.2).
    if (!cms.content && cms.contentType === cmsOids.data) return cms;
    return { code: 'cms-malformed', detail: 'not detached, or not of plain data' };
  } catch (error) {
    const detail = error instanceof Error ? error.message : '';
    return { code: error instanceof SignerCountError ? 'cms-signers' : 'cms-malformed', detail };
  }
}

function reasonsOfChanges(changes: ChangeReview['changes']): Reason[] {
  const refused = changes.filter(({ allowed }) => !allowed);
  if (refused.length === 0) return [];
  const detailOf = (some: typeof refused) =>
    some
      .slice(0, 5)
      .map(({ detail, kind }) => detail ?? kind)
      .join('; ');
  const worst = refused.filter(({ kind }) => !(kind in openChanges));
  if (worst.length > 0) return [reason('changed-afterwards', detailOf(worst))];
  const [first] = Object.entries(openChanges).filter(([kind]) => refused.some((change) => change.kind === kind));
  return first ? [reason(first[1], detailOf(refused))] : [];
}

/** Changes that show nothing else on a page, and that no rule allows: the reason says which, and nobody is accused. */
const openChanges = {
  covering: 'covered-afterwards',
  'form-fill': 'form-filled-afterwards',
  metadata: 'metadata-changed-afterwards',
  padding: 'padded-afterwards',
} as const satisfies Record<string, ReasonCode>;

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
