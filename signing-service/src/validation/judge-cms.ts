import { type CmsSignedData, checkContent, checkValue, findSigner, readCounterSigner } from '@edutrust/certs/cms';
import { DerError } from '@edutrust/certs/der';
import { counterName, withCounterSignatures } from './counter-signatures.ts';
import { type GoodStamp, judgeSignature } from './judge-signature.ts';
import { checkLogProof } from './log-proof.ts';
import type { Reason } from './reasons.ts';
import { reason } from './reasons.ts';
import type { SignatureReport } from './report.ts';
import type { Material, Surroundings } from './surroundings.ts';
import { emptyReport, withVerdict } from './verdict.ts';
import { warning } from './warnings.ts';

/** What a format found of a signature around its CMS. */
export interface OpenedCms {
  readonly base: SignatureReport;
  /** What is signed, in parts, of which one at a time is held. */
  readonly content: Iterable<Uint8Array>;
  readonly changeReasons: readonly Reason[];
  /** `baseline`: of an AdES profile, which binds the certificate and has levels; `plain` is PKCS#7. */
  readonly profile: 'baseline' | 'plain';
  /** What the file stores beside the CMS. */
  readonly stored: Material;
  readonly covering: readonly GoodStamp[];
  readonly isMaterialStamped: boolean;
}

/** Judges a signature in CMS: PAdES, CAdES, or plain PKCS#7. */
export function judgeCms(cms: CmsSignedData, opened: OpenedCms, around: Surroundings): SignatureReport {
  const { profile, stored } = opened;
  const base = withCounterSignatures(
    opened.base,
    cms.counterSigners.map(
      (bytes, index) => () => judgeCounter(cms, bytes, counterName(opened.base.field, index), around),
    ),
  );
  const reasons: Reason[] = [...opened.changeReasons];
  const content = checkContent(cms, opened.content);
  if (content === 'refused') reasons.push(reason('algorithm-refused', `digest ${cms.digestAlgorithm}`));
  if (content === 'changed') reasons.push(reason('content-changed'));
  const untrusted = [...cms.certificates, ...stored.untrusted];
  // The baseline asks for the attribute that binds the certificate (EN 319 142-1 §6.3, EN 319 122-1 §6.3); PKCS#7 does not.
  const found =
    profile === 'baseline' && !cms.certificateBinding
      ? ({ ok: false, code: 'signer-mismatch', detail: 'no signing-certificate attribute' } as const)
      : findSigner(cms, [...untrusted, ...around.untrusted]);
  if (!found.ok) return withVerdict(base, [...reasons, reason(found.code, found.detail)]);
  const { certificate } = found;
  return judgeSignature(
    {
      base,
      found: reasons,
      isContentSame: content === 'same',
      isChangedLater: opened.changeReasons.length > 0,
      certificate,
      material: {
        untrusted,
        crls: [...cms.crls, ...stored.crls],
        ocsp: [...cms.ocspResponses, ...stored.ocsp],
      },
      stamps: cms.timeStampTokens.map((token) => ({ token, over: cms.signature })),
      covering: opened.covering,
      hasLevels: profile === 'baseline',
      isMaterialStamped: opened.isMaterialStamped,
      checkValue: (at) => checkValue(cms, certificate, opened.content, at),
      checkLog: () => checkLogProof(cms, { certificate: certificate.der, content: opened.content, logs: around.logs }),
    },
    around,
  );
}

/** Judges a counter-signature in a CMS (RFC 5652 §11.4); `undefined` when it cannot be read. */
function judgeCounter(
  cms: CmsSignedData,
  bytes: Buffer,
  name: string,
  around: Surroundings,
): SignatureReport | undefined {
  try {
    const read = readCounterSigner(cms, bytes);
    const profile = read.certificateBinding ? 'baseline' : 'plain';
    const base: SignatureReport = {
      ...emptyReport(name),
      format: profile === 'baseline' ? 'CAdES' : 'PKCS#7',
      coverage: 'whole',
      time: { ...emptyReport('').time, claimed: read.signingTime?.toISOString() ?? null },
      // One that is signed itself is shown to be, and no more: a file cannot ask for work without end.
      warnings: read.counterSigners.length > 0 ? [warning('counter-signature')] : [],
    };
    const stored = { untrusted: cms.certificates, crls: cms.crls, ocsp: cms.ocspResponses };
    return judgeCms(
      { ...read, counterSigners: [] },
      { base, content: [cms.signature], changeReasons: [], profile, stored, covering: [], isMaterialStamped: false },
      around,
    );
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}
