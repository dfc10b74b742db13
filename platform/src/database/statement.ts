import { CompiledQuery } from 'kysely';
import pg from 'pg';
import type { Database, Transaction } from './handle.ts';

/** PostgreSQL cuts the names of prepared statements after this many bytes (NAMEDATALEN - 1). */
const longestName = 63;

const news = new Set<string>();
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
 * off and the statements are as all others. `isNews`: others wait for what it writes (`News`).
 */
export function statement<Row, Values extends unknown[] = []>(
  name: string,
  text: string,
  { isNews = false }: { readonly isNews?: boolean } = {},
): Statement<Row, Values> {
  if (name.length > longestName || textOf.has(name)) throw new Error(`a statement cannot have the name ${name}`);
  textOf.set(name, text);
  nameOf.set(text, name);
  if (isNews) news.add(name);
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

/** The pool that the database was made of; undefined for a view of one and for a transaction. */
export function boundPool(db: Database): pg.Pool | undefined {
  return poolOf.get(db);
}

export interface ClientOptions {
  /** Whether it prepares what {@link statement} has named. */
  readonly prepares: boolean;
  /** Called when what a statement of news did is committed. */
  readonly onNews: () => void;
}

/** Connections that prepare statements and tell of commits; everything else passes as it came. */
export function clientWith({ prepares, onNews }: ClientOptions): new () => pg.ClientBase {
  return class extends pg.Client {
    #isOpen = false;
    #hasNews = false;

    // biome-ignore lint/suspicious/noExplicitAny: pg's own overloads, which TypeScript cannot pass on
    override query(...given: any[]): any {
      const [text, values, callback] = given;
      if (typeof text !== 'string') return this.#pass(given);
      const name = nameOf.get(text);
      if (name !== undefined) {
        if (news.has(name)) this.#hasNews = true;
        const config = prepares ? { name, text, values } : { text, values };
        return this.#hasNews && !this.#isOpen ? this.#thenTell([config, callback]) : super.query(config, callback);
      }
      if (text === 'begin' || text.startsWith('start transaction')) this.#isOpen = true;
      else if (text === 'rollback') this.#isOpen = this.#hasNews = false;
      else if (text === 'commit') {
        this.#isOpen = false;
        if (this.#hasNews) return this.#thenTell(given);
      }
      return this.#pass(given);
    }

    #pass(given: unknown[]): unknown {
      return (super.query as (...all: unknown[]) => unknown).apply(this, given);
    }

    /** Tells once the server has said that it is done. */
    #thenTell(given: unknown[]): unknown {
      this.#hasNews = false;
      const callback = given.at(-1);
      if (typeof callback === 'function') {
        const told = (error: unknown, result: unknown) => {
          if (!error) onNews();
          callback(error, result);
        };
        return this.#pass([...given.slice(0, -1), told]);
      }
      const running = this.#pass(given.filter((value) => value !== undefined)) as Promise<unknown>;
      running.then(onNews, () => undefined);
      return running;
    }
  };
}
