import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { gradesOf } from '@edutrust/registry/classes';
import { personClaims } from '@edutrust/registry/people';
import { record } from '../events.ts';
import { endSessions } from '../sessions/end.ts';
import { idpOf } from '../tables.ts';
import { announceChange } from '../undo/changes.ts';
import { attestPassword } from './attestation.ts';
import type { PasswordHasher } from './hashing.ts';
import { checkPassword, type PasswordRule, passwordRuleFor } from './policy.ts';

/** What this person's password must be like now. @throws NotFound */
export async function passwordRule({ db }: Pick<ServiceContext, 'db'>, personId: string): Promise<PasswordRule> {
  return passwordRuleFor(await personClaims(db, personId), await gradesOf(db, personId));
}

/**
 * The hash of a new password that the person's rule allows; made before the transaction that keeps it.
 *
 * @throws InvalidInput `passwords/…`; Unavailable `passwords/busy`
 */
export async function hashNewPassword(
  context: Pick<ServiceContext, 'db'>,
  hasher: PasswordHasher,
  personId: string,
  password: string,
): Promise<string> {
  const claims = await personClaims(context.db, personId);
  return hasher.hash(await checkPassword(password, await passwordRule(context, personId), claims));
}

/** A person who recovers the account with a passkey has no password until they set one: the old one may be known. */
export async function forgetPassword(transaction: Transaction, personId: string): Promise<void> {
  await idpOf(transaction)
    .updateTable('idp.account')
    .set({ password_hash: null, password_changed_at: null, password_attestation: null, password_ends_at: null })
    .where('person_id', '=', personId)
    .execute();
}

/** Keeps the hash, and ends every other session: a changed password may be the answer to a theft (S2). */
export async function keepPassword(
  transaction: Transaction,
  { jobs, clock, secrets }: Pick<ServiceContext, 'jobs' | 'clock' | 'secrets'>,
  { personId, hash, exceptUid }: { readonly personId: string; readonly hash: string; readonly exceptUid?: string },
  actor: Actor,
): Promise<void> {
  await announceChange(transaction, personId, 'password.changed');
  await idpOf(transaction)
    .updateTable('idp.account')
    .set({
      password_hash: hash,
      password_changed_at: clock.now(),
      password_attestation: attestPassword(secrets, personId, hash),
      password_ends_at: null,
    })
    .where('person_id', '=', personId)
    .execute();
  await record(transaction, {
    type: 'password.changed',
    actor,
    subject: { kind: 'person', id: personId },
  });
  await endSessions(transaction, jobs, { personId, exceptUid }, { actor, reason: 'credentials-changed' });
}
