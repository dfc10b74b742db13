import { createHash } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { TooManyRequests } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { columnsOf } from '../marks/columns.ts';
import { printedMarks } from '../marks/printed.ts';
import type { MarkValues } from '../marks/values.ts';
import type { VerificationCode } from '../requests/code.ts';

/** A cell of the printed table: where it stands on the paper, and what an issued document says there. */
interface Cell {
  readonly subject: string;
  readonly column: string;
  /** Tenths, so that 8.5 and 8.50 are one. */
  readonly tenths: number;
}

/** Where a cell stands on the paper, without its value. */
export type CellPlace = Pick<Cell, 'subject' | 'column'>;

/** How many cells are compared. */
const asked = 2;
/**
 * Wrong tries for one code: a child's marks are not to be found out by trying. Counted in the short-lived store; a count
 * that is lost gives ten more.
 */
const mostWrong = 10;
const wrongSeconds = 30 * 24 * 3600;

/**
 * The cells that anybody who holds the paper may compare with the issued document. The code alone decides which: asking
 * again asks for the same ones. Empty when the document is not issued or has too few marks.
 */
export async function paperCells(db: Database, code: VerificationCode): Promise<readonly CellPlace[]> {
  return (await cellsOf(db, code)).map(({ subject, column }) => ({ subject, column }));
}

/**
 * Whether every typed mark is the one on the issued document: one answer for all of them, never which one differs.
 *
 * @throws TooManyRequests `verify/too-many-tries` after ten wrong tries for the code within thirty days.
 */
export async function matchesPaper(
  { db, store }: Pick<ServiceContext, 'db' | 'store'>,
  code: VerificationCode,
  typed: readonly string[],
): Promise<boolean> {
  const cells = await cellsOf(db, code);
  if (cells.length === 0) return false;
  const key = `signing:paper:${code}`;
  // Counted before it is compared, so that many tries at once count too; a right one is given back.
  if ((await store.increment(key, wrongSeconds)) > mostWrong) throw tooManyTries();
  const isMatch = cells.every(({ tenths }, index) => tenthsOf(typed[index] ?? '') === tenths);
  if (isMatch) await store.increment(key, wrongSeconds, -1);
  return isMatch;
}

async function cellsOf(db: Database, code: VerificationCode): Promise<Cell[]> {
  const { rows } = await sql<{ grade: number; values: MarkValues }>`
    SELECT c.grade, m.content AS values
    FROM signing.request AS r
    JOIN registry.class AS c ON c.id = r.class_id
    JOIN LATERAL (SELECT content FROM signing.marks
      WHERE class_id = r.class_id AND person_id = r.subject_id ORDER BY version DESC LIMIT 1) AS m ON true
    WHERE r.code = ${code} AND r.state = 'issued' AND c.grade IS NOT NULL`.execute(db);
  const row = rows[0];
  if (!row) return [];
  const { columns, subjects } = printedMarks(columnsOf(row.grade), row.values, row.grade);
  // One cell a subject: the last number of its row, which is the year's.
  const cells = subjects.flatMap(({ name, marks }): Cell[] => {
    const at = marks.findLastIndex((mark) => mark !== null && tenthsOf(String(mark)) !== undefined);
    const tenths = at < 0 ? undefined : tenthsOf(String(marks[at]));
    return tenths === undefined ? [] : [{ subject: name, column: columns[at] ?? '', tenths }];
  });
  if (cells.length < asked) return [];
  const rank = (cell: Cell) => createHash('sha256').update(`${code}/${cell.subject}`).digest('hex');
  const chosen = [...cells].sort((one, other) => rank(one).localeCompare(rank(other))).slice(0, asked);
  return cells.filter((cell) => chosen.includes(cell)); // in the order of the paper
}

/** `8,5`, `8.5` and `8.50` → 85; undefined for what is no mark. */
export function tenthsOf(text: string): number | undefined {
  const match = /^(\d{1,2})(?:[.,](\d)0*)?$/.exec(text.trim());
  if (!match) return undefined;
  const tenths = Number(match[1]) * 10 + Number(match[2] ?? 0);
  return tenths <= 100 ? tenths : undefined;
}

function tooManyTries(): TooManyRequests {
  return new TooManyRequests(
    'verify/too-many-tries',
    {
      vi: 'Mã này đã bị gõ sai quá nhiều lần nên không so điểm được nữa.',
      en: 'Wrong marks were typed for this code too often, so marks are no longer compared.',
    },
    {
      remedy: {
        vi: 'Hãy so bằng tệp PDF, hoặc hỏi trường đã cấp.',
        en: 'Compare the PDF instead, or ask the school that issued it.',
      },
      retryAfterSeconds: wrongSeconds,
    },
  );
}
