import { type AttestedFacts, attest, isAttested } from '@edutrust/platform/attestation';
import type { SecretBox } from '@edutrust/platform/secrets';

/** What of a session decides who somebody is: the members of the provider's payload by their names there. */
export interface SessionFacts {
  readonly uid: string;
  /** SHA-256 of the cookie. */
  readonly idHash: Buffer;
  readonly accountId?: string | undefined;
  readonly acr?: string | undefined;
  /** Seconds since 1970. */
  readonly loginTs?: number | undefined;
}

const purpose = 'idp.session';

function factsOf({ uid, idHash, accountId, acr, loginTs }: SessionFacts): AttestedFacts {
  return {
    uid,
    cookie: idHash.toString('hex'),
    person: accountId ?? null,
    acr: acr ?? null,
    signedIn: loginTs ?? null,
  };
}

/** Says of a session that this person signed in, how and when, and that this cookie is theirs; null for nobody's. */
export function attestSession(secrets: SecretBox, facts: SessionFacts): Buffer | null {
  return facts.accountId === undefined ? null : attest(secrets, purpose, factsOf(facts));
}

/**
 * Whether it is nobody's, or this program's word for it stands in the row: a session that somebody wrote into the table,
 * or whose person, cookie, time or strength was changed there, is none (Q3).
 */
export function isTrueSession(
  secrets: SecretBox,
  { personId, attestation, ...facts }: SessionFacts & { personId: string | null; attestation: Buffer | null },
): boolean {
  if ((facts.accountId ?? null) !== personId) return false;
  return personId === null || isAttested(secrets, purpose, factsOf(facts), attestation);
}
