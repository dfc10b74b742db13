import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@edutrust/testing/property';
import { makeGrades } from '../demo/grades.ts';
import { columnsOf } from './columns.ts';
import { quantile, unusualOf } from './unusual.ts';
import type { MarkValues } from './values.ts';

/** A class whose marks lie around seven and change by half a mark. */
function steadyClass(grade: number, size = 31): Map<string, MarkValues> {
  const columns = columnsOf(grade);
  return new Map(
    Array.from({ length: size }, (_, index) => [
      `p${index}`,
      Object.fromEntries(
        columns.map(({ key, kind, choices = [] }) => {
          if (kind === 'mark') return [key, 6.5 + (index % 5) / 4 + (key.includes('term1') ? 0 : 0.5)];
          if (kind === 'test') return [key, 6 + (index % 3)];
          if (kind === 'count') return [key, index % 4];
          return [key, kind === 'text' ? 'Em chăm ngoan.' : (choices[0]?.value ?? '')];
        }),
      ),
    ]),
  );
}

const withValue = (learners: Map<string, MarkValues>, id: string, values: MarkValues) =>
  new Map(learners).set(id, { ...learners.get(id), ...values });

test('a mark that rises far more than the class does is shown with both values and the class’s norm', () => {
  for (const [grade, before, after] of [
    [7, 'mathematics.term1', 'mathematics.term2'],
    [5, 'mathematics.term1.test', 'mathematics.year.test'],
  ] as const) {
    const learners = withValue(steadyClass(grade), 'p3', { [before]: 5, [after]: 9 });
    const found = unusualOf(columnsOf(grade), learners);
    assert.deepEqual([...found.keys()], ['p3']);
    const [first] = found.get('p3') ?? [];
    assert.deepEqual([first?.kind, first?.before, first?.value], ['change', 5, 9]);
    assert.match(first?.detail.vi ?? '', /^Tăng 4 điểm từ .*HK I\. Cả lớp thường đổi khoảng/);
  }
});

test('far below the class, a grave word that one alone has, many days missed and a missing remark are shown', () => {
  const columns = columnsOf(7);
  const { remarks: _none, ...silent } = steadyClass(7).get('p4') ?? {};
  let learners = new Map(steadyClass(7)).set('p4', silent);
  learners = withValue(learners, 'p1', { 'literature.term1': 2, 'literature.term2': 2, 'literature.year': 2 });
  learners = withValue(learners, 'p2', { 'arts.year': 'Chưa đạt' });
  learners = withValue(learners, 'p5', { 'absent-days': 44 });
  const kinds = Object.fromEntries(
    [...unusualOf(columns, learners)].map(([id, list]) => [id, [...new Set(list.map(({ kind }) => kind))]]),
  );
  assert.deepEqual(kinds, { p1: ['far'], p2: ['rare'], p4: ['empty'], p5: ['far'] });
});

test('nothing stands out in a steady class, few days missed are no finding, and a class of seven has no norm', () => {
  for (const grade of [1, 5, 7, 11]) assert.equal(unusualOf(columnsOf(grade), steadyClass(grade)).size, 0);
  const good = withValue(steadyClass(7), 'p1', { 'absent-days': 0 });
  assert.equal(unusualOf(columnsOf(7), good).size, 0);
  const seven = withValue(steadyClass(7, 7), 'p1', { 'mathematics.term1': 1, 'mathematics.term2': 10 });
  assert.equal(unusualOf(columnsOf(7), seven).size, 0);
});

test('of a class as classes are, at most a few are to be read first', () => {
  for (const grade of [2, 5, 8, 12]) {
    const columns = columnsOf(grade);
    const learners = new Map(
      Array.from({ length: 40 }, (_, index) => {
        const id = String(7_901_234_500 + index);
        return [id, makeGrades(id, columns, grade)];
      }),
    );
    const { size } = unusualOf(columns, learners);
    assert.ok(size <= 8, `grade ${grade}: ${size} of 40`);
  }
});

test('whatever the values are, a finding is of a learner and a column of the class', () => {
  const columns = columnsOf(7);
  const labels = new Set(columns.map(({ label }) => label));
  const value = fc.option(
    fc.integer({ min: 0, max: 100 }).map((tenths) => tenths / 10),
    { nil: undefined },
  );
  const learner = fc.record(Object.fromEntries(columns.map(({ key }) => [key, value])));
  fc.assert(
    fc.property(fc.array(learner, { maxLength: 30 }), (rows) => {
      const clean = rows.map((row) => Object.fromEntries(Object.entries(row).filter(([, one]) => one !== undefined)));
      const learners = new Map(clean.map((row, index) => [String(index), row as MarkValues])); // undefined is gone
      for (const [id, list] of unusualOf(columns, learners)) {
        assert.ok(learners.has(id));
        for (const { label } of list) assert.ok(labels.has(label));
      }
    }),
    { numRuns: 50 },
  );
});

test('a quantile lies between neighbours in proportion', () => {
  assert.equal(quantile([4, 1, 3, 2], 0.5), 2.5);
  assert.equal(quantile([1], 0.25), 1);
  assert.equal(quantile([0, 10], 0.25), 2.5);
});
