import type { Certificate, Extension } from '../certificate/certificate.ts';
import { extensionIds } from '../certificate/extensions.ts';
import { childrenOf, DerError, expectTag, integerContents, readDer, readOid, tag } from '../der/der.ts';
import { Refusal } from './reason.ts';
import type { WorkBudget } from './work-budget.ts';

export const anyPolicy = '2.5.29.32.0';

/** What the relying party asks of policies (RFC 5280 §6.1.1 (c), (e), (f), (g)). */
export interface PolicyRequest {
  /** user-initial-policy-set; any-policy when absent. */
  readonly initial?: readonly string[];
  /** initial-explicit-policy: the path must be valid for a policy of the set. */
  readonly requireExplicit?: boolean;
  /** initial-policy-mapping-inhibit. */
  readonly inhibitMapping?: boolean;
  /** initial-any-policy-inhibit. */
  readonly inhibitAny?: boolean;
}

/** The policy extensions of one certificate (§4.2.1.4, §4.2.1.5, §4.2.1.11, §4.2.1.14). */
export interface CertificatePolicies {
  /** Undefined when the certificate has no such extension. */
  readonly policies: ReadonlySet<string> | undefined;
  /** Subject domain policies by issuer domain policy. */
  readonly mappings: ReadonlyMap<string, ReadonlySet<string>>;
  readonly requireExplicit: number | undefined;
  readonly inhibitMapping: number | undefined;
  readonly inhibitAny: number | undefined;
}

/** @throws DerError */
export function readCertificatePolicies({ extensions }: Certificate): CertificatePolicies {
  const constraints = readPolicyConstraints(extensions.get(extensionIds.policyConstraints));
  const inhibitAny = extensions.get(extensionIds.inhibitAnyPolicy);
  return {
    policies: readPolicies(extensions.get(extensionIds.certificatePolicies)),
    mappings: readMappings(extensions.get(extensionIds.policyMappings)),
    requireExplicit: constraints.get(0x80),
    inhibitMapping: constraints.get(0x81),
    inhibitAny: inhibitAny && skipCerts(expectTag(readDer(inhibitAny.value), tag.integer).contents),
  };
}

/** CPS pointer and user notice: the qualifiers that RFC 5280 defines; they are for people and decide nothing. */
const knownQualifiers = new Set(['1.3.6.1.5.5.7.2.1', '1.3.6.1.5.5.7.2.2']);

function readPolicies(extension: Extension | undefined): Set<string> | undefined {
  if (!extension) return undefined;
  const policies = new Set<string>();
  for (const information of childrenOf(readDer(extension.value), tag.sequence)) {
    const [identifier, qualifiers, ...rest] = childrenOf(information, tag.sequence);
    const policy = readOid(identifier);
    if (rest.length > 0 || policies.has(policy)) throw new DerError('a malformed or repeated policy');
    policies.add(policy);
    const list = qualifiers ? childrenOf(qualifiers, tag.sequence) : [];
    if (qualifiers && list.length === 0) throw new DerError('an empty list of policy qualifiers');
    for (const qualifier of list) {
      const type = readOid(childrenOf(qualifier, tag.sequence)[0]);
      // §4.2.1.4: a critical extension is understood with its qualifiers, or the certificate is refused
      if (extension.critical && !knownQualifiers.has(type)) throw new Refusal('unknown-critical-extension');
    }
  }
  if (policies.size === 0) throw new DerError('an empty list of policies');
  return policies;
}

function readMappings(extension: Extension | undefined): Map<string, Set<string>> {
  const mappings = new Map<string, Set<string>>();
  if (!extension) return mappings;
  for (const mapping of childrenOf(readDer(extension.value), tag.sequence)) {
    const [issuerDomain, subjectDomain, ...rest] = childrenOf(mapping, tag.sequence).map(readOid);
    if (!issuerDomain || !subjectDomain || rest.length > 0) throw new DerError('a malformed policy mapping');
    const known = mappings.get(issuerDomain) ?? new Set();
    mappings.set(issuerDomain, known.add(subjectDomain));
  }
  if (mappings.size === 0) throw new DerError('an empty list of policy mappings');
  return mappings;
}

function readPolicyConstraints(extension: Extension | undefined): Map<number, number> {
  const found = new Map<number, number>();
  if (!extension) return found;
  let last = 0;
  for (const node of childrenOf(readDer(extension.value), tag.sequence)) {
    if ((node.tag !== 0x80 && node.tag !== 0x81) || node.tag <= last)
      throw new DerError('malformed policy constraints');
    last = node.tag;
    found.set(node.tag, skipCerts(node.contents));
  }
  if (found.size === 0) throw new DerError('empty policy constraints');
  return found;
}

/** SkipCerts ::= INTEGER (0..MAX); beyond what a path can be long every number is the same. */
function skipCerts(contents: Buffer): number {
  const value = integerContents(contents);
  if ((value[0] ?? 0x80) >= 0x80) throw new DerError('a negative number of certificates');
  return value.length > 4 ? Number.POSITIVE_INFINITY : value.readUIntBE(0, value.length);
}

/** A policy that holds down to some depth, and the policies of the next certificate that would satisfy it. */
interface PolicyNode {
  readonly policy: string;
  expected: ReadonlySet<string>;
  readonly parents: readonly PolicyNode[];
  children: number;
}

/**
 * Policy processing of RFC 5280 §6.1 with the graph of RFC 9618 in place of the tree: a policy stands once at each
 * depth, so that the graph grows with the certificates and not exponentially with their number.
 */
export class PolicyState {
  readonly #initial: ReadonlySet<string>;
  readonly #work: WorkBudget;
  /** valid_policy_graph, a map of nodes by policy for each depth; undefined is NULL. */
  #depths: Map<string, PolicyNode>[] | undefined;
  #explicitPolicy: number;
  #policyMapping: number;
  #inhibitAnyPolicy: number;

  /** @param length n of §6.1: how many certificates are below the anchor. */
  constructor(
    { initial, requireExplicit, inhibitMapping, inhibitAny }: PolicyRequest,
    length: number,
    work: WorkBudget,
  ) {
    this.#initial = new Set(initial ?? [anyPolicy]);
    this.#work = work;
    const root: PolicyNode = { policy: anyPolicy, expected: new Set([anyPolicy]), parents: [], children: 0 };
    this.#depths = [new Map([[anyPolicy, root]])];
    this.#explicitPolicy = requireExplicit ? 0 : length + 1;
    this.#policyMapping = inhibitMapping ? 0 : length + 1;
    this.#inhibitAnyPolicy = inhibitAny ? 0 : length + 1;
  }

  /** §6.1.3 (d) to (f). @throws Refusal `no-policy` */
  process({ policies }: CertificatePolicies, certificate: Certificate, isSelfIssued: boolean, isLast: boolean): void {
    const above = this.#depths?.at(-1);
    if (!policies || !this.#depths || !above) this.#depths = undefined;
    else {
      const expecting = this.#expecting(above);
      const level = new Map<string, PolicyNode>();
      const add = (policy: string, parents: readonly PolicyNode[]) => {
        this.#work.spend(1 + parents.length / 8);
        level.set(policy, { policy, expected: new Set([policy]), parents, children: 0 });
        for (const parent of parents) parent.children += 1;
      };
      const wildcard = above.get(anyPolicy);
      for (const policy of policies) {
        if (policy === anyPolicy) continue;
        const parents = expecting.get(policy) ?? (wildcard ? [wildcard] : []); // (d)(1)(i), (ii)
        if (parents.length > 0) add(policy, parents);
      }
      const isAnyAllowed = this.#inhibitAnyPolicy > 0 || (!isLast && isSelfIssued);
      if (policies.has(anyPolicy) && isAnyAllowed) {
        for (const [policy, parents] of expecting) if (!level.has(policy)) add(policy, parents); // (d)(2)
      }
      this.#depths.push(level);
      this.#prune(above); // (d)(3)
    }
    if (this.#explicitPolicy === 0 && !this.#depths) throw new Refusal('no-policy', certificate); // (f)
  }

  /** §6.1.4 (a), (b), (h), (i), (j). @throws Refusal `policy-mapping` */
  prepareNext(own: CertificatePolicies, certificate: Certificate, isSelfIssued: boolean): void {
    for (const [from, to] of own.mappings) {
      if (from === anyPolicy || to.has(anyPolicy)) throw new Refusal('policy-mapping', certificate);
    }
    const level = this.#depths?.at(-1);
    if (level) this.#map(level, own.mappings);
    if (!isSelfIssued) {
      this.#explicitPolicy = Math.max(0, this.#explicitPolicy - 1);
      this.#policyMapping = Math.max(0, this.#policyMapping - 1);
      this.#inhibitAnyPolicy = Math.max(0, this.#inhibitAnyPolicy - 1);
    }
    this.constrain(own);
  }

  /** §6.1.4 (i), (j); also what a trust anchor brings along (RFC 5937 §3.2). */
  constrain({ requireExplicit, inhibitMapping, inhibitAny }: CertificatePolicies): void {
    this.#explicitPolicy = Math.min(this.#explicitPolicy, requireExplicit ?? Number.POSITIVE_INFINITY);
    this.#policyMapping = Math.min(this.#policyMapping, inhibitMapping ?? Number.POSITIVE_INFINITY);
    this.#inhibitAnyPolicy = Math.min(this.#inhibitAnyPolicy, inhibitAny ?? Number.POSITIVE_INFINITY);
  }

  /**
   * §6.1.5 (a), (b), (g): the user-constrained-policy-set.
   *
   * @throws Refusal `no-policy` when a policy is required and none is left.
   */
  finish({ requireExplicit }: CertificatePolicies, certificate: Certificate): string[] {
    this.#explicitPolicy = requireExplicit === 0 ? 0 : Math.max(0, this.#explicitPolicy - 1);
    const authority = this.#authorityPolicies();
    const isAnyAccepted = this.#initial.has(anyPolicy);
    const accepted = isAnyAccepted
      ? authority
      : authority.includes(anyPolicy)
        ? [...this.#initial]
        : authority.filter((policy) => this.#initial.has(policy));
    if (this.#explicitPolicy === 0 && accepted.length === 0) throw new Refusal('no-policy', certificate);
    return accepted;
  }

  /** The nodes by the policy that they expect of the next certificate. */
  #expecting(level: ReadonlyMap<string, PolicyNode>): Map<string, PolicyNode[]> {
    const expecting = new Map<string, PolicyNode[]>();
    for (const node of level.values()) {
      this.#work.spend(node.expected.size / 4);
      for (const policy of node.expected) {
        const nodes = expecting.get(policy);
        if (nodes) nodes.push(node);
        else expecting.set(policy, [node]);
      }
    }
    return expecting;
  }

  /** §6.1.4 (b) */
  #map(level: Map<string, PolicyNode>, mappings: CertificatePolicies['mappings']): void {
    const wildcard = level.get(anyPolicy);
    const above = this.#depths?.at(-2);
    for (const [from, to] of mappings) {
      const node = level.get(from);
      if (this.#policyMapping === 0) {
        if (!node) continue;
        level.delete(from); // (2)
        for (const parent of node.parents) parent.children -= 1;
      } else if (node) node.expected = to;
      else if (wildcard) {
        level.set(from, { policy: from, expected: to, parents: wildcard.parents, children: 0 });
        for (const parent of wildcard.parents) parent.children += 1;
      }
    }
    if (above) this.#prune(above);
  }

  /** Deletes the nodes from this depth up that have no children. */
  #prune(from: Map<string, PolicyNode>): void {
    const depths = this.#depths ?? [];
    for (let depth = depths.indexOf(from); depth >= 0; depth -= 1) {
      for (const node of depths[depth]?.values() ?? []) {
        if (node.children > 0) continue;
        depths[depth]?.delete(node.policy);
        for (const parent of node.parents) parent.children -= 1;
      }
    }
    if ((depths.at(-1)?.size ?? 0) === 0) this.#depths = undefined;
  }

  /** authority-constrained-policy-set: policies in the anchor's domain, those that hang on anyPolicy. */
  #authorityPolicies(): string[] {
    const found = new Set<string>();
    for (const level of this.#depths ?? []) {
      for (const { policy, parents } of level.values()) {
        if (policy !== anyPolicy && parents.some((parent) => parent.policy === anyPolicy)) found.add(policy);
      }
    }
    if (this.#depths?.at(-1)?.has(anyPolicy)) found.add(anyPolicy);
    return [...found];
  }
}
