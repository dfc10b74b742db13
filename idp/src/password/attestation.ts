import { attest, isAttested } from '@edutrust/platform/attestation';
import type { SecretBox } from '@edutrust/platform/secrets';
import type { Selectable } from 'kysely';
import type { AccountTable } from '../tables.ts';

type Row = Pick<Selectable<AccountTable>, 'person_id' | 'password_hash' | 'password_attestation'>;

const purpose = 'idp.account.password';

/** Says of a password's hash that this program made it for this person. */
export const attestPassword = (secrets: SecretBox, personId: string, hash: string) =>
  attest(secrets, purpose, { person: personId, hash });

/** The hash that a password is compared with: one that somebody wrote into the table, or moved there, is none (Q3). */
export function passwordHashOf(secrets: SecretBox, account: Row | undefined): string | null {
  const hash = account?.password_hash ?? null;
  if (!account || hash === null) return null;
  const facts = { person: account.person_id, hash };
  return isAttested(secrets, purpose, facts, account.password_attestation) ? hash : null;
}
