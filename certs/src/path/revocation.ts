import { isCurrent, parseRevocationList, type RevocationEntry, type RevocationList } from './crl.ts';
import { allReasons, type DistributionPoint, type Reasons } from './distribution-point.ts';
import { OcspAnswers } from './ocsp.ts';
import type { PathCertificate } from './path-certificate.ts';
import type { Paths, RevocationStatus } from './status.ts';
import { attempt, cost } from './work-budget.ts';

/** CRLReason (§5.3.1): the two that a later list can take back, or that take back. */
const certificateHold = 6;
const removeFromCrl = 8;

/** The revocation data of one validation (RFC 5280 §6.3, RFC 6960). */
export class RevocationData {
  readonly #whole: RevocationList[] = [];
  readonly #deltas: RevocationList[] = [];
  readonly #ocsp: OcspAnswers;
  readonly #paths: Paths;

  constructor(crls: readonly Uint8Array[], ocsp: readonly Uint8Array[], paths: Paths) {
    this.#paths = paths;
    for (const der of crls) {
      paths.work.spend(der.length / 16);
      const list = attempt(() => parseRevocationList(der));
      if (!list) continue;
      (list.baseNumber === undefined ? this.#whole : this.#deltas).push(list);
    }
    // Of lists with one scope the newest decides.
    this.#whole.sort((one, other) => other.thisUpdate.getTime() - one.thisUpdate.getTime());
    this.#deltas.sort((one, other) => other.thisUpdate.getTime() - one.thisUpdate.getTime());
    this.#ocsp = new OcspAnswers(ocsp, paths);
  }

  /**
   * The status of a certificate.
   *
   * @param issuers from its issuer up to and with the anchor
   */
  statusOf(target: PathCertificate, issuers: readonly PathCertificate[]): RevocationStatus {
    const answered = this.#ocsp.statusOf(target, issuers);
    if (answered.status === 'revoked') return answered;
    const listed = this.#listedStatus(target, issuers);
    return listed.status === 'revoked' || answered.status !== 'good' ? listed : answered;
  }

  /** §6.3.3, over every distribution point until every reason is covered. */
  #listedStatus(target: PathCertificate, issuers: readonly PathCertificate[]): RevocationStatus {
    let covered: Reasons = 0;
    const { issuer, serialHex } = target.certificate;
    for (const point of target.distributionPoints) {
      const decided = new Set<string>();
      for (const list of this.#whole) {
        this.#paths.work.spend(cost.step);
        const isOfIssuer = point.issuers
          ? point.issuers.includes(list.issuer) && list.scope.isIndirect
          : list.issuer === issuer.canonical; // (b)(1)
        if (!isOfIssuer) continue;
        const reasons = list.scope.reasons & point.reasons; // (d)
        // (e) would also pass over a list that adds no reason: what it says of a revocation is heard all the same.
        if (reasons === 0 || !isInScope(list, point, target) || decided.has(list.scopeKey)) continue;
        if (list.hasUnknownCritical || list.thisUpdate > this.#paths.at) continue;
        // Where the authority names the target as the one who says its own status, its own list is what there is.
        const signer = this.#signerOf(list, point.issuers ? [target, ...issuers] : issuers);
        if (!signer) continue;
        const entry = this.#entryOf(list, signer, issuer.canonical, serialHex);
        // A list that has run out no longer clears anybody, but a certificate that was revoked for good stays revoked.
        const isUsable = isCurrent(list, this.#paths.at);
        if (entry && (isUsable || entry.reason !== certificateHold))
          return { status: 'revoked', at: entry.at, reason: entry.reason };
        if (!isUsable) continue;
        decided.add(list.scopeKey);
        covered |= reasons; // (l)
      }
    }
    return covered === allReasons ? { status: 'good' } : { status: 'unknown' };
  }

  /** (f), (g): who signed the list, with a path to the same anchor and allowed to sign lists. */
  #signerOf(list: RevocationList, issuers: readonly PathCertificate[]): PathCertificate | undefined {
    const anchor = issuers.at(-1);
    const maySign = (signer: PathCertificate) =>
      signer.certificate.subject.canonical === list.issuer &&
      (!signer.keyUsage || signer.keyUsage.has('cRLSign')) &&
      (!list.issuerKeyIdentifier || !signer.keyIdentifier || signer.keyIdentifier.equals(list.issuerKeyIdentifier)) &&
      this.#paths.isSigned(list, signer);
    // Those above are on the path that is being validated, and were found good before.
    const above = issuers.find(maySign);
    if (above || !anchor) return above;
    for (const signer of this.#paths.signersOf(list.issuer, anchor)) if (maySign(signer)) return signer;
    return undefined;
  }

  /** (i) to (k): the delta first, then the whole list. */
  #entryOf(
    list: RevocationList,
    signer: PathCertificate,
    issuer: string,
    serialHex: string,
  ): RevocationEntry | undefined {
    const find = ({ issuer: own, revoked, revokedOfOthers }: RevocationList) =>
      (issuer === own ? revoked : revokedOfOthers.get(issuer))?.get(serialHex);
    const delta = this.#deltas.find((one) => this.#completes(one, list) && this.#paths.isSigned(one, signer));
    const changed = delta && find(delta);
    if (changed) return changed.reason === removeFromCrl ? undefined : changed;
    return find(list);
  }

  /** (c), §5.2.4: whether the delta continues this whole list. */
  #completes(delta: RevocationList, list: RevocationList): boolean {
    const { number } = list;
    const isSameKey = delta.issuerKeyIdentifier?.toString('hex') === list.issuerKeyIdentifier?.toString('hex');
    return (
      delta.scopeKey === list.scopeKey &&
      isSameKey &&
      number !== undefined &&
      delta.number !== undefined &&
      delta.baseNumber !== undefined &&
      delta.baseNumber <= number &&
      number < delta.number &&
      isCurrent(delta, this.#paths.at)
    );
  }
}

/** §6.3.3 (b)(2): whether the list covers this certificate, seen from this distribution point. */
function isInScope({ scope }: RevocationList, point: DistributionPoint, target: PathCertificate): boolean {
  const { names, only } = scope;
  const wanted = point.names.length > 0 ? point.names : (point.issuers ?? []).map((name) => `directory ${name}`);
  if (names.length > 0 && !names.some((name) => wanted.includes(name))) return false;
  return only === undefined || (only === 'authority' ? target.isAuthority : only === 'user' && !target.isAuthority);
}
