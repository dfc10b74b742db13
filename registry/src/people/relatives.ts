import type { Actor } from '@edutrust/platform/actor';
import type { Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';
import { record } from '../events.ts';

/**
 * Guardians are kept with the school where their child is: those of the learner are with the new one from now on, and no
 * longer with the old one where no other child of theirs is there.
 */
export async function moveGuardians(
  transaction: Transaction,
  { personId, from, to }: { readonly personId: string; readonly from: string; readonly to: string },
  { actor, today }: { readonly actor: Actor; readonly today: string },
): Promise<void> {
  const { rows } = await sql<{ guardian: string }>`
    INSERT INTO registry.affiliation (id, person_id, organisation_id, role, valid_from)
    SELECT gen_random_uuid(), g.guardian_id, ${to}, 'guardian', ${today}
    FROM registry.guardianship AS g WHERE g.child_id = ${personId} AND g.valid_until IS NULL
    ON CONFLICT DO NOTHING RETURNING person_id AS guardian`.execute(transaction);
  await sql`
    UPDATE registry.affiliation AS f SET valid_until = ${today}
    WHERE f.organisation_id = ${from} AND f.role = 'guardian' AND f.valid_until IS NULL AND f.person_id IN (
        SELECT guardian_id FROM registry.guardianship WHERE child_id = ${personId} AND valid_until IS NULL)
      AND NOT EXISTS (
        SELECT FROM registry.guardianship AS g
        JOIN registry.affiliation AS c ON c.person_id = g.child_id AND c.role = 'learner' AND c.valid_until IS NULL
        WHERE g.guardian_id = f.person_id AND g.valid_until IS NULL AND c.organisation_id = f.organisation_id)`.execute(
    transaction,
  );
  await record(
    transaction,
    ...rows.map(
      ({ guardian }) =>
        ({
          type: 'affiliation.started',
          actor,
          subject: { kind: 'person', id: guardian },
          organisationId: to,
          data: { role: 'guardian' },
        }) as const,
    ),
  );
}
