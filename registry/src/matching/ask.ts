import { sql } from 'kysely';
import type { Planning, Sink } from '../changes/population.ts';
import { governedPeople } from '../permissions/bulk.ts';
import { alikeFrom, isNearDay, isNearName, reasonsOf, scoreOf } from './rules.ts';

/** Whose roster it is, for the affiliations that count. */
export type Whose = 'learner' | 'staff';

/** What a person can decide; every other refusal is corrected in the file. */
const asked = [
  'somebody-else',
  'moved-and-renamed',
  'personal-number-of-another',
  'local-code-of-another',
  'ambiguous',
  'looks-alike',
];
/** A column that slipped is no five hundred questions. */
const mostAsked = 500;

const fingerprint = sql`sha256(convert_to(jsonb_build_array(registry.fold(r.full_name), r.birth_date, encode(r.moet_id_index, 'hex'),
  encode(r.personal_number_index, 'hex'), r.local_code)::text, 'UTF8'))`;

/** Which records a person said that a row is not. */
export const saidOther = (row: ReturnType<typeof sql.ref>, person: ReturnType<typeof sql.ref>) =>
  sql`EXISTS (SELECT FROM answered AS said WHERE said.row = ${row} AND said.person_id = ${person} AND said.state = 'other')`;

/**
 * Brings what people said of rows like these into the transaction's own table `answered`; who was said to be somebody is
 * settled, unless the ministry's identifier of the row is somebody else's by now.
 */
export async function takeAnswers({ transaction }: Planning, whose: Whose): Promise<void> {
  await sql`CREATE TEMPORARY TABLE answered (row int NOT NULL, person_id uuid NOT NULL, state text NOT NULL) ON COMMIT DROP`.execute(
    transaction,
  );
  await sql`CREATE TEMPORARY TABLE candidate (row int NOT NULL, person_id uuid NOT NULL, PRIMARY KEY (row, person_id)) ON COMMIT DROP`.execute(
    transaction,
  );
  await sql`
    INSERT INTO answered
    SELECT r.row, m.person_id, m.state FROM registry.match_question AS m
    JOIN registry.person AS p ON p.id = m.person_id AND p.status <> 'merged'
    JOIN staged AS r ON r.organisation_id = m.organisation_id AND ${fingerprint} = m.fingerprint
    WHERE m.kind = ${whose} AND m.state <> 'open' AND m.organisation_id IN (SELECT organisation_id FROM staged)`.execute(
    transaction,
  );
  await sql`
    UPDATE staged AS r SET person_id = a.person_id, is_settled = true FROM answered AS a
    WHERE a.row = r.row AND a.state = 'same' AND r.refusal IS NULL AND NOT EXISTS (
      SELECT FROM registry.person AS q WHERE q.moet_id_index = r.moet_id_index AND q.id <> a.person_id AND q.status <> 'merged')`.execute(
    transaction,
  );
}

/** More records like one row are no question that anybody can answer: the likeliest are asked about. */
const mostAlike = 5;

/**
 * Rows that nobody was found for, and that look like a member of their school whom no other row is. Two that have
 * different ministry identifiers never reach the score here, and the same name or day alone does not either: those pairs
 * are left out before anything is weighed, so that a school in which hundreds share a name or a day of birth costs no more.
 */
export async function findAlike({ transaction, actor }: Planning, whose: Whose): Promise<void> {
  const roles = whose === 'learner' ? ['learner'] : ['teacher', 'staff'];
  await sql`
    WITH unknown AS MATERIALIZED (
      SELECT r.*, registry.fold(r.full_name) AS folded FROM staged AS r WHERE r.refusal IS NULL AND r.person_id IS NULL AND r.doubt IS NULL AND r.gone IS NULL
        AND r.full_name IS NOT NULL AND r.birth_date IS NOT NULL
        -- A school's first roster has nobody to be like.
        AND r.organisation_id IN (SELECT f.organisation_id FROM registry.affiliation AS f WHERE f.role = ANY(${roles}) AND f.valid_until IS NULL)
    ), member AS MATERIALIZED (
      SELECT f.organisation_id AS at, p.* FROM registry.affiliation AS f JOIN registry.person AS p ON p.id = f.person_id
      WHERE f.role = ANY(${roles}) AND f.valid_until IS NULL AND f.organisation_id = ANY(ARRAY(SELECT DISTINCT organisation_id FROM unknown))
        AND NOT EXISTS (SELECT FROM staged AS s WHERE s.person_id = p.id)
    ), pair AS MATERIALIZED (
      SELECT r.row, p.id FROM unknown AS r JOIN member AS p ON p.at = r.organisation_id AND p.folded_name = r.folded
      WHERE (p.moet_id_index IS NULL OR r.moet_id_index IS NULL) AND ${isNearDay}
      UNION SELECT r.row, p.id FROM unknown AS r JOIN member AS p ON p.at = r.organisation_id AND p.birth_date = r.birth_date
      WHERE (p.moet_id_index IS NULL OR r.moet_id_index IS NULL) AND ${isNearName(sql`r.folded`)}
    ), weighed AS (
      SELECT r.row, p.id, ${reasonsOf} AS reasons FROM pair JOIN unknown AS r ON r.row = pair.row JOIN member AS p ON p.id = pair.id AND p.at = r.organisation_id
      WHERE ${governedPeople(actor, 'roster.import')} AND NOT ${saidOther(sql.ref('r.row'), sql.ref('p.id'))}
    ), scored AS (
      SELECT row, id, row_number() OVER (PARTITION BY row ORDER BY score DESC, id) AS place
      FROM (SELECT row, id, ${scoreOf(sql`reasons`)} AS score FROM weighed) AS one WHERE score >= ${alikeFrom})
    INSERT INTO candidate SELECT row, id FROM scored WHERE place <= ${mostAlike} ON CONFLICT DO NOTHING`.execute(
    transaction,
  );
  await sql`UPDATE staged AS r SET refusal = 'looks-alike' FROM candidate AS c WHERE c.row = r.row AND r.refusal IS NULL`.execute(
    transaction,
  );
}

/** Writes down what only a person can say, with both sides, of people whom the actor governs and of nobody else (T3). */
export async function askPeople(planning: Planning, whose: Whose, { note }: Sink): Promise<void> {
  const { transaction, actor, planId, context } = planning;
  const roles = whose === 'learner' ? ['learner'] : ['teacher', 'staff'];
  await sql`
    INSERT INTO candidate
    SELECT r.row, r.person_id FROM staged AS r WHERE r.refusal = ANY(${asked}) AND r.person_id IS NOT NULL
    UNION SELECT r.row, l.person_id FROM staged AS r JOIN registry.local_code AS l
      ON l.organisation_id = r.organisation_id AND l.kind = ${whose} AND l.code = r.local_code
      WHERE r.refusal = 'local-code-of-another' AND r.person_id IS NULL
    UNION SELECT r.row, p.id FROM staged AS r JOIN registry.affiliation AS f ON f.organisation_id = r.organisation_id AND f.role = ANY(${roles}) AND f.valid_until IS NULL
      JOIN registry.person AS p ON p.id = f.person_id AND p.folded_name = registry.fold(r.full_name) AND p.birth_date = r.birth_date
      WHERE r.refusal = 'ambiguous'
    ON CONFLICT DO NOTHING`.execute(transaction);
  const { rows } = await sql<{ count: number }>`
    WITH weighed AS (
      SELECT DISTINCT ON (r.organisation_id, ${fingerprint}, p.id) r.*, p.id AS candidate_id, ${fingerprint} AS fingerprint, ${reasonsOf} AS reasons
      FROM candidate AS c JOIN staged AS r ON r.row = c.row JOIN registry.person AS p ON p.id = c.person_id
      WHERE r.refusal = ANY(${asked}) AND p.status <> 'merged' AND ${governedPeople(actor, 'roster.import')}
      ORDER BY r.organisation_id, ${fingerprint}, p.id, r.row
    ), asked AS (
      INSERT INTO registry.match_question AS m (id, organisation_id, kind, fingerprint, person_id, rule, score, reasons, facts, plan_id, asked_at)
      SELECT gen_random_uuid(), organisation_id, ${whose}, fingerprint, candidate_id, refusal, ${scoreOf(sql`reasons`)}, reasons,
        jsonb_build_object('row', row, 'fullName', full_name, 'birthDate', birth_date, 'gender', gender, 'className', class_code,
          'localCode', local_code, 'hasMinistryId', moet_id_index IS NOT NULL, 'hasPersonalNumber', personal_number_index IS NOT NULL),
        ${planId}, ${context.clock.now().toISOString()}
      FROM weighed ORDER BY ${scoreOf(sql`reasons`)} DESC, row LIMIT ${mostAsked}
      ON CONFLICT (organisation_id, kind, fingerprint, person_id) DO UPDATE SET plan_id = excluded.plan_id, facts = excluded.facts,
        rule = excluded.rule, score = excluded.score, reasons = excluded.reasons WHERE m.state = 'open'
      RETURNING 1)
    SELECT count(*) FROM asked`.execute(transaction);
  const count = rows[0]?.count ?? 0;
  if (count > 0)
    note({
      vi: `${count} chỗ cần người trả lời có phải cùng một người không: mở «Ghép hồ sơ», trả lời, rồi nhập lại.`,
      en: `${count} times somebody has to say whether it is the same person: open “Matching”, answer, then import again.`,
    });
}
