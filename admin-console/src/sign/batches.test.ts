import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchesOf, readingPlace, sharedNames, type Waiting } from './batches.ts';

const waiting = (id: string, fullName: string, className: string, dueAt: string | null = null) =>
  ({
    id,
    title: `Học bạ ${fullName}`,
    classId: `class ${className}`,
    className,
    organisation: { id: 'o', name: 'Trường' },
    requestedBy: null,
    dueAt,
    subject: { id: `p${id}`, fullName, educationId: id, birthDate: null },
  }) as unknown as Waiting; // the fields that grouping reads

test('documents are grouped by class, the most urgent class first, by given name within it', () => {
  const items = [
    waiting('1', 'Trần Bình', '5B'),
    waiting('2', 'Lê Ưng Ánh', '5A', '2027-05-30'),
    waiting('3', 'Đặng An', '5A'),
    waiting('4', 'Bùi Ất', '5A'),
  ];
  assert.deepEqual(
    batchesOf(items).map(({ className, dueAt, items: group }) => [className, dueAt, group.map(({ id }) => id)]),
    [
      ['5A', '2027-05-30', ['3', '2', '4']],
      ['5B', null, ['1']],
    ],
  );
});

test('two of one name are told apart, everybody else is not', () => {
  const twins = [
    waiting('1', 'Nguyễn Minh Khôi', '5A'),
    waiting('2', 'Nguyễn Minh Khôi', '5A'),
    waiting('3', 'An', '5A'),
  ];
  assert.deepEqual([...sharedNames(twins)], ['Nguyễn Minh Khôi']);
});

test('a class is read with what stands out first, each leading to the next; a document alone has no place', () => {
  const due = [
    waiting('a', 'Trần Bảo Nam', '5A'),
    waiting('b', 'Bùi Khánh An', '5A'),
    waiting('c', 'Lê Gia Hân', '5A'),
  ];
  const unusual = new Map([['c', []]]);
  const order = ['c', 'b', 'a'];
  assert.deepEqual(
    order.map((id) => readingPlace(due, unusual, id)),
    order.map((_, index) => ({ key: 'class 5A', number: index + 1, count: 3, next: order[index + 1] })),
  );
  assert.equal(readingPlace(due.slice(0, 1), unusual, 'a'), undefined);
  assert.equal(readingPlace(due, unusual, 'signed meanwhile'), undefined);
});
