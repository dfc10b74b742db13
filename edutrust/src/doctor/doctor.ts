import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '@edutrust/platform/config';
import { openDatabase } from '@edutrust/platform/database';
import { EduTrustError } from '@edutrust/platform/errors';
import { type LogName, logNames } from '@edutrust/platform/ledger';
import type { Logger } from '@edutrust/platform/log';
import type { Text } from '@edutrust/platform/messages';
import { mustKnowMigrations, pendingMigrations } from '@edutrust/platform/migrations';
import { loadSecretBox } from '@edutrust/platform/secrets';
import { openStore } from '@edutrust/platform/store';
import { configuredWitness } from '@edutrust/platform/witness';
import type pg from 'pg';
import { type CheckName, checkNames, namedChecks } from '../process/alarms.ts';
import { allMigrations, contextOn, type OpenContext } from '../process/context.ts';

/** One thing that was looked at. */
export interface Finding {
  readonly check: string;
  readonly state: 'good' | 'warning' | 'bad';
  readonly code?: string;
  readonly about?: string;
  readonly sentence: Text;
}

/**
 * Looks at everything that this installation needs, one thing after another whatever the others say, and changes nothing:
 * no migration, no key, no database where there is none. Gives each finding as soon as it is known.
 */
export async function examine(config: Config, log: Logger, tell: (finding: Finding) => void): Promise<void> {
  const check = async <Value>(name: string, look: () => Promise<Value>): Promise<Value | undefined> => {
    try {
      return await look();
    } catch (error) {
      tell({ check: name, state: 'bad', ...whatWentWrong(error) });
      return undefined;
    }
  };
  const good = (name: string, sentence: Text) => tell({ check: name, state: 'good', sentence });

  const secrets = await check('secret', () =>
    loadSecretBox(config.secret.kind === 'file' ? { ...config.secret, mayBeMade: false } : config.secret),
  );
  if (secrets) good('secret', { vi: 'khoá mã hoá', en: 'key-encryption key' });
  if (!config.databaseUrl && !existsSync(join(config.dataDirectory, 'postgres/PG_VERSION'))) {
    tell({ check: 'database', state: 'bad', code: 'database/none', sentence: noDatabase(config.dataDirectory) });
    return;
  }
  const database = await check('database', () => openDatabase(config, { serves: false, log }));
  if (!database) return;
  try {
    await check('database', async () => {
      const { rows } = await database.pool.query<{ version: string }>('SELECT version() AS version');
      await mustBeWritable(database.pool);
      const version = rows[0]?.version.split(' on ')[0] ?? '';
      good('database', { vi: version, en: version });
    });
    const isUpToDate = await check('schema', async () => {
      await mustKnowMigrations(database.pool, allMigrations);
      const pending = await pendingMigrations(database.pool, allMigrations);
      if (pending.length === 0) good('schema', { vi: 'lược đồ mới nhất', en: 'schema up to date' });
      else tell({ check: 'schema', state: 'bad', code: 'schema/old', sentence: mustMigrate(pending.length) });
      return pending.length === 0;
    });
    if (!isUpToDate || !secrets) return;
    // A store that is away is one finding; everything else is looked at without it.
    const store = await check('store', async () => {
      const opened = await openStore(config, database.pool, log);
      try {
        await opened.ping();
        good('store', { vi: 'kho ngắn hạn', en: 'short-lived store' });
        return opened;
      } catch (error) {
        await opened.close();
        throw error;
      }
    });
    const spare = store ?? (await openStore({ redisUrl: undefined }, database.pool, log));
    try {
      await check('ledger', async () => {
        const context = await contextOn({ config, log, database, secrets, store: spare });
        await examineLogs(context, tell);
        for (const [name, find] of namedChecks) await check(name, () => examineOne(context, name, find, tell));
      });
    } finally {
      await spare.close();
    }
  } finally {
    await database.close();
  }
}

const logWords: Readonly<Record<LogName, string>> = {
  audit: 'nhật ký (audit)',
  signatures: 'sổ chữ ký (signatures)',
  accesses: 'sổ ai đã xem hồ sơ (accesses)',
};

/** Every log, against what was kept of it elsewhere. */
async function examineLogs(context: OpenContext, tell: (finding: Finding) => void): Promise<void> {
  const witness = configuredWitness(context);
  for (const log of logNames) {
    const witnessed = await witness?.notes(log).catch(() => undefined); // the witness has a check of its own
    const verdict = await context.ledger.verify(log, witnessed ? { witnessed } : {});
    tell(
      verdict.intact
        ? {
            check: 'ledger',
            state: 'good',
            about: log,
            sentence: { vi: `${logWords[log]}, ${verdict.size} mục`, en: `log ${log}, ${verdict.size} entries` },
          }
        : {
            check: 'ledger',
            state: 'bad',
            code: 'ledger/altered',
            about: log,
            sentence: {
              vi: `${logWords[log]} ĐÃ BỊ SỬA, mục sai đầu tiên là số ${verdict.firstBadIndex}: ${verdict.reason}`,
              en: `the log ${log} was ALTERED, the first bad entry is number ${verdict.firstBadIndex}: ${verdict.reason}`,
            },
          },
    );
  }
}

async function examineOne(
  context: OpenContext,
  name: CheckName,
  find: (typeof namedChecks)[number][1],
  tell: (finding: Finding) => void,
): Promise<void> {
  const alarms = await find(context);
  if (alarms.length === 0) tell({ check: name, state: 'good', sentence: checkNames[name] });
  for (const { code, about, isWarning, sentence } of alarms)
    tell({ check: name, state: isWarning ? 'warning' : 'bad', code, about, sentence });
}

/** Writes a mebibyte and takes it back: what a full disk or a standby refuses. */
async function mustBeWritable(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('CREATE TEMPORARY TABLE probe (bytes text) ON COMMIT DROP');
    await client.query(
      `INSERT INTO probe SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 1000), generate_series(1, 33) AS rows (n) GROUP BY n`,
    );
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
    client.release();
  }
}

function whatWentWrong(error: unknown): Pick<Finding, 'code' | 'sentence'> {
  if (error instanceof EduTrustError) return { code: error.code, sentence: error.detail };
  const { code = '', message = String(error) } = error as { code?: string; message?: string };
  if (['53100', 'ENOSPC', 'EDQUOT'].includes(code)) {
    return {
      code: 'disk-full',
      sentence: { vi: 'Ổ đĩa đã đầy, không ghi được.', en: 'The disk is full: nothing can be written.' },
    };
  }
  if (code === '25006') {
    return { code: 'database/read-only', sentence: { vi: 'Cơ sở dữ liệu chỉ đọc.', en: 'The database is read-only.' } };
  }
  return { code: code || 'internal', sentence: { vi: message, en: message } };
}

const noDatabase = (folder: string): Text => ({
  vi: `Chưa có cơ sở dữ liệu trong ${folder}; lần chạy «edutrust serve» đầu tiên sẽ tạo.`,
  en: `There is no database in ${folder} yet; the first "edutrust serve" makes it.`,
});

const mustMigrate = (count: number): Text => ({
  vi: `Lược đồ thiếu ${count} bước của phiên bản này. Chạy: edutrust migrate`,
  en: `The schema lacks ${count} steps of this version. Run: edutrust migrate`,
});
