import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { type RecordedActor, record } from '@edutrust/platform/events';
import type { Actor } from '@edutrust/platform/http';
import { uuidv7 } from '@edutrust/platform/ids';
import type { Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import { schoolYearAt } from '../calendar.ts';
import { createIdentifierVault } from '../people/identifiers.ts';
import { scopeOf } from '../permissions/permissions.ts';
import { headerOf } from './columns.ts';
import { isRefusal, parseRow, type Refusal, type RosterRow } from './parse.ts';
import { type RosterFile, readRoster } from './read.ts';
import type { Progress, RosterPlan } from './roster.ts';

/** Leavers beyond this many of a run or this part of a school make a plan wait for a second person (D3). */
const mostLeavers = { ofRun: 500, partOfRun: 0.02, partOfSchool: 0.2, ofSchoolAtLeast: 5 } as const;

interface SchoolRow {
  readonly id: string;
  readonly code: string;
}

export interface PlanInput {
  readonly file: RosterFile;
  /** The school of rows that name none. */
  readonly organisationId?: string;
  readonly actor: Actor;
  readonly onProgress?: (progress: Progress) => void;
}

/** Reads the file into a staging table and writes down, row by row, what applying it would do. Nothing else changes. */
export async function makePlan(context: ServiceContext, input: PlanInput): Promise<RosterPlan['id']> {
  const { db, clock } = context;
  const planId = uuidv7(clock.now().getTime());
  return db.transaction().execute(async (transaction) => {
    const schools = await readableSchools(transaction, input.actor);
    const { sha256, refusals } = await stage(context, transaction, planId, input, schools);
    input.onProgress?.({ step: 'match', done: 0, total: 1 });
    await match(transaction, planId, schoolYearAt(clock.now()));
    await sql`
      INSERT INTO registry.roster_plan (id, file_name, file_sha256, organisation_ids, status, totals, created_at, created_by)
      SELECT ${planId}, ${input.file.name}, ${sha256},
        coalesce((SELECT array_agg(DISTINCT organisation_id) FROM registry.roster_row WHERE plan_id = ${planId}), '{}'),
        'planned', '{}', ${clock.now().toISOString()}, ${JSON.stringify(recorded(input.actor))}`.execute(transaction);
    await writeRefusals(transaction, planId, refusals);
    await writeChanges(transaction, planId, schoolYearAt(clock.now()));
    await hold(transaction, planId, input.actor);
    await sql`DELETE FROM registry.roster_row WHERE plan_id = ${planId}`.execute(transaction);
    await record(transaction, {
      type: 'roster.planned',
      actor: input.actor,
      subject: { kind: 'roster-plan', id: planId },
    });
    input.onProgress?.({ step: 'match', done: 1, total: 1 });
    return planId;
  });
}

function recorded(actor: Actor): RecordedActor {
  if (actor.kind === 'person') return { kind: 'person', personId: actor.personId };
  return actor.kind === 'app' ? { kind: 'app', clientId: actor.clientId } : { kind: 'system', name: actor.name };
}

/** The schools whose rosters the actor may import, by code. */
async function readableSchools(transaction: Transaction, actor: Actor): Promise<ReadonlyMap<string, SchoolRow>> {
  const scope = actor.kind === 'system' ? sql`true` : sql`path && ${scopeOf(actor, 'roster.import')}::uuid[]`;
  const { rows } = await sql<SchoolRow>`
    SELECT id, code FROM registry.organisation WHERE kind IN ('school', 'centre') AND ${scope}`.execute(transaction);
  return new Map(rows.map((row) => [row.code, row]));
}

async function stage(
  context: ServiceContext,
  transaction: Transaction,
  planId: string,
  { file, organisationId, onProgress }: PlanInput,
  schools: ReadonlyMap<string, SchoolRow>,
): Promise<{ sha256: string; refusals: Refusal[] }> {
  const vault = createIdentifierVault(context.secrets);
  const refusals: Refusal[] = [];
  const default_ = [...schools.values()].find(({ id }) => id === organisationId);
  const columns = sql.raw(
    'plan_id, row, new_person_id, organisation_id, class_code, full_name, folded_name, birth_date, gender, moet_id_sealed, moet_id_index, personal_number_sealed, personal_number_index, details',
  );
  const { sha256 } = await readRoster(file, async (raw, bytesRead) => {
    const rows: object[] = [];
    for (const one of raw) {
      const parsed = parseRow(one);
      if (isRefusal(parsed)) {
        refusals.push(parsed);
        continue;
      }
      const school = parsed.schoolCode ? schools.get(parsed.schoolCode) : default_;
      if (!school) {
        refusals.push(unknownSchool(parsed));
        continue;
      }
      const moet = parsed.moetId ? vault.seal('moet_id', parsed.moetId) : undefined;
      const personal = parsed.personalNumber ? vault.seal('personal_number', parsed.personalNumber) : undefined;
      rows.push({
        row: parsed.row,
        new_person_id: uuidv7(),
        organisation_id: school.id,
        class_code: parsed.classCode,
        full_name: parsed.fullName,
        birth_date: parsed.birthDate,
        gender: parsed.gender,
        moet_id_sealed: hex(moet?.sealed),
        moet_id_index: hex(moet?.index),
        personal_number_sealed: hex(personal?.sealed),
        personal_number_index: hex(personal?.index),
        details: parsed.details,
      });
    }
    if (rows.length > 0) {
      await sql`
        INSERT INTO registry.roster_row (${columns})
        SELECT ${planId}, row, new_person_id, organisation_id, class_code, full_name, registry.fold(full_name), birth_date, gender,
          moet_id_sealed, moet_id_index, personal_number_sealed, personal_number_index, details
        FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r (
          row int, new_person_id uuid, organisation_id uuid, class_code text, full_name text, birth_date date, gender text,
          moet_id_sealed bytea, moet_id_index bytea, personal_number_sealed bytea, personal_number_index bytea, details jsonb)`.execute(
        transaction,
      );
    }
    onProgress?.({ step: 'read', done: bytesRead, total: file.bytes });
  });
  await sql`ANALYZE registry.roster_row`.execute(transaction);
  return { sha256, refusals };
}

/** bytea as PostgreSQL reads it from text. */
function hex(bytes: Buffer | undefined): string | null {
  return bytes ? `\\x${bytes.toString('hex')}` : null;
}

function unknownSchool(parsed: RosterRow): Refusal {
  const reason: Text = parsed.schoolCode
    ? {
        vi: 'Không có trường với mã này, hoặc bạn không quản lý trường này.',
        en: 'There is no school with this code, or it is not yours.',
      }
    : {
        vi: 'Dòng không có mã trường; thêm cột «Mã trường» hoặc chọn trường khi nhập.',
        en: 'The row names no school; add the column "Mã trường" or choose the school.',
      };
  return { row: parsed.row, column: headerOf('schoolCode'), value: parsed.schoolCode, reason };
}

/**
 * Finds the person of each row: by the ministry's identifier; else by personal number and name; else by school, class
 * of this year, name and birth date. Never by one number alone: a row whose number points to somebody with another
 * name *and* another birth date is refused.
 */
async function match(transaction: Transaction, planId: string, schoolYear: number): Promise<void> {
  const run = (statement: ReturnType<typeof sql>) => statement.execute(transaction);
  await run(sql`
    UPDATE registry.roster_row AS r SET refusal = 'duplicate-in-file' FROM (
      SELECT row, row_number() OVER (PARTITION BY moet_id_index ORDER BY row) AS nth
      FROM registry.roster_row WHERE plan_id = ${planId} AND moet_id_index IS NOT NULL) AS d
    WHERE r.plan_id = ${planId} AND r.row = d.row AND d.nth > 1`);
  await run(sql`
    UPDATE registry.roster_row AS r SET refusal = 'duplicate-personal-number' FROM (
      SELECT row, row_number() OVER (PARTITION BY personal_number_index ORDER BY row) AS nth
      FROM registry.roster_row WHERE plan_id = ${planId} AND personal_number_index IS NOT NULL) AS d
    WHERE r.plan_id = ${planId} AND r.row = d.row AND d.nth > 1 AND r.refusal IS NULL`);
  await run(sql`
    UPDATE registry.roster_row AS r SET person_id = p.id,
      refusal = CASE WHEN p.folded_name <> r.folded_name AND p.birth_date <> r.birth_date THEN 'somebody-else' ELSE refusal END
    FROM registry.person AS p
    WHERE r.plan_id = ${planId} AND r.refusal IS NULL AND p.moet_id_index = r.moet_id_index AND p.status <> 'merged'`);
  await run(sql`
    UPDATE registry.roster_row AS r SET person_id = p.id
    FROM registry.person AS p
    WHERE r.plan_id = ${planId} AND r.refusal IS NULL AND r.person_id IS NULL AND p.personal_number_index = r.personal_number_index
      AND p.folded_name = r.folded_name AND p.status <> 'merged'
      AND (p.moet_id_index IS NULL OR r.moet_id_index IS NULL)`);
  await run(sql`
    WITH candidate AS (
      SELECT r.row, array_agg(DISTINCT p.id) AS people
      FROM registry.roster_row AS r
      JOIN registry.class AS c ON c.organisation_id = r.organisation_id AND c.code = r.class_code AND c.school_year = ${schoolYear}
      JOIN registry.enrolment AS e ON e.class_id = c.id AND e.valid_until IS NULL
      JOIN registry.person AS p ON p.id = e.person_id AND p.folded_name = r.folded_name AND p.birth_date = r.birth_date
      WHERE r.plan_id = ${planId} AND r.refusal IS NULL AND r.person_id IS NULL
        AND (p.moet_id_index IS NULL OR r.moet_id_index IS NULL)
        AND (p.personal_number_index IS NULL OR r.personal_number_index IS NULL OR p.personal_number_index = r.personal_number_index)
      GROUP BY r.row)
    UPDATE registry.roster_row AS r SET
      person_id = CASE WHEN cardinality(people) = 1 THEN people[1] END,
      refusal = CASE WHEN cardinality(people) > 1 THEN 'ambiguous' END
    FROM candidate WHERE r.plan_id = ${planId} AND r.row = candidate.row`);
  await run(sql`
    UPDATE registry.roster_row AS r SET refusal = 'same-person' FROM (
      SELECT row, row_number() OVER (PARTITION BY person_id ORDER BY row) AS nth
      FROM registry.roster_row WHERE plan_id = ${planId} AND person_id IS NOT NULL AND refusal IS NULL) AS d
    WHERE r.plan_id = ${planId} AND r.row = d.row AND d.nth > 1`);
}

/** Why the database refused a row: the column it points at, and the sentence. */
const matchRefusals: Readonly<
  Record<string, { readonly field: 'moetId' | 'personalNumber' | 'fullName'; readonly reason: Text }>
> = {
  'duplicate-in-file': {
    field: 'moetId',
    reason: {
      vi: 'Mã định danh này đã có ở một dòng phía trên trong tệp.',
      en: 'A row above has the same identifier.',
    },
  },
  'duplicate-personal-number': {
    field: 'personalNumber',
    reason: {
      vi: 'Số định danh cá nhân này đã có ở một dòng phía trên trong tệp.',
      en: 'A row above has the same personal number.',
    },
  },
  'somebody-else': {
    field: 'moetId',
    reason: {
      vi: 'Mã định danh này thuộc về người có họ tên và ngày sinh khác; kiểm tra lại mã.',
      en: 'The identifier belongs to somebody with another name and birth date; check it.',
    },
  },
  ambiguous: {
    field: 'fullName',
    reason: {
      vi: 'Trong lớp có nhiều em trùng họ tên và ngày sinh; ghi thêm mã định danh để phân biệt.',
      en: 'Several learners of the class have this name and birth date; add the identifier.',
    },
  },
  'same-person': {
    field: 'fullName',
    reason: { vi: 'Một dòng phía trên đã là người này.', en: 'A row above is this person already.' },
  },
};

async function writeRefusals(transaction: Transaction, planId: string, refusals: readonly Refusal[]): Promise<void> {
  const { rows } = await sql<{ row: number; refusal: string; full_name: string }>`
    SELECT row, refusal, full_name FROM registry.roster_row WHERE plan_id = ${planId} AND refusal IS NOT NULL`.execute(
    transaction,
  );
  const found = rows.flatMap(({ row, refusal, full_name }): Refusal[] => {
    const known = matchRefusals[refusal];
    return known
      ? [
          {
            row,
            column: headerOf(known.field),
            value: known.field === 'fullName' ? full_name : '',
            reason: known.reason,
          },
        ]
      : [];
  });
  const all = [...refusals, ...found];
  for (let from = 0; from < all.length; from += 5_000) {
    await sql`
      INSERT INTO registry.roster_refusal (plan_id, row, column_name, value, reason)
      SELECT ${planId}, row, "column", value, reason
      FROM jsonb_to_recordset(${JSON.stringify(all.slice(from, from + 5_000))}::jsonb) AS r (row int, "column" text, value text, reason jsonb)`.execute(
      transaction,
    );
  }
}

/** What each matched or new row changes, with the values before; and who of the file's classes is not in the file. */
async function writeChanges(transaction: Transaction, planId: string, schoolYear: number): Promise<void> {
  const insert = sql.raw(
    'INSERT INTO registry.roster_change (plan_id, row, action, person_id, version, organisation_id, class_code, full_name, birth_date, gender, moet_id_sealed, moet_id_index, personal_number_sealed, personal_number_index, details, fields)',
  );
  await sql`
    ${insert}
    SELECT plan_id, row, 'added', new_person_id, NULL, organisation_id, class_code, full_name, birth_date, gender, moet_id_sealed,
      moet_id_index, personal_number_sealed, personal_number_index, details, '[]'
    FROM registry.roster_row WHERE plan_id = ${planId} AND refusal IS NULL AND person_id IS NULL`.execute(transaction);
  // An empty cell says nothing: it never erases what is known.
  await sql`
    WITH now AS (
      SELECT DISTINCT ON (e.person_id) e.person_id, c.code, c.organisation_id
      FROM registry.enrolment AS e JOIN registry.class AS c ON c.id = e.class_id
      WHERE e.valid_until IS NULL AND c.school_year = ${schoolYear} ORDER BY e.person_id, e.valid_from DESC
    ), compared AS (
      SELECT r.*, p.version, jsonb_path_query_array(jsonb_build_array(
        CASE WHEN p.full_name <> r.full_name THEN jsonb_build_object('column', 'Họ và tên', 'before', p.full_name, 'after', r.full_name) END,
        CASE WHEN p.birth_date IS DISTINCT FROM r.birth_date THEN jsonb_build_object('column', 'Ngày sinh', 'before', p.birth_date, 'after', r.birth_date) END,
        CASE WHEN r.gender IS NOT NULL AND p.gender IS DISTINCT FROM r.gender THEN jsonb_build_object('column', 'Giới tính', 'before', p.gender, 'after', r.gender) END,
        CASE WHEN now.code IS DISTINCT FROM r.class_code THEN jsonb_build_object('column', 'Mã lớp', 'before', now.code, 'after', r.class_code) END,
        CASE WHEN f.organisation_id IS NULL THEN jsonb_build_object('column', 'Mã trường', 'before',
          (SELECT name FROM registry.organisation WHERE id = now.organisation_id), 'after', (SELECT name FROM registry.organisation WHERE id = r.organisation_id)) END,
        CASE WHEN r.moet_id_index IS NOT NULL AND p.moet_id_index IS DISTINCT FROM r.moet_id_index THEN jsonb_build_object('column', 'Mã định danh Bộ GD&ĐT') END,
        CASE WHEN r.personal_number_index IS NOT NULL AND p.personal_number_index IS DISTINCT FROM r.personal_number_index THEN jsonb_build_object('column', 'Số ĐDCN') END,
        CASE WHEN NOT p.details @> r.details THEN jsonb_build_object('column', 'Thông tin khác') END,
        CASE WHEN p.status = 'left' THEN jsonb_build_object('column', 'Trạng thái', 'before', 'left', 'after', 'active') END
      ), '$[*] ? (@ != null)') AS fields
      FROM registry.roster_row AS r JOIN registry.person AS p ON p.id = r.person_id
      LEFT JOIN now ON now.person_id = p.id
      LEFT JOIN registry.affiliation AS f ON f.person_id = p.id AND f.organisation_id = r.organisation_id AND f.role = 'learner' AND f.valid_until IS NULL
      WHERE r.plan_id = ${planId} AND r.refusal IS NULL)
    ${insert}
    SELECT plan_id, row, 'changed', person_id, version, organisation_id, class_code, full_name, birth_date, gender, moet_id_sealed,
      moet_id_index, personal_number_sealed, personal_number_index, details, fields
    FROM compared WHERE fields <> '[]'`.execute(transaction);
  await sql`
    ${insert}
    SELECT ${planId}, row_number() OVER (ORDER BY p.id), 'left', p.id, p.version, c.organisation_id, c.code, p.full_name, p.birth_date, p.gender,
      NULL, NULL, NULL, NULL, NULL, '[]'
    FROM registry.enrolment AS e JOIN registry.class AS c ON c.id = e.class_id AND c.school_year = ${schoolYear}
    JOIN registry.person AS p ON p.id = e.person_id AND p.status = 'active'
    WHERE e.valid_until IS NULL
      AND EXISTS (SELECT FROM registry.roster_row AS r WHERE r.plan_id = ${planId} AND r.organisation_id = c.organisation_id AND r.class_code = c.code)
      AND NOT EXISTS (SELECT FROM registry.roster_row AS r WHERE r.plan_id = ${planId} AND r.person_id = p.id)`.execute(
    transaction,
  );
  await sql`
    UPDATE registry.roster_plan SET totals = jsonb_build_object(
      'added', (SELECT count(*) FROM registry.roster_change WHERE plan_id = ${planId} AND action = 'added'),
      'changed', (SELECT count(*) FROM registry.roster_change WHERE plan_id = ${planId} AND action = 'changed'),
      'left', (SELECT count(*) FROM registry.roster_change WHERE plan_id = ${planId} AND action = 'left'),
      'unchanged', (SELECT count(*) FROM registry.roster_row AS r WHERE plan_id = ${planId} AND refusal IS NULL AND person_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM registry.roster_change AS c WHERE c.plan_id = ${planId} AND c.person_id = r.person_id)),
      'refused', (SELECT count(DISTINCT row) FROM registry.roster_refusal WHERE plan_id = ${planId}))
    WHERE id = ${planId}`.execute(transaction);
}

/**
 * What waits for a second person: too many leavers at once, in the run or in one school (D3); and learners taken from
 * schools that are not the actor's. The plan is of those schools too, so that who approves governs them.
 */
async function hold(transaction: Transaction, planId: string, actor: Actor): Promise<void> {
  const reason = (await takenFromElsewhere(transaction, planId, actor)) ?? (await leavingAtOnce(transaction, planId));
  if (!reason) return;
  await sql`
    UPDATE registry.roster_plan SET status = 'held', held_reason = ${JSON.stringify(reason)} WHERE id = ${planId}`.execute(
    transaction,
  );
}

async function takenFromElsewhere(transaction: Transaction, planId: string, actor: Actor): Promise<Text | undefined> {
  if (actor.kind === 'system') return undefined;
  const { rows } = await sql<{ learners: number }>`
    WITH taken AS (
      SELECT c.person_id, f.organisation_id FROM registry.roster_change AS c
      JOIN registry.affiliation AS f ON f.person_id = c.person_id AND f.role = 'learner' AND f.valid_until IS NULL
      JOIN registry.organisation AS o ON o.id = f.organisation_id AND NOT o.path && ${scopeOf(actor, 'roster.import')}::uuid[]
      WHERE c.plan_id = ${planId} AND c.action = 'changed'
    ), widened AS (
      UPDATE registry.roster_plan SET organisation_ids = organisation_ids || ARRAY(SELECT DISTINCT organisation_id FROM taken)
      WHERE id = ${planId})
    SELECT count(DISTINCT person_id) AS learners FROM taken`.execute(transaction);
  const learners = rows[0]?.learners ?? 0;
  if (learners === 0) return undefined;
  return {
    vi: `${learners} học sinh đang học ở trường khác; người quản lý cả hai trường cần duyệt việc chuyển trường.`,
    en: `${learners} learners are at another school now; somebody who governs both schools has to approve the transfer.`,
  };
}

async function leavingAtOnce(transaction: Transaction, planId: string): Promise<Text | undefined> {
  const { rows } = await sql<{ name: string; leaving: number; learners: number }>`
    SELECT o.name, count(DISTINCT c.person_id) AS leaving,
      (SELECT count(*) FROM registry.affiliation AS f WHERE f.organisation_id = o.id AND f.role = 'learner' AND f.valid_until IS NULL) AS learners
    FROM registry.roster_change AS c JOIN registry.organisation AS o ON o.id = c.organisation_id
    WHERE c.plan_id = ${planId} AND c.action = 'left' GROUP BY o.id`.execute(transaction);
  const leaving = rows.reduce((sum, row) => sum + row.leaving, 0);
  const learners = rows.reduce((sum, row) => sum + row.learners, 0);
  const school = rows.find(
    (row) => row.leaving >= mostLeavers.ofSchoolAtLeast && row.leaving > row.learners * mostLeavers.partOfSchool,
  );
  if (school) {
    return {
      vi: `${school.leaving} trong ${school.learners} học sinh của ${school.name} không còn trong tệp.`,
      en: `${school.leaving} of ${school.learners} learners of ${school.name} are not in the file any more.`,
    };
  }
  if (leaving <= Math.max(mostLeavers.ofRun, learners * mostLeavers.partOfRun)) return undefined;
  return { vi: `${leaving} học sinh không còn trong tệp.`, en: `${leaving} learners are not in the file any more.` };
}
