import { isIP } from 'node:net';
import { type Certificate, parseCertificate } from '../certificate/certificate.ts';
import { signatureProblem } from '../certificate/signature.ts';
import { isUsable, parseRevocationList, type RevocationList } from './crl.ts';
import {
  extensionIds,
  type KeyUsage,
  readBasicConstraints,
  readExtendedKeyUsage,
  readKeyIdentifiers,
  readKeyUsage,
  readSubjectAltName,
} from './extensions.ts';
import { type NameConstraints, readNameConstraints, satisfies } from './name-constraints.ts';
import { type RefusalCode, refusals } from './reason.ts';

export { type RefusalCode, refusals } from './reason.ts';

/** What a certificate is validated against. Certificates and lists are DER. */
export interface PathRequest {
  readonly leaf: Uint8Array;
  readonly untrusted?: readonly Uint8Array[];
  /** Trusted keys and names, as certificates: their own signature, validity and extensions are not judged. */
  readonly anchors: readonly Uint8Array[];
  readonly crls?: readonly Uint8Array[];
  readonly at: Date;
  /** A purpose that the leaf must allow, as an object identifier. */
  readonly extendedKeyUsage?: string;
  /** A use of the key that the leaf must allow. */
  readonly keyUsage?: KeyUsage;
  readonly name?: { readonly dns?: string; readonly email?: string; readonly ip?: string };
  /** Without usable revocation data for every certificate the verdict is `indeterminate`. */
  readonly requireRevocation?: boolean;
  /** Most authorities between the anchor and the leaf; 10 when absent. */
  readonly maxDepth?: number;
}

export interface Refused {
  readonly code: RefusalCode;
  readonly sentence: string;
  /** Section of RFC 5280 unless another document is named. */
  readonly section: string;
  /** The certificate that it is about. */
  readonly subject?: string;
}

export type PathVerdict =
  | { readonly verdict: 'valid'; readonly chain: readonly Certificate[] }
  | { readonly verdict: 'invalid' | 'indeterminate'; readonly refused: Refused; readonly revokedAt?: Date };

/** Signature checks that one validation may make: no input, however large, asks for more (V2). */
const mostSignatureChecks = 200;
const defaultDepth = 10;
const mostCertificates = 1_000;

/** The extensions whose meaning we enforce; others, when critical, refuse the path. */
const understood = new Set<string>([
  extensionIds.keyUsage,
  extensionIds.subjectAltName,
  extensionIds.basicConstraints,
  extensionIds.nameConstraints,
  extensionIds.extendedKeyUsage,
  extensionIds.subjectKeyIdentifier,
  extensionIds.authorityKeyIdentifier,
]);

class Refusal extends Error {
  readonly refused: Refused;
  readonly revokedAt: Date | undefined;

  constructor(code: RefusalCode, certificate?: Certificate, revokedAt?: Date) {
    super(code);
    const [sentence, section] = refusals[code];
    this.refused = { code, sentence, section, ...(certificate ? { subject: certificate.subject.toString() } : {}) };
    this.revokedAt = revokedAt;
  }
}

/**
 * Certification path validation (RFC 5280 §6) over every chain that leads from the leaf to an anchor, within a budget
 * of work. Never throws for what it is given: input that cannot be read is a refusal.
 *
 * Policies are not processed: a path with a critical policy extension is refused, never accepted by mistake.
 */
export function validatePath(request: PathRequest): PathVerdict {
  try {
    return new PathSearch(request).run();
  } catch (error) {
    if (error instanceof Refusal) return refusedVerdict(error);
    // Our parsers and node:crypto throw on malformed input; whatever it was, the path is not valid.
    return refusedVerdict(new Refusal('malformed'));
  }
}

function refusedVerdict({ refused, revokedAt }: Refusal): PathVerdict {
  const verdict = refused.code === 'no-revocation-data' ? 'indeterminate' : 'invalid';
  return { verdict, refused, ...(revokedAt ? { revokedAt } : {}) };
}

/** One validation: what it was given, parsed, and the work it has left. */
class PathSearch {
  readonly #request: PathRequest;
  readonly #leaf: Certificate;
  readonly #anchors: readonly Certificate[];
  readonly #bySubject = new Map<string, Certificate[]>();
  readonly #crls: readonly RevocationList[];
  readonly #verified = new Map<string, boolean>();
  #checksLeft = mostSignatureChecks;

  constructor(request: PathRequest) {
    const { leaf, untrusted = [], anchors, crls = [] } = request;
    if (untrusted.length + anchors.length > mostCertificates) throw new Refusal('work-budget');
    this.#request = request;
    this.#leaf = parseCertificate(leaf);
    this.#anchors = anchors.map(parseCertificate);
    // What cannot be parsed cannot be part of a path: it is left out, not held against the others.
    for (const certificate of untrusted.flatMap((der) => attempt(() => parseCertificate(der)))) {
      const same = this.#bySubject.get(certificate.subject.canonical) ?? [];
      this.#bySubject.set(certificate.subject.canonical, [...same, certificate]);
    }
    this.#crls = crls.flatMap((der) => attempt(() => parseRevocationList(der)));
  }

  run(): PathVerdict {
    let best: Refusal | undefined;
    for (const chain of this.#chains([this.#leaf])) {
      try {
        this.#validate(chain);
        return { verdict: 'valid', chain };
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        if (error.refused.code === 'work-budget') throw error;
        best ??= error;
      }
    }
    throw best ?? new Refusal('no-path', this.#leaf);
  }

  /** Chains from the leaf up to and with an anchor, likeliest first; a certificate stands in a chain once. */
  *#chains(below: readonly Certificate[]): Generator<Certificate[]> {
    const last = below.at(-1);
    if (!last) return;
    const depth = this.#request.maxDepth ?? defaultDepth;
    const { issuer: wantedKey } = attemptOne(() => readKeyIdentifiers(last)) ?? { issuer: undefined };
    const fits = (candidate: Certificate) => {
      const own = attemptOne(() => readKeyIdentifiers(candidate))?.own;
      return !wantedKey || !own || own.equals(wantedKey);
    };
    for (const anchor of this.#anchors) {
      if (anchor.der.equals(last.der)) yield [...below];
      else if (anchor.subject.canonical === last.issuer.canonical && fits(anchor)) yield [...below, anchor];
    }
    if (below.length > depth) return;
    for (const candidate of this.#bySubject.get(last.issuer.canonical) ?? []) {
      const isRepeated = below.some(
        (known) =>
          known.subject.canonical === candidate.subject.canonical &&
          known.subjectPublicKeyInfo.equals(candidate.subjectPublicKeyInfo),
      );
      // A link whose signature does not fit is not followed: this is what keeps the search small.
      if (!isRepeated && fits(candidate) && this.#isSignedBy(last, candidate))
        yield* this.#chains([...below, candidate]);
    }
  }

  #isSignedBy(certificate: Certificate, issuer: Certificate): boolean {
    const link = `${certificate.der.toString('base64')}|${issuer.subjectPublicKeyInfo.toString('base64')}`;
    const known = this.#verified.get(link);
    if (known !== undefined) return known;
    this.#checksLeft -= 1;
    if (this.#checksLeft < 0) throw new Refusal('work-budget');
    const { signatureAlgorithm, tbs, signature } = certificate;
    const isGood =
      attemptOne(() => signatureProblem(signatureAlgorithm, issuer.publicKey(), tbs, signature) === undefined) ?? false;
    this.#verified.set(link, isGood);
    return isGood;
  }

  /** §6.1, from the certificate below the anchor down to the leaf. */
  #validate(upward: readonly Certificate[]): void {
    const [anchor, ...path] = [...upward].reverse();
    if (!anchor) throw new Refusal('no-path');
    const constraints: NameConstraints[] = [];
    let pathLength = Number.POSITIVE_INFINITY;
    let issuer = anchor;
    // An anchor that is the leaf itself is trusted as it is; its time and use still count.
    const certificates = path.length > 0 ? path : [anchor];
    for (const [index, certificate] of certificates.entries()) {
      const isLeaf = index === certificates.length - 1;
      if (certificate !== anchor) {
        if (certificate.issuer.canonical !== issuer.subject.canonical) throw new Refusal('name-chaining', certificate);
        if (!this.#isSignedBy(certificate, issuer)) throw new Refusal('bad-signature', certificate);
      }
      this.#checkTime(certificate);
      this.#checkCritical(certificate);
      if (certificate !== anchor) this.#checkRevocation(certificate, issuer);
      const isSelfIssued = certificate.subject.canonical === certificate.issuer.canonical;
      if ((isLeaf || !isSelfIssued) && !satisfies(certificate, constraints))
        throw new Refusal('name-constraints', certificate);
      if (isLeaf) {
        this.#checkLeaf(certificate);
        return;
      }
      // §6.1.4: prepare for the next certificate
      const basic = readBasicConstraints(certificate);
      if (certificate.version !== 3) throw new Refusal('not-version-3', certificate);
      if (!basic?.isAuthority) throw new Refusal('not-an-authority', certificate);
      if (!isSelfIssued) {
        if (pathLength <= 0) throw new Refusal('path-length', certificate);
        pathLength -= 1;
      }
      pathLength = Math.min(pathLength, basic.pathLength ?? Number.POSITIVE_INFINITY);
      const usage = readKeyUsage(certificate);
      if (usage && !usage.has('keyCertSign')) throw new Refusal('key-usage', certificate);
      this.#checkPurposeOfAuthority(certificate);
      const own = readNameConstraints(certificate);
      if (own) constraints.push(own);
      issuer = certificate;
    }
  }

  #checkTime(certificate: Certificate): void {
    const { at } = this.#request;
    if (at < certificate.notBefore) throw new Refusal('not-yet-valid', certificate);
    if (at > certificate.notAfter) throw new Refusal('expired', certificate);
  }

  #checkCritical(certificate: Certificate): void {
    for (const [type, { critical }] of certificate.extensions) {
      if (critical && !understood.has(type)) throw new Refusal('unknown-critical-extension', certificate);
    }
  }

  #checkRevocation(certificate: Certificate, issuer: Certificate): void {
    const { at, requireRevocation } = this.#request;
    const usage = attemptOne(() => readKeyUsage(issuer));
    const mayIssueLists = !usage || usage.has('cRLSign');
    const usable = mayIssueLists
      ? this.#crls.filter((list) => {
          if (list.issuer !== certificate.issuer.canonical) return false;
          this.#checksLeft -= 1;
          if (this.#checksLeft < 0) throw new Refusal('work-budget');
          return isUsable(list, certificate.issuer.canonical, issuer.publicKey(), at);
        })
      : [];
    for (const list of usable) {
      const entry = list.revoked.get(certificate.serialHex);
      if (entry && entry.at <= at) throw new Refusal('revoked', certificate, entry.at);
    }
    // id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1) spares a responder's own certificate.
    const isSpared = certificate.extensions.has(extensionIds.ocspNoCheck);
    if (requireRevocation && usable.length === 0 && !isSpared) throw new Refusal('no-revocation-data', certificate);
  }

  /** An authority that names purposes narrows those below it, as every large validator reads it. */
  #checkPurposeOfAuthority(certificate: Certificate): void {
    const { extendedKeyUsage } = this.#request;
    const purposes = readExtendedKeyUsage(certificate);
    if (!extendedKeyUsage || !purposes) return;
    if (!purposes.includes(extendedKeyUsage) && !purposes.includes(anyPurpose))
      throw new Refusal('extended-key-usage', certificate);
  }

  #checkLeaf(certificate: Certificate): void {
    const { extendedKeyUsage, keyUsage, name } = this.#request;
    readBasicConstraints(certificate); // malformed ones throw
    const usage = readKeyUsage(certificate);
    if (keyUsage && usage && !usage.has(keyUsage)) throw new Refusal('leaf-key-usage', certificate);
    const purposes = readExtendedKeyUsage(certificate);
    if (extendedKeyUsage && purposes && !purposes.includes(extendedKeyUsage) && !purposes.includes(anyPurpose)) {
      throw new Refusal('extended-key-usage', certificate);
    }
    if (name && !isFor(certificate, name)) throw new Refusal('name-mismatch', certificate);
  }
}

const anyPurpose = '2.5.29.37.0';

function attempt<Value>(make: () => Value): Value[] {
  try {
    return [make()];
  } catch {
    return [];
  }
}

function attemptOne<Value>(make: () => Value): Value | undefined {
  return attempt(make)[0];
}

/** Whether the alternative names carry every asked name; the common name is never looked at (RFC 9525 §2). */
function isFor(certificate: Certificate, wanted: NonNullable<PathRequest['name']>): boolean {
  const names = readSubjectAltName(certificate);
  const { dns, email, ip } = wanted;
  const hasDns = (host: string) =>
    names.some(
      (name) => name.kind === 'dns' && isHostOf(host.toLowerCase().replace(/\.$/, ''), name.text.toLowerCase()),
    );
  const hasEmail = (address: string) => names.some((name) => name.kind === 'email' && sameMailbox(name.text, address));
  const hasIp = (address: string) =>
    names.some((name) => name.kind === 'ip' && name.bytes.equals(addressBytes(address)));
  return (
    (dns === undefined || hasDns(dns)) && (email === undefined || hasEmail(email)) && (ip === undefined || hasIp(ip))
  );
}

/** A wildcard stands for the whole leftmost label only (RFC 9525 §6.3). */
function isHostOf(host: string, pattern: string): boolean {
  if (!pattern.startsWith('*.')) return !pattern.includes('*') && host === pattern;
  const dot = host.indexOf('.');
  return dot > 0 && pattern.slice(2).includes('.') && host.slice(dot) === pattern.slice(1);
}

function sameMailbox(one: string, other: string): boolean {
  const split = (address: string) => [
    address.slice(0, address.lastIndexOf('@')),
    address.slice(address.lastIndexOf('@') + 1).toLowerCase(),
  ];
  const [[local, host], [otherLocal, otherHost]] = [split(one), split(other)];
  return local === otherLocal && host === otherHost;
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  if (isIP(address) !== 6) return Buffer.alloc(0);
  const [head = '', tail] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const [front, back] = [groups(head), tail === undefined ? [] : groups(tail)];
  const all =
    tail === undefined ? front : [...front, ...Array<string>(8 - front.length - back.length).fill('0'), ...back];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
