import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { sql } from 'kysely';
import { demoSeed } from '../../testing/demo.ts';
import { seedDemo } from '../demo/demo.ts';
import { migrations } from '../migrations.ts';
import { applyImport, type Completeness, planImport, type RosterPlan } from './roster.ts';

const actor = { kind: 'system', name: 'cli' } as const;
const folder = new URL('cases/', import.meta.url).pathname;

interface Case {
  readonly file: string;
  readonly why: string;
  /** Declared complete unless it says otherwise: the hardest way to read a file. */
  readonly completeness?: Completeness;
  readonly totals?: Partial<RosterPlan['totals']>;
  readonly refusedRows?: readonly number[];
  readonly code?: string;
  readonly detail?: RegExp;
  readonly check?: (plan: RosterPlan) => void;
}

const unchangedSix = { added: 0, changed: 0, left: 0, unchanged: 6, refused: 0 };
const headersOf = (plan: RosterPlan) => plan.columns.filter(({ field }) => field === null).map(({ header }) => header);

/** Files of real life, each tried on a class 4K that was imported from r00-base.csv. */
const cases: readonly Case[] = [
  { file: 'r00-base.csv', why: 'D2: the same file again changes nothing', totals: unchangedSix },
  {
    file: 'r01-csdl-so-export.csv',
    why: 'the sector database’s export: title rows, «Lớp học», «Khối học/Nhóm lớp», two codes',
    completeness: 'partial',
    totals: { added: 0, changed: 1, left: 0, refused: 0 },
    check: (plan) => {
      assert.deepEqual(
        plan.changes[0]?.fields.map(({ column }) => column),
        ['Thông tin khác', 'Mã học sinh'],
      );
      assert.equal(plan.columns.find(({ header }) => header === 'Mã học sinh')?.field, 'localCode');
    },
  },
  {
    file: 'r02-two-codes.csv',
    why: 'D13: a school’s own code before the ministry’s identifier names nobody: the six stay who they are',
    totals: { added: 0, changed: 6, left: 0, refused: 0 },
    check: (plan) => {
      for (const { fields } of plan.changes) assert.deepEqual(fields, [{ column: 'Mã học sinh' }]);
    },
  },
  {
    file: 'r04-k12online.csv',
    why: 'starred headers; mother and guardian are kept',
    completeness: 'partial',
    totals: { added: 0, changed: 1, left: 0, refused: 0 },
    check: (plan) => assert.deepEqual(headersOf(plan), []),
  },
  {
    file: 'r06-one-bad-date.csv',
    why: 'D12: the child of a refused row stays, and so does everybody who could be it',
    totals: { added: 0, changed: 0, left: 0, unchanged: 5, refused: 1 },
    refusedRows: [7],
    check: (plan) => assert.match(plan.notes[0]?.vi ?? '', /không ai của Trường Tiểu học Lê Lợi được ghi là rời/),
  },
  {
    file: 'r07-status-left.csv',
    why: '«Trạng thái» is read: two leave, a leaver who is not known is not added',
    totals: { added: 0, changed: 0, left: 2, unchanged: 4, refused: 0, skipped: 1 },
    check: (plan) => {
      const left = plan.changes.map(({ fullName, fields }) => [fullName, fields[0]?.after]);
      assert.deepEqual(left, [
        ['Trần Văn Bình', 'Chuyển trường'],
        ['Hoàng Bảo Em', 'Thôi học'],
      ]);
      assert.match(plan.skipped[0]?.text ?? '', /Đinh Văn Hải, Thôi học/);
    },
  },
  {
    file: 'r08-preschool.csv',
    why: 'classes of the nursery and the kindergarten',
    totals: { added: 4, changed: 0, left: 0, refused: 0 },
    check: (plan) =>
      assert.deepEqual(
        plan.changes.map(({ className }) => className),
        ['Lá 1', 'Chồi 2', 'Mầm 1', 'Nhà trẻ 25-36 tháng'],
      ),
  },
  {
    file: 'r11-us-dates.csv',
    why: 'D17: one row proves that months come first: the file is refused with that row',
    code: 'roster/mixed-dates',
    detail: /Dòng 5 .*8\/27\/2016/,
  },
  {
    file: 'r12-lost-zeros.csv',
    why: 'lost zeros and 7.9E+09 are refused by their cause; what Excel puts around a code is taken off',
    totals: { added: 0, changed: 0, left: 0, unchanged: 2, refused: 2 },
    refusedRows: [2, 3],
  },
  { file: 'r14-utf16le.csv', why: 'UTF-16 with tabs, as Excel’s «Unicode text»', totals: unchangedSix },
  { file: 'r15-utf8-bom-semicolon-sep.csv', why: 'byte order mark, sep=; and semicolons', totals: unchangedSix },
  { file: 'r16-windows-1258.csv', why: 'windows-1258 is refused by name', code: 'roster/not-utf-8' },
  {
    file: 'r17-quoted-newlines.csv',
    why: 'line breaks and doubled quotes in cells and headers',
    completeness: 'partial',
    totals: { added: 0, changed: 2, left: 0, refused: 0 },
  },
  {
    file: 'r18-footer.csv',
    why: 'the foot of a printed list is passed over with a word, and nobody leaves for it',
    totals: { ...unchangedSix, skipped: 3 },
    check: (plan) =>
      assert.deepEqual(
        plan.skipped.map(({ row }) => row),
        [8, 9, 10],
      ),
  },
  {
    file: 'r23-tcvn3-in-utf8.csv',
    why: 'D17: text of a TCVN3 font is refused by name, with the row',
    code: 'roster/legacy-font',
    detail: /Dòng 2 \(«NguyÔn ThÞ An»\).*TCVN3/,
  },
  {
    file: 'r25-excel.xlsx',
    why: 'an Excel workbook',
    completeness: 'partial',
    check: (plan) => assert.equal(plan.totals.refused, 0),
  },
  {
    file: 'r28-oneroster-users.csv',
    why: 'D17: OneRoster is called by its name',
    code: 'roster/foreign-format',
    detail: /OneRoster/,
  },
];

describe('files of real life', () => {
  let context: TestContext;
  let organisationId: string;
  before(async () => {
    context = await testContext({ migrations: [migrations], seed: demoSeed });
    const city = await seedDemo(context);
    organisationId = city.schools[0]?.id ?? '';
    const base = await planImport(context, { path: `${folder}r00-base.csv`, organisationId, actor });
    assert.equal(base.totals.added, 6);
    await applyImport(context, base.id, actor);
  });
  after(() => context?.[Symbol.asyncDispose]());

  test('every file of the folder is a case', () => {
    assert.deepEqual(cases.map(({ file }) => file).sort(), readdirSync(folder).sort());
  });

  for (const { file, why, completeness = 'classes', totals, refusedRows, code, detail, check } of cases) {
    test(`${why} (${file})`, async () => {
      const planned = planImport(context, { path: `${folder}${file}`, organisationId, completeness, actor });
      if (code) {
        const error = await planned.then(
          () => undefined,
          (caught: { code?: string; detail?: { vi: string } }) => caught,
        );
        assert.equal(error?.code, code);
        if (detail) assert.match(error?.detail?.vi ?? '', detail);
        return;
      }
      const plan = await planned;
      const found = Object.fromEntries(Object.keys(totals ?? {}).map((key) => [key, plan.totals[key as 'added']]));
      assert.deepEqual(found, totals ?? {}, JSON.stringify([plan.refusals, plan.changes, plan.skipped]));
      if (refusedRows)
        assert.deepEqual(
          plan.refusals.map(({ row }) => row),
          refusedRows,
        );
      check?.(plan);
    });
  }

  test('D12: applied, the file with one bad date ends nobody’s enrolment', async () => {
    const plan = await planImport(context, {
      path: `${folder}r06-one-bad-date.csv`,
      organisationId,
      completeness: 'schools',
      actor,
    });
    assert.equal(plan.totals.left, 0);
    await applyImport(context, plan.id, actor);
    const { rows } = await sql<{ active: number }>`
      SELECT count(*) AS active FROM registry.person AS p JOIN registry.enrolment AS e ON e.person_id = p.id AND e.valid_until IS NULL
      JOIN registry.class AS c ON c.id = e.class_id AND c.code = '4K' WHERE p.status = 'active'`.execute(context.db);
    assert.equal(rows[0]?.active, 6);
  });
});
