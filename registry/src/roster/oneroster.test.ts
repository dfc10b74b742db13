import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { writeZip } from '@edutrust/platform/zip';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { type DemoCity, seedDemo } from '../demo/demo.ts';
import { migrations } from '../service.ts';
import { applyImport, type ImportInput, planImport } from './roster.ts';

const actor = { kind: 'system', name: 'test' } as const;
let context: TestContext;
let city: DemoCity;
let directory: string;
before(async () => {
  context = await testContext({ migrations: [migrations] });
  city = await seedDemo(context);
  directory = await mkdtemp(join(tmpdir(), 'edutrust-oneroster-'));
});
after(async () => {
  await rm(directory, { recursive: true, force: true });
  await context[Symbol.asyncDispose]();
});

type Files = Readonly<Record<string, readonly string[]>>;
const head = 'sourcedId,status,dateLastModified';

async function plan(files: Files, more: Partial<ImportInput> = {}) {
  const path = join(directory, 'package.zip');
  await writeFile(
    path,
    writeZip(new Map(Object.entries(files).map(([name, lines]) => [name, Buffer.from(lines.join('\r\n'))])), {
      isDeflated: true,
    }),
  );
  return planImport(context, { path, organisationId: city.schools[0]?.id, actor, ...more });
}

const manifest = (version: string, mode: string) => [
  'propertyName,value',
  'manifest.version,1.0',
  `oneroster.version,${version}`,
  ...['users', 'orgs', 'classes', 'enrollments', 'demographics'].map((file) => `file.${file},${mode}`),
];
const orgs = [`${head},name,type,identifier,parentSourcedId`, 's1,,,Trường một,school,TH001,'];
const classes = [
  `${head},title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods`,
  'c1,,,4Z,04,,4Z,homeroom,,s1,,,,',
];
const demographics = [
  `${head},birthDate,sex`,
  'u1,,,2016-05-09,female',
  'u2,,,2016-06-10,male',
  'u3,,,1990-01-02,female',
];

/** The same people in 1.1, where a user has one role, and in 1.2, where roles are a file. */
function people(version: '1.1' | '1.2', prefix: string): Files {
  const names = [
    ['u1', 'student', 'Thị An', 'Nguyễn'],
    ['u2', 'student', 'Văn Bình', 'Trần'],
    ['u3', 'teacher', 'Thị Cúc', 'Lê'],
  ] as const;
  const users = names.map(([id, role, given, family]) =>
    version === '1.1'
      ? `${id},,,true,s1,${role},${prefix}${id},,${given},${family} ${prefix},,${prefix}${id}`
      : `${id},,,true,${prefix}${id},,${given},${family} ${prefix},,${prefix}${id}`,
  );
  return {
    'manifest.csv': manifest(version, 'bulk'),
    'orgs.csv': orgs,
    'classes.csv': classes,
    'demographics.csv': demographics,
    'users.csv': [
      version === '1.1'
        ? `${head},enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier`
        : `${head},enabledUser,username,userIds,givenName,familyName,middleName,identifier`,
      ...users,
    ],
    ...(version === '1.2'
      ? {
          'roles.csv': [
            `${head},userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId`,
            ...names.map(([id, role]) => `r${id},,,${id},primary,${role},,,s1,`),
          ],
        }
      : {}),
    'enrollments.csv': [
      `${head},classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate`,
      'e1,,,c1,s1,u1,student,,,',
      'e2,,,c1,s1,u2,student,,,',
      'e3,,,c1,s1,u3,teacher,true,,',
    ],
  };
}

for (const [version, prefix] of [
  ['1.1', 'Mot'],
  ['1.2', 'Hai'],
] as const)
  test(`OneRoster ${version} CSV: learners come into their class, teachers with it, and a second time nothing changes`, async () => {
    const files = people(version, prefix);
    const learners = await plan(files);
    assert.deepEqual([learners.totals.added, learners.totals.refused], [2, 0]);
    await applyImport(context, learners.id, actor);
    const staff = await plan(files, { kind: 'staff' });
    assert.deepEqual([staff.totals.added, staff.totals.refused], [1, 0]);
    await applyImport(context, staff.id, actor);
    const again = await plan(files);
    assert.deepEqual([again.totals.added, again.totals.changed, again.totals.unchanged], [0, 0, 2]);
    const { rows } = await context.pool.query(
      `SELECT p.full_name, p.birth_date::text, p.gender, c.code FROM registry.person AS p
         JOIN registry.enrolment AS e ON e.person_id = p.id JOIN registry.class AS c ON c.id = e.class_id
       WHERE p.full_name LIKE $1 ORDER BY 1`,
      [`%${prefix} %`],
    );
    assert.deepEqual(rows, [
      { full_name: `Nguyễn ${prefix} Thị An`, birth_date: '2016-05-09', gender: 'female', code: '4Z' },
      { full_name: `Trần ${prefix} Văn Bình`, birth_date: '2016-06-10', gender: 'male', code: '4Z' },
    ]);
  });

test('D4: a delta says who is gone by saying so; declared complete it is refused, and a package without users too', async () => {
  const files = people('1.2', 'Hai');
  const [userHead = ''] = files['users.csv'] ?? [];
  const delta: Files = {
    ...files,
    'manifest.csv': manifest('1.2', 'delta'),
    'users.csv': [userHead, 'u1,tobedeleted,2026-11-27T00:00:00Z,true,Haiu1,,Thị An,Nguyễn Hai,,Haiu1'],
    'enrollments.csv': (files['enrollments.csv'] ?? []).slice(0, 2),
  };
  const gone = await plan(delta);
  assert.deepEqual(
    [gone.totals.left, gone.totals.added, gone.totals.refused],
    [1, 0, 0],
    'the other one is not touched',
  );
  await assert.rejects(() => plan(delta, { completeness: 'schools' }), { code: 'roster/delta-not-complete' });
  const moved = await plan({ ...delta, 'enrollments.csv': files['enrollments.csv'] ?? [] });
  assert.deepEqual(
    [moved.totals.added, moved.totals.refused],
    [0, 1],
    'a change of class of somebody who is not in the package is said, not passed over',
  );
  const { 'users.csv': _, ...without } = files;
  await assert.rejects(() => plan(without), { code: 'roster/oneroster-incomplete' });
  await assert.rejects(() => plan(files, { kind: 'guardians' }), { code: 'roster/other-file' });
});

test('of all courses that a learner sits in it is the homeroom that is the class', async () => {
  const files = people('1.2', 'Bốn');
  const [enrolmentHead = '', ...enrolments] = files['enrollments.csv'] ?? [];
  const planned = await plan({
    ...files,
    'classes.csv': [...classes, 'c0,,,Toán nâng cao,04,,TOAN,scheduled,,s1,,,,'],
    'enrollments.csv': [enrolmentHead, 'e0,,,c0,s1,u1,student,true,,', ...enrolments],
  });
  assert.deepEqual([planned.totals.added, planned.totals.refused], [2, 0]);
  await applyImport(context, planned.id, actor);
  const { rows } = await context.pool.query(
    `SELECT DISTINCT c.code FROM registry.person AS p JOIN registry.enrolment AS e ON e.person_id = p.id
     JOIN registry.class AS c ON c.id = e.class_id WHERE p.full_name LIKE '%Bốn %'`,
  );
  assert.deepEqual(rows, [{ code: '4Z' }]);
});

test('a row of a school that is not the importer’s is refused in its own line of users.csv', async () => {
  const files = people('1.2', 'Ba');
  const elsewhere = await plan({ ...files, 'orgs.csv': [orgs[0] ?? '', 's1,,,Trường lạ,school,KHONGCO,'] });
  assert.deepEqual([elsewhere.totals.added, elsewhere.totals.refused], [0, 2]);
});
