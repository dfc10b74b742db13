import type { Actor, PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { Conflict, NotFound } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import type { Text } from '@edutrust/platform/messages';
import { record } from '../events.ts';
import { type Learner, listClassLearners } from '../requests/registry.ts';
import { signingOf } from '../tables.ts';
import type { MarksColumn } from './columns.ts';
import { completenessOf } from './completeness.ts';
import {
  type CurrentMarks,
  currentMarks,
  findMarkedClass,
  lockedLearners,
  type MarkedClass,
  type MarksChange,
  sameValues,
  writeMarks,
} from './marks.ts';
import { personOf } from './sheet.ts';
import { readMarksTable } from './table.ts';
import { cellText, identityHeaders } from './template.ts';
import { type MarkValues, parseRow } from './values.ts';

/** Why a row is refused. */
interface Reason {
  readonly column: string;
  readonly value: string;
  readonly reason: Text;
}

interface ChangedRow {
  readonly row: number;
  readonly person: ReturnType<typeof personOf>;
  readonly changes: readonly {
    readonly column: string;
    readonly before: string | null;
    readonly after: string | null;
  }[];
  readonly missing: readonly string[];
}

/** What a file would do to the marks of a class. */
export interface PlanReport {
  readonly changed: readonly ChangedRow[];
  readonly unchanged: number;
  readonly refused: readonly { readonly row: number; readonly name: string; readonly reasons: readonly Reason[] }[];
  readonly ignoredColumns: readonly string[];
  readonly absent: readonly ReturnType<typeof personOf>[];
}

/** How long a plan may be applied. */
const planHours = 24;

/**
 * Reads a class's file and keeps what applying it would do; nothing is written. A cell that is empty, and a learner or a
 * column that is not in the file, leave what is there.
 *
 * @returns the plan's id
 * @throws what reading the file and finding the class throw.
 */
export async function planMarks(
  { db, clock }: ServiceContext,
  classId: string,
  file: { readonly name: string; readonly bytes: Buffer },
  actor: PersonActor,
): Promise<string> {
  const marked = await findMarkedClass(db, classId);
  const learners = await listClassLearners(db, classId);
  const { report, changes } = await compare(marked, {
    learners,
    marks: await currentMarks(db, classId),
    locked: await lockedLearners(db, classId),
    file,
  });
  const id = uuidv7();
  await db.transaction().execute(async (transaction) => {
    await signingOf(transaction)
      .insertInto('signing.marks_plan')
      .values({
        id,
        class_id: classId,
        file_name: file.name.normalize('NFC').slice(0, 200),
        state: 'planned',
        changes: JSON.stringify(changes),
        report: JSON.stringify(report),
        made_by: actor.personId,
        made_at: clock.now(),
        applied_at: null,
      })
      .execute();
    await record(transaction, {
      type: 'marks.planned',
      actor,
      subject: { kind: 'class', id: classId },
      organisationId: marked.organisationId,
      data: { planId: id, changed: report.changed.length, refused: report.refused.length },
    });
  });
  return id;
}

/**
 * Does exactly what the plan said. Idempotent by the plan's id.
 *
 * @throws NotFound; Conflict `marks/plan-expired`, `marks/changed-since` when somebody wrote meanwhile, `marks/locked`.
 */
export async function applyMarks(
  { db, clock }: ServiceContext,
  given: { readonly classId: string; readonly planId: string },
  actor: Actor,
): Promise<void> {
  const { classId, planId } = given;
  const marked = await findMarkedClass(db, classId);
  const now = clock.now();
  await db.transaction().execute(async (transaction) => {
    const plan = await signingOf(transaction)
      .selectFrom('signing.marks_plan')
      .selectAll()
      .where('id', '=', planId)
      .where('class_id', '=', classId)
      .forUpdate()
      .executeTakeFirst();
    if (!plan) throw noPlan();
    if (plan.state === 'applied') return;
    if (plan.made_at.getTime() + planHours * 3_600_000 < now.getTime()) throw planExpired();
    const changes = plan.changes as readonly MarksChange[]; // written by planMarks alone
    await writeMarks(transaction, marked, changes, { actor, source: 'file', now });
    await signingOf(transaction)
      .updateTable('signing.marks_plan')
      .set({ state: 'applied', applied_at: now })
      .where('id', '=', planId)
      .execute();
  });
}

/** @throws NotFound `marks/no-plan` */
export async function findMarksPlan(
  db: ServiceContext['db'],
  { classId, planId }: { classId: string; planId: string },
) {
  const found = await signingOf(db)
    .selectFrom('signing.marks_plan')
    .selectAll()
    .where('id', '=', planId)
    .where('class_id', '=', classId)
    .executeTakeFirst();
  if (found) return found;
  throw noPlan();
}

function noPlan(): NotFound {
  return new NotFound('marks/no-plan', { vi: 'Không có lượt nhập điểm này.', en: 'There is no such import.' });
}

function planExpired(): Conflict {
  return new Conflict('marks/plan-expired', {
    vi: `Bản xem trước đã quá ${planHours} giờ. Hãy nhập lại tệp.`,
    en: `This preview is older than ${planHours} hours. Import the file again.`,
  });
}

interface Known {
  readonly learners: readonly Learner[];
  readonly marks: ReadonlyMap<string, CurrentMarks>;
  readonly locked: ReadonlySet<string>;
  readonly file: { readonly name: string; readonly bytes: Buffer };
}

/** Header text without case, marks of punctuation and kinds of dash. */
function folded(header: string): string {
  return header
    .normalize('NFC')
    .toLocaleLowerCase('vi')
    .replaceAll(/[^\p{L}\d]/gu, '');
}

async function compare(marked: MarkedClass, known: Known): Promise<{ report: PlanReport; changes: MarksChange[] }> {
  const columnOf = new Map(marked.columns.map((column) => [folded(column.label), column]));
  const identity = new Map(Object.entries(identityHeaders).map(([field, header]) => [folded(header), field]));
  const idHeader = folded(identityHeaders.educationId);
  const table = await readMarksTable(
    known.file,
    (cells) => cells.some((cell) => folded(cell) === idHeader) && cells.some((cell) => columnOf.has(folded(cell))),
  );
  const headers = table.header.map(folded);
  const place = (field: keyof typeof identityHeaders) => headers.indexOf(folded(identityHeaders[field]));
  const columns = headers.map((header) => columnOf.get(header));
  const learnerOf = new Map(known.learners.map((learner) => [learner.educationId, learner]));
  const timesOf = new Map<string, number>();
  const idOf = (cells: readonly string[]) => (cells[place('educationId')] ?? '').replaceAll(/\D/g, '');
  for (const { cells } of table.rows) timesOf.set(idOf(cells), (timesOf.get(idOf(cells)) ?? 0) + 1);

  const changed: ChangedRow[] = [];
  const refused: PlanReport['refused'][number][] = [];
  const changes: MarksChange[] = [];
  let unchanged = 0;
  for (const { row, cells } of table.rows) {
    const name = (cells[place('fullName')] ?? '').normalize('NFC').trim().slice(0, 120);
    const educationId = idOf(cells);
    const learner = learnerOf.get(educationId);
    const wrongPerson = refusePerson({ educationId, name, learner, times: timesOf.get(educationId) ?? 0 });
    if (wrongPerson || !learner) {
      refused.push({ row, name, reasons: wrongPerson ? [wrongPerson] : [] });
      continue;
    }
    const { values, wrong } = parseRow(
      marked.columns,
      cells.flatMap((cell, index) => {
        const column = columns[index];
        return column ? [[column.key, cell] as const] : [];
      }),
    );
    const before = known.marks.get(learner.personId);
    const after: MarkValues = { ...before?.values, ...values };
    if (wrong.length > 0) {
      refused.push({
        row,
        name: learner.fullName,
        reasons: wrong.map((cell) => wrongCell(cell, marked, cells, columns)),
      });
    } else if (sameValues(before?.values ?? {}, after)) unchanged += 1;
    else if (known.locked.has(learner.personId)) {
      refused.push({ row, name: learner.fullName, reasons: [lockedReason] });
    } else {
      changes.push({ personId: learner.personId, baseVersion: before?.version ?? 0, values: after });
      changed.push({ row, person: personOf(learner), ...describe(marked, before?.values ?? {}, after) });
    }
  }
  return {
    changes,
    report: {
      changed,
      unchanged,
      refused,
      ignoredColumns: table.header.filter(
        (header, index) => header.trim() !== '' && !columns[index] && !identity.has(headers[index] ?? ''),
      ),
      absent: known.learners.filter(({ educationId }) => !timesOf.has(educationId)).map(personOf),
    },
  };
}

/** The row must be one learner of the class, under the same name: a column that slipped by a row is seen here. */
function refusePerson(given: {
  readonly educationId: string;
  readonly name: string;
  readonly learner: Learner | undefined;
  readonly times: number;
}): Reason | undefined {
  const { educationId, name, learner, times } = given;
  const of = { column: identityHeaders.educationId, value: educationId };
  if (!learner) {
    return {
      ...of,
      reason: { vi: 'Không có em nào của lớp mang mã này.', en: 'No learner of the class has this ID.' },
    };
  }
  if (times > 1) {
    return { ...of, reason: { vi: 'Mã này có ở nhiều dòng của tệp.', en: 'This ID is in several rows of the file.' } };
  }
  if (name === '' || folded(name) === folded(learner.fullName)) return undefined;
  return {
    column: identityHeaders.fullName,
    value: name,
    reason: {
      vi: `Mã này là của ${learner.fullName}: có thể dòng bị lệch.`,
      en: `This ID belongs to ${learner.fullName}: the rows may have slipped.`,
    },
  };
}

const lockedReason: Reason = {
  column: '',
  value: '',
  reason: {
    vi: 'Học bạ của em này đang chờ ký hoặc đã phát hành nên điểm giữ nguyên.',
    en: 'The transcript of this learner is being signed or has been issued, so the marks cannot change.',
  },
};

function wrongCell(
  { pointer, detail }: { readonly pointer: string; readonly detail: Text },
  { columns: all }: MarkedClass,
  cells: readonly string[],
  columns: readonly (MarksColumn | undefined)[],
): Reason {
  const value = cells[columns.findIndex((column) => column?.key === pointer)] ?? '';
  const label = all.find(({ key }) => key === pointer)?.label ?? pointer;
  return { column: label, value: value.slice(0, 120), reason: detail };
}

function describe({ columns, grade }: MarkedClass, before: MarkValues, after: MarkValues) {
  const labels = new Map(columns.map(({ key, label }) => [key, label]));
  return {
    changes: columns
      .filter(({ key }) => before[key] !== after[key])
      .map(({ key, label }) => ({
        column: label,
        before: before[key] === undefined ? null : cellText(before[key]),
        after: after[key] === undefined ? null : cellText(after[key]),
      })),
    missing: completenessOf(columns, after, grade).missing.map((key) => labels.get(key) ?? key),
  };
}
