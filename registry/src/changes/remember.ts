import { sql } from 'kysely';
import { anyOf, factFields } from './compare.ts';
import type { Planning } from './population.ts';

/** More people are not kept from those who would change them at the same moment: the others are learned another night. */
const mostAtOnce = 100_000;
/** What nobody has read for so long goes when something newer is learned of the same person. */
const keptDays = 30;

/**
 * Remembers the learners whose rows are in step now, which is asked once more of those whom nobody can change until this
 * transaction ends. Whom somebody is changing is skipped, so that nobody waits for another here.
 */
export async function rememberInStep({ transaction, planId, schoolYear, today }: Planning): Promise<void> {
  const run = (statement: ReturnType<typeof sql>) => statement.execute(transaction);
  await run(sql`
    CREATE TEMPORARY TABLE learned ON COMMIT DROP AS
    WITH meant AS MATERIALIZED (
      SELECT r.person_id FROM staged AS r
      WHERE r.mark IS NOT NULL AND NOT r.is_in_step AND r.person_id IS NOT NULL AND r.moet_id_index IS NOT NULL AND r.gone IS NULL
        AND r.refusal IS NULL AND r.skip IS NULL AND r.referred IS NULL AND r.doubt IS NULL
        AND NOT EXISTS (SELECT FROM registry.roster_change AS c WHERE c.plan_id = ${planId} AND c.row = r.row)
      LIMIT ${mostAtOnce})
    SELECT p.id FROM registry.person AS p WHERE p.id IN (SELECT person_id FROM meant) FOR UPDATE SKIP LOCKED`);
  await run(sql`
    DELETE FROM registry.roster_in_step WHERE person_id IN (SELECT id FROM learned) AND learned_on < ${today}::date - ${keptDays}::int`);
  await run(sql`
    INSERT INTO registry.roster_in_step AS s (fingerprint, person_id, class_id, personal_tag, learned_on)
    SELECT DISTINCT ON (r.mark) r.mark, p.id, k.id, substr(p.personal_number_index, 1, 8), ${today}
    FROM staged AS r JOIN learned ON learned.id = r.person_id JOIN registry.person AS p ON p.id = r.person_id
    JOIN registry.enrolment AS e ON e.person_id = p.id AND e.valid_until IS NULL
    JOIN registry.class AS k ON k.id = e.class_id AND k.organisation_id = r.organisation_id AND k.school_year = ${schoolYear}
      AND k.code = r.class_code AND k.grade = r.grade
    WHERE r.mark IS NOT NULL AND NOT r.is_in_step AND r.gone IS NULL AND r.refusal IS NULL AND r.skip IS NULL
      AND p.status = 'active' AND p.moet_id_index = r.moet_id_index AND NOT ${anyOf(factFields)}
      AND NOT EXISTS (SELECT FROM registry.enrolment AS o WHERE o.person_id = p.id AND o.valid_until IS NULL AND o.id <> e.id)
      AND EXISTS (SELECT FROM registry.affiliation AS f WHERE f.person_id = p.id AND f.organisation_id = r.organisation_id
        AND f.role = 'learner' AND f.valid_until IS NULL)
      AND (r.local_code IS NULL OR r.local_code = (SELECT min(l.code) FROM registry.local_code AS l
        WHERE l.organisation_id = r.organisation_id AND l.kind = 'learner' AND l.person_id = p.id))
    ON CONFLICT (fingerprint) DO UPDATE SET person_id = excluded.person_id, class_id = excluded.class_id,
      personal_tag = excluded.personal_tag, learned_on = excluded.learned_on`);
}
