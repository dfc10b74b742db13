import type { Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import { type RegistryEvent, record } from '../../events.ts';
import type { Relation } from '../../guardians/guardians.ts';
import { governedPeople } from '../../permissions/bulk.ts';
import * as fields from '../columns/fields.ts';
import { addPeople, chunk, done } from './apply-people.ts';
import { type Cells, fold, localCodeOf, moetIdOf, personalNumberOf, RowRefused } from './cells.ts';
import { tellVerdicts, whyHeld } from './changes.ts';
import type { Applying, Planning, RosterKind } from './kind.ts';
import { matchPeople } from './matching.ts';
import { findPlaces } from './places.ts';
import { createRowWriter } from './staging.ts';

/** Who are the mother, the father or another guardian of a learner. */
export const guardians: RosterKind = {
  id: 'guardians',
  name: { vi: 'Người giám hộ', en: 'Guardians' },
  action: 'roster.import',
  fields: [
    fields.schoolCode,
    fields.schoolName,
    {
      id: 'childId',
      names: [
        'Mã định danh học sinh',
        'Mã định danh Bộ GD&ĐT',
        'Mã định danh Bộ',
        'Mã định danh Bộ GD&ĐT của học sinh',
      ],
      also: ['Mã định danh'],
      note: { vi: 'Mã định danh Bộ GD&ĐT của học sinh', en: "The learner's ministry identifier" },
    },
    {
      id: 'localCode',
      names: ['Mã học sinh', 'Mã HS'],
      note: { vi: 'Mã riêng của trường', en: "The school's own code" },
    },
    { id: 'childName', names: ['Họ và tên học sinh', 'Họ tên học sinh', 'Học sinh', 'Họ tên con', 'Họ và tên con'] },
    {
      id: 'childBirthDate',
      names: ['Ngày sinh học sinh', 'Ngày sinh của học sinh', 'Ngày sinh con'],
      note: { vi: 'Khi không có mã nào', en: 'Where there is no identifier' },
    },
    {
      id: 'fullName',
      names: [
        'Họ và tên người giám hộ',
        'Họ tên người giám hộ',
        'Họ và tên phụ huynh',
        'Họ tên phụ huynh',
        'Phụ huynh',
        'Người giám hộ',
      ],
    },
    {
      id: 'relation',
      names: ['Quan hệ', 'Mối quan hệ', 'Quan hệ với học sinh'],
      note: { vi: 'Cha, Mẹ, Người giám hộ', en: 'Cha, Mẹ, Người giám hộ' },
    },
    { id: 'birthDate', names: ['Ngày sinh người giám hộ', 'Ngày sinh phụ huynh', 'Ngày sinh của người giám hộ'] },
    {
      id: 'personalNumber',
      names: ['Số ĐDCN người giám hộ', 'Số CCCD người giám hộ', 'Số CCCD phụ huynh', 'Số ĐDCN phụ huynh'],
      also: ['Số ĐDCN', 'Số CCCD', 'Số định danh cá nhân'],
      note: { vi: '12 chữ số, cột dạng văn bản', en: '12 digits, format the column as text' },
    },
  ],
  required: [[['fullName']], [['relation']], [['childName']], [['childId'], ['localCode'], ['childBirthDate']]],
  examples: [
    {
      childId: '7912345601',
      childName: 'Nguyễn Thị An',
      fullName: 'Nguyễn Văn Hùng',
      relation: 'Cha',
      birthDate: '15/01/1985',
      personalNumber: '079085000001',
    },
    { childName: 'Trần Văn Bình', childBirthDate: '20/11/2020', fullName: 'Lê Thị Lụa', relation: 'Mẹ' },
  ],
  notes: [
    {
      vi: 'Mỗi dòng một người giám hộ của một học sinh; em có hai người thì ghi hai dòng.',
      en: 'One guardian of one learner a row; two guardians are two rows.',
    },
    {
      vi: 'Học sinh phải đang học ở trường; tên phải khớp với hồ sơ. Tệp chỉ thêm, không bỏ người giám hộ nào.',
      en: 'The learner is at the school now and the name agrees. A file only adds guardians, it ends none.',
    },
  ],
  stage,
  plan,
  apply,
};

const words: Readonly<Record<string, Relation>> = {
  cha: 'father',
  bo: 'father',
  ba: 'father',
  'cha ruot': 'father',
  'bo de': 'father',
  me: 'mother',
  ma: 'mother',
  'me ruot': 'mother',
  'me de': 'mother',
  'nguoi giam ho': 'guardian',
  'giam ho': 'guardian',
  'nguoi do dau': 'guardian',
  ong: 'guardian',
  'ba noi': 'guardian',
  'ba ngoai': 'guardian',
  'ong noi': 'guardian',
  'ong ngoai': 'guardian',
  anh: 'guardian',
  chi: 'guardian',
  co: 'guardian',
  chu: 'guardian',
  bac: 'guardian',
  di: 'guardian',
  cau: 'guardian',
  khac: 'guardian',
};

function relationOf(cells: Cells): Relation {
  const relation = words[fold(cells.text('relation'))];
  if (relation) return relation;
  throw new RowRefused('relation', {
    vi: 'Quan hệ ghi Cha, Mẹ hoặc Người giám hộ.',
    en: 'The relation is Cha, Mẹ or Người giám hộ.',
  });
}

async function stage(planning: Planning): ReturnType<RosterKind['stage']> {
  const { transaction, actor, organisationId } = planning;
  const places = await findPlaces(transaction, actor, 'roster.import', {
    kinds: ['school', 'centre'],
    chosen: organisationId,
  });
  const writer = createRowWriter(planning);
  return {
    take(cells) {
      const moetId = moetIdOf(cells, 'childId');
      const localCode = localCodeOf(cells);
      const birthDate = cells.has('childBirthDate') ? cells.day('childBirthDate') : null;
      if (moetId === null && localCode === null && birthDate === null)
        throw new RowRefused('childId', {
          vi: 'Dòng cần mã định danh, mã học sinh hoặc ngày sinh của học sinh.',
          en: "The row needs the learner's identifier, code or birth date.",
        });
      writer.add({
        row: cells.row,
        organisationId: places.of(cells),
        fullName: cells.name('childName'),
        birthDate,
        moetId,
        personalNumber: null,
        localCode,
        guardianName: cells.name('fullName'),
        guardianBirthDate: cells.has('birthDate') ? cells.day('birthDate') : null,
        guardianNumber: personalNumberOf(cells, 'personalNumber'),
        relation: relationOf(cells),
      });
    },
    flush: writer.flush,
  };
}

async function plan(planning: Planning, sink: Parameters<RosterKind['plan']>[1]): Promise<Text[]> {
  await matchPeople(planning, 'learner', { mayRepeat: true });
  await mustBeChildren(planning);
  await matchGuardians(planning);
  await tellVerdicts(planning, guardians, sink);
  await writeChanges(planning);
  return whyHeld(planning, 'learner');
}

/** One sentence for a child who is nowhere, elsewhere, or has another name: an upload learns nothing (T3). */
async function mustBeChildren({ transaction, planId }: Planning): Promise<void> {
  await sql`
    UPDATE registry.roster_row AS r SET refusal = CASE WHEN r.refusal = 'ambiguous' THEN r.refusal ELSE 'no-such-child' END, referred = NULL
    WHERE r.plan_id = ${planId} AND (r.refusal IS NOT NULL OR r.person_id IS NULL OR NOT r.is_here OR NOT r.is_governed OR r.doubt IS NOT NULL
      OR EXISTS (SELECT FROM registry.person AS p WHERE p.id = r.person_id AND p.folded_name <> r.folded_name))`.execute(
    transaction,
  );
}

/**
 * The guardian of each row: one of the child's own of the same name; else by personal number and name; else one whom the
 * school keeps, of the same name and birth date; else somebody new, once for brothers and sisters of the same file.
 */
async function matchGuardians({ transaction, planId, actor }: Planning): Promise<void> {
  const run = (statement: ReturnType<typeof sql>) => statement.execute(transaction);
  await run(sql`
    UPDATE registry.roster_row AS r SET guardian_id = g.guardian_id
    FROM registry.guardianship AS g JOIN registry.person AS p ON p.id = g.guardian_id
    WHERE r.plan_id = ${planId} AND r.refusal IS NULL AND g.child_id = r.person_id AND g.valid_until IS NULL
      AND p.folded_name = registry.fold(r.guardian_name)`);
  await run(sql`
    UPDATE registry.roster_row AS r SET guardian_id = p.id,
      referred = CASE WHEN NOT reach.is_known THEN CASE WHEN p.folded_name = registry.fold(r.guardian_name) THEN 'same' ELSE 'other' END END,
      refusal = CASE WHEN reach.is_known AND p.folded_name <> registry.fold(r.guardian_name) THEN 'guardian-number-of-another' END
    FROM registry.person AS p CROSS JOIN LATERAL (SELECT ${governedPeople(actor, 'roster.import')} OR EXISTS (
      SELECT FROM registry.affiliation AS f JOIN registry.roster_row AS own ON own.plan_id = ${planId} AND own.organisation_id = f.organisation_id
      WHERE f.person_id = p.id AND f.valid_until IS NULL) AS is_known) AS reach
    WHERE r.plan_id = ${planId} AND r.refusal IS NULL AND r.guardian_id IS NULL AND p.personal_number_index = r.guardian_number_index AND p.status <> 'merged'`);
  await run(sql`
    UPDATE registry.roster_row AS r SET guardian_id = p.id
    FROM registry.affiliation AS f JOIN registry.person AS p ON p.id = f.person_id AND p.status <> 'merged'
    WHERE r.plan_id = ${planId} AND r.refusal IS NULL AND r.guardian_id IS NULL AND f.organisation_id = r.organisation_id AND f.role = 'guardian'
      AND f.valid_until IS NULL AND p.folded_name = registry.fold(r.guardian_name) AND p.birth_date = r.guardian_birth_date
      AND (p.personal_number_index IS NULL OR r.guardian_number_index IS NULL)`);
  await run(sql`
    UPDATE registry.roster_row AS r SET new_person_id = one.id FROM (
      SELECT row, first_value(new_person_id) OVER (PARTITION BY registry.fold(guardian_name),
        coalesce(guardian_number_index, decode(md5(organisation_id::text || guardian_birth_date::text), 'hex'), decode(md5(row::text), 'hex')) ORDER BY row) AS id
      FROM registry.roster_row WHERE plan_id = ${planId} AND refusal IS NULL AND guardian_id IS NULL) AS one
    WHERE r.plan_id = ${planId} AND r.row = one.row`);
  // The same guardian of the same child once more.
  await run(sql`
    UPDATE registry.roster_row AS r SET refusal = 'same-person' FROM (
      SELECT row, row_number() OVER (PARTITION BY person_id, coalesce(guardian_id, new_person_id) ORDER BY row) AS nth
      FROM registry.roster_row WHERE plan_id = ${planId} AND refusal IS NULL) AS d
    WHERE r.plan_id = ${planId} AND r.row = d.row AND d.nth > 1`);
}

const shown = (relation: ReturnType<typeof sql>) =>
  sql`CASE ${relation} WHEN 'father' THEN 'Cha' WHEN 'mother' THEN 'Mẹ' WHEN 'guardian' THEN 'Người giám hộ' END`;

async function writeChanges({ transaction, planId }: Planning): Promise<void> {
  await sql`
    INSERT INTO registry.roster_change (plan_id, row, action, person_id, version, organisation_id, class_code, full_name, birth_date,
      personal_number_sealed, personal_number_index, details, role, verdict, child_id, data, fields)
    SELECT r.plan_id, r.row,
      CASE WHEN r.referred IS NOT NULL THEN 'referred' WHEN g.id IS NULL THEN 'added' ELSE 'changed' END,
      coalesce(r.guardian_id, r.new_person_id), p.version, r.organisation_id, NULL, r.guardian_name, r.guardian_birth_date,
      r.guardian_number_sealed, r.guardian_number_index, '{}', 'guardian', r.referred, r.person_id,
      jsonb_build_object('relation', r.relation, 'isNew', r.guardian_id IS NULL),
      jsonb_build_array(jsonb_build_object('column', 'Học sinh', 'after', r.full_name),
        jsonb_build_object('column', 'Quan hệ', 'before', ${shown(sql`g.relation`)}, 'after', ${shown(sql`r.relation`)}))
    FROM registry.roster_row AS r LEFT JOIN registry.person AS p ON p.id = r.guardian_id
    LEFT JOIN registry.guardianship AS g ON g.child_id = r.person_id AND g.guardian_id = r.guardian_id AND g.valid_until IS NULL
    WHERE r.plan_id = ${planId} AND r.refusal IS NULL AND (g.id IS NULL OR g.relation <> r.relation)`.execute(
    transaction,
  );
}

async function apply(applying: Applying): Promise<void> {
  const { transaction, planId, actor, today, report } = applying;
  const { rows } = await sql<{ total: number; people: number }>`
    SELECT count(*) AS total, count(DISTINCT person_id) FILTER (WHERE action = 'added' AND version IS NULL) AS people
    FROM registry.roster_change WHERE plan_id = ${planId}`.execute(transaction);
  const { total = 0, people = 0 } = rows[0] ?? {};
  await addPeople({ ...applying, added: people }, total, { isGuardians: true });
  await sql`
    UPDATE registry.guardianship AS g SET relation = c.data->>'relation' FROM registry.roster_change AS c
    WHERE c.plan_id = ${planId} AND c.action = 'changed' AND g.child_id = c.child_id AND g.guardian_id = c.person_id AND g.valid_until IS NULL`.execute(
    transaction,
  );
  await sql`
    INSERT INTO registry.affiliation (id, person_id, organisation_id, role, valid_from)
    SELECT gen_random_uuid(), person_id, organisation_id, 'guardian', ${today} FROM (
      SELECT DISTINCT c.person_id, c.organisation_id FROM registry.roster_change AS c WHERE c.plan_id = ${planId} AND ${done}) AS one
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
      WHERE c.plan_id = ${planId} AND ${done} AND c.action <> 'changed' ON CONFLICT DO NOTHING RETURNING id, guardian_id, child_id, relation)
    SELECT s.*, c.organisation_id FROM started AS s
    JOIN registry.roster_change AS c ON c.plan_id = ${planId} AND c.child_id = s.child_id AND c.person_id = s.guardian_id`.execute(
    transaction,
  );
  const created = await sql<{ person_id: string; organisation_id: string }>`
    SELECT DISTINCT ON (person_id) person_id, organisation_id FROM registry.roster_change
    WHERE plan_id = ${planId} AND action = 'added' AND version IS NULL ORDER BY person_id`.execute(transaction);
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
  for (let from = 0; from < events.length; from += chunk)
    await record(transaction, ...events.slice(from, from + chunk));
  report({ done: total, total });
}
