import type { Transaction } from '@edutrust/platform/database';
import { type RawBuilder, sql } from 'kysely';
import { rolesHeld } from '../permissions/bulk.ts';

/**
 * Everything that a plan can change of `registry.person AS p`, as JSON: facts, belonging, classes, codes, guardians, roles
 * and the classes that they lead. Its SHA-256 says whether any of it changed; the version, which only counts, is not in it.
 */
export const stateOf: RawBuilder<unknown> = sql`jsonb_build_object(
  'person', to_jsonb(p) - 'version',
  'affiliations', (SELECT coalesce(jsonb_agg(to_jsonb(f) ORDER BY f.id), '[]') FROM registry.affiliation AS f WHERE f.person_id = p.id),
  'enrolments', (SELECT coalesce(jsonb_agg(to_jsonb(e) ORDER BY e.id), '[]') FROM registry.enrolment AS e WHERE e.person_id = p.id),
  'codes', (SELECT coalesce(jsonb_agg(to_jsonb(l) ORDER BY l.organisation_id, l.kind, l.code), '[]') FROM registry.local_code AS l WHERE l.person_id = p.id),
  'guardianships', (SELECT coalesce(jsonb_agg(to_jsonb(g) ORDER BY g.id), '[]') FROM registry.guardianship AS g
    WHERE g.child_id = p.id OR g.guardian_id = p.id),
  'roles', ${rolesHeld},
  'classes', (SELECT coalesce(jsonb_agg(k.id ORDER BY k.id), '[]') FROM registry.class AS k WHERE k.homeroom_teacher_id = p.id))`;

export const stateDigest = sql`sha256(convert_to((${stateOf})::text, 'UTF8'))`;

/**
 * Writes down how everybody whom the part touches is now; who is new is in the plan itself. Before the part is applied. Of
 * somebody whom an earlier part touched the first state stays; who was changed by others in between shows for ever.
 */
export async function rememberBefore(
  transaction: Transaction,
  planId: string,
  part: RawBuilder<unknown>,
  schoolYear: number,
): Promise<void> {
  const change = sql`registry.roster_change AS c WHERE ${part}`;
  await sql`CREATE TEMPORARY TABLE IF NOT EXISTS touched (person_id uuid PRIMARY KEY) ON COMMIT DROP`.execute(
    transaction,
  );
  await sql`DELETE FROM touched`.execute(transaction);
  await sql`
    INSERT INTO touched (person_id) SELECT DISTINCT t.person_id FROM (
      SELECT c.person_id FROM ${change}
      UNION SELECT c.child_id FROM ${change} AND c.child_id IS NOT NULL
      -- Whose code another gets, and whose class another leads.
      UNION SELECT l.person_id FROM registry.local_code AS l, ${change} AND l.organisation_id = c.organisation_id AND l.code = c.local_code
      UNION SELECT k.homeroom_teacher_id FROM registry.class AS k, ${change} AND c.homeroom_of IS NOT NULL
        AND k.organisation_id = c.organisation_id AND k.code = c.homeroom_of AND k.school_year = ${schoolYear}) AS t (person_id)
    JOIN registry.person AS p ON p.id = t.person_id
    WHERE NOT EXISTS (SELECT FROM registry.roster_change AS n
      WHERE n.plan_id = ${planId} AND n.person_id = p.id AND n.action = 'added' AND n.version IS NULL)`.execute(
    transaction,
  );
  await sql`
    INSERT INTO registry.roster_undo AS u (plan_id, person_id, before)
    SELECT ${planId}, p.id, ${stateOf} FROM registry.person AS p JOIN touched AS t ON t.person_id = p.id
    ON CONFLICT (plan_id, person_id) DO UPDATE SET after_digest = CASE
      WHEN u.after_digest = sha256(convert_to(excluded.before::text, 'UTF8')) THEN NULL ELSE ''::bytea END`.execute(
    transaction,
  );
}

/** Writes down how they are when the part is applied, so that what changes later shows. */
export async function rememberAfter(transaction: Transaction, planId: string): Promise<void> {
  await sql`
    UPDATE registry.roster_undo AS u SET after_digest = ${stateDigest} FROM registry.person AS p JOIN touched AS t ON t.person_id = p.id
    WHERE u.plan_id = ${planId} AND u.person_id = p.id AND u.after_digest IS NULL`.execute(transaction);
}

/** Gives everybody of the plan back what they had. Rows that the plan made are gone, rows that it ended go on. */
export async function restoreBefore(transaction: Transaction, planId: string): Promise<void> {
  const run = (statement: ReturnType<typeof sql>) => statement.execute(transaction);
  const mine = sql`registry.roster_undo AS u WHERE u.plan_id = ${planId}`;
  for (const [table, key] of [
    ['affiliation', 'affiliations'],
    ['enrolment', 'enrolments'],
  ] as const) {
    const rows = sql.table(`registry.${table}`);
    await run(sql`
      DELETE FROM ${rows} AS f USING ${mine} AND f.person_id = u.person_id
        AND NOT u.before->${key}::text @> jsonb_build_array(jsonb_build_object('id', f.id))`);
    const rest = table === 'affiliation' ? sql`, title = b.title` : sql``;
    await run(sql`
      UPDATE ${rows} AS f SET valid_until = b.valid_until ${rest}
      FROM registry.roster_undo AS u CROSS JOIN LATERAL jsonb_populate_recordset(NULL::${rows}, u.before->${key}::text) AS b
      WHERE u.plan_id = ${planId} AND f.id = b.id AND to_jsonb(f) <> to_jsonb(b)`);
  }
  await run(sql`DELETE FROM registry.local_code AS l USING ${mine} AND l.person_id = u.person_id`);
  await run(sql`
    INSERT INTO registry.local_code SELECT b.* FROM registry.roster_undo AS u
    CROSS JOIN LATERAL jsonb_populate_recordset(NULL::registry.local_code, u.before->'codes') AS b WHERE u.plan_id = ${planId}`);
  await run(sql`
    DELETE FROM registry.guardianship AS g USING ${mine} AND u.person_id IN (g.child_id, g.guardian_id)
      AND NOT u.before->'guardianships' @> jsonb_build_array(jsonb_build_object('id', g.id))`);
  await run(sql`
    UPDATE registry.guardianship AS g SET relation = b.relation, valid_until = b.valid_until
    FROM registry.roster_undo AS u CROSS JOIN LATERAL jsonb_populate_recordset(NULL::registry.guardianship, u.before->'guardianships') AS b
    WHERE u.plan_id = ${planId} AND g.id = b.id AND to_jsonb(g) <> to_jsonb(b)`);
  await run(sql`
    UPDATE registry.class AS k SET homeroom_teacher_id = NULL FROM ${mine} AND k.homeroom_teacher_id = u.person_id
      AND NOT u.before->'classes' @> to_jsonb(k.id)`);
  await run(sql`
    UPDATE registry.class AS k SET homeroom_teacher_id = u.person_id
    FROM registry.roster_undo AS u CROSS JOIN LATERAL jsonb_array_elements_text(u.before->'classes') AS led (id)
    WHERE u.plan_id = ${planId} AND k.id = led.id::uuid AND k.homeroom_teacher_id IS DISTINCT FROM u.person_id`);
  // Two people whose identifiers were swapped have none for a moment: an identifier is one person's at a time.
  await run(sql`
    UPDATE registry.person AS p SET moet_id_index = NULL FROM registry.roster_undo AS u,
      jsonb_populate_record(NULL::registry.person, u.before->'person') AS b
    WHERE u.plan_id = ${planId} AND p.id = u.person_id AND p.moet_id_index IS DISTINCT FROM b.moet_id_index`);
  await run(sql`
    UPDATE registry.person AS p SET full_name = b.full_name, birth_date = b.birth_date, gender = b.gender, status = b.status,
      moet_id_sealed = b.moet_id_sealed, moet_id_index = b.moet_id_index, personal_number_sealed = b.personal_number_sealed,
      personal_number_index = b.personal_number_index, details = b.details, home_organisation_id = b.home_organisation_id,
      version = p.version + 1
    FROM registry.roster_undo AS u, jsonb_populate_record(NULL::registry.person, u.before->'person') AS b
    WHERE u.plan_id = ${planId} AND p.id = u.person_id`);
}
