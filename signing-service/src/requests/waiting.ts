import type { PersonActor } from '@edutrust/platform/actor';
import type { Database } from '@edutrust/platform/database';
import { scopeOf } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import { unusualDueFor } from '../marks/unusual.ts';

/** Documents that wait for one person together: those of a class, or one that stands alone. */
export interface WaitingBatch {
  readonly purpose: 'sign' | 'seal';
  /** Of the phone's address: the class, or the request. */
  readonly key: string;
  readonly className: string | null;
  /** Of the document that stands alone; of a class, that of one of its documents. */
  readonly title: string;
  readonly isTranscripts: boolean;
  readonly count: number;
  readonly dueAt: Date | null;
  /** Whose marks stand out against their class, in what the person is to sign. */
  readonly standOut: readonly { readonly personId: string; readonly fullName: string }[];
}

export interface WaitingDocuments {
  /** All of them, to sign and to seal. */
  readonly count: number;
  /** The most urgent batches, at most {@link mostBatches}. */
  readonly batches: readonly WaitingBatch[];
}

/** More than these are a list, and the list is the phone's. */
const mostBatches = 3;

/** What waits for the person's signature, and for the seal that they keep, most urgent first. */
export async function listWaiting(db: Database, actor: PersonActor): Promise<WaitingDocuments> {
  const { rows } = await sql<Omit<WaitingBatch, 'standOut'> & { total: number }>`
    SELECT due.purpose, coalesce(r.class_id, r.id) AS key, c.code AS "className", min(r.title) AS title,
      bool_and(r.kind IN ('transcript', 'school-report')) AS "isTranscripts", count(*)::int AS count, min(r.due_at) AS "dueAt",
      (sum(count(*)) OVER ())::int AS total
    FROM (
      SELECT 'sign' AS purpose, s.request_id AS id FROM signing.step AS s
      WHERE s.signer_id = ${actor.personId} AND s.state = 'due' AND s.session_id IS NULL
      UNION ALL
      SELECT 'seal', r.id FROM signing.request AS r JOIN registry.organisation AS o ON o.id = r.organisation_id
      WHERE r.state = 'signed' AND o.path && ${scopeOf(actor, 'signing.seal')}::uuid[]
    ) AS due
    JOIN signing.request AS r ON r.id = due.id LEFT JOIN registry.class AS c ON c.id = r.class_id
    GROUP BY due.purpose, coalesce(r.class_id, r.id), c.code
    ORDER BY min(r.due_at) NULLS LAST, min(r.id::text) LIMIT ${mostBatches}`.execute(db);
  const classIds = rows.flatMap(({ purpose, key, className }) => (purpose === 'sign' && className ? [key] : []));
  const odd = classIds.length > 0 ? await unusualDueFor(db, actor.personId, classIds) : [];
  const batches = rows.map(({ total: _, ...batch }) => ({
    ...batch,
    standOut: odd.flatMap(({ classId, learner }) =>
      batch.purpose === 'sign' && classId === batch.key ? [learner] : [],
    ),
  }));
  return { count: rows[0]?.total ?? 0, batches };
}
