import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@edutrust/testing/property';
import { ScimError } from './errors.ts';
import { type Filter, parseAttributePath, parseFilter } from './filter.ts';
import { applyPatch, readResource } from './patch.ts';
import { groupAttributes, userAttributes } from './schemas.ts';

const refused = (status: number, scimType?: string) => (error: unknown) =>
  error instanceof ScimError && error.status === status && (scimType === undefined || error.scimType === scimType);

/** A filter as a text with all its brackets, to see how it was understood. */
function shown(filter: Filter): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return `(${filter.of.map(shown).join(` ${filter.kind} `)})`;
    case 'not':
      return `not ${shown(filter.filter)}`;
    case 'present':
      return `${filter.path.name} pr`;
    case 'values':
      return `${filter.path.name}[${shown(filter.filter)}]`;
    case 'compare':
      return `${filter.path.name} ${filter.comparator} ${JSON.stringify(filter.value)}`;
  }
}

test('the filters of RFC 7644 §3.4.2.2 are understood, with its precedence', () => {
  const examples: [string, string][] = [
    ['userName eq "bjensen"', 'username eq "bjensen"'],
    ['name.familyName co "O\'Malley"', 'name.familyname co "O\'Malley"'],
    ['userName sw "J"', 'username sw "J"'],
    ['urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"', 'username sw "J"'],
    ['title pr', 'title pr'],
    ['meta.lastModified gt "2011-05-13T04:42:34Z"', 'meta.lastmodified gt "2011-05-13T04:42:34Z"'],
    ['title pr and userType eq "Employee"', '(title pr and usertype eq "Employee")'],
    ['title pr or userType eq "Intern"', '(title pr or usertype eq "Intern")'],
    ['schemas eq "urn:x"', 'schemas eq "urn:x"'],
    [
      'userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")',
      '(usertype eq "Employee" and (emails co "example.com" or emails.value co "example.org"))',
    ],
    [
      'userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")',
      '(usertype ne "Employee" and not (emails co "example.com" or emails.value co "example.org"))',
    ],
    [
      'userType eq "Employee" and emails[type eq "work" and value co "@example.com"]',
      '(usertype eq "Employee" and emails[(type eq "work" and value co "@example.com")])',
    ],
    ['a pr or b pr and c pr', '(a pr or (b pr and c pr))'],
    ['active EQ True AND a PR', '(active eq true and a pr)'],
    ['a eq null or a eq 1.5', '(a eq null or a eq 1.5)'],
    ['a eq "với \\"ngoặc\\" \\u0111"', 'a eq "với \\"ngoặc\\" đ"'],
  ];
  for (const [text, expected] of examples) assert.equal(shown(parseFilter(text)), expected, text);
  const urn = parseAttributePath(
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber',
    'invalidPath',
  );
  assert.deepEqual(urn, {
    schema: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:user',
    name: 'employeenumber',
  });
});

test('D11, E5: a filter that is none, nests or compares too much is refused at once, whatever it is', () => {
  const nested = (depth: number) => `${'('.repeat(depth)}a pr${')'.repeat(depth)}`;
  assert.ok(parseFilter(nested(48)));
  const long = Array.from({ length: 10_000 }, () => 'a pr').join(' or ');
  const bad = ['', 'a', 'a eq', 'a eq b', 'a xx "b"', '(a pr', 'a pr)', 'a pr and', 'not a pr', 'a[b pr', 'a.b.c pr'];
  for (const text of [...bad, nested(51), nested(4_000), long, 'x'.repeat(100_000), 'a eq "\\x"', 'a eq "b']) {
    const start = process.cpuUsage();
    assert.throws(() => parseFilter(text), refused(400, 'invalidFilter'), text.slice(0, 60));
    assert.ok(process.cpuUsage(start).user < 50_000);
  }
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      try {
        parseFilter(text);
      } catch (error) {
        assert.ok(error instanceof ScimError, String(error));
      }
    }),
  );
});

const user = { userName: 'a', name: { familyName: 'Trần', givenName: 'An' }, active: true };
const patched = (...operations: object[]) => applyPatch(user, { Operations: operations }, userAttributes).resource;

test('PATCH as the RFC has it, and as Entra and Okta write it', () => {
  assert.deepEqual(patched({ op: 'replace', path: 'active', value: false }).active, false);
  assert.deepEqual(patched({ op: 'Replace', path: 'active', value: 'False' }).active, false, 'a text for a boolean');
  assert.deepEqual(patched({ op: 'replace', value: { active: false } }).active, false, 'without a path (Okta)');
  assert.deepEqual(
    patched({ op: 'Replace', value: { 'name.givenName': 'Bình', displayName: 'Trần Bình' } }),
    { ...user, name: { familyName: 'Trần', givenName: 'Bình' }, displayName: 'Trần Bình' },
    'paths as keys',
  );
  assert.deepEqual(patched({ op: 'add', path: 'NAME.MiddleName', value: 'Văn' }).name, {
    familyName: 'Trần',
    givenName: 'An',
    middleName: 'Văn',
  });
  assert.deepEqual(patched({ op: 'replace', path: 'name', value: { givenName: 'B' } }).name, {
    familyName: 'Trần',
    givenName: 'B',
  });
  assert.deepEqual(patched({ op: 'remove', path: 'name.givenName' }).name, { familyName: 'Trần' });
  assert.equal(patched({ op: 'remove', path: 'name' }).name, undefined);
  const work = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
  const employed = { ...user, [work]: { employeeNumber: '1', department: 'Tổ Toán' } };
  for (const operations of [
    [
      { op: 'Add', path: `${work}:employeeNumber`, value: '1' },
      { op: 'add', value: { [`${work}:department`]: 'Tổ Toán' } },
    ],
    [{ op: 'add', path: work, value: { employeeNumber: '1', department: 'Tổ Toán' } }],
    [{ op: 'replace', value: { [work]: { EmployeeNumber: '1', department: 'Tổ Toán' } } }],
    [{ op: 'Replace', path: work.toUpperCase(), value: { employeeNumber: '1', department: 'Tổ Toán', manager: null } }],
  ])
    assert.deepEqual(patched(...operations), employed, JSON.stringify(operations));
  const edited = (operation: object) => applyPatch(employed, { Operations: [operation] }, userAttributes).resource;
  assert.deepEqual(edited({ op: 'remove', path: work }), user);
  assert.deepEqual(edited({ op: 'Remove', path: `${work}:department` })[work], { employeeNumber: '1' });
  for (const path of [`${work}:manager`, `${work}:manager.value`, 'manager', 'manager[value eq "1"]'])
    for (const op of ['add', 'remove'])
      assert.deepEqual(edited({ op, path, value: 'somebody' }), employed, `not kept: ${op} ${path}`);
  assert.deepEqual(patched({ op: 'add', path: 'emails[type eq "work"].value', value: 'a@b.vn' }), user, 'not kept');
  assert.deepEqual(patched({ op: 'replace', value: { 'emails[type eq "work"].value': 'a@b.vn' } }), user, 'as a key');
  assert.deepEqual(patched({ op: 'add', path: 'roles', value: [{ value: 'admin' }] }), user, 'D8: no rights by SCIM');
});

test('D11: what a PATCH cannot mean is refused, and nothing of it is done', () => {
  const bad: [object, string][] = [
    [{ op: 'replace', path: 'active', value: 'maybe' }, 'invalidValue'],
    [{ op: 'replace', path: 'userName', value: { a: 1 } }, 'invalidValue'],
    [{ op: 'remove', path: 'userName' }, 'mutability'],
    [{ op: 'remove' }, 'noTarget'],
    [{ op: 'move', path: 'active' }, 'invalidSyntax'],
    [{ op: 'replace', path: 'noSuch', value: 1 }, 'invalidPath'],
    [{ op: 'replace', path: 'name.noSuch', value: 'x' }, 'invalidPath'],
    [{ op: 'replace', path: "userName'; DROP TABLE sync.scim_user; --", value: 'x' }, 'invalidPath'],
    [{ op: 'replace', path: 'name[x', value: 'x' }, 'invalidPath'],
    [{ op: 'replace', path: '__proto__.polluted', value: 'x' }, 'invalidPath'],
    [{ op: 'replace', value: { constructor: 'x' } }, 'invalidPath'],
    [{ op: 'remove', path: 'active' }, 'mutability'],
    [{ op: 'remove', path: 'urn:ietf:params:scim:schemas:extension:edutrust:2.0:User' }, 'mutability'],
    [
      { op: 'replace', path: 'urn:ietf:params:scim:schemas:extension:edutrust:2.0:User:educationId', value: '1' },
      'mutability',
    ],
    [
      { op: 'replace', path: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:noSuch', value: '1' },
      'invalidPath',
    ],
    [{ op: 'replace', path: 'urn:x:extension:other:2.0:User:userName', value: 'x' }, 'invalidPath'],
  ];
  for (const [operation, scimType] of bad) {
    assert.throws(
      () => patched({ op: 'replace', path: 'active', value: false }, operation),
      refused(400, scimType),
      JSON.stringify(operation),
    );
  }
  assert.equal(user.active, true);
  assert.throws(() => readResource({ displayName: 'x' }, userAttributes), refused(400, 'invalidValue'));
});

test('members of a group: a filter and a list remove those alone; only a bare remove empties the group', () => {
  const edits = (...operations: object[]) =>
    applyPatch({ displayName: 'g' }, { Operations: operations }, groupAttributes).members;
  assert.deepEqual(edits({ op: 'add', path: 'members', value: [{ value: '1' }, { value: '2' }] }), [
    { kind: 'add', ids: ['1', '2'] },
  ]);
  assert.deepEqual(edits({ op: 'Remove', path: 'members', value: [{ value: '1' }] }), [{ kind: 'remove', ids: ['1'] }]);
  assert.deepEqual(edits({ op: 'remove', path: 'members[value eq "1" or value eq "2"]' }), [
    { kind: 'remove', ids: ['1', '2'] },
  ]);
  assert.deepEqual(edits({ op: 'remove', path: 'members' }), [{ kind: 'replace', ids: [] }]);
  assert.deepEqual(edits({ op: 'replace', value: { members: [{ value: '3' }] } }), [{ kind: 'replace', ids: ['3'] }]);
  assert.throws(() => edits({ op: 'remove', path: 'members[display eq "x"]' }), refused(400, 'invalidFilter'));
});
