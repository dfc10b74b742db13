import type { Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';

/** Registers of the office, each with rows of numbers that begin anew each year. */
const registers = {
  copy: { table: 'signing.copy', year: 'year' },
  form: { table: 'signing.form', year: 'year' },
  parcel: { table: 'signing.parcel', year: 'school_year' },
} as const;

/** One row of numbers: of an organisation and year, and of a kind where each kind has a row of its own. */
export interface RegisterRow {
  readonly register: keyof typeof registers;
  readonly organisationId: string;
  readonly year: number;
  readonly kind?: string;
}

/** Who enters something at the same moment waits from here on, until the transaction ends. May be taken twice. */
export async function lockRegister(
  transaction: Transaction,
  { register, organisationId, kind = '' }: Omit<RegisterRow, 'year'>,
): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`signing.${register}/${organisationId}/${kind}`}, 0))`.execute(
    transaction,
  );
}

/** The next number of the row, from 1: none is left out, none is given twice. */
export async function nextNumber(transaction: Transaction, row: RegisterRow): Promise<number> {
  await lockRegister(transaction, row);
  const { table, year } = registers[row.register];
  const ofKind = row.kind === undefined ? sql`` : sql`AND kind = ${row.kind}`;
  const { rows } = await sql<{ next: number }>`
    SELECT coalesce(max(number), 0) + 1 AS next FROM ${sql.table(table)}
    WHERE organisation_id = ${row.organisationId} AND ${sql.ref(year)} = ${row.year} ${ofKind}`.execute(transaction);
  return rows[0]?.next ?? 1;
}
