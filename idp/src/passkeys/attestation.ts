import { type AttestedFacts, attest, isAttested } from '@edutrust/platform/attestation';
import type { SecretBox } from '@edutrust/platform/secrets';
import type { Selectable } from 'kysely';
import type { PasskeyTable } from '../tables.ts';

type Given = Pick<Selectable<PasskeyTable>, 'given_kind' | 'given_by' | 'given_at'>;
type Row = Pick<Selectable<PasskeyTable>, 'id' | 'person_id' | 'credential_id' | 'public_key'> & Given;

const purpose = 'idp.passkey';

function factsOf(row: Row): AttestedFacts {
  return {
    id: row.id,
    person: row.person_id,
    credential: row.credential_id,
    publicKey: row.public_key.toString('hex'),
    ...(row.given_kind && {
      given: row.given_kind,
      givenBy: (row.given_by ?? []).join(' '),
      givenAt: row.given_at?.toISOString() ?? null,
    }),
  };
}

/** Says of a passkey that this program registered it for this person, and how they came to choose it. */
export const attestPasskey = (secrets: SecretBox, row: Row) => attest(secrets, purpose, factsOf(row));

/** Whether it did: a passkey that somebody wrote into the table, or moved to another person, is none (Q3). */
export const isAttestedPasskey = (secrets: SecretBox, row: Row & Pick<Selectable<PasskeyTable>, 'attestation'>) =>
  isAttested(secrets, purpose, factsOf(row), row.attestation);
