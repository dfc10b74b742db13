import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@edutrust/testing/property';
import { escapeValue, normalDn, parseDn } from './dn.ts';
import { groupDn, groupsDn, keyOf, peopleDn, personDn, toAttributes, toFields } from './mapping.ts';

const base = 'dc=so,dc=edu,dc=vn';

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
      assert.equal(keyOf(personDn(value, base), 'uid', peopleDn(base)), value);
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

test('fields become attributes and are read back; two attributes of one field that differ are seen', () => {
  const fields = { isActive: ['true'], fullName: ['Đặng Thị Ánh Nguyệt'], roles: ['learner'], classes: ['5A'] };
  const attributes = toAttributes(fields);
  assert.deepEqual(attributes.cn, attributes.displayName);
  for (const [field, values] of Object.entries(fields)) assert.deepEqual(toFields(attributes)[field], values);
  assert.deepEqual(toFields({ ...attributes, displayName: ['Khác'] }).fullName, ['Đặng Thị Ánh Nguyệt', 'Khác']);
  assert.deepEqual(toAttributes({ isActive: ['false'] }), { employeeType: ['disabled'] });
  assert.deepEqual(toFields({ employeeType: ['disabled'] }).isActive, ['false']);
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
