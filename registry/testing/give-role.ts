import type { ServiceContext } from '@edutrust/platform/context';
import { uuidv7 } from '@edutrust/platform/ids';
import { attestRole } from '../src/permissions/attestation.ts';
import type { Role } from '../src/permissions/permissions.ts';
import { registryOf } from '../src/tables.ts';

/** A role that counts, without the rules and the second person that granting it asks for: for tests. Gives its id. */
export async function giveRole(
  { db, secrets }: Pick<ServiceContext, 'db' | 'secrets'>,
  { personId, role, organisationId }: { personId: string; role: Role; organisationId: string },
): Promise<string> {
  const row = { id: uuidv7(), person_id: personId, role, organisation_id: organisationId };
  await registryOf(db)
    .insertInto('registry.role_assignment')
    .values({ ...row, ended_at: null, attestation: attestRole(secrets, row) })
    .execute();
  return row.id;
}
