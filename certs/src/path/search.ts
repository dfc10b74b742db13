import { extensionIds, purposes } from '../certificate/extensions.ts';
import { signatureProblem } from '../certificate/signature.ts';
import { faultOf, type Place } from './certificate-rules.ts';
import { type Chain, judgeChain } from './chain.ts';
import { isFor } from './names.ts';
import { type PathCertificate, parsePathCertificate } from './path-certificate.ts';
import { profileFault } from './profile.ts';
import { Refusal, type RefusalCode } from './reason.ts';
import type { PathRequest } from './request.ts';
import { RevocationData } from './revocation.ts';
import type { Paths, Signed } from './status.ts';
import { attempt, cost, WorkBudget } from './work-budget.ts';

const defaultDepth = 10;
/** Certificates in a chain, self-issued ones included. */
const longestChain = 32;
const mostCertificates = 1_000;

/** One validation: what it was given, parsed, and the work it has left. */
export class PathSearch implements Paths {
  readonly at: Date;
  readonly work = new WorkBudget();
  readonly #request: PathRequest;
  readonly #leaf: PathCertificate;
  readonly #anchors: readonly PathCertificate[];
  readonly #bySubject: ReadonlyMap<string, readonly PathCertificate[]>;
  /** Names that names lead from to an anchor: authorities of other names are dead ends, however many there are. */
  readonly #leading: ReadonlySet<string>;
  readonly #revocation: RevocationData;
  /** Which signatures were checked, by what is signed and by whose key. */
  readonly #signed = new Map<Signed, Map<PathCertificate, boolean>>();
  readonly #faults = new Map<PathCertificate, Map<Place, RefusalCode | undefined>>();
  /** Whether a signer of lists or answers is good; false while that is being found out, so that none vouches for itself. */
  readonly #signers = new Map<PathCertificate, boolean>();
  #hasUnreadable = false;
  /** Why candidates were not followed: told when no chain was complete. */
  #noted: Refusal | undefined;

  constructor(request: PathRequest) {
    const { leaf, untrusted = [], anchors, crls = [], ocsp = [], at } = request;
    if (untrusted.length + anchors.length > mostCertificates) throw new Refusal('work-budget');
    this.#request = request;
    // Certificates speak of whole seconds (§4.1.2.5).
    this.at = new Date(Math.floor(at.getTime() / 1000) * 1000);
    this.#leaf = this.#parse(leaf);
    this.#anchors = anchors.map((der) => this.#parse(der));
    this.#bySubject = this.#index(untrusted);
    this.#leading = this.#namesThatLead();
    this.#revocation = new RevocationData(crls, ocsp, this);
  }

  /** @throws Refusal */
  run(): { readonly chain: Chain; readonly policies: readonly string[] } {
    const leafFault = this.#faultOf(this.#leaf, 'leaf');
    if (leafFault) throw new Refusal(leafFault, this.#leaf.certificate);
    this.#checkLeaf();
    const { policies } = this.#request;
    const purpose = this.#purpose();
    const question = { ...(policies ? { policies } : {}), ...(purpose ? { purpose } : {}) };
    let best: Refusal | undefined;
    for (const chain of this.#chains([this.#leaf], this.#anchors)) {
      try {
        const accepted = judgeChain(chain, question, this.work);
        const fault = profileFault(chain, purpose);
        if (fault) throw new Refusal(fault, this.#leaf.certificate);
        this.#checkRevocation(chain);
        return { chain, policies: accepted };
      } catch (error) {
        if (!(error instanceof Refusal) || error.refused.code === 'work-budget') throw error;
        best ??= error;
      }
    }
    throw (
      best ??
      this.#noted ??
      (this.#hasUnreadable ? new Refusal('malformed') : new Refusal('no-path', this.#leaf.certificate))
    );
  }

  isSigned(signed: Signed, signer: PathCertificate): boolean {
    const bySigner = this.#signed.get(signed) ?? new Map<PathCertificate, boolean>();
    this.#signed.set(signed, bySigner);
    const known = bySigner.get(signer);
    if (known !== undefined) return known;
    this.work.spend(cost.signature + signed.tbs.length / 500);
    const { signatureAlgorithm, tbs, signature } = signed;
    const isGood =
      attempt(
        () => signatureProblem(signatureAlgorithm, signer.certificate.publicKey(), tbs, signature) === undefined,
      ) ?? false;
    bySigner.set(signer, isGood);
    return isGood;
  }

  *signersOf(name: string, anchor: PathCertificate): Generator<PathCertificate> {
    for (const candidate of this.#bySubject.get(name) ?? []) {
      const isGood =
        this.#signers.get(candidate) ??
        this.#remember(candidate, () => [...this.#goodChains(candidate, anchor)].some(() => true));
      if (isGood) yield candidate;
    }
  }

  isResponder(responder: PathCertificate, issuers: readonly PathCertificate[]): boolean {
    const [issuer] = issuers;
    const isGood = () =>
      issuer !== undefined &&
      this.#faultOf(responder, 'leaf') === undefined &&
      this.isSigned(responder.certificate, issuer) &&
      this.#isGood([responder, ...issuers]);
    return this.#signers.get(responder) ?? this.#remember(responder, isGood);
  }

  #remember(signer: PathCertificate, isGood: () => boolean): boolean {
    this.#signers.set(signer, false);
    const answer = isGood();
    this.#signers.set(signer, answer);
    return answer;
  }

  *#goodChains(from: PathCertificate, anchor: PathCertificate): Generator<Chain> {
    if (this.#faultOf(from, 'leaf')) return;
    for (const chain of this.#chains([from], [anchor])) if (this.#isGood(chain)) yield chain;
  }

  /** Whether a chain for data of ours, not for the leaf, is valid. */
  #isGood(chain: Chain): boolean {
    return (
      attempt(() => {
        judgeChain(chain, {}, this.work);
        this.#checkRevocation(chain);
        return true;
      }) ?? false
    );
  }

  #parse(der: Uint8Array): PathCertificate {
    this.work.spend(der.length / 8);
    return parsePathCertificate(der);
  }

  #index(untrusted: readonly Uint8Array[]): Map<string, PathCertificate[]> {
    const bySubject = new Map<string, PathCertificate[]>();
    const seen = new Set<string>();
    for (const der of untrusted) {
      // What cannot be parsed cannot be part of a path: it is left out, not held against the others.
      const parsed = attempt(() => this.#parse(der));
      this.#hasUnreadable ||= !parsed;
      const bytes = parsed?.certificate.der.toString('latin1') ?? '';
      if (!parsed || seen.has(bytes)) continue;
      seen.add(bytes);
      const name = parsed.certificate.subject.canonical;
      const same = bySubject.get(name);
      if (same) same.push(parsed);
      else bySubject.set(name, [parsed]);
    }
    return bySubject;
  }

  #namesThatLead(): Set<string> {
    const below = Map.groupBy([...this.#bySubject.values()].flat(), ({ certificate }) => certificate.issuer.canonical);
    const leading = new Set(this.#anchors.map(({ certificate }) => certificate.subject.canonical));
    for (const name of leading)
      for (const { certificate } of below.get(name) ?? []) leading.add(certificate.subject.canonical);
    return leading;
  }

  /** Chains up to and with an anchor, likeliest first, whose links are signed and whose members are good by themselves. */
  *#chains(below: Chain, anchors: readonly PathCertificate[]): Generator<Chain> {
    this.work.spend(cost.step * below.length);
    const last = below.at(-1) ?? below[0];
    const { issuer, der } = last.certificate;
    const isDeadEnd = !this.#leading.has(issuer.canonical);
    for (const anchor of anchors) {
      if (anchor.certificate.der.equals(der)) {
        // An anchor that is the leaf itself is trusted as it is.
        yield below;
      } else if (anchor.certificate.subject.canonical === issuer.canonical && this.#isLink(last, anchor, 'anchor')) {
        yield [...below, anchor];
      }
    }
    const depth = below.filter((one, index) => index > 0 && !one.isSelfIssued).length;
    if (isDeadEnd || below.length >= longestChain) return;
    for (const candidate of this.#candidates(last)) {
      if (isRepeated(candidate, below)) continue;
      if (depth + (candidate.isSelfIssued ? 0 : 1) > (this.#request.maxDepth ?? defaultDepth)) continue;
      // A link whose signature does not fit is not followed: this is what keeps the search small.
      if (this.#isLink(last, candidate, 'authority')) yield* this.#chains([...below, candidate], anchors);
    }
  }

  /** Those with the name of the issuer; first those with its key identifier, then the newest. */
  #candidates({ certificate, issuerKeyIdentifier }: PathCertificate): readonly PathCertificate[] {
    const named = this.#bySubject.get(certificate.issuer.canonical) ?? [];
    if (named.length < 2) return named;
    this.work.spend(named.length);
    const rank = ({ keyIdentifier }: PathCertificate) =>
      issuerKeyIdentifier && keyIdentifier?.equals(issuerKeyIdentifier) ? 0 : 1;
    return [...named].sort(
      (one, other) =>
        rank(one) - rank(other) || other.certificate.notBefore.getTime() - one.certificate.notBefore.getTime(),
    );
  }

  #isLink(signed: PathCertificate, issuer: PathCertificate, place: Place): boolean {
    if (!this.isSigned(signed.certificate, issuer)) {
      const isWeak = this.#faultOf(issuer, place) === 'weak-key';
      this.#noted ??= isWeak
        ? new Refusal('weak-key', issuer.certificate)
        : new Refusal('bad-signature', signed.certificate);
      return false;
    }
    const fault = this.#faultOf(issuer, place);
    // More telling than a signature that does not fit: this is who signed.
    if (fault && (!this.#noted || this.#noted.refused.code === 'bad-signature'))
      this.#noted = new Refusal(fault, issuer.certificate);
    return !fault;
  }

  #faultOf(target: PathCertificate, place: Place): RefusalCode | undefined {
    const known = this.#faults.get(target) ?? new Map<Place, RefusalCode | undefined>();
    this.#faults.set(target, known);
    if (!known.has(place)) {
      const { keyIdentifiers = 'required' } = this.#request;
      known.set(place, faultOf(target, place, { at: this.at, keyIdentifiers }));
    }
    return known.get(place);
  }

  /**
   * §6.1.3 (a)(3), from the top: who was revoked vouches for nobody below. A revocation anywhere says more than a status
   * that is not known.
   */
  #checkRevocation(chain: Chain): void {
    const { requireRevocation, crls = [], ocsp = [] } = this.#request;
    const isRequired = requireRevocation === 'when-given' ? crls.length + ocsp.length > 0 : requireRevocation === true;
    let unknown: Refusal | undefined;
    for (let index = chain.length - 2; index >= 0; index -= 1) {
      const target = chain[index];
      if (!target) continue;
      this.work.spend(cost.step);
      const found = this.#revocation.statusOf(target, chain.slice(index + 1));
      if (found.status === 'revoked') throw new Refusal('revoked', target.certificate, found);
      // id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1) spares a responder's own certificate.
      const isSpared =
        target.certificate.extensions.has(extensionIds.ocspNoCheck) &&
        target.purposes?.includes(purposes.ocspSigning) === true;
      if (found.status === 'good' || isSpared) continue;
      if (isRequired) unknown ??= new Refusal('no-revocation-data', target.certificate);
    }
    if (unknown) throw unknown;
  }

  /** What is asked for; who asks for a host or an address and says no purpose means a server. */
  #purpose(): string | undefined {
    const { extendedKeyUsage, name } = this.#request;
    const isHost = name?.dns !== undefined || name?.ip !== undefined;
    return extendedKeyUsage ?? (isHost ? purposes.serverAuth : undefined);
  }

  /** What the relying party asks of the leaf itself. */
  #checkLeaf(): void {
    const { keyUsage, name } = this.#request;
    const { certificate, alternativeNames, keyUsage: usage, purposes: allowed } = this.#leaf;
    const purpose = this.#purpose();
    if (keyUsage && usage && !usage.has(keyUsage)) throw new Refusal('leaf-key-usage', certificate);
    if (purpose && allowed && !allowed.includes(purpose) && !allowed.includes(purposes.any))
      throw new Refusal('extended-key-usage', certificate);
    if (name && !isFor(alternativeNames, name)) throw new Refusal('name-mismatch', certificate);
  }
}

/** A certificate, or another for the same name and key, stands in a chain once (§6.1). */
function isRepeated({ certificate }: PathCertificate, below: Chain): boolean {
  return below.some(
    (known) =>
      known.certificate.subject.canonical === certificate.subject.canonical &&
      known.certificate.subjectPublicKeyInfo.equals(certificate.subjectPublicKeyInfo),
  );
}
