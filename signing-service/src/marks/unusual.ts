import type { Database } from '@edutrust/platform/database';
import type { Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import { columnsOf, type MarksColumn, periodsOf } from './columns.ts';
import { stageOf } from './curriculum.ts';
import type { MarkValue, MarkValues } from './values.ts';

/** A value that a signer should look at before signing, beside the one it is compared with. */
export interface Unusual {
  /** `Toán – cuối năm`, as in the form and the file. */
  readonly label: string;
  /** `change`: from one period to the next; `far`: from the rest of the class; `rare`: a word few have; `empty`: most have a text. */
  readonly kind: 'change' | 'far' | 'rare' | 'empty';
  readonly before: MarkValue | null;
  readonly value: MarkValue | null;
  /** Why, with the class's own norm. */
  readonly detail: Text;
}

/** A class smaller than this has no norm to be measured by. */
const leastLearners = 8;
/** A change of marks, of ten, below which nothing is unusual whatever the class does. */
const leastChange = 2;
/** A distance from the middle half of the class below which nothing is unusual. */
const leastDistance: Readonly<Record<'mark' | 'test' | 'count', number>> = { mark: 2, test: 3, count: 10 };
/** A word is rare when at most this part of the class has it. */
const rarePart = 0.05;
/** A text is expected when at least this part of the class has one. */
const usualPart = 0.8;

/**
 * What stands out in each learner's marks against the class's own norm, most telling first. Nothing here says that a value
 * is wrong: it says what to read first.
 *
 * Distances are Tukey's (far out: three interquartile ranges from the middle half), changes three times the usual one,
 * so that a class of strong or of weak learners is measured by itself.
 */
export function unusualOf(
  columns: readonly MarksColumn[],
  learners: ReadonlyMap<string, MarkValues>,
): Map<string, Unusual[]> {
  const found = new Map<string, Unusual[]>();
  if (learners.size < leastLearners) return found;
  for (const column of columns) {
    for (const [personId, unusual] of unusualIn(column, columns, learners)) {
      found.set(personId, [...(found.get(personId) ?? []), unusual]);
    }
  }
  for (const list of found.values()) list.sort((one, other) => weights[one.kind] - weights[other.kind]);
  return found;
}

const weights = { change: 0, far: 1, rare: 2, empty: 3 } as const;

function unusualIn(
  column: MarksColumn,
  columns: readonly MarksColumn[],
  learners: ReadonlyMap<string, MarkValues>,
): [string, Unusual][] {
  switch (column.kind) {
    case 'mark':
    case 'test':
      return [
        ...changed(
          column,
          columns.find(({ key }) => key === periodBefore(column.key)),
          learners,
        ),
        ...farOut(column, leastDistance[column.kind], learners),
      ];
    case 'count':
      return farOut(column, leastDistance.count, learners);
    case 'choice':
      return rare(column, learners);
    case 'text':
      return column.key === 'remarks' ? empty(column, learners) : [];
  }
}

/** The key of the same subject one period earlier: `mathematics.term1.test` of `mathematics.year.test` in primary school. */
function periodBefore(key: string): string | undefined {
  const [subject, period, ...rest] = key.split('.');
  const stage = rest[0] === 'test' ? 'primary' : 'lower-secondary'; // marks of ten have the same periods in both stages
  const periods = periodsOf[stage].map((one) => one.key);
  const before = periods[periods.indexOf(period ?? '') - 1];
  return before && [subject, before, ...rest].join('.');
}

type Numbered = readonly [personId: string, value: number];

function numbersOf({ key }: Pick<MarksColumn, 'key'>, learners: ReadonlyMap<string, MarkValues>): Numbered[] {
  return [...learners].flatMap(([personId, values]): Numbered[] => {
    const value = values[key];
    return typeof value === 'number' ? [[personId, value]] : [];
  });
}

function changed(
  column: MarksColumn,
  earlier: MarksColumn | undefined,
  learners: ReadonlyMap<string, MarkValues>,
): [string, Unusual][] {
  if (!earlier) return [];
  const before = new Map(numbersOf(earlier, learners));
  const changes = numbersOf(column, learners).flatMap(([personId, value]) => {
    const was = before.get(personId);
    return was === undefined ? [] : [{ personId, was, value, by: Math.abs(value - was) }];
  });
  if (changes.length < leastLearners) return [];
  const usual = quantile(
    changes.map(({ by }) => by),
    0.5,
  );
  const limit = Math.max(leastChange, 3 * usual);
  return changes
    .filter(({ by }) => rounded(by) > limit)
    .map(({ personId, was, value, by }) => [
      personId,
      {
        label: column.label,
        kind: 'change',
        before: was,
        value,
        detail: {
          vi: `${value > was ? 'Tăng' : 'Giảm'} ${decimal(by)} điểm từ ${periodName(earlier)}. Cả lớp thường đổi khoảng ${decimal(usual)}.`,
          en: `${value > was ? 'Up' : 'Down'} ${rounded(by)} from the period before. The class usually changes by about ${rounded(usual)}.`,
        },
      },
    ]);
}

function farOut(column: MarksColumn, least: number, learners: ReadonlyMap<string, MarkValues>): [string, Unusual][] {
  const numbers = numbersOf(column, learners);
  if (numbers.length < leastLearners) return [];
  const values = numbers.map(([, value]) => value);
  const [low, high] = [quantile(values, 0.25), quantile(values, 0.75)];
  const reach = Math.max(least, 3 * (high - low));
  const asMark = column.kind !== 'count';
  return numbers
    .filter(([, value]) => (asMark && value < low - reach) || value > high + reach)
    .map(([personId, value]) => [
      personId,
      {
        label: column.label,
        kind: 'far',
        before: null,
        value,
        detail: {
          vi: `Nửa giữa của lớp từ ${decimal(low)} đến ${decimal(high)}.`,
          en: `The middle half of the class is from ${rounded(low)} to ${rounded(high)}.`,
        },
      },
    ]);
}

/** The last of a column's words is the gravest; it is worth a look when hardly anyone has it. */
function rare(column: MarksColumn, learners: ReadonlyMap<string, MarkValues>): [string, Unusual][] {
  const gravest = column.choices?.at(-1)?.value;
  const given = [...learners].filter(([, values]) => values[column.key] !== undefined);
  const holders = given.filter(([, values]) => values[column.key] === gravest);
  if (given.length < leastLearners || holders.length > Math.max(1, given.length * rarePart)) return [];
  return holders.map(([personId]) => [
    personId,
    {
      label: column.label,
      kind: 'rare',
      before: null,
      value: gravest ?? null,
      detail: {
        vi: `${given.length - holders.length} trên ${given.length} em khác mức này.`,
        en: `${given.length - holders.length} of ${given.length} have another result.`,
      },
    },
  ]);
}

function empty(column: MarksColumn, learners: ReadonlyMap<string, MarkValues>): [string, Unusual][] {
  const without = [...learners].filter(([, values]) => values[column.key] === undefined);
  const filled = learners.size - without.length;
  if (without.length === 0 || filled < learners.size * usualPart) return [];
  return without.map(([personId]) => [
    personId,
    {
      label: column.label,
      kind: 'empty',
      before: null,
      value: null,
      detail: { vi: `${filled} em khác đều có.`, en: `${filled} others have it.` },
    },
  ]);
}

/** The value below which this part of the list lies, between neighbours in proportion. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (sorted.length - 1) * part;
  const [below = 0, above = 0] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return below + (above - below) * (at - Math.floor(at));
}

const rounded = (value: number) => Math.round(value * 10) / 10;
const decimal = (value: number) => String(rounded(value)).replace('.', ',');
const periodName = ({ label }: MarksColumn) => label.split(' – ').at(-1) ?? label;

/** What stands out in a document that waits for somebody. */
export interface UnusualDocument {
  readonly requestId: string;
  readonly classId: string;
  readonly learner: { readonly personId: string; readonly fullName: string };
  readonly findings: readonly Unusual[];
}

/** What stands out in the documents whose due signature is this person's, of these classes or of all; nothing of anybody else's. */
export async function unusualDueFor(
  db: Database,
  signerId: string,
  classIds?: readonly string[],
): Promise<UnusualDocument[]> {
  const { rows } = await sql<{ id: string; classId: string; personId: string; fullName: string; grade: number }>`
    SELECT r.id, r.class_id AS "classId", r.subject_id AS "personId", p.full_name AS "fullName", c.grade
    FROM signing.step AS s
    JOIN signing.request AS r ON r.id = s.request_id
    JOIN registry.class AS c ON c.id = r.class_id
    JOIN registry.person AS p ON p.id = r.subject_id
    WHERE s.signer_id = ${signerId} AND s.state = 'due' AND s.session_id IS NULL AND r.subject_id IS NOT NULL
      AND c.grade IS NOT NULL AND (${classIds === undefined} OR r.class_id = ANY(${[...(classIds ?? [])]}::uuid[]))`.execute(
    db,
  );
  const classes = new Map(rows.map(({ classId, grade }) => [classId, grade]));
  const marks = await marksOfClasses(db, [...classes.keys()]);
  const unusual = new Map(
    [...classes].map(([classId, grade]) => [
      classId,
      stageOf(grade) ? unusualOf(columnsOf(grade), marks.get(classId) ?? new Map()) : new Map<string, Unusual[]>(),
    ]),
  );
  return rows.flatMap(({ id, classId, personId, fullName }) => {
    const findings = unusual.get(classId)?.get(personId) ?? [];
    return findings.length > 0 ? [{ requestId: id, classId, learner: { personId, fullName }, findings }] : [];
  });
}

/** The newest marks of every learner of the classes. */
export async function marksOfClasses(
  db: Database,
  classIds: readonly string[],
): Promise<Map<string, Map<string, MarkValues>>> {
  const { rows } = await sql<{ classId: string; personId: string; values: MarkValues }>`
    SELECT DISTINCT ON (class_id, person_id) class_id AS "classId", person_id AS "personId", content AS "values"
    FROM signing.marks WHERE class_id = ANY(${[...classIds]}::uuid[])
    ORDER BY class_id, person_id, version DESC`.execute(db);
  const found = new Map<string, Map<string, MarkValues>>();
  for (const { classId, personId, values } of rows) {
    found.set(classId, (found.get(classId) ?? new Map<string, MarkValues>()).set(personId, values));
  }
  return found;
}
