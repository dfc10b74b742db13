import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Logger } from '../log.ts';

const channel = 'edutrust_news';
/** NOTIFY takes a lock of the whole server for a moment: it stands in no transaction of an effect, and is sent so often. */
const tellEveryMs = 200;
const listenAgainMs = 2_000;
/**
 * A process that dies between its commit and its NOTIFY tells nobody, so a waiter looks now and then. More often
 * where our own news did not come back to us: behind a pooler that gives each transaction another connection none arrive.
 */
export const lookEveryMs = { whoHears: 30_000, whoDoesNot: 5_000 } as const;

/**
 * Wakes those who wait for what others commit: the readers of the outbox and the sequencer. Told within a moment of a
 * commit of this process (see `statement`'s `isNews`) or of another one on the same database. It is a hint alone: a
 * process that dies right after its commit tells nobody, and so does a pooler, so a waiter looks by itself as well.
 */
export class News {
  readonly #self = randomUUID();
  readonly #listeners = new Set<() => void>();
  #pool: pg.Pool | undefined;
  readonly #log: Pick<Logger, 'warn'> | undefined;
  #client: pg.PoolClient | undefined;
  #isOpening = false;
  #isHeard = false;
  #toldAt = Number.NEGATIVE_INFINITY;
  #telling: NodeJS.Timeout | undefined;

  constructor(log?: Pick<Logger, 'warn'>) {
    this.#log = log;
  }

  /** How long a waiter goes without looking by itself. */
  get lookEveryMs(): number {
    return this.#isHeard ? lookEveryMs.whoHears : lookEveryMs.whoDoesNot;
  }

  /** Of the pool whose connections call `committed`. */
  attach(pool: pg.Pool): void {
    this.#pool = pool;
  }

  /** Calls the listener at each news, until what this gives is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    void this.#listen();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#hangUp();
    };
  }

  /** Something that others wait for was committed here. */
  committed(): void {
    this.#wake();
    if (this.#telling) return;
    const wait = this.#toldAt + tellEveryMs - performance.now();
    if (wait <= 0) {
      this.#tell();
    } else {
      this.#telling = setTimeout(() => this.#tell(), wait);
      this.#telling.unref();
    }
  }

  #wake(): void {
    for (const listener of this.#listeners) listener();
  }

  #tell(): void {
    this.#telling = undefined;
    this.#toldAt = performance.now();
    const pool = this.#pool;
    if (!pool || pool.ending) return;
    pool.query('SELECT pg_notify($1, $2)', [channel, this.#self]).catch(() => undefined); // a hint
  }

  async #listen(): Promise<void> {
    const pool = this.#pool;
    if (this.#client || this.#isOpening || this.#listeners.size === 0 || !pool || pool.ending) return;
    this.#isOpening = true;
    try {
      const client = await pool.connect();
      this.#client = client;
      client.on('notification', ({ payload }) => {
        if (payload === this.#self) this.#isHeard = true;
        else this.#wake();
      });
      client.once('end', () => this.#lost(client));
      await client.query(`LISTEN ${channel}`);
      if (this.#listeners.size === 0) this.#hangUp();
      else this.#tell(); // to find out whether we hear ourselves
    } catch (error) {
      this.#log?.warn({ code: (error as { code?: string }).code }, 'news of other processes are not heard for now');
      this.#hangUp();
      this.#again();
    } finally {
      this.#isOpening = false;
    }
  }

  #lost(client: pg.PoolClient): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#isHeard = false;
    client.release(true);
    this.#again();
  }

  #again(): void {
    setTimeout(() => void this.#listen(), listenAgainMs).unref();
  }

  #hangUp(): void {
    const client = this.#client;
    this.#client = undefined;
    this.#isHeard = false;
    client?.release(true); // it listens: nobody else gets it
  }
}
