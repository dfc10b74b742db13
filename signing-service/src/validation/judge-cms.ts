import { type CmsSignedData, checkContent, checkValue, findSigner } from '@edutrust/certs/cms';
import { type GoodStamp, judgeSignature } from './judge-signature.ts';
import { checkLogProof } from './log-proof.ts';
import type { Reason } from './reasons.ts';
import { reason } from './reasons.ts';
import type { SignatureReport } from './report.ts';
import type { Material, Surroundings } from './surroundings.ts';
import { withVerdict } from './verdict.ts';
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
  const base = cms.hasCounterSignature
    ? { ...opened.base, warnings: [...opened.base.warnings, warning('counter-signature')] }
    : opened.base;
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
