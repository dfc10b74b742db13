import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Database } from '@edutrust/platform/database';
import { testContext } from '@edutrust/platform/testing';
import { seedDemo } from '@edutrust/registry/demo';
import { createOrganisation } from '@edutrust/registry/organisations';
import { applyImport, planImport } from '@edutrust/registry/roster';
import { migrations } from '@edutrust/registry/service';
import { sql } from 'kysely';
import type { Row } from '../measure.ts';

const rows = 100_000;
const schools = 100;
const actor = { kind: 'system', name: 'cli' } as const;
const header = 'Mã trường,Mã lớp,Mã định danh Bộ GD&ĐT,Họ và tên,Ngày sinh,Giới tính,Dân tộc,Số ĐDCN';

/** 100,000 rows over 100 schools: planned, applied, and planned again; against PostgreSQL's own COPY of the same file. */
export async function roster(): Promise<Row[]> {
  await using context = await testContext({ migrations: [migrations] });
  const city = await seedDemo(context);
  await context.db.transaction().execute(async (transaction) => {
    for (let school = 0; school < schools; school += 1) {
      const code = `B${String(school).padStart(3, '0')}`;
      await createOrganisation(
        transaction,
        { kind: 'school', code, name: `Trường đo ${code}`, parentId: city.departmentId },
        actor,
      );
    }
  });
  const text = [header, ...Array.from({ length: rows }, (_, row) => line(row))].join('\n');
  const file = () => ({ name: 'bench.csv', bytes: text.length, stream: Readable.from([Buffer.from(text)]) });
  const plan = await timed(() => planImport(context, { file: file(), actor }));
  const apply = await timed(() => applyImport(context, plan.result.id, actor));
  const again = await timed(() => planImport(context, { file: file(), actor }));
  const copy = await timed(() => copyFile(context.db, text));
  const { added } = plan.result.totals;
  if (added !== rows || again.result.totals.added !== 0)
    throw new Error(`${added} added, then ${again.result.totals.added}`);
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  return [
    {
      what: '100,000 rows read, checked and planned',
      value: seconds(plan.ms),
      against: `COPY of the file as text ${seconds(copy.ms)}`,
    },
    { what: '100,000 rows applied, with education IDs and events', value: seconds(apply.ms) },
    { what: 'the same file again, nothing changed', value: seconds(again.ms) },
  ];
}

/** What `psql \copy` does: the columns as text into an unlogged table, read by the server. */
async function copyFile(db: Database, text: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'edutrust-copy-'));
  try {
    await chmod(directory, 0o755); // the server runs as a user of its own
    const path = join(directory, 'roster.csv');
    await writeFile(path, text, { mode: 0o644 });
    const columns = header.split(',').map((_, index) => `c${index} text`);
    await sql.raw(`CREATE UNLOGGED TABLE copied (${columns.join(', ')})`).execute(db);
    await sql.raw(`COPY copied FROM '${path}' (FORMAT csv, HEADER)`).execute(db);
  } finally {
    await rm(directory, { recursive: true });
  }
}

function line(row: number): string {
  const code = `B${String(row % schools).padStart(3, '0')}`;
  const number = String(row).padStart(6, '0');
  const letters = [...number].map((digit) => 'bcdghklmnt'[Number(digit)]).join('');
  return `${code},${1 + (row % 12)}A,BENCH${number},Nguyễn Văn ${letters},0${1 + (row % 9)}/1${row % 3}/201${row % 9},Nam,Kinh,079${number}${String(row % 1000).padStart(3, '0')}`;
}

async function timed<Result>(work: () => Promise<Result>): Promise<{ result: Result; ms: number }> {
  const started = performance.now();
  return { result: await work(), ms: performance.now() - started };
}
