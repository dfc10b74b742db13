import { type CmsSignedData, checkContent, checkValue, findSigner, verifyTimeStampToken } from '@edutrust/certs/cms';
import type { PdfFile } from '../formats/pdf/document.ts';
import { checkLogProof } from './log-proof.ts';
import type { Reason } from './reasons.ts';
import { reason } from './reasons.ts';
import type { SignatureReport } from './report.ts';
import { checkTrust, identityOf, isStatusKnown } from './signer.ts';
import type { Opened, Surroundings } from './surroundings.ts';
import { stampProblem, withVerdict } from './verdict.ts';

/** How far two good clocks may differ. */
const toleratedMs = 5 * 60_000;
/** Time stamps of one signature that are looked at. */
const mostStamps = 4;

/** Judges a person's or an organisation's signature: PAdES, or plain PKCS#7. */
export function judgeCms(
  cms: CmsSignedData,
  format: 'PAdES' | 'PKCS#7',
  { range, base, changeReasons }: Opened,
  around: Surroundings,
  file: PdfFile,
): SignatureReport {
  const reasons: Reason[] = [...changeReasons];
  const content = checkContent(cms, range.parts);
  if (content === 'refused') reasons.push(reason('algorithm-refused', `digest ${cms.digestAlgorithm}`));
  if (content === 'changed') reasons.push(reason('content-changed'));
  const untrusted = [...cms.certificates, ...around.untrusted];
  // PAdES asks for the attribute that binds the certificate (ETSI EN 319 142-1 §6.3); plain PKCS#7 does not.
  const found =
    format === 'PAdES' && !cms.certificateBinding
      ? ({ ok: false, code: 'signer-mismatch', detail: 'no signing-certificate attribute' } as const)
      : findSigner(cms, untrusted);
  if (!found.ok) return withVerdict({ ...base, format }, [...reasons, reason(found.code, found.detail)]);
  const { certificate } = found;
  const { stamp, problem } = findStamp(cms, around, untrusted);
  const documentStamp = around.documentTimeStamps.find(({ coveredLength }) => coveredLength >= range.length);
  const proven = stamp ?? documentStamp;
  const value = checkValue(cms, certificate, range.parts, proven?.at ?? around.at);
  if (value === 'wrong') reasons.push(reason('signature-wrong'));
  if (value === 'refused') reasons.push(reason('algorithm-refused', 'signature algorithm or key'));
  // Checked and the same; what was allowed to follow is among the changes.
  const intact = content === 'same' && value === 'good' ? changeReasons.length === 0 || null : null;
  if (stamp && documentStamp && documentStamp.at < stamp.at) reasons.push(reason('time-stamp-order'));
  if (proven && proven.at.getTime() > around.at.getTime() + toleratedMs) reasons.push(reason('signed-later'));
  const question = {
    certificate,
    untrusted,
    anchors: around.anchors,
    crls: [...cms.crls, ...around.crls],
    ocsp: [...cms.ocspResponses, ...around.ocsp],
    requireRevocation: around.requireRevocation,
    proven: proven?.at,
    claimed: base.time.claimed === null ? undefined : new Date(base.time.claimed),
    at: around.at,
  };
  const { distrust, chain } = checkTrust(question);
  if (distrust) reasons.push(reason(distrust.code, distrust.detail));
  const hasOwnStatus = () =>
    isStatusKnown({
      ...question,
      untrusted: [...cms.certificates, ...around.stored.untrusted],
      crls: [...cms.crls, ...around.stored.crls],
      ocsp: [...cms.ocspResponses, ...around.stored.ocsp],
    });
  return withVerdict(
    {
      ...base,
      format,
      level: format === 'PAdES' ? levelOf(file, proven !== undefined, hasOwnStatus, around) : null,
      signer: identityOf(certificate),
      chain,
      time: {
        ...base.time,
        proven: proven?.at.toISOString() ?? null,
        authority: proven?.authority ?? null,
        problem,
      },
      log: checkLogProof(cms, { certificate: certificate.der, content: range.parts, logs: around.logs }),
      intact,
      trusted: !distrust,
    },
    reasons,
  );
}

/**
 * The baseline level that the file reaches (ETSI EN 319 142-1 §6.3): B-T with a time that is proven, B-LT when the file
 * itself tells the status of every certificate of the chain, B-LTA when a good document time stamp covers that data.
 */
function levelOf(
  file: PdfFile,
  isProven: boolean,
  hasOwnStatus: () => boolean,
  around: Surroundings,
): NonNullable<SignatureReport['level']> {
  if (!isProven) return 'B-B';
  if (!hasOwnStatus()) return 'B-T';
  const isCovered = around.documentTimeStamps.some(({ revision }) => hasStore(file, revision));
  return isCovered ? 'B-LTA' : 'B-LT';
}

function hasStore(file: PdfFile, revision: number): boolean {
  const view = file.at(revision);
  return view.dictionary(view.trailer.entries.get('Root'))?.entries.has('DSS') === true;
}

interface FoundStamp {
  readonly stamp?: { readonly at: Date; readonly authority: string };
  readonly problem: Reason | null;
}

/**
 * The oldest good time stamp of the signature, else why there is none: a stamp that does not validate is no proof of
 * time, and the signature is judged without it (ETSI EN 319 102-1 §5.5).
 */
function findStamp(cms: CmsSignedData, around: Surroundings, untrusted: readonly Uint8Array[]): FoundStamp {
  let problem: Reason | null = null;
  let stamp: FoundStamp['stamp'];
  for (const token of cms.timeStampTokens.slice(0, mostStamps)) {
    const verified = verifyTimeStampToken(token, cms.signature, {
      anchors: around.timeStampAnchors,
      untrusted,
      crls: [...cms.crls, ...around.crls],
      ocsp: [...cms.ocspResponses, ...around.ocsp],
      now: around.at,
      requireRevocation: around.requireRevocation,
    });
    if (verified.isTrusted) {
      if (!stamp || verified.at < stamp.at) stamp = { at: verified.at, authority: verified.authority };
    } else problem ??= reason(stampProblem(verified.isIntact), verified.reason);
  }
  return stamp ? { stamp, problem: null } : { problem };
}
