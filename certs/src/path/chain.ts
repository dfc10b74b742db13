import { purposes } from '../certificate/extensions.ts';
import type { NameConstraints } from './name-constraints.ts';
import { satisfies } from './name-constraints.ts';
import type { PathCertificate } from './path-certificate.ts';
import { type PolicyRequest, PolicyState } from './policy.ts';
import { Refusal } from './reason.ts';
import { cost, type WorkBudget } from './work-budget.ts';

/** A chain from the certificate that is judged up to and with the anchor. */
export type Chain = readonly [PathCertificate, ...PathCertificate[]];

/**
 * The state machine of RFC 5280 §6.1 over a chain whose links are signed and whose certificates are good by themselves:
 * names, name constraints, path length, policies, and the purposes of the authorities.
 *
 * @returns the user-constrained-policy-set
 * @throws Refusal
 */
export function judgeChain(
  chain: Chain,
  { policies, purpose }: { readonly policies?: PolicyRequest; readonly purpose?: string },
  work: WorkBudget,
): readonly string[] {
  const [anchor, ...below] = [...chain].reverse();
  work.spend(cost.chain);
  if (!anchor) throw new Refusal('no-path');
  const state = new PolicyState(policies ?? {}, below.length, work);
  // What an anchor's certificate restricts holds for everything below it (RFC 5937 §3.2).
  const constraints: NameConstraints[] = anchor.nameConstraints ? [anchor.nameConstraints] : [];
  let pathLength = anchor.pathLength ?? Number.POSITIVE_INFINITY;
  state.constrain(anchor.policies);
  if (below.length > 0) checkPurpose(anchor, purpose);
  let issuer = anchor;
  for (const [index, current] of below.entries()) {
    const { certificate, isSelfIssued } = current;
    const isLast = index === below.length - 1;
    // §6.1.3 (a)(4), (b), (c), (d) to (f)
    if (certificate.issuer.canonical !== issuer.certificate.subject.canonical)
      throw new Refusal('name-chaining', certificate);
    if ((isLast || !isSelfIssued) && !satisfies(current, constraints, work))
      throw new Refusal('name-constraints', certificate);
    state.process(current.policies, certificate, isSelfIssued, isLast);
    if (isLast) break;
    // §6.1.4
    state.prepareNext(current.policies, certificate, isSelfIssued);
    if (current.nameConstraints) constraints.push(current.nameConstraints);
    if (!isSelfIssued) {
      if (pathLength <= 0) throw new Refusal('path-length', certificate);
      pathLength -= 1;
    }
    pathLength = Math.min(pathLength, current.pathLength ?? Number.POSITIVE_INFINITY);
    checkPurpose(current, purpose);
    issuer = current;
  }
  return state.finish(chain[0].policies, chain[0].certificate);
}

/** An authority that names purposes narrows those below it, as every large validator reads it. */
function checkPurpose({ certificate, purposes: allowed }: PathCertificate, purpose: string | undefined): void {
  if (purpose && allowed && !allowed.includes(purpose) && !allowed.includes(purposes.any))
    throw new Refusal('extended-key-usage', certificate);
}
