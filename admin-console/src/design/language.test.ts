import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatWhen, setLocale } from './language.ts';

test('a time is said as a person does: today and yesterday by Vietnam’s midnight, then the day', () => {
  const now = Date.parse('2026-11-27T02:00:00+07:00');
  assert.equal(formatWhen('2026-11-27T00:01:00+07:00', now), 'Hôm nay 00:01');
  assert.equal(formatWhen('2026-11-26T23:59:00+07:00', now), 'Hôm qua 23:59');
  assert.equal(formatWhen('2026-11-25T23:59:00+07:00', now), '25/11/2026');
  setLocale('en');
  assert.equal(formatWhen('2026-11-27T00:01:00+07:00', now), 'today 00:01');
  setLocale('vi');
});
