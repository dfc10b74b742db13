import type { breakGlassAcr } from '@edutrust/registry/permissions';

/** How sure we are of a person, from the weakest (`acr`, RFC 9470 §4). */
export const assuranceLevels = ['badge', 'pwd', 'mfa', 'passkey'] as const;
export type Assurance = (typeof assuranceLevels)[number];
/** How a session began: also by broken glass, which satisfies no app. */
export type Strength = Assurance | typeof breakGlassAcr;

const rankOf = (acr: unknown) => assuranceLevels.indexOf(acr as Assurance);

/**
 * The weakest level that satisfies the `acr_values` of a request (OpenID Connect Core §3.1.2.1); undefined when it asks
 * for none that we know, which is a wish that nobody can fulfil and therefore no reason to refuse.
 */
export function assuranceAsked(acrValues: unknown): Assurance | undefined {
  const known = String(acrValues ?? '')
    .split(' ')
    .filter((value) => rankOf(value) >= 0);
  return known.sort((one, other) => rankOf(one) - rankOf(other))[0] as Assurance | undefined;
}

/** Whether a sign-in of this level is as strong as the request asks. */
export function isStrongEnough(acr: unknown, acrValues: unknown): boolean {
  const asked = assuranceAsked(acrValues);
  return asked === undefined || rankOf(acr) >= rankOf(asked);
}
