import type { Certificate } from '@edutrust/certs/certificate';
import { verifyTimeStampToken } from '@edutrust/certs/cms';
import type { Reason } from './reasons.ts';
import { reason } from './reasons.ts';
import type { LogEntry, SignatureReport } from './report.ts';
import { checkTrust, identityOf, isStatusKnown } from './signer.ts';
import type { Material, Surroundings } from './surroundings.ts';
import { stampProblem, withVerdict } from './verdict.ts';

/** How far two good clocks may differ. */
const toleratedMs = 5 * 60_000;
/** Time stamps of one signature that are looked at. */
const mostStamps = 4;

/** A time that a trusted stamp proves. */
export interface GoodStamp {
  readonly at: Date;
  readonly authority: string;
}

/** A signature that its format has taken apart: from here on nothing depends on how it is written down. */
export interface TakenSignature {
  /** What its format says of it, and what it says of itself. */
  readonly base: SignatureReport;
  /** What the format found against it: other contents, later changes. */
  readonly found: readonly Reason[];
  /** Whether the signed content was compared, and is the same. */
  readonly isContentSame: boolean;
  /** Whether something followed that no rule allows, or stands beside what is signed. */
  readonly isChangedLater: boolean;
  readonly certificate: Certificate;
  /** Certificates, lists and responses that came inside the signature, or beside it in its file. */
  readonly material: Material;
  /** Time-stamp tokens over the signature value, with the bytes that each must be over. */
  readonly stamps: readonly { readonly token: Buffer; readonly over: Uint8Array }[];
  /** Good stamps that stand elsewhere and cover this signature, oldest first. */
  readonly covering: readonly GoodStamp[];
  /** Whether its format has the levels of the baseline profiles (B-B, B-T, B-LT, B-LTA). */
  readonly hasLevels: boolean;
  /** Whether a good stamp covers the material: what makes B-LT a B-LTA. */
  readonly isMaterialStamped: boolean;
  /** Whether the value is this certificate's, by the algorithms that counted then. */
  checkValue(at: Date): 'good' | 'wrong' | 'refused';
  checkLog(): LogEntry | null;
}

/**
 * Judges a person's or an organisation's signature (ETSI EN 319 102-1 §5.3–§5.6): the value, when it was made, and
 * whether its certificate was good then. The same for every format.
 */
export function judgeSignature(taken: TakenSignature, around: Surroundings): SignatureReport {
  const { base, certificate, material } = taken;
  const reasons: Reason[] = [...taken.found];
  const untrusted = [...material.untrusted, ...around.untrusted];
  const crls = [...material.crls, ...around.crls];
  const ocsp = [...material.ocsp, ...around.ocsp];
  const { stamp, problem } = findStamp(taken.stamps, { ...around, untrusted, crls, ocsp });
  const [covering] = taken.covering;
  const proven = stamp ?? covering;
  const value = taken.checkValue(proven?.at ?? around.at);
  if (value === 'wrong') reasons.push(reason('signature-wrong'));
  if (value === 'refused') reasons.push(reason('algorithm-refused', 'signature algorithm or key'));
  // Checked and the same; what was allowed to follow is among the changes.
  const intact = taken.isContentSame && value === 'good' ? !taken.isChangedLater || null : null;
  if (stamp && covering && covering.at < stamp.at) reasons.push(reason('time-stamp-order'));
  if (proven && proven.at.getTime() > around.at.getTime() + toleratedMs) reasons.push(reason('signed-later'));
  const question = {
    certificate,
    untrusted,
    anchors: around.anchors,
    crls,
    ocsp,
    requireRevocation: around.requireRevocation,
    proven: proven?.at,
    claimed: base.time.claimed === null ? undefined : new Date(base.time.claimed),
    at: around.at,
  };
  const { distrust, chain } = checkTrust(question);
  if (distrust) reasons.push(reason(distrust.code, distrust.detail));
  const hasOwnStatus = () => isStatusKnown({ ...question, ...material });
  return withVerdict(
    {
      ...base,
      level: taken.hasLevels ? levelOf(taken, proven !== undefined, hasOwnStatus) : null,
      signer: identityOf(certificate),
      chain,
      time: {
        ...base.time,
        proven: proven?.at.toISOString() ?? null,
        authority: proven?.authority ?? null,
        problem,
      },
      log: taken.checkLog(),
      intact,
      trusted: !distrust,
    },
    reasons,
  );
}

/**
 * The baseline level that is reached (ETSI EN 319 142-1 §6.3, EN 319 122-1 §6.3): B-T with a time that is proven, B-LT when
 * the file itself tells the status of every certificate of the chain, B-LTA when a good time stamp covers that data.
 */
function levelOf(
  { isMaterialStamped }: TakenSignature,
  isProven: boolean,
  hasOwnStatus: () => boolean,
): NonNullable<SignatureReport['level']> {
  if (!isProven) return 'B-B';
  if (!hasOwnStatus()) return 'B-T';
  return isMaterialStamped ? 'B-LTA' : 'B-LT';
}

interface FoundStamp {
  readonly stamp?: GoodStamp;
  readonly problem: Reason | null;
}

/**
 * The oldest good time stamp of the signature, else why there is none: a stamp that does not validate is no proof of
 * time, and the signature is judged without it (ETSI EN 319 102-1 §5.5).
 */
function findStamp(stamps: TakenSignature['stamps'], around: Surroundings): FoundStamp {
  let problem: Reason | null = null;
  let stamp: GoodStamp | undefined;
  for (const { token, over } of stamps.slice(0, mostStamps)) {
    const verified = verifyTimeStampToken(token, over, stampTrust(around));
    if (verified.isTrusted) {
      if (!stamp || verified.at < stamp.at) stamp = { at: verified.at, authority: verified.authority };
    } else problem ??= stampProblem(verified);
  }
  return stamp ? { stamp, problem: null } : { problem };
}

/** What every time stamp is judged with. */
export function stampTrust({ timeStampAnchors, untrusted, crls, ocsp, at, requireRevocation }: Surroundings) {
  return { anchors: timeStampAnchors, untrusted, crls, ocsp, now: at, requireRevocation };
}
