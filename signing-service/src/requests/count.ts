import type { PersonActor } from '@edutrust/platform/actor';
import type { Database } from '@edutrust/platform/database';
import { scopeOf } from '@edutrust/registry/permissions';
import { sql } from 'kysely';

/** How many documents wait for the person: for their signature, and for the seal that they keep. */
export async function countWaiting(db: Database, actor: PersonActor): Promise<{ toSign: number; toSeal: number }> {
  const { rows } = await sql<{ toSign: number; toSeal: number }>`
    SELECT
      (SELECT count(*)::int FROM signing.step AS s
        WHERE s.signer_id = ${actor.personId} AND s.state = 'due' AND s.session_id IS NULL) AS "toSign",
      (SELECT count(*)::int FROM signing.request AS r JOIN registry.organisation AS o ON o.id = r.organisation_id
        WHERE r.state = 'signed' AND o.path && ${scopeOf(actor, 'signing.seal')}::uuid[]) AS "toSeal"`.execute(db);
  return rows[0] ?? { toSign: 0, toSeal: 0 };
}
