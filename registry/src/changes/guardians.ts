import { sql } from 'kysely';
import { type RegistryEvent, record } from '../events.ts';
import { governedPeople } from '../permissions/bulk.ts';
import { addPeople, done } from './apply-people.ts';
import { countUnchanged, tellVerdicts } from './compare.ts';
import { whyHeld } from './hold.ts';
import { matchPeople } from './matching.ts';
import type { Applying, Planning, Population } from './population.ts';
import type { PersonRow } from './row.ts';
import { type KeptPeople, keepPeople } from './staging.ts';

/** Who are the mother, the father or another guardian of a learner. */
export const guardians: Population<PersonRow> = {
  id: 'guardians',
  action: 'roster.import',
  keep: keepPeople,
  async plan(planning, kept: KeptPeople, sink) {
    await kept.stage(planning, sink);
    await matchPeople(planning, 'learner', { mayRepeat: true });
    await mustBeChildren(planning);
    await matchGuardians(planning);
    await tellVerdicts(planning, sink);
    await kept.seal(
      planning,
      sql`SELECT n.row FROM staged AS n WHERE n.refusal IS NULL AND n.guardian_number_index IS NOT NULL`,
    );
    await writeChanges(planning);
    return {
      unchanged: await countUnchanged(planning),
      heldReasons: await whyHeld(planning, 'learner', ['left', 'corrected']),
    };
  },
  apply,
};

/** One sentence for a child who is nowhere, elsewhere, or has another name: an upload learns nothing (T3). */
async function mustBeChildren({ transaction }: Planning): Promise<void> {
  await sql`
    UPDATE staged AS r SET refusal = CASE WHEN r.refusal = 'ambiguous' THEN r.refusal ELSE 'no-such-child' END, referred = NULL
    WHERE (r.refusal IS NOT NULL OR r.person_id IS NULL OR NOT r.is_here OR NOT r.is_governed OR r.doubt IS NOT NULL
      OR EXISTS (SELECT FROM registry.person AS p WHERE p.id = r.person_id AND p.folded_name <> registry.fold(r.full_name)))`.execute(
    transaction,
  );
}

/**
 * The guardian of each row: one of the child's own of the same name; else by personal number and name; else one whom the
 * school keeps, of the same name and birth date; else somebody new, once for brothers and sisters of the same file.
 */
async function matchGuardians({ transaction, actor }: Planning): Promise<void> {
  const run = (statement: ReturnType<typeof sql>) => statement.execute(transaction);
  await run(sql`
    UPDATE staged AS r SET guardian_id = g.guardian_id
    FROM registry.guardianship AS g JOIN registry.person AS p ON p.id = g.guardian_id
    WHERE r.refusal IS NULL AND g.child_id = r.person_id AND g.valid_until IS NULL
      AND p.folded_name = registry.fold(r.guardian_name)`);
  await run(sql`
    UPDATE staged AS r SET guardian_id = p.id,
      referred = CASE WHEN NOT reach.is_known THEN CASE WHEN p.folded_name = registry.fold(r.guardian_name) THEN 'same' ELSE 'other' END END,
      refusal = CASE WHEN reach.is_known AND p.folded_name <> registry.fold(r.guardian_name) THEN 'guardian-number-of-another' END
    FROM registry.person AS p CROSS JOIN LATERAL (SELECT ${governedPeople(actor, 'roster.import')} OR EXISTS (
      SELECT FROM registry.affiliation AS f JOIN staged AS own ON own.organisation_id = f.organisation_id
      WHERE f.person_id = p.id AND f.valid_until IS NULL) AS is_known) AS reach
    WHERE r.refusal IS NULL AND r.guardian_id IS NULL AND p.personal_number_index = r.guardian_number_index AND p.status <> 'merged'`);
  await run(sql`
    UPDATE staged AS r SET guardian_id = p.id
    FROM registry.affiliation AS f JOIN registry.person AS p ON p.id = f.person_id AND p.status NOT IN ('merged', 'erased')
    WHERE r.refusal IS NULL AND r.guardian_id IS NULL AND f.organisation_id = r.organisation_id AND f.role = 'guardian'
      AND f.valid_until IS NULL AND p.folded_name = registry.fold(r.guardian_name) AND p.birth_date = r.guardian_birth_date
      AND (p.personal_number_index IS NULL OR r.guardian_number_index IS NULL)`);
  await run(sql`
    UPDATE staged AS r SET new_person_id = one.id FROM (
      SELECT row, first_value(new_person_id) OVER (PARTITION BY registry.fold(guardian_name),
        coalesce(guardian_number_index, decode(md5(organisation_id::text || guardian_birth_date::text), 'hex'), decode(md5(row::text), 'hex')) ORDER BY row) AS id
      FROM staged WHERE refusal IS NULL AND guardian_id IS NULL) AS one
    WHERE r.row = one.row`);
  // The same guardian of the same child once more.
  await run(sql`
    UPDATE staged AS r SET refusal = 'same-person' FROM (
      SELECT row, row_number() OVER (PARTITION BY person_id, coalesce(guardian_id, new_person_id) ORDER BY row) AS nth
      FROM staged WHERE refusal IS NULL) AS d
    WHERE r.row = d.row AND d.nth > 1`);
}

const shown = (relation: ReturnType<typeof sql>) =>
  sql`CASE ${relation} WHEN 'father' THEN 'Cha' WHEN 'mother' THEN 'Mẹ' WHEN 'guardian' THEN 'Người giám hộ' END`;

async function writeChanges({ transaction, planId }: Planning): Promise<void> {
  await sql`
    INSERT INTO registry.roster_change (plan_id, row, action, person_id, version, organisation_id, class_code, full_name, birth_date,
      personal_number_sealed, personal_number_index, details, role, verdict, child_id, data, fields)
    SELECT ${planId}, r.row,
      CASE WHEN r.referred IS NOT NULL THEN 'referred' WHEN g.id IS NULL THEN 'added' ELSE 'changed' END,
      coalesce(r.guardian_id, r.new_person_id), p.version, r.organisation_id, NULL, r.guardian_name, r.guardian_birth_date,
      sealed.guardian_number_sealed, r.guardian_number_index, '{}', 'guardian', r.referred, r.person_id,
      jsonb_build_object('relation', r.relation, 'isNew', r.guardian_id IS NULL),
      jsonb_build_array(jsonb_build_object('column', 'Học sinh', 'after', r.full_name),
        jsonb_build_object('column', 'Quan hệ', 'before', ${shown(sql`g.relation`)}, 'after', ${shown(sql`r.relation`)}))
    FROM staged AS r LEFT JOIN sealed ON sealed.row = r.row LEFT JOIN registry.person AS p ON p.id = r.guardian_id
    LEFT JOIN registry.guardianship AS g ON g.child_id = r.person_id AND g.guardian_id = r.guardian_id AND g.valid_until IS NULL
    WHERE r.refusal IS NULL AND (g.id IS NULL OR g.relation <> r.relation)`.execute(transaction);
}

async function apply(applying: Applying): Promise<void> {
  const { transaction, planId, part, actor, today } = applying;
  await addPeople(applying, { isGuardians: true });
  await sql`
    UPDATE registry.guardianship AS g SET relation = c.data->>'relation' FROM registry.roster_change AS c
    WHERE ${part} AND c.action = 'changed' AND g.child_id = c.child_id AND g.guardian_id = c.person_id AND g.valid_until IS NULL`.execute(
    transaction,
  );
  await sql`
    INSERT INTO registry.affiliation (id, person_id, organisation_id, role, valid_from)
    SELECT gen_random_uuid(), person_id, organisation_id, 'guardian', ${today} FROM (
      SELECT DISTINCT c.person_id, c.organisation_id FROM registry.roster_change AS c WHERE ${part} AND ${done}) AS one
    ON CONFLICT DO NOTHING`.execute(transaction);
  const started = await sql<{
    id: string;
    child_id: string;
    guardian_id: string;
    relation: string;
    organisation_id: string;
  }>`
    WITH started AS (
      INSERT INTO registry.guardianship (id, guardian_id, child_id, relation, valid_from)
      SELECT gen_random_uuid(), c.person_id, c.child_id, c.data->>'relation', ${today} FROM registry.roster_change AS c
      WHERE ${part} AND ${done} AND c.action <> 'changed' ON CONFLICT DO NOTHING RETURNING id, guardian_id, child_id, relation)
    SELECT s.*, c.organisation_id FROM started AS s
    JOIN registry.roster_change AS c ON ${part} AND c.child_id = s.child_id AND c.person_id = s.guardian_id`.execute(
    transaction,
  );
  const created = await sql<{ person_id: string; organisation_id: string }>`
    SELECT DISTINCT ON (c.person_id) c.person_id, c.organisation_id FROM registry.roster_change AS c
    WHERE ${part} AND c.action = 'added' AND c.version IS NULL AND NOT EXISTS (SELECT FROM registry.roster_change AS e
      WHERE e.plan_id = c.plan_id AND e.person_id = c.person_id AND e.action = 'added' AND e.row < c.row) ORDER BY c.person_id`.execute(
    transaction,
  );
  const events = [
    ...created.rows.map(
      ({ person_id, organisation_id }): RegistryEvent => ({
        type: 'person.created',
        actor,
        subject: { kind: 'person', id: person_id },
        organisationId: organisation_id,
        data: { planId },
      }),
    ),
    ...started.rows.map(
      ({ id, child_id, guardian_id, relation, organisation_id }): RegistryEvent => ({
        type: 'guardianship.started',
        actor,
        subject: { kind: 'person', id: child_id },
        organisationId: organisation_id,
        data: { planId, guardianshipId: id, guardianId: guardian_id, relation },
      }),
    ),
  ];
  await record(transaction, ...events);
}
