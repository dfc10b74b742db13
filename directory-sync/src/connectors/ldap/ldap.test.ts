import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@edutrust/testing/property';
import { escapeValue, normalDn, parseDn } from './dn.ts';
import { groupDn, groupsDn, keyOf, Mapping, peopleDn } from './mapping.ts';
import { profiles } from './profiles.ts';

const base = 'dc=so,dc=edu,dc=vn';
const people = new Mapping(profiles.people, { baseDn: base });

test('D9: the examples of RFC 4514 §4 are read as it says, and written so that they read the same', () => {
  const examples: [string, [string, string][][]][] = [
    ['UID=jsmith,DC=example,DC=net', [[['uid', 'jsmith']], [['dc', 'example']], [['dc', 'net']]]],
    [
      'OU=Sales+CN=J.  Smith,DC=example',
      [
        [
          ['ou', 'Sales'],
          ['cn', 'J.  Smith'],
        ],
        [['dc', 'example']],
      ],
    ],
    ['CN=James \\"Jim\\" Smith\\, III,DC=net', [[['cn', 'James "Jim" Smith, III']], [['dc', 'net']]]],
    ['CN=Before\\0dAfter,DC=net', [[['cn', 'Before\rAfter']], [['dc', 'net']]]],
    ['CN=Lu\\C4\\8Di\\C4\\87', [[['cn', 'Lučić']]]],
    [' cn = a , dc = b ', [[['cn', 'a']], [['dc', 'b']]]],
  ];
  for (const [text, levels] of examples) {
    assert.deepEqual(
      parseDn(text)?.map((level) => level.map(({ type, value }) => [type, value])),
      levels,
      text,
    );
  }
  for (const bad of ['cn', 'cn=a,', '=a', 'cn=a;dc=b', 'cn=\\x', 'cn="a"', 'cn=a<b', ',cn=a'])
    assert.equal(parseDn(bad), undefined, bad);
});

test('D9: whatever a name holds, it is one value of one level, and read back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (value) => {
      assert.deepEqual(parseDn(`cn=${escapeValue(value)},${base}`)?.[0], [{ type: 'cn', value }]);
      assert.equal(people.keyOfPerson(people.personDn(value)), value);
    }),
  );
});

test('D9: names are equal without case, spaces around commas and order within a level, and not otherwise', () => {
  const same = ['cn=Lớp 5A+ou=x, DC=So', 'OU=X+CN=lớp  5a,dc=so'];
  assert.equal(normalDn(same[0] ?? ''), normalDn(same[1] ?? ''));
  assert.notEqual(normalDn('cn=a\\,dc=b'), normalDn('cn=a,dc=b'));
  assert.equal(keyOf('CN=class-TH001-5A, OU=Groups, dc=so,dc=edu,dc=vn', 'cn', groupsDn(base)), 'class-TH001-5A');
  for (const foreign of [base, `uid=1,ou=khac,${base}`, `uid=1+cn=x,${peopleDn(base)}`, `cn=1,${peopleDn(base)}`])
    assert.equal(keyOf(foreign, 'uid', peopleDn(base)), undefined, foreign);
  assert.equal(groupDn('a,b', base), `cn=a\\,b,ou=groups,${base}`);
});

const somebody = {
  isActive: ['true'],
  educationId: ['7901234568'],
  fullName: ['Đặng Thị Ánh Nguyệt'],
  familyName: ['Đặng'],
  givenName: ['Ánh Nguyệt'],
  roles: ['learner', 'guardian'],
  organisations: ['Trường A'],
  classes: ['5A'],
  titles: [],
};

test('fields become attributes of every profile and are read back; who left is disabled there, and only then', () => {
  const key = '7901234568';
  for (const [name, profile] of Object.entries(profiles)) {
    const mapping = new Mapping(profile, { baseDn: base, domain: 'so.edu.vn' });
    const carried = Object.fromEntries(Object.entries(somebody).filter(([field]) => mapping.carries.has(field)));
    const entry = mapping.newPerson(key, carried, 100_007);
    assert.deepEqual(mapping.toFields(key, entry, 100_007), carried, name);
    const left = { ...entry, ...mapping.toAttributes(key, { isActive: ['false'] }) };
    assert.deepEqual(mapping.toFields(key, left, 100_007).isActive, ['false'], name);
    const back = { ...left, ...mapping.toAttributes(key, carried, 100_007) };
    assert.deepEqual(mapping.toFields(key, back, 100_007), carried, `${name}, returned`);
    for (const attribute of mapping.attributes.filter((one) => one !== profile.person.naming && entry[one])) {
      const { [attribute]: _, ...without } = entry;
      assert.notDeepEqual(mapping.toFields(key, without, 100_007), carried, `${name}: ${attribute} taken away is seen`);
      const other = mapping.toFields(key, { ...entry, [attribute]: ['544'] }, 100_007);
      assert.notDeepEqual(other, carried, `${name}: ${attribute} changed is seen`);
    }
  }
});

test('each profile writes what its field of work asks for', () => {
  const written = (name: keyof typeof profiles, fields: Record<string, string[]> = somebody) =>
    new Mapping(profiles[name], { baseDn: base, domain: 'so.edu.vn' }).toAttributes('7901234568', fields, 100_007);
  const gone = { isActive: ['false'] };
  assert.deepEqual(written('people', gone), { employeeType: ['disabled'] });
  assert.equal(written('people').mail?.[0], '7901234568@so.edu.vn');
  const { uidNumber, gidNumber, homeDirectory, loginShell } = written('posix');
  assert.deepEqual([uidNumber, gidNumber, homeDirectory, loginShell].flat(), [
    '100007',
    '100007',
    '/home/7901234568',
    '/bin/bash',
  ]);
  assert.deepEqual(written('posix', gone), {
    employeeType: ['disabled'],
    loginShell: ['/usr/sbin/nologin'],
    shadowExpire: ['1'],
  });
  assert.deepEqual(written('eduPerson').eduPersonScopedAffiliation, ['student@so.edu.vn', 'affiliate@so.edu.vn']);
  assert.deepEqual(written('activeDirectory', gone), { employeeType: ['disabled'] });
  const ad = new Mapping(profiles.activeDirectory, { baseDn: base, domain: 'so.edu.vn' });
  const account = ad.newPerson('7901234568', somebody);
  assert.equal(account.unicodePwd ?? account.userPassword, undefined, 'no password is sent');
  assert.deepEqual(account.userAccountControl, ['514'], 'so it is disabled');
  assert.ok((account.sAMAccountName?.[0] ?? '').length <= 20);
  const isActive = (bits: string, password = '0') =>
    ad.toFields('7901234568', { ...account, userAccountControl: [bits], pwdLastSet: [password] }).isActive?.[0];
  // What an administrator sets there beside the bits that decide stays.
  assert.deepEqual([isActive('66048'), isActive('66050'), isActive('66050', '1')], ['true', 'true', 'false']);
  assert.deepEqual([isActive('544'), isActive('544', '1'), isActive('')], ['unknown', 'unknown', 'unknown']);
});

test('two attributes of one field that differ are seen', () => {
  const attributes = people.newPerson('7901234568', somebody);
  assert.deepEqual(attributes.cn, attributes.displayName);
  assert.deepEqual(people.toFields('7901234568', { ...attributes, displayName: ['Khác'] }).fullName, [
    'Đặng Thị Ánh Nguyệt',
    'Khác',
    '',
  ]);
  assert.equal(attributes.mail, undefined, 'without a domain there is no address');
});

test('D9: a key is the one value directly below its branch, however the name is written; nothing else is a key', () => {
  const branch = 'ou=people,dc=so,dc=edu,dc=vn';
  for (const name of [`uid=79012,${branch}`, 'UID = 79012 , OU=People, dc=SO,dc=edu,dc=vn', `uid=7901\\32,${branch}`])
    assert.equal(keyOf(name, 'uid', branch), '79012', name);
  assert.equal(keyOf(`uid=a\\,b,${branch}`, 'uid', branch), 'a,b');
  for (const name of [
    `uid=1,uid=2,${branch}`,
    `uid=1+cn=2,${branch}`,
    `cn=1,${branch}`,
    `uid=1\\,${branch}`,
    branch,
    `uid=,x${branch}`,
  ])
    assert.equal(keyOf(name, 'uid', branch), undefined, name);
});
