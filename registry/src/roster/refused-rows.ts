import type { Database } from '@edutrust/platform/database';
import type { Locale, Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import { toCsv } from './csv.ts';

/** The refused rows of a plan, each with its cell and its reason, to mend in a spreadsheet. */
export async function refusedRows(db: Database, planId: string, locale: Locale): Promise<Buffer> {
  const { rows } = await sql<{ row: number; column: string; value: string; reason: Text }>`
    SELECT row, column_name AS "column", value, reason FROM registry.roster_refusal WHERE plan_id = ${planId}
    ORDER BY row LIMIT 100000`.execute(db);
  const head = locale === 'vi' ? ['Dòng', 'Cột', 'Giá trị', 'Vì sao'] : ['Row', 'Column', 'Value', 'Why'];
  return toCsv([head, ...rows.map(({ row, column, value, reason }) => [String(row), column, value, reason[locale]])]);
}
