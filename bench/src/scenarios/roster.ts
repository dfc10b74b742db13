import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { Database } from '@edutrust/platform/database';
import { seedDemo } from '@edutrust/registry/demo';
import { createOrganisation } from '@edutrust/registry/organisations';
import { applyImport, planImport } from '@edutrust/registry/roster';
import { migrations } from '@edutrust/registry/service';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { sql } from 'kysely';
import type { Row } from '../measure.ts';
import { rollOver } from './year.ts';

const schools = 100;
const actor = { kind: 'system', name: 'cli' } as const;
const header = 'Mã trường,Mã lớp,Mã định danh Bộ GD&ĐT,Họ và tên,Ngày sinh,Giới tính,Dân tộc,Số ĐDCN';
const mostMegabytes = 500;

/** 50,000 rows over 100 schools: the first time, unchanged, unchanged once more, and with 2 % changed; each against what SQL alone needs. */
export const roster = () => rosterOf(50_000);

/** The same with 1,000,000 rows: what grows faster than the rows shows here. */
export const rosterOfMillion = () => rosterOf(1_000_000);

async function rosterOf(rows: number): Promise<Row[]> {
  await using context = await testContext({ migrations: [migrations] });
  const folder = await mkdtemp(join(tmpdir(), 'edutrust-bench-'));
  try {
    await openSchools(context);
    const [first, changed] = [join(folder, 'first.csv'), join(folder, 'changed.csv')];
    await writeRoster(first, rows, () => false);
    await writeRoster(changed, rows, (row) => row % 50 === 7);
    const memory = watchMemory();
    const plan = (path: string) => timed(async () => planImport(context, { file: await opened(path), actor }));
    const planned = await plan(first);
    const applied = await timed(() => applyImport(context, planned.result.id, actor));
    const copied = await copyTyped(context.db);
    const same = await plan(first);
    const again = await plan(first);
    const few = await plan(changed);
    const peak = memory.stop();
    const limit = await compareTyped(context.db, rows);
    const year = await rollOver(context);
    mustBe(planned.result.totals.added, rows);
    mustBe(same.result.totals.unchanged, rows);
    mustBe(again.result.totals.unchanged, rows);
    mustBe(few.result.totals.changed, Math.ceil((rows - 7) / 50));
    const what = rows.toLocaleString('en');
    const least = (name: string, ms: number, reference: number, goal: number): Row => ({
      what: `${what} rows, ${name}`,
      value: seconds(ms),
      against: `typed COPY into the same tables ${seconds(reference)}`,
      goal: { figure: (100 * reference) / ms, unit: '%', atLeast: 100 * goal },
    });
    const most = (name: string, ms: number, goal: number): Row => ({
      what: `${what} rows, ${name}`,
      value: seconds(ms),
      against: `COPY and comparison in SQL alone ${seconds(limit)}`,
      goal: { figure: ms / limit, unit: '×', atMost: goal },
    });
    return [
      {
        ...least('first time', planned.ms + applied.ms, copied, 0.1),
        what: `${what} rows, first time: planned ${seconds(planned.ms)}, applied ${seconds(applied.ms)}`,
      },
      most('unchanged, the first night, each row learned', same.ms, 3),
      most('unchanged, each row known', again.ms, 3),
      most('2 % changed, the others known', few.ms, 3),
      {
        what: `${what} rows, memory at the most`,
        value: `${peak.toFixed(0)} MB`,
        goal: { figure: peak, unit: 'MB', atMost: mostMegabytes },
      },
      ...year,
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

function mustBe(found: number, expected: number): void {
  if (found !== expected) throw new Error(`${found} rows where ${expected} were expected`);
}

async function openSchools(context: TestContext): Promise<void> {
  const city = await seedDemo(context);
  await context.db.transaction().execute(async (transaction) => {
    for (let school = 0; school < schools; school += 1) {
      const code = codeOf(school);
      await createOrganisation(
        transaction,
        { kind: 'school', code, name: `Trường đo ${code}`, parentId: city.departmentId },
        actor,
      );
    }
  });
}

const codeOf = (school: number) => `B${String(school).padStart(3, '0')}`;

async function writeRoster(path: string, rows: number, isChanged: (row: number) => boolean): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for (let from = 0; from < rows; from += 10_000) {
      const lines = Array.from({ length: Math.min(10_000, rows - from) }, (_, nth) =>
        line(from + nth, isChanged(from + nth)),
      );
      await file.write(`${from === 0 ? `${header}\n` : ''}${lines.join('\n')}\n`);
    }
  } finally {
    await file.close();
  }
}

async function opened(path: string) {
  return { name: 'bench.csv', bytes: (await stat(path)).size, stream: createReadStream(path) };
}

function line(row: number, isChanged: boolean): string {
  const number = String(row).padStart(7, '0');
  const letters = [...number].map((digit) => 'bcdghklmnt'[Number(digit)]).join('');
  const middle = isChanged ? 'Đức' : 'Văn';
  return `${codeOf(row % schools)},${1 + (row % 12)}A,BENCH${number},Nguyễn ${middle} ${letters},0${1 + (row % 9)}/1${row % 3}/201${row % 9},Nam,Kinh,07${number}${String(row % 1000).padStart(3, '0')}`;
}

/** What applying wrote, copied once more into empty tables with the same columns, checks and indexes. */
async function copyTyped(db: Database): Promise<number> {
  const tables = {
    person:
      'id, education_id, full_name, birth_date, gender, moet_id_sealed, moet_id_index, personal_number_sealed, personal_number_index, details, home_organisation_id',
    affiliation: '*',
    enrolment: '*',
  };
  let ms = 0;
  for (const [table, columns] of Object.entries(tables)) {
    const path = await serverPath(db, `${table}.copy`);
    const list = columns === '*' ? '' : `(${columns})`;
    await sql.raw(`CREATE TABLE copied_${table} (LIKE registry.${table} INCLUDING ALL)`).execute(db);
    await sql.raw(`COPY (SELECT ${columns} FROM registry.${table}) TO '${path}'`).execute(db);
    ms += (await timed(() => sql.raw(`COPY copied_${table} ${list} FROM '${path}'`).execute(db))).ms;
    await sql.raw(`DROP TABLE copied_${table}`).execute(db);
  }
  return ms;
}

/** A file in the server's own folder, which only the server writes. */
async function serverPath(db: Database, name: string): Promise<string> {
  const { rows } = await sql<{ folder: string }>`SELECT current_setting('data_directory') AS folder`.execute(db);
  return `${rows[0]?.folder ?? ''}/${name}`;
}

/** The least that SQL does to find what a file changes: its rows copied, joined by the identifier, and compared. */
async function compareTyped(db: Database, rows: number): Promise<number> {
  const path = await serverPath(db, 'rows.copy');
  const known = sql.raw(`
    SELECT p.full_name, p.birth_date, p.gender, p.details, p.moet_id_index, p.personal_number_index, e.class_id, f.organisation_id
    FROM registry.person AS p JOIN registry.enrolment AS e ON e.person_id = p.id AND e.valid_until IS NULL
    JOIN registry.affiliation AS f ON f.person_id = p.id AND f.valid_until IS NULL AND f.role = 'learner'
    WHERE p.moet_id_index IS NOT NULL`);
  await sql`CREATE TABLE compared AS ${known} LIMIT 0`.execute(db);
  await sql`COPY (${known}) TO ${sql.lit(path)}`.execute(db);
  const run = async () => {
    await sql`COPY compared FROM ${sql.lit(path)}`.execute(db);
    const { rows: found } = await sql<{ unchanged: number }>`
      SELECT count(*) AS unchanged FROM compared AS r JOIN (${known}) AS p USING (moet_id_index)
      WHERE (r.full_name, r.birth_date, r.gender, r.details, r.personal_number_index, r.class_id, r.organisation_id)
        IS NOT DISTINCT FROM (p.full_name, p.birth_date, p.gender, p.details, p.personal_number_index, p.class_id, p.organisation_id)`.execute(
      db,
    );
    if ((found[0]?.unchanged ?? 0) < rows) throw new Error(`only ${found[0]?.unchanged} were compared`);
  };
  return (await timed(run)).ms;
}

/** The largest resident set of this process from now on, in megabytes. */
function watchMemory(): { stop(): number } {
  let most = 0;
  const look = () => {
    most = Math.max(most, process.memoryUsage.rss());
  };
  const timer = setInterval(look, 200);
  return {
    stop: () => {
      clearInterval(timer);
      look();
      return most / 1e6;
    },
  };
}

async function timed<Result>(work: () => Promise<Result>): Promise<{ result: Result; ms: number }> {
  const started = performance.now();
  return { result: await work(), ms: performance.now() - started };
}
