import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Config } from '../config/config.ts';
import { Conflict, Unavailable } from '../errors.ts';
import type { Logger } from '../log.ts';
import { CopyIn } from './copy.ts';
import { startEmbedded } from './embedded.ts';
import type { Database } from './handle.ts';
import { News } from './news.ts';
import { bindPool, boundPool, clientWith } from './statement.ts';

export type { Database, Transaction } from './handle.ts';
export { statement } from './statement.ts';

export interface OpenDatabase {
  readonly db: Database;
  readonly pool: pg.Pool;
  /** Whether the database was made by this call. */
  readonly isNew: boolean;
  close(): Promise<void>;
}

/** Held by the one process that serves a data folder; any constant that nothing else locks on. */
const serveLock = '7307498251362';

/** PostgreSQL OIDs whose text we read differently from pg's defaults. */
const oid = { int8: 20, date: 1082 } as const;

/**
 * A pool with our reading of types: `bigint` is a number (ours stay below 2^53), `date` stays `YYYY-MM-DD` (a
 * calendar day has no time zone).
 */
export function createPool(
  connectionString: string,
  connections: number,
  log?: Logger,
  {
    connectWithinMs = 5_000,
    statements = 'named',
  }: { readonly connectWithinMs?: number; readonly statements?: Config['databaseStatements'] } = {},
): pg.Pool {
  const news = new News(log);
  const pool = new pg.Pool({
    connectionString,
    Client: clientWith({ prepares: statements === 'named', onNews: () => news.committed() }),
    max: connections,
    connectionTimeoutMillis: connectWithinMs, // also of a place in a full pool: better to say so (E13)
    keepAlive: true,
    // A new connection is a new process of the server; the few that an idle program uses are kept.
    min: Math.min(4, connections),
    idleTimeoutMillis: 60_000,
    // A process that hangs inside a transaction would hold up every reader of the outbox.
    idle_in_transaction_session_timeout: 5 * 60_000,
    application_name: 'edutrust',
    types: {
      getTypeParser: (id: number, format?: 'text' | 'binary') => {
        if (format !== 'binary' && id === oid.int8) return Number;
        if (format !== 'binary' && id === oid.date) return (text: string) => text;
        // biome-ignore lint/suspicious/noExplicitAny: pg's overloads do not take the union that it passes itself
        return pg.types.getTypeParser(id as any, format as any);
      },
    },
  });
  // An idle connection that the server ends would otherwise end the process.
  pool.on('error', (error) => log?.warn({ code: (error as { code?: string }).code }, 'a database connection was lost'));
  pool.on('connect', (client) => client.on('error', () => undefined)); // of a lost client its query tells
  news.attach(pool);
  newsOfPool.set(pool, news);
  return pool;
}

const newsOfPool = new WeakMap<pg.Pool, News>();

/** The news of the database; undefined for a view of one and for a transaction. */
export function newsOf(db: Database): News | undefined {
  const pool = boundPool(db);
  return pool && newsOfPool.get(pool);
}

export function kyselyOn(pool: pg.Pool): Database {
  const dialect = new PostgresDialect({ pool, cursor: CopyIn as never /* it never fetches */ });
  const db: Database = new Kysely({ dialect });
  // Somebody's one connection may stand in for a pool: only the query builder takes care of it.
  return pool instanceof pg.Pool ? bindPool(db, pool) : db;
}

/**
 * Opens the configured database: the one at `DATABASE_URL`, else the embedded one, which is started when it is not
 * running. `serves` takes the lock that one serving process holds on an embedded database.
 *
 * @throws Unavailable when the database does not answer; Conflict `database/already-served`.
 */
export async function openDatabase(
  config: Config,
  { serves, log }: { serves: boolean; log?: Logger },
): Promise<OpenDatabase> {
  const embedded = config.databaseUrl ? undefined : await startEmbedded(config.dataDirectory);
  const url = config.databaseUrl?.href ?? embedded?.url ?? '';
  const pool = createPool(url, config.databaseConnections, log, { statements: config.databaseStatements });
  let lock: pg.Client | undefined;
  let isClosing = false;
  const close = async () => {
    isClosing = true;
    await pool.end();
    await lock?.end();
    await embedded?.stop();
  };
  try {
    await pool.query('SELECT 1');
    if (config.databaseStatements === 'unnamed')
      log?.info('statements are not prepared: each is planned at every call');
    if (embedded && serves) {
      lock = await lockToServe(url, config.dataDirectory);
      // The server is ours to keep alive: when it dies it is started again, and found where it then is.
      const watch = (held: pg.Client) =>
        held.once('end', () => {
          if (!isClosing) void revive();
        });
      const revive = async () => {
        log?.error('the embedded database ended; it is started again');
        while (!isClosing) {
          try {
            const { url: now } = await startEmbedded(config.dataDirectory);
            pool.options.connectionString = now; // of every connection that is made from here on
            lock = await lockToServe(now, config.dataDirectory);
            watch(lock);
            log?.warn('the embedded database runs again');
            return;
          } catch (error) {
            log?.error({ err: error }, 'the embedded database did not start');
            await new Promise((resolve) => setTimeout(resolve, reviveEveryMs));
          }
        }
      };
      watch(lock);
    }
  } catch (error) {
    await close().catch(() => undefined);
    if (error instanceof Conflict) throw error;
    throw new Unavailable(
      'database/unreachable',
      {
        vi: `Không kết nối được cơ sở dữ liệu ${describe(config)}: ${reason(error)}.`,
        en: `The database ${describe(config)} does not answer: ${reason(error)}.`,
      },
      {
        remedy: {
          vi: 'Kiểm tra PostgreSQL có đang chạy và DATABASE_URL có đúng không.',
          en: 'Check that PostgreSQL runs and that DATABASE_URL is right.',
        },
        cause: error,
      },
    );
  }
  return { db: kyselyOn(pool), pool, isNew: embedded?.isNew ?? false, close };
}

const reviveEveryMs = 2_000;

/** The connection that holds the lock of the one process that serves the folder. @throws Conflict `database/already-served` */
async function lockToServe(url: string, directory: string): Promise<pg.Client> {
  const lock = new pg.Client({ connectionString: url, application_name: 'edutrust serve' });
  lock.on('error', () => undefined); // its end says it
  await lock.connect();
  const { rows } = await lock.query<{ got: boolean }>('SELECT pg_try_advisory_lock($1) AS got', [serveLock]);
  if (rows[0]?.got) return lock;
  await lock.end();
  throw alreadyServed(directory);
}

function alreadyServed(directory: string): Conflict {
  return new Conflict(
    'database/already-served',
    {
      vi: `Một EduTrust khác đang phục vụ thư mục dữ liệu ${directory}.`,
      en: `Another EduTrust already serves the data folder ${directory}.`,
    },
    {
      remedy: {
        vi: 'Dừng tiến trình kia, hoặc đặt EDUTRUST_DATA sang thư mục khác và EDUTRUST_URL sang cổng khác.',
        en: 'Stop the other process, or set EDUTRUST_DATA to another folder and EDUTRUST_URL to another port.',
      },
    },
  );
}

/** The database's place without its password. */
function describe(config: Config): string {
  const url = config.databaseUrl;
  return url ? `${url.protocol}//${url.host}${url.pathname}` : config.dataDirectory;
}

function reason(error: unknown): string {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0].message;
  return error instanceof Error ? error.message : String(error);
}
