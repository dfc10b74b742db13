import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DirectoryPerson } from '@edutrust/registry/people';
import { changesOf, compare } from '../engine/compare.ts';
import { type Change, PlanDigest } from './change.ts';
import { release, usualContract } from './contract.ts';

const school = { id: 'o', name: 'Trường Tiểu học Hoa Sen', code: 'TH001', kind: 'school' } as const;
const pupil: DirectoryPerson = {
  id: 'p',
  educationId: '7901234568',
  fullName: 'Đặng Thị Ánh Nguyệt',
  birthDate: '2016-02-03',
  gender: 'female',
  status: 'active',
  affiliations: [{ role: 'learner', title: null, organisation: school, className: '5A' }],
};
const same = (key: string) => key;

test('N2: of a pupil nothing leaves that the contract does not name; someone who is also a pupil counts as one', () => {
  const released = release(pupil, usualContract);
  assert.deepEqual(Object.keys(released.fields).sort(), [
    'classes',
    'educationId',
    'familyName',
    'fullName',
    'givenName',
    'isActive',
    'organisations',
    'roles',
  ]);
  assert.deepEqual(released.groups, ['class-TH001-5A', 'role-learner', 'school-TH001']);
  const all = { ...usualContract, others: [...usualContract.others, 'birthDate' as const] };
  const both = { ...pupil, affiliations: [...pupil.affiliations, { ...pupil.affiliations[0], role: 'teacher' }] };
  assert.equal(release(both as DirectoryPerson, all).fields.birthDate, undefined);
  const nameless = release(pupil, { ...usualContract, learners: [] });
  assert.deepEqual(nameless.fields, { isActive: ['true'], educationId: ['7901234568'] });
  assert.deepEqual(nameless.groups, [], 'a group would say what its field does not');
  const others = release(pupil, { ...usualContract, roles: ['teacher'] });
  assert.deepEqual([others.isActive, others.fields], [false, { isActive: ['false'] }]);
});

test('D5: who leaves is marked and taken out of groups one by one; who returns is as before; case alone is a change', () => {
  const wanted = release(pupil, usualContract);
  const held = { fields: wanted.fields, groups: wanted.groups };
  assert.equal(compare(wanted, held, same).person, undefined);
  const gone = release({ ...pupil, status: 'left' }, usualContract);
  const leaving = changesOf([compare(gone, held, same)]);
  assert.deepEqual(
    leaving.map(({ kind, action, ofLeaver }) => [kind, action, ofLeaver]),
    [
      ['person', 'disable', true],
      ['membership', 'remove', true],
      ['membership', 'remove', true],
      ['membership', 'remove', true],
    ],
  );
  assert.deepEqual(leaving[0]?.before, { isActive: ['true'] });
  assert.deepEqual(changesOf([compare(gone, undefined, same)]), [], 'who was never there is not made to leave');
  const marked = { fields: { ...wanted.fields, isActive: ['false'], roles: [] }, groups: [] };
  assert.deepEqual(changesOf([compare(gone, marked, same)]), []);
  const [back, ...groups] = changesOf([compare(wanted, marked, same)]);
  assert.deepEqual(back?.after, { isActive: ['true'], roles: ['learner'] });
  assert.equal(groups.length, 3);
  const lower = { ...held, fields: { ...held.fields, fullName: ['đặng thị ánh nguyệt'] } };
  assert.deepEqual(compare(wanted, lower, same).person?.after, { fullName: ['Đặng Thị Ánh Nguyệt'] });
  const folded = { ...held, groups: held.groups.map((group) => group.toLowerCase()) };
  const { join, leave } = compare(wanted, folded, (key) => key.toLowerCase());
  assert.deepEqual([join, leave], [[], []]);
});

test('D16: a digest covers what is done and nothing else: any value changes it, the order of values does not', () => {
  const change: Change = {
    kind: 'person',
    action: 'change',
    key: '7901234568',
    before: { roles: ['learner'] },
    after: { roles: ['teacher', 'staff'] },
    personId: 'p',
    ofLeaver: false,
  };
  const digest = (...changes: Change[]) => {
    const made = new PlanDigest();
    for (const one of changes) made.add(one);
    return made.end().toString('hex');
  };
  assert.equal(digest(change), digest({ ...change, after: { roles: ['staff', 'teacher'] }, personId: null }));
  for (const other of [
    { key: '7901234569' },
    { action: 'disable' as const },
    { before: {} },
    { after: { roles: ['teacher'] } },
    { after: { roles: ['teacher staff'] } },
    { kind: 'group' as const },
  ])
    assert.notEqual(digest(change), digest({ ...change, ...other }), JSON.stringify(other));
  assert.notEqual(digest(change), digest(change, change));
});
