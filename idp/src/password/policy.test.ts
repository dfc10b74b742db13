import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PersonClaims } from '@edutrust/registry/people';
import { passwordRuleFor } from './policy.ts';

const pupil = (className: string): PersonClaims => ({
  name: 'Lý An',
  given_name: 'An',
  family_name: 'Lý',
  birthdate: null,
  education_id: '7901234568',
  affiliations: [{ role: 'learner', school: 'Trường', school_code: 'T', class: className }],
});

test('A1: a pupil’s password follows the grade of the class, whatever the class is called', () => {
  const cases: [string, number[], number][] = [
    ['Chuyên Toán', [11], 12],
    ['12.6', [12], 12],
    ['Hoa Mai', [0], 6],
    ['5A', [5], 6],
    ['Lớp 7', [7], 8],
    ['10 năm thành lập', [4], 6],
  ];
  for (const [name, grades, length] of cases)
    assert.equal(passwordRuleFor(pupil(name), grades).minimumLength, length, name);
});
