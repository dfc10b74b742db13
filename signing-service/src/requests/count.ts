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

/** How long a report that was sent back is work that waits; after that it is history. */
const returnedDays = 90;

/** How many reports that the person asked for were sent back, and nobody has asked for again. */
export async function countReturned(db: Database, personId: string, now: Date): Promise<number> {
  const { rows } = await sql<{ returned: number }>`
    SELECT count(*)::int AS returned FROM signing.request AS r
    WHERE r.requested_by = ${personId} AND r.state = 'rejected' AND r.subject_id IS NOT NULL
      AND r.created_at > ${new Date(now.getTime() - returnedDays * 86_400_000)}
      AND NOT EXISTS (SELECT FROM signing.request AS later WHERE later.subject_id = r.subject_id
        AND later.class_id = r.class_id AND later.kind = r.kind AND later.id > r.id)`.execute(db);
  return rows[0]?.returned ?? 0;
}
