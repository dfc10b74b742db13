import { copyInto } from '@edutrust/platform/copy';
import type { Database } from '@edutrust/platform/database';
import { type RawBuilder, sql } from 'kysely';
import type { Known } from './known.ts';
import type { Planning } from './population.ts';

/*
 * A row with the ministry's identifier that says what is known is known by its fingerprint from then on. Whether it is in
 * step is a function of the row's text and of what the registry has of its person: facts, school, class and codes. Whoever
 * changes any of these makes it forgotten (migration 038). What else a plan makes of a row, it makes of other rows: those
 * that could be about the same person are taken apart together with it (ADR 0346).
 */

/** Which of the fingerprints are remembered, by their place: for a reader who may be wrong, since it is looked up again. */
export async function findKnown(db: Database, fingerprints: readonly string[]): Promise<ReadonlySet<number>> {
  if (fingerprints.length === 0) return new Set();
  const { rows } = await sql<{ places: number[] | null }>`
    SELECT array_agg(n) AS places FROM generate_series(0, ${fingerprints.length - 1}::int) AS n CROSS JOIN LATERAL (
      SELECT FROM registry.roster_in_step AS s WHERE s.fingerprint = substr(${Buffer.from(fingerprints.join(''), 'hex')}::bytea, 1 + n * 16, 16)
      LIMIT 1) AS found`.execute(db);
  return new Set(rows[0]?.places);
}

/**
 * Puts the known rows that are in step into `staged` as such. `wake` takes those apart that a statement selects: what was
 * forgotten since it was read, what stands twice, and what another row of the file may be about.
 */
export async function setAside(
  { transaction, schoolYear }: Planning,
  known: Known,
  wake: (which: RawBuilder<unknown>) => Promise<void>,
): Promise<void> {
  const run = (statement: ReturnType<typeof sql>) => statement.execute(transaction);
  await run(sql`CREATE TEMPORARY TABLE known (row int NOT NULL, fingerprint bytea NOT NULL) ON COMMIT DROP`);
  await copyInto(transaction, 'COPY known FROM STDIN', known.marks());
  await run(sql`
    CREATE TEMPORARY TABLE in_step ON COMMIT DROP AS
    SELECT n.row, s.person_id, s.personal_tag, k.organisation_id, k.code AS class_code FROM known AS n
    JOIN registry.roster_in_step AS s USING (fingerprint) JOIN registry.class AS k ON k.id = s.class_id AND k.school_year = ${schoolYear}`);
  await run(sql`ANALYZE in_step`);
  const several = (column: string) =>
    sql.raw(`${column} IN (SELECT ${column} FROM in_step WHERE ${column} IS NOT NULL GROUP BY 1 HAVING count(*) > 1)`);
  const leave = (which: RawBuilder<unknown>) => run(sql`DELETE FROM in_step WHERE row IN (${which})`);
  const doubtful = sql`SELECT row FROM in_step WHERE ${several('person_id')} OR ${several('personal_tag')}`;
  await run(sql`CREATE TEMPORARY TABLE woken ON COMMIT DROP AS ${doubtful}`);
  await leave(sql`SELECT row FROM woken`);
  await wake(sql`SELECT row FROM known WHERE row NOT IN (SELECT row FROM in_step)`);
  // By number, code or answer, as rows find people: a name alone finds nobody who has the ministry's identifier, unless the row has none.
  await run(sql`DELETE FROM woken`);
  await run(sql`
    INSERT INTO woken SELECT i.row FROM in_step AS i WHERE i.person_id IN (
      SELECT p.id FROM staged AS r JOIN registry.person AS p ON p.moet_id_index = r.moet_id_index
      UNION ALL SELECT p.id FROM staged AS r JOIN registry.person AS p ON p.personal_number_index = r.personal_number_index
      UNION ALL SELECT l.person_id FROM staged AS r JOIN registry.local_code AS l
        ON l.organisation_id = r.organisation_id AND l.kind = 'learner' AND l.code = r.local_code
      UNION ALL SELECT p.id FROM in_step AS j JOIN registry.person AS p ON p.id = j.person_id
        WHERE (p.folded_name, p.birth_date) IN (SELECT registry.fold(full_name), birth_date FROM staged WHERE moet_id_index IS NULL)
          AND EXISTS (SELECT FROM staged WHERE moet_id_index IS NULL)
      UNION ALL SELECT m.person_id FROM registry.match_question AS m WHERE m.kind = 'learner' AND m.state = 'same' AND m.organisation_id IN (SELECT organisation_id FROM staged))`);
  await leave(sql`SELECT row FROM woken`);
  await wake(sql`SELECT row FROM woken`);
  await run(sql`
    INSERT INTO staged (row, new_person_id, organisation_id, class_code, details, role, person_id, is_in_step)
    SELECT row, person_id, organisation_id, class_code, '{}', 'learner', person_id, true FROM in_step`);
}
