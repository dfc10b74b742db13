import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Conflict } from '../errors.ts';
import { defineMoves } from './moves.ts';

const door = defineMoves('door/not-now', {
  open: { vi: 'đang mở', en: 'open', to: ['closed'] },
  closed: { vi: 'đang đóng', en: 'closed', to: ['open', 'walled-up'] },
  'walled-up': { vi: 'đã xây kín', en: 'walled up', to: [] },
});

test('a machine makes the moves of its table and refuses every other, with the state in both languages', () => {
  const allowed = door.states.flatMap((from) =>
    door.states.filter((to) => door.allows(from, to)).map((to) => `${from} → ${to}`),
  );
  assert.deepEqual(allowed, ['open → closed', 'closed → open', 'closed → walled-up']);
  for (const from of door.states) {
    for (const to of door.states) {
      if (door.allows(from, to)) door.mustMove(from, to);
      else {
        assert.throws(
          () => door.mustMove(from, to),
          (error: unknown) =>
            error instanceof Conflict &&
            error.code === 'door/not-now' &&
            error.detail.vi.includes(door.nameOf(from).vi) &&
            error.detail.en.includes(door.nameOf(from).en),
        );
      }
    }
  }
});

test('a state that goes nowhere is final', () => {
  assert.deepEqual(
    door.states.filter((state) => door.isFinal(state)),
    ['walled-up'],
  );
});
