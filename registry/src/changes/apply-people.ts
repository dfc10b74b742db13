import { sql } from 'kysely';
import { createEducationIdIssuer } from '../education-id/education-id.ts';
import { type RegistryEvent, record } from '../events.ts';
import type { Whose } from '../matching/ask.ts';
import type { Applying } from './population.ts';

/** The changes that are done: a referred one only when name and birth date agreed, and somebody above approved the plan. */
export const done = sql`(c.action IN ('added', 'changed') OR c.action = 'referred' AND c.verdict = 'same')`;

/** Adds the new people of a part, each at home where the plan puts them. */
export async function addPeople(
  { context, transaction, part }: Applying,
  { isGuardians = false }: { readonly isGuardians?: boolean } = {},
): Promise<void> {
  // A guardian of brothers and sisters stands in several rows, and one that is known already in none of these.
  const once = isGuardians
    ? sql`AND c.version IS NULL AND NOT EXISTS (SELECT FROM registry.roster_change AS e
        WHERE e.plan_id = c.plan_id AND e.person_id = c.person_id AND e.action = 'added' AND e.row < c.row)`
    : sql``;
  const home = isGuardians ? sql`NULL::uuid` : sql`c.organisation_id`;
  const which = sql`FROM registry.roster_change AS c WHERE ${part} AND c.action = 'added' ${once}`;
  const { rows } = await sql<{ count: number }>`SELECT count(*) ${which}`.execute(transaction);
  const count = rows[0]?.count ?? 0;
  if (count === 0) return;
  const ids = await createEducationIdIssuer(context).issue(transaction, count);
  await sql`
    INSERT INTO registry.person (id, education_id, full_name, birth_date, gender, moet_id_sealed, moet_id_index,
      personal_number_sealed, personal_number_index, details, home_organisation_id)
    SELECT c.person_id, issued.education_id, c.full_name, c.birth_date, c.gender, c.moet_id_sealed, c.moet_id_index,
      c.personal_number_sealed, c.personal_number_index, coalesce(c.details, '{}'), ${home}
    FROM (SELECT c.*, row_number() OVER (ORDER BY c.row) AS nth ${which}) AS c
    JOIN unnest(${ids}::text[]) WITH ORDINALITY AS issued (education_id, nth) ON issued.nth = c.nth`.execute(
    transaction,
  );
}

/** An empty cell says nothing: what is known stays. */
export async function changePeople({ transaction, part }: Applying): Promise<void> {
  await sql`
    UPDATE registry.person AS p SET full_name = coalesce(nullif(c.full_name, ''), p.full_name), birth_date = coalesce(c.birth_date, p.birth_date),
      gender = coalesce(c.gender, p.gender),
      moet_id_sealed = coalesce(c.moet_id_sealed, p.moet_id_sealed), moet_id_index = coalesce(c.moet_id_index, p.moet_id_index),
      personal_number_sealed = coalesce(c.personal_number_sealed, p.personal_number_sealed),
      personal_number_index = coalesce(c.personal_number_index, p.personal_number_index),
      details = p.details || coalesce(c.details, '{}'), status = 'active', version = p.version + 1
    FROM registry.roster_change AS c
    WHERE ${part} AND c.action <> 'added' AND ${done} AND p.id = c.person_id`.execute(transaction);
}

/** A school's own codes: one person's at a time, inside that school. */
export async function keepLocalCodes({ transaction, part }: Applying, whose: Whose): Promise<void> {
  await sql`
    DELETE FROM registry.local_code AS l USING registry.roster_change AS c
    WHERE ${part} AND c.local_code IS NOT NULL AND ${done} AND l.organisation_id = c.organisation_id AND l.kind = ${whose}
      AND (l.person_id = c.person_id OR l.code = c.local_code)`.execute(transaction);
  await sql`
    INSERT INTO registry.local_code (organisation_id, kind, code, person_id)
    SELECT c.organisation_id, ${whose}, c.local_code, c.person_id FROM registry.roster_change AS c
    WHERE ${part} AND c.local_code IS NOT NULL AND ${done}`.execute(transaction);
}

/** Ends what the leavers are at the school that the plan names; who belongs nowhere then has left. */
export async function endLeavers({ transaction, part, today }: Applying, whose: Whose): Promise<void> {
  const roles = whose === 'learner' ? ['learner'] : ['teacher', 'staff'];
  await sql`
    UPDATE registry.affiliation AS f SET valid_until = ${today} FROM registry.roster_change AS c
    WHERE ${part} AND c.action = 'left' AND f.person_id = c.person_id AND f.organisation_id = c.organisation_id
      AND f.role = ANY(${roles}) AND f.valid_until IS NULL`.execute(transaction);
  if (whose === 'learner') {
    await sql`
      UPDATE registry.enrolment AS e SET valid_until = ${today} FROM registry.roster_change AS c
      WHERE ${part} AND c.action = 'left' AND e.person_id = c.person_id AND e.valid_until IS NULL
        AND EXISTS (SELECT FROM registry.class AS k WHERE k.id = e.class_id AND k.organisation_id = c.organisation_id)`.execute(
      transaction,
    );
  }
  await sql`
    UPDATE registry.person AS p SET version = p.version + 1,
      status = CASE WHEN EXISTS (SELECT FROM registry.affiliation AS f WHERE f.person_id = p.id AND f.valid_until IS NULL) THEN p.status ELSE 'left' END
    FROM registry.roster_change AS c WHERE ${part} AND c.action = 'left' AND p.id = c.person_id`.execute(transaction);
}

/** One event a person; of a school that was left behind also where they came from. */
export async function recordPeople({ transaction, planId, part, actor }: Applying): Promise<void> {
  const { rows } = await sql<{
    action: 'added' | 'changed' | 'left' | 'referred';
    person_id: string;
    organisation_id: string;
    moved: boolean;
    returned: boolean;
  }>`
    SELECT c.action, c.person_id, c.organisation_id, c.fields @? '$[*] ? (@.column == "Mã trường")' AS moved,
      c.fields @? '$[*] ? (@.column == "Trạng thái")' AS returned FROM registry.roster_change AS c
    WHERE ${part} AND (${done} OR c.action = 'left') ORDER BY c.action, c.row`.execute(transaction);
  const events = rows.map(({ action, person_id, organisation_id, moved, returned }): RegistryEvent => {
    const about = { actor, subject: { kind: 'person', id: person_id }, organisationId: organisation_id } as const;
    if (action === 'added' || action === 'left')
      return { type: action === 'added' ? 'person.created' : 'person.left', ...about, data: { planId } };
    // Apps that were told that an account is closed are told that it is open again (D5).
    if (returned) return { type: 'person.returned', ...about, data: { planId } };
    return moved
      ? { type: 'person.transferred', ...about, data: { planId, to: organisation_id } }
      : { type: 'person.changed', ...about, data: { planId } };
  });
  await record(transaction, ...events);
}
