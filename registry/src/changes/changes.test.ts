import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { testContext } from '@edutrust/testing/context';
import { ownTemporaryFolder } from '@edutrust/testing/temporary';
import { sql } from 'kysely';
import { demoSeed } from '../../testing/demo.ts';
import { seedDemo } from '../demo/demo.ts';
import { migrations } from '../migrations.ts';
import { createIdentifierVault } from '../people/people.ts';
import { pulled } from '../roster/pulled.ts';
import { applyImport } from './apply.ts';
import { planChanges, type RowSource } from './plan.ts';
import { learners } from './populations.ts';
import type { Incoming, PersonRow } from './row.ts';
import { openSpool } from './spool.ts';
import { findPlan } from './view.ts';

const actor = { kind: 'system', name: 'cli' } as const;

async function openCity() {
  const context = await testContext({ migrations: [migrations], seed: demoSeed });
  const city = await seedDemo(context);
  return { context, schoolId: city.schools[0]?.id ?? '' };
}

function sourceOf(rows: Iterable<Incoming<PersonRow>> | AsyncIterable<Incoming<PersonRow>>): RowSource {
  return {
    name: 'directory',
    rows: (async function* () {
      yield* rows;
    })(),
    facts: () => ({ sha256: '', columns: [] }),
    columnName: (field) => field,
  };
}

const rowOf = (organisationId: string, nth: number, more: Partial<PersonRow> = {}): Incoming<PersonRow> => ({
  row: {
    row: nth + 1,
    organisationId,
    classCode: '6A',
    grade: 6,
    fullName: `Người Thứ ${'abcdefghij'[nth % 10]}${'abcdefghij'[Math.floor(nth / 10) % 10]}`,
    birthDate: '2014-09-05',
    gender: 'female',
    moetId: `TEST${String(nth).padStart(6, '0')}`,
    personalNumber: `0793140${String(nth).padStart(5, '0')}`,
    localCode: null,
    ...more,
  },
});

test('rows of any source are planned and applied as a file is, with every letter that they hold', async () => {
  const { context, schoolId } = await openCity();
  await using _ = context;
  const odd = 'C:\\temp\t"x"\r\n\\N \\. ’ 𠀋';
  const rows = [
    rowOf(schoolId, 0, { details: { note: odd } }),
    rowOf(schoolId, 1),
    { refused: { row: 9, column: 'x', value: 'y', reason: { vi: 'v', en: 'e' } } },
    { skipped: { row: 10, text: 'z', reason: { vi: 'v', en: 'e' } } },
  ];
  const id = await planChanges(context, { population: learners, source: sourceOf(rows), actor });
  await applyImport(context, id, actor);
  const { totals } = await findPlan(context.db, id, actor);
  assert.deepEqual(totals, { added: 2, changed: 0, left: 0, referred: 0, unchanged: 0, refused: 1, skipped: 1 });
  const vault = createIdentifierVault(context.secrets);
  const { rows: people } = await sql<{ moet: Buffer; personal: Buffer; details: { note?: string }; home: string }>`
    SELECT moet_id_sealed AS moet, personal_number_sealed AS personal, details, home_organisation_id AS home FROM registry.person
    WHERE full_name LIKE 'Người Thứ%' ORDER BY full_name`.execute(context.db);
  assert.equal(people[0]?.details.note, odd);
  assert.deepEqual(
    people.map(({ moet, personal }) => [vault.open('moet_id', moet), vault.open('personal_number', personal)]),
    [
      ['TEST000000', '079314000000'],
      ['TEST000001', '079314000001'],
    ],
  );
  assert.ok(people.every(({ home }) => home === schoolId));
});

test('a source that fails in the middle leaves no plan, no rows and no file', async () => {
  const { context, schoolId } = await openCity();
  await using _ = context;
  await using folder = await ownTemporaryFolder();
  async function* failing() {
    for (let nth = 0; nth < 5_000; nth += 1) yield rowOf(schoolId, nth);
    throw new Error('the line was cut');
  }
  const input = { population: learners, source: sourceOf(failing()), actor };
  await assert.rejects(planChanges(context, input), /the line was cut/);
  const { rows } = await sql`SELECT FROM registry.roster_plan`.execute(context.db);
  assert.equal(rows.length, 0);
  assert.deepEqual(await folder.names(''), []);
});

test('a number is sealed for the rows that are written and for no other', async () => {
  const { context, schoolId } = await openCity();
  await using _ = context;
  let sealed = 0;
  const counting = {
    ...context,
    secrets: {
      ...context.secrets,
      encrypt: (plain: Uint8Array, purpose: string) => {
        sealed += 1;
        return context.secrets.encrypt(plain, purpose);
      },
    },
  };
  const plan = (change: (nth: number) => Partial<PersonRow>) =>
    planChanges(counting, {
      population: learners,
      source: sourceOf(Array.from({ length: 100 }, (_row, nth) => rowOf(schoolId, nth, change(nth)))),
      actor,
    });
  await applyImport(context, await plan(() => ({})), actor);
  assert.equal(sealed, 200);
  sealed = 0;
  await plan(() => ({}));
  assert.equal(sealed, 0);
  const corrected = await plan((nth) => (nth < 3 ? { personalNumber: `0793149${String(nth).padStart(5, '0')}` } : {}));
  assert.equal(sealed, 6);
  assert.equal((await findPlan(context.db, corrected, actor)).totals.changed, 3);
});

test('what waits on the disk is noise to everybody else, comes back as it was, and goes', async () => {
  await using folder = await ownTemporaryFolder();
  const text = 'Nguyễn Thị An\t079315000001\n'.repeat(20_000);
  {
    await using spool = await openSpool();
    for (let at = 0; at < text.length; at += 999) await spool.write(text.slice(at, at + 999));
    for (let time = 0; time < 2; time += 1) {
      const chunks: Buffer[] = [];
      for await (const chunk of spool.read()) chunks.push(chunk);
      assert.equal(Buffer.concat(chunks).toString('utf8'), text);
    }
    const made = await folder.names('edutrust-rows-');
    assert.equal(made.length, 1);
    for (const name of made) {
      const bytes = await readFile(join(folder.path, name, 'rows'));
      assert.ok(bytes.length > 0);
      assert.equal(bytes.includes('079315000001'), false);
    }
  }
  assert.deepEqual(await folder.names(''), []);
});

test('who stops taking rows stops who reads them, and a reader that fails says so to who takes', async () => {
  let isClosed = false;
  const endless = pulled<number>(async (give) => {
    try {
      for (let nth = 0; ; nth += 1) await give(nth);
    } finally {
      isClosed = true;
    }
  });
  const seen: number[] = [];
  for await (const nth of endless) {
    seen.push(nth);
    if (nth === 2) break;
  }
  assert.deepEqual(seen, [0, 1, 2]);
  assert.ok(isClosed);
  const failing = pulled<number>(async (give) => {
    await give(1);
    throw new Error('torn');
  });
  await assert.rejects(async () => {
    for await (const _one of failing);
  }, /torn/);
});
