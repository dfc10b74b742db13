import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PersonClaims } from '@edutrust/registry/people';
import { checkPassword, passwordRuleFor } from './policy.ts';

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

test('A1: what published breaches and people here choose most is refused, however it is written; a sentence is not', async () => {
  const claims = pupil('5A');
  const rule = passwordRuleFor(claims, [5]);
  const common = [
    'jennifer',
    'Jennifer',
    'JENNIFER',
    'JEN-ni_fer',
    'khongbiet',
    'Không Biết',
    'mustang',
    'liverpool',
    'zaq12wsx',
  ].concat(['matkhau', 'Mật khẩu 2026', 'Học Sinh 12', 'truonghoc1']);
  for (const password of common)
    await assert.rejects(checkPassword(password, rule, claims), { code: 'passwords/guessable' }, password);
  for (const password of ['mèo cam xanh', 'ba con voi', 'jennifer ăn dưa', 'một quả thị rơi bị bà'])
    assert.equal(await checkPassword(password, rule, claims), password.normalize('NFC'), password);
});
