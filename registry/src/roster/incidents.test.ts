import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { testContext } from '@edutrust/testing/context';
import { sql } from 'kysely';
import { demoSeed } from '../../testing/demo.ts';
import { seedDemo } from '../demo/demo.ts';
import { migrations } from '../migrations.ts';
import { applyImport, planImport } from './roster.ts';

/** What went wrong with rosters elsewhere, and is in no other test (docs/sync-incidents.md). */
const actor = { kind: 'system', name: 'cli' } as const;
const second = { kind: 'system', name: 'second' } as const;
const header = 'Mã trường,Lớp,Mã học sinh,Họ và tên,Ngày sinh,Trạng thái';

async function openCity() {
  const context = await testContext({ migrations: [migrations], seed: demoSeed });
  await seedDemo(context);
  const plan = (lines: readonly string[], completeness: 'partial' | 'schools' = 'partial') => {
    const bytes = Buffer.from([header, ...lines].join('\n'));
    return planImport(context, {
      file: { name: 'lop.csv', bytes: bytes.length, stream: Readable.from([bytes]) },
      completeness,
      actor,
    });
  };
  const load = async (...lines: string[]) => {
    const { id } = await plan(lines);
    return applyImport(context, id, second, { isApproved: true });
  };
  const records = async (like: string) => {
    const { rows } = await sql<{ id: string; status: string; codes: string[] }>`
      SELECT p.id, p.status, ARRAY(SELECT code FROM registry.local_code AS l WHERE l.person_id = p.id ORDER BY 1) AS codes
      FROM registry.person AS p WHERE p.full_name LIKE ${like} ORDER BY p.full_name, p.id`.execute(context.db);
    return rows;
  };
  return { context, plan, load, records };
}

test('a source that codes its pupils anew makes no second records, and nobody loses the account for it', async () => {
  const { context, load, records } = await openCity();
  await using _ = context;
  const rows = (code: (nth: number) => string) =>
    Array.from(
      { length: 12 },
      (_one, nth) => `TH001,5M,${code(nth)},Em Mã ${'ABCDEGHIKLMN'[nth]},0${1 + (nth % 9)}/03/2015,`,
    );
  await load(...rows((nth) => `CU${nth}`));
  const before = await records('Em Mã %');
  await load(...rows((nth) => `MOI${nth}`));
  const after = await records('Em Mã %');
  assert.deepEqual(
    after.map(({ id, status }) => [id, status]),
    before.map(({ id }) => [id, 'active']),
  );
  assert.ok(after.every(({ codes }) => codes.length === 1 && codes[0]?.startsWith('MOI')));
});

test('a code that goes from a leaver to a newcomer is the newcomer’s; two that swap are asked about, and nobody gets the other’s record', async () => {
  const { context, load, records } = await openCity();
  await using _ = context;
  await load(
    'TH001,5M,H1,Em Đổi Mã An,01/03/2015,',
    'TH001,5M,H2,Em Đổi Mã Bình,02/03/2015,',
    'TH001,5M,H3,Em Đổi Mã Chi,03/03/2015,',
  );
  const before = await records('Em Đổi Mã %');
  await load('TH001,5M,H2,Em Đổi Mã An,01/03/2015,', 'TH001,5M,H1,Em Đổi Mã Bình,02/03/2015,');
  await load('TH001,5M,H3,Em Đổi Mã Chi,03/03/2015,Thôi học');
  await load('TH001,5M,H3,Em Đổi Mã Dung,04/03/2015,');
  const after = await records('Em Đổi Mã %');
  assert.deepEqual(
    after.slice(0, 3).map(({ id }) => id),
    before.map(({ id }) => id),
  );
  assert.deepEqual(
    after.map(({ codes, status }) => [codes, status]),
    [
      [['H1'], 'active'],
      [['H2'], 'active'],
      [[], 'left'],
      [['H3'], 'active'],
    ],
  );
  const { rows } = await sql<{ questions: number }>`
    SELECT count(*) AS questions FROM registry.match_question WHERE state = 'open'`.execute(context.db);
  assert.equal(rows[0]?.questions, 2);
});

test('D4: a file of nothing but its header, declared complete, removes nobody', async () => {
  const { context, plan } = await openCity();
  await using _ = context;
  const people = async () =>
    (
      await sql<{ count: number }>`SELECT count(*) AS count FROM registry.person WHERE status = 'active'`.execute(
        context.db,
      )
    ).rows[0]?.count;
  const before = await people();
  const empty = await plan([], 'schools');
  assert.deepEqual([empty.totals.left, empty.totals.changed, empty.totals.added], [0, 0, 0]);
  await applyImport(context, empty.id, actor);
  assert.equal(await people(), before);
});
