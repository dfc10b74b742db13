import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { sql } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Database } from '../database/database.ts';
import { outboxLag } from '../events/outbox.ts';
import type { Alarm } from './alarm.ts';

/** Free space below which writing is about to fail, and below which somebody should know. */
const fullBytes = 200 * 1024 ** 2;
const lowBytes = 1024 ** 3;

/** Room to write: where the embedded database is, and where uploads wait. */
export async function findDiskAlarms({
  config,
}: {
  readonly config: Pick<Config, 'dataDirectory' | 'databaseUrl' | 'witnessDirectory'>;
}): Promise<Alarm[]> {
  const folders = [config.databaseUrl ? undefined : config.dataDirectory, config.witnessDirectory, tmpdir()];
  const alarms: Alarm[] = [];
  for (const folder of new Set(folders)) {
    const free = folder === undefined ? undefined : await freeBytes(folder);
    if (folder === undefined || free === undefined || free >= lowBytes) continue;
    const mebibytes = Math.floor(free / 2 ** 20);
    const isFull = free < fullBytes;
    alarms.push({
      code: isFull ? 'disk-full' : 'disk-low',
      about: folder,
      ...(isFull ? {} : { isWarning: true as const }),
      sentence: {
        vi: `Ổ đĩa của ${folder} chỉ còn ${mebibytes} MiB trống. Hãy giải phóng hoặc thêm dung lượng.`,
        en: `The disk of ${folder} has only ${mebibytes} MiB left. Free some space or enlarge it.`,
      },
    });
  }
  return alarms;
}

/** A database that is larger than what it keeps in memory by this much reads its pages again and again. */
const mostTimesMemory = 16;
/** A smaller one lies in memory of the system's, whatever its own is. */
const smallBytes = 2 * 1024 ** 3;

/** PostgreSQL comes with 128 MiB of memory for its pages, which is little for a city. */
export async function findMemoryAlarms({ db }: { readonly db: Database }): Promise<Alarm[]> {
  const { rows } = await sql<{ size: number; memory: number; shown: string }>`
    SELECT pg_database_size(current_database())::float8 AS size, pg_size_bytes(current_setting('shared_buffers'))::float8 AS memory,
      current_setting('shared_buffers') AS shown`.execute(db);
  const [found] = rows;
  return found ? memoryAlarms(found) : [];
}

/** @param shown The memory as PostgreSQL writes it. */
export function memoryAlarms({ size, memory, shown }: { size: number; memory: number; shown: string }): Alarm[] {
  if (size < smallBytes || size <= memory * mostTimesMemory) return [];
  const gibibytes = Math.floor(size / 2 ** 30);
  return [
    {
      code: 'database-memory',
      about: '',
      isWarning: true,
      sentence: {
        vi: `PostgreSQL giữ ${gibibytes} GiB dữ liệu mà chỉ dành ${shown} bộ nhớ. Hãy đặt shared_buffers bằng một phần tư bộ nhớ của máy ấy.`,
        en: `PostgreSQL holds ${gibibytes} GiB and keeps ${shown} of it in memory. Set shared_buffers to a quarter of that machine’s memory.`,
      },
    },
  ];
}

/** Bytes that we may still write; undefined where nothing is yet. */
export async function freeBytes(folder: string): Promise<number | undefined> {
  const found = await statfs(folder).catch(() => undefined);
  return found && found.bavail * found.bsize;
}

/** Longest that a job, an event or an entry should wait. */
const lateMinutes = 10;

/** Jobs that have used up their tries, that nobody takes, and mail that does not leave. */
export async function findJobAlarms({ db }: { readonly db: Database }): Promise<Alarm[]> {
  const { rows } = await sql<{ task: string; dead: number; late: number; failing: number }>`
    SELECT task_identifier AS task, count(*) FILTER (WHERE attempts >= max_attempts AND locked_at IS NULL) AS dead,
      count(*) FILTER (WHERE attempts < max_attempts AND locked_at IS NULL AND run_at < now() - make_interval(mins => ${lateMinutes})) AS late,
      count(*) FILTER (WHERE attempts >= 3 AND last_error IS NOT NULL) AS failing
    FROM graphile_worker.jobs GROUP BY 1 ORDER BY 1`.execute(db);
  return rows.flatMap(({ task, dead, late, failing }): Alarm[] => [
    ...(dead > 0
      ? [
          {
            code: 'jobs-dead',
            about: task,
            sentence: {
              vi: `${dead} công việc «${task}» đã thử hết số lần mà không xong. Xem nhật ký, sửa nguyên nhân, rồi chạy: edutrust jobs retry ${task}`,
              en: `${dead} jobs of "${task}" have failed too often. Look at the log, fix the cause, then run: edutrust jobs retry ${task}`,
            },
          },
        ]
      : []),
    ...(late > 0
      ? [
          {
            code: 'jobs-late',
            about: task,
            sentence: {
              vi: `${late} công việc «${task}» đã chờ hơn ${lateMinutes} phút. Tiến trình «serve» có đang chạy không?`,
              en: `${late} jobs of "${task}" have waited for more than ${lateMinutes} minutes. Does "serve" run?`,
            },
          },
        ]
      : []),
    ...(task === 'mail.send' && failing > 0
      ? [
          {
            code: 'mail-failing',
            about: task,
            sentence: {
              vi: `${failing} thư gửi nhiều lần không được. Kiểm tra EDUTRUST_SMTP_URL và máy chủ thư.`,
              en: `${failing} mails have failed to send several times. Check EDUTRUST_SMTP_URL and the mail server.`,
            },
          },
        ]
      : []),
  ]);
}

/** Readers of the outbox and the sequencer that do not keep up. */
export async function findLagAlarms({ db, clock }: { readonly db: Database; readonly clock: Clock }): Promise<Alarm[]> {
  const lag = Object.entries(await outboxLag(db)).filter(([, seconds]) => seconds > lateMinutes * 60);
  const before = new Date(clock.now().getTime() - 2 * 60_000).toISOString();
  const { rows } = await sql<{ log: string; waiting: number }>`
    SELECT p.log, count(*) AS waiting FROM platform.ledger_pending AS p JOIN platform.ledger_entry AS e ON e.id = p.entry_id
    WHERE e.at < ${before} GROUP BY 1 ORDER BY 1`.execute(db);
  return [
    ...lag.map(([consumer, seconds]) => ({
      code: 'events-behind',
      about: consumer,
      sentence: {
        vi: `«${consumer}» chưa xử lý sự kiện của ${Math.round(seconds / 60)} phút trước. Xem nhật ký; có thể một giao dịch dài đang giữ cơ sở dữ liệu.`,
        en: `"${consumer}" has not handled what happened ${Math.round(seconds / 60)} minutes ago. Look at the log; a long transaction may hold the database up.`,
      },
    })),
    ...rows.map(({ log, waiting }) => ({
      code: 'ledger-behind',
      about: log,
      sentence: {
        vi: `${waiting} mục của sổ ${log} chờ hơn hai phút mà chưa được ghi vào cây. Tiến trình «serve» có đang chạy không?`,
        en: `${waiting} entries of the log ${log} have waited for their place for more than two minutes. Does "serve" run?`,
      },
    })),
  ];
}

/** We speak plain HTTP: an https address means a proxy, and one that is not declared makes everybody one address. */
export async function findProxyAlarms({
  config,
}: {
  readonly config: Pick<Config, 'url' | 'trustedProxies'>;
}): Promise<Alarm[]> {
  if (config.url.protocol !== 'https:' || config.trustedProxies.length > 0) return [];
  return [
    {
      code: 'proxy-undeclared',
      about: config.url.origin,
      sentence: {
        vi: 'Địa chỉ là https nhưng chưa khai báo proxy: mọi người sẽ có chung một địa chỉ mạng. Đặt EDUTRUST_TRUSTED_PROXIES.',
        en: 'The address is https and no proxy is declared: everybody would have one network address. Set EDUTRUST_TRUSTED_PROXIES.',
      },
    },
  ];
}
