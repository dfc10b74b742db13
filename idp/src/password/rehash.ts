import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput } from '@edutrust/platform/errors';
import { personClaims } from '@edutrust/registry/people';
import { idpOf } from '../tables.ts';
import { attestPassword } from './attestation.ts';
import { tellOfEnd } from './earlier/imports.ts';
import { isEarlier } from './earlier/kept.ts';
import type { PasswordHasher } from './hashing.ts';
import { passwordRule } from './password.ts';
import { checkPassword } from './policy.ts';

/** How long a password of another system opens on that our rule would not take. */
const graceDays = 30;

/**
 * Puts today's hash in the place of one made with older parameters or by another system, now that the password is known.
 * One of another system that our rule for passwords would not take (A1) ends after a while, as a weak hash's does: its
 * owner is told to choose another.
 *
 * @throws Unavailable `passwords/busy`
 */
export async function rehash(
  context: Pick<ServiceContext, 'db' | 'secrets' | 'clock'>,
  hasher: PasswordHasher,
  { personId, stored, password }: { readonly personId: string; readonly stored: string; readonly password: string },
): Promise<void> {
  const hash = await hasher.hash(password);
  const isTaken = !isEarlier(stored) || (await satisfies(context, personId, password));
  await context.db.transaction().execute(async (transaction) => {
    const row = await idpOf(transaction)
      .selectFrom('idp.account')
      .select('password_ends_at')
      .where('person_id', '=', personId)
      .where('password_hash', '=', stored) // unless it was changed meanwhile
      .forUpdate()
      .executeTakeFirst();
    if (!row) return;
    const latest = new Date(context.clock.now().getTime() + graceDays * 86_400_000);
    const endsAt = row.password_ends_at ?? (isTaken ? null : latest);
    await idpOf(transaction)
      .updateTable('idp.account')
      .set({
        password_hash: hash,
        password_attestation: attestPassword(context.secrets, personId, hash),
        password_ends_at: endsAt,
      })
      .where('person_id', '=', personId)
      .execute();
    if (endsAt && !row.password_ends_at) await tellOfEnd(transaction, personId, endsAt);
  });
}

async function satisfies(context: Pick<ServiceContext, 'db'>, personId: string, password: string): Promise<boolean> {
  try {
    await checkPassword(password, await passwordRule(context, personId), await personClaims(context.db, personId));
    return true;
  } catch (error) {
    if (error instanceof InvalidInput) return false;
    throw error;
  }
}
