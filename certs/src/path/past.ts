import type { Certificate } from '../certificate/certificate.ts';
import { childrenOf, readDer, readTime, tag } from '../der/der.ts';
import { answerTimes } from './ocsp.ts';
import { type PathRequest, type PathVerdict, validatePath } from './path.ts';
import type { Refused } from './reason.ts';

/** A question about a moment in the past, asked with what is known now. */
export interface PastQuestion extends Omit<PathRequest, 'at' | 'requireRevocation'> {
  /** The moment that the answer is about. */
  readonly moment: Date;
  /** Lists and answers that were made up to this time count. */
  readonly now: Date;
}

export type PastVerdict =
  | {
      readonly status: 'good';
      /** Some list or answer covers every certificate below the anchor. */
      readonly isRevocationKnown: boolean;
      /** From the leaf up to and with the anchor; empty when no moment that was tried had every status. */
      readonly chain: readonly Certificate[];
    }
  /** Known today; whether it was revoked before the moment is for the caller, who knows how certain the moment is. */
  | { readonly status: 'revoked'; readonly at: Date; readonly reason: number; readonly refused: Refused }
  | { readonly status: 'refused'; readonly refused: Refused };

/** Times of lists and answers that one question is asked at, half of them the first, half the last. */
const mostTimes = 16;

/**
 * Was a certificate good at a moment? Its path is judged at that moment; revocation also by lists and answers that were
 * made later, since they know of revocations that took effect before (ETSI EN 319 102-1 §5.5, §5.6.2.1). Anybody may put lists
 * without number into a file: of more than are looked at the last decide, since who was revoked for good stays so, and where
 * none of those last ones says anything of the path, its status is not known.
 */
export function validateInPast(question: PastQuestion): PastVerdict {
  const { moment, now, crls = [], ocsp = [], ...request } = question;
  const pathAt = (at: Date): PathVerdict => validatePath({ ...request, crls, ocsp, at, requireRevocation: true });
  const first = pathAt(moment);
  if (first.verdict !== 'valid' && first.refused.code !== 'no-revocation-data') return refusalOf(first);
  let chain = first.verdict === 'valid' ? first.chain : undefined;
  const times = new Set([...listTimes(crls), ...ocsp.flatMap(answerTimes)].map((time) => time.getTime()));
  const later = [...times].filter((time) => time > moment.getTime() && time <= now.getTime()).sort((a, b) => a - b);
  const isCut = later.length > mostTimes;
  let isLastKnown = false;
  for (const [index, time] of later.entries()) {
    const isLast = index >= later.length - mostTimes / 2;
    if (isCut && index >= mostTimes / 2 && !isLast) continue;
    const path = pathAt(new Date(time));
    // Expired or otherwise refused at that later time says nothing about the moment.
    if (path.verdict === 'valid') {
      chain ??= path.chain;
      isLastKnown ||= isLast;
    } else if (path.refused.code === 'revoked') return refusalOf(path);
  }
  const isKnown = chain !== undefined && (!isCut || isLastKnown);
  return { status: 'good', isRevocationKnown: isKnown, chain: isKnown && chain ? chain : [] };
}

function refusalOf(path: Exclude<PathVerdict, { verdict: 'valid' }>): PastVerdict {
  const { refused, revokedAt, revocationReason = 0 } = path;
  return revokedAt
    ? { status: 'revoked', at: revokedAt, reason: revocationReason, refused }
    : { status: 'refused', refused };
}

/** When each list was made: the first time in it (RFC 5280 §5.1.2.4). */
function listTimes(crls: readonly Uint8Array[]): Date[] {
  return crls.flatMap((der) => {
    try {
      const [list] = childrenOf(readDer(der), tag.sequence);
      const time = childrenOf(list, tag.sequence).find(
        (node) => node.tag === tag.utcTime || node.tag === tag.generalizedTime,
      );
      return [readTime(time)];
    } catch {
      return [];
    }
  });
}
