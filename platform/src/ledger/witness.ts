import { constants } from 'node:fs';
import { access, mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sql } from 'kysely';
import type { Alarm } from '../alarms/alarm.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Database } from '../database/database.ts';
import type { Logger } from '../log.ts';
import type { Ledger } from './ledger.ts';
import { type LogName, logNames } from './log-names.ts';
import { openCheckpoint } from './signed-note.ts';

/** One line of what is kept of a log: a checkpoint, or that a backup was restored which ended at a size. */
type Line =
  | { readonly at: string; readonly size: number; readonly note: string }
  | { readonly at: string; readonly restoredTo: number };

/** A revocation as it is kept outside the database; without a reason it was taken back (a suspension that ended). */
export interface KeptRevocation {
  readonly at: string;
  /** Of the certificate, lower-case hexadecimal. */
  readonly serial: string;
  readonly reason: string | null;
}

/**
 * What the system keeps of itself at a second place (L8, B5): checkpoints of both logs and every revocation, in files that
 * only grow, each line flushed to the disk before it counts. Whoever rewrites the whole database, or restores an older
 * backup, does not reach it.
 */
export interface Witness {
  readonly folder: string;
  /** The checkpoints that the log of now must contain. */
  notes(log: LogName): Promise<string[]>;
  add(log: LogName, size: number, note: string): Promise<void>;
  /** A backup was restored: what came after this size is no longer to be found in the log. */
  restored(log: LogName, size: number): Promise<void>;
  revocations(): Promise<KeptRevocation[]>;
  addRevocations(revocations: readonly KeptRevocation[]): Promise<void>;
}

export function openWitness(folder: string, clock: Clock): Witness {
  const file = (name: string) => join(folder, `${name}.jsonl`);
  const read = async <Kept>(name: string): Promise<Kept[]> => {
    const text = await readFile(file(name), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    // A process that died while it wrote left half a line, and nothing relied on it.
    return text.split('\n').flatMap((line) => parse<Kept>(line) ?? []);
  };
  const append = async (name: string, lines: readonly object[]) => {
    if (lines.length === 0) return;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const handle = await open(file(name), 'a', 0o600);
    try {
      await handle.appendFile(lines.map((line) => `\n${JSON.stringify(line)}\n`).join(''));
      await handle.sync();
    } finally {
      await handle.close();
    }
  };
  return {
    folder,
    notes: async (log) => {
      let kept: { size: number; note: string }[] = [];
      for (const line of await read<Line>(log)) {
        if ('note' in line) kept.push(line);
        else kept = kept.filter(({ size }) => size <= line.restoredTo);
      }
      return kept.map(({ note }) => note);
    },
    add: (log, size, note) => append(log, [{ at: clock.now().toISOString(), size, note } satisfies Line]),
    restored: (log, size) => append(log, [{ at: clock.now().toISOString(), restoredTo: size } satisfies Line]),
    revocations: () => read<KeptRevocation>('revocations'),
    addRevocations: (revocations) => append('revocations', revocations),
  };
}

/** The folder alone: the place where it stands is the operator's, and a misspelt one is said. */
async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

function parse<Kept>(line: string): Kept | undefined {
  try {
    return line === '' ? undefined : (JSON.parse(line) as Kept); // written by us, or half of it
  } catch {
    return undefined;
  }
}

interface Tools {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly config: Pick<Config, 'witnessDirectory' | 'dataDirectory' | 'databaseUrl'>;
}

/** The witness that is configured; undefined when there is none. */
export function configuredWitness({ config, clock }: Pick<Tools, 'config' | 'clock'>): Witness | undefined {
  return config.witnessDirectory === undefined ? undefined : openWitness(config.witnessDirectory, clock);
}

/**
 * Adds the newest checkpoint of each log, when the log still contains the one before: a log that was rewritten is not
 * witnessed again, and the alarm says so.
 */
export async function witnessOnce({ db, ledger }: Pick<Tools, 'db' | 'ledger'>, witness: Witness): Promise<void> {
  for (const log of logNames) {
    const head = await newestHead(db, log);
    const last = await newestWitnessed(ledger, witness, log);
    if (!head || (last && head.size <= last.size)) continue;
    if (last && !(await contains(db, log, last))) continue;
    await witness.add(log, head.size, head.note);
  }
}

const witnessEveryMs = 60_000;

/** Witnesses every minute until it is stopped. */
export function startWitness(
  tools: Pick<Tools, 'db' | 'ledger'>,
  witness: Witness,
  log: Logger,
): { stop(): Promise<void> } {
  let underWay = Promise.resolve();
  const once = () => {
    underWay = underWay
      .then(() => witnessOnce(tools, witness))
      .catch((error: unknown) => log.error({ err: error }, 'the witness could not be written'));
  };
  once();
  const timer = setInterval(once, witnessEveryMs);
  return {
    stop: async () => {
      clearInterval(timer);
      once(); // what was logged last is witnessed before we go
      await underWay;
    },
  };
}

interface Head {
  readonly size: number;
  readonly root: Buffer;
  readonly note: string;
}

async function newestHead(db: Database, log: LogName, before?: Date): Promise<Head | undefined> {
  const until = before ? sql`AND at < ${before.toISOString()}` : sql``;
  const { rows } = await sql<Head>`
    SELECT size, root, note FROM platform.ledger_checkpoint WHERE log = ${log} ${until} ORDER BY size DESC LIMIT 1`.execute(
    db,
  );
  return rows[0];
}

async function newestWitnessed(
  ledger: Ledger,
  witness: Witness,
  log: LogName,
): Promise<Omit<Head, 'note'> | undefined> {
  let newest: Omit<Head, 'note'> | undefined;
  for (const note of await witness.notes(log)) {
    const head = openCheckpoint(note, ledger.key(log));
    if (head && head.size >= (newest?.size ?? 0)) newest = head;
  }
  return newest;
}

async function contains(db: Database, log: LogName, { size, root }: Omit<Head, 'note'>): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM platform.ledger_checkpoint WHERE log = ${log} AND size = ${size} AND root = ${root}`.execute(db);
  return rows.length > 0;
}

const staleMs = 10 * 60_000;

/** Whether the witness can be written, is up to date, agrees with the logs, and is really somewhere else. */
export async function findWitnessAlarms(tools: Tools): Promise<Alarm[]> {
  const { db, ledger, clock, config } = tools;
  const witness = configuredWitness(tools);
  if (!witness) return [warning('witness-none', noWitness)];
  const alarms: Alarm[] = [];
  const problem = await makeFolder(witness.folder)
    .then(() => access(witness.folder, constants.W_OK))
    .then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code ?? error.message,
    );
  if (problem) {
    return [
      {
        code: 'witness-unwritable',
        about: witness.folder,
        sentence: {
          vi: `Không ghi được thư mục làm chứng ${witness.folder} (${problem}): nhật ký không có bản đối chiếu bên ngoài. Kiểm tra EDUTRUST_WITNESS.`,
          en: `The witness folder ${witness.folder} cannot be written (${problem}): nothing outside proves the logs. Check EDUTRUST_WITNESS.`,
        },
      },
    ];
  }
  for (const log of logNames) {
    const last = await newestWitnessed(ledger, witness, log);
    const due = await newestHead(db, log, new Date(clock.now().getTime() - staleMs));
    if (last && !(await contains(db, log, last))) {
      alarms.push({
        code: 'witness-differs',
        about: log,
        sentence: {
          vi: `Sổ ${log} không còn chứa mốc ${last.size} đã được làm chứng: sổ đã bị cắt hoặc viết lại. Chạy edutrust log verify.`,
          en: `The log ${log} no longer contains the checkpoint of ${last.size} that was witnessed: it was cut or rewritten. Run edutrust log verify.`,
        },
      });
    } else if (due && due.size > (last?.size ?? 0)) {
      alarms.push({
        code: 'witness-stale',
        about: log,
        sentence: {
          vi: `Mốc làm chứng của sổ ${log} đã cũ hơn 10 phút. Tiến trình «serve» có đang chạy và ghi được ${witness.folder} không?`,
          en: `The witness of the log ${log} is more than 10 minutes behind. Does "serve" run, and can it write ${witness.folder}?`,
        },
      });
    }
  }
  if (!config.databaseUrl && (await isSameDisk(witness.folder, config.dataDirectory)))
    alarms.push(warning('witness-same-disk', sameDisk));
  return alarms;
}

async function isSameDisk(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([stat(one), stat(other).catch(() => stat(dirname(other)))]);
  return first.dev === second.dev;
}

const warning = (code: string, sentence: Alarm['sentence']): Alarm => ({ code, about: '', isWarning: true, sentence });

const noWitness = {
  vi: 'Chưa có nơi làm chứng thứ hai: đặt EDUTRUST_WITNESS tới một thư mục trên máy hoặc ổ đĩa khác.',
  en: 'There is no second place for a witness: set EDUTRUST_WITNESS to a folder on another machine or disk.',
};
const sameDisk = {
  vi: 'Nơi làm chứng nằm cùng ổ đĩa với cơ sở dữ liệu. Khi dùng thật, đặt EDUTRUST_WITNESS sang ổ đĩa hoặc máy khác.',
  en: 'The witness is on the same disk as the database. For production set EDUTRUST_WITNESS to another disk or machine.',
};
