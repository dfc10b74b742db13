import {
  type AttestedFacts,
  attest,
  type FirstAttestation,
  isAttested,
  writeAttestations,
} from '@edutrust/platform/attestation';
import type { SecretBox } from '@edutrust/platform/secrets';
import type { Selectable } from 'kysely';
import { type RegistryTables, registryOf } from '../tables.ts';

type RoleRow = Selectable<RegistryTables['registry.role_assignment']>;
type Facts = Pick<RoleRow, 'id' | 'person_id' | 'role' | 'organisation_id'>;

const purpose = 'registry.role_assignment';

function factsOf(row: Facts): AttestedFacts {
  return { id: row.id, person: row.person_id, role: row.role, organisation: row.organisation_id };
}

/** Says of a role that this program granted it, by its rules. */
export const attestRole = (secrets: SecretBox, row: Facts) => attest(secrets, purpose, factsOf(row));

/** Whether it did: a row that somebody wrote into the table, or changed there, gives its person nothing (Q3). */
export const isAttestedRole = (secrets: SecretBox, row: Facts & Pick<RoleRow, 'attestation'>) =>
  isAttested(secrets, purpose, factsOf(row), row.attestation);

/** Roles that were granted before this version. */
export const attestExistingRoles: FirstAttestation = async (transaction, secrets) => {
  const rows = await registryOf(transaction)
    .selectFrom('registry.role_assignment')
    .selectAll()
    .where('ended_at', 'is', null)
    .where('attestation', 'is', null)
    .execute();
  return writeAttestations(
    transaction,
    { table: 'registry.role_assignment', key: 'id', keyType: 'uuid', column: 'attestation' },
    rows.map((row) => ({ key: row.id, attestation: attestRole(secrets, row) })),
  );
};
