import { CompiledQuery } from 'kysely';
import pg from 'pg';
import type { Database, Transaction } from './handle.ts';

/** PostgreSQL cuts the names of prepared statements after this many bytes (NAMEDATALEN - 1). */
const longestName = 63;

const nameOf = new Map<string, string>();
const textOf = new Map<string, string>();
const poolOf = new WeakMap<Database, pg.Pool>();

/** Runs the statement and gives its rows; on a transaction it runs inside it. */
export type Statement<Row, Values extends unknown[]> = (
  on: Database | Transaction,
  ...values: Values
) => Promise<Row[]>;

/**
 * A statement that many requests run: parsed and planned once for each connection (PostgreSQL `PREPARE`), where the
 * others are planned at every call, which costs more than running them. `text` has `$1`, `$2` for the values and never
 * changes; `name` is `workspace.what-it-does`, once in the program.
 *
 * Behind a pooler that gives each transaction another connection, `EDUTRUST_DATABASE_STATEMENTS=unnamed` turns the names
 * off and the statements are as all others.
 */
export function statement<Row, Values extends unknown[] = []>(name: string, text: string): Statement<Row, Values> {
  if (name.length > longestName || textOf.has(name)) throw new Error(`a statement cannot have the name ${name}`);
  textOf.set(name, text);
  nameOf.set(text, name);
  return async (on, ...values) => {
    // Past the query builder where there is nothing to build; a transaction is known to it alone.
    const pool = poolOf.get(on as Database);
    const given: unknown[] = values;
    const { rows } = pool ? await pool.query(text, given) : await on.executeQuery(CompiledQuery.raw(text, values));
    return rows as Row[]; // the text says which columns there are
  };
}

/** Has statements on `db` go straight to the pool that it was made of. */
export function bindPool(db: Database, pool: pg.Pool): Database {
  poolOf.set(db, pool);
  return db;
}

/** A connection that prepares what {@link statement} has named; everything else passes as it came. */
export class PreparingClient extends pg.Client {
  // biome-ignore lint/suspicious/noExplicitAny: pg's own overloads, which TypeScript cannot pass on
  override query(...given: any[]): any {
    const [text, values, callback] = given;
    const name = typeof text === 'string' ? nameOf.get(text) : undefined;
    if (name !== undefined) return super.query({ name, text, values }, callback);
    return (super.query as (...all: unknown[]) => unknown).apply(this, given);
  }
}
