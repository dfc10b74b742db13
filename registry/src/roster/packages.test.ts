import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { writeZip } from '@edutrust/platform/zip';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { demoSeed } from '../../testing/demo.ts';
import { type DemoCity, seedDemo } from '../demo/demo.ts';
import { migrations } from '../service.ts';
import { applyImport, type ImportInput, planImport } from './roster.ts';

const actor = { kind: 'system', name: 'test' } as const;
let context: TestContext;
let city: DemoCity;
let directory: string;
before(async () => {
  context = await testContext({ migrations: [migrations], seed: demoSeed });
  city = await seedDemo(context);
  directory = await mkdtemp(join(tmpdir(), 'edutrust-packages-'));
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
  await assert.rejects(() => plan(without), { code: 'roster/package-incomplete' });
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

/** The same small school as School Data Sync 2.1 and as Clever give it: two children, a teacher, a mother. */
const sds = (prefix: string): Files => ({
  'orgs.csv': ['sourcedId,name,type,parentSourcedId', 'TH001,Trường một,school,'],
  'users.csv': [
    'sourcedId,username,givenName,familyName,password,activeDirectoryMatchId,email,phone,sms',
    `${prefix}1,u1,Thị An,Nguyễn ${prefix},,,,,`,
    `${prefix}2,u2,Văn Bình,Trần ${prefix},,,,,`,
    `${prefix}3,u3,Thị Cúc,Lê ${prefix},,,,,`,
    `${prefix}4,u4,Thị Lụa,Phạm ${prefix},,,,,`,
  ],
  'roles.csv': [
    'userSourcedId,orgSourcedId,role,sessionSourcedId,grade,isPrimary,roleStartDate,roleEndDate',
    `${prefix}1,TH001,student,,04,true,,`,
    `${prefix}2,TH001,student,,04,true,,`,
    `${prefix}3,TH001,principal,,,true,,`,
  ],
  'classes.csv': [
    'sourcedId,orgSourcedId,title,sessionSourcedIds,courseSourcedId,code',
    'c0,TH001,Toán nâng cao,,TOAN,',
    'c1,TH001,4Y,,,',
  ],
  'enrollments.csv': [
    'classSourcedId,userSourcedId,role',
    `c0,${prefix}1,student`,
    `c1,${prefix}1,student`,
    `c1,${prefix}2,student`,
    `c1,${prefix}3,teacher`,
  ],
  'demographics.csv': [
    'userSourcedId,sex,birthDate',
    `${prefix}1,female,2016-05-09`,
    `${prefix}2,male,2016-06-10`,
    `${prefix}3,female,1990-01-02`,
    `${prefix}4,female,1988-03-04`,
  ],
  'relationships.csv': ['userSourcedId,relationshipUserSourcedId,relationshipRole', `${prefix}1,${prefix}4,parent`],
});
const cleverSet = (prefix: string): Files => ({
  'Schools.csv': ['School_id,School_name,School_number,State_id', '7,Trường một,7,TH001'],
  'Students.csv': [
    'School_id,Student_id,Student_number,State_id,Last_name,Middle_name,First_name,Grade,Gender,DOB',
    `7,1,${prefix}1,,Nguyễn ${prefix},Thị,An,4,F,05/09/2016`,
    `7,2,${prefix}2,,Trần ${prefix},Văn,Bình,4,M,06/10/2016`,
  ],
  'Teachers.csv': ['School_id,Teacher_id,Teacher_number,Last_name,First_name', `7,1,${prefix}T,Lê ${prefix},Thị Cúc`],
  'Sections.csv': [
    'School_id,Section_id,Teacher_id,Teacher_2_id,Name,Section_number,Grade,Course_name,Period',
    '7,s0,1,,Toán,,4,Toán,2',
    '7,s1,1,,4X,,4,Homeroom,1',
  ],
  'Enrollments.csv': ['School_id,Section_id,Student_id', '7,s0,1', '7,s1,1', '7,s1,2'],
});

for (const [name, files, code] of [
  ['School Data Sync 2.1', sds('Năm'), '4Y'],
  ['Clever', cleverSet('Sáu'), '4X'],
] as const)
  test(`a set of ${name} in a ZIP: learners come into their class, and a second time nothing changes`, async () => {
    const learners = await plan(files);
    assert.deepEqual([learners.totals.added, learners.totals.refused], [2, 0]);
    await applyImport(context, learners.id, actor);
    const staff = await plan(files, { kind: 'staff' });
    assert.deepEqual([staff.totals.added, staff.totals.refused], [1, 0]);
    await applyImport(context, staff.id, actor);
    const again = await plan(files);
    assert.deepEqual([again.totals.added, again.totals.changed, again.totals.unchanged], [0, 0, 2]);
    const { rows } = await context.pool.query(
      `SELECT DISTINCT p.full_name, p.birth_date::text AS day, k.code FROM registry.person AS p JOIN registry.enrolment AS e ON e.person_id = p.id
         JOIN registry.class AS k ON k.id = e.class_id WHERE k.code = $1 ORDER BY 1`,
      [code],
    );
    assert.deepEqual(
      rows.map(({ day }) => day),
      ['2016-05-09', '2016-06-10'],
      'a month before a day is what the format says, not a guess',
    );
  });

test('D8: a principal or an administrator of another system is a member of staff here, with no role', async () => {
  const { rows } = await context.pool.query(
    `SELECT f.title, (SELECT count(*) FROM registry.role_assignment AS a WHERE a.person_id = p.id) AS roles
     FROM registry.person AS p JOIN registry.affiliation AS f ON f.person_id = p.id WHERE p.full_name LIKE 'Lê Năm%'`,
  );
  assert.deepEqual(rows, [{ title: 'Nhân viên', roles: 0 }]);
});

test('a package brings guardians and schools, too', async () => {
  const guardians = await plan(sds('Năm'), { kind: 'guardians' });
  assert.deepEqual([guardians.totals.added, guardians.totals.refused], [1, 0]);
  const schools = await plan(
    { ...sds('Năm'), 'orgs.csv': ['sourcedId,name,type,parentSourcedId', 'TH990,Trường Tiểu học Mới,school,'] },
    { kind: 'schools', organisationId: city.departmentId },
  );
  assert.deepEqual([schools.totals.added, schools.totals.refused], [1, 0]);
});

test('D4: a whole set proves itself whole: what names people, classes or schools that are not there removes nobody', async () => {
  const whole = { completeness: 'schools' } as const;
  const files = sds('Năm');
  const without = (name: string, line: number) => ({ ...files, [name]: (files[name] ?? []).toSpliced(line, 1) });
  for (const lost of [without('users.csv', 2), without('classes.csv', 2), without('orgs.csv', 1)])
    await assert.rejects(
      () => plan(lost, whole),
      ({ code }: { code: string }) => /package-(not-whole|incomplete)/.test(code),
    );
  // A page of enrolments that is lost leaves children without a class: their lines are refused, and nobody leaves (D12).
  const unsure = await plan({ ...files, 'enrollments.csv': (files['enrollments.csv'] ?? []).slice(0, 3) }, whole);
  assert.deepEqual([unsure.totals.left, unsure.totals.refused], [0, 1]);
  for (const name of ['users.csv', 'roles.csv', 'orgs.csv', 'classes.csv', 'enrollments.csv']) {
    const headerOnly = { ...files, [name]: (files[name] ?? []).slice(0, 1) };
    const left = await plan(headerOnly, whole).then(
      ({ totals }) => totals.left,
      ({ code }: { code?: string }) => code,
    );
    assert.ok(left === 0 || String(left).startsWith('roster/package-'), `${name} with a header only: ${left}`);
  }
});

test('D4: a manifest that promises a file which is not there, an unknown version and a Clever set of four files are refused by name', async () => {
  const { 'demographics.csv': _, ...without } = people('1.2', 'Hai');
  await assert.rejects(() => plan(without), { code: 'roster/package-incomplete' });
  await assert.rejects(() => plan({ ...people('1.2', 'Hai'), 'manifest.csv': manifest('9.0', 'bulk') }), {
    code: 'roster/other-file',
  });
  const { 'Enrollments.csv': __, ...four } = cleverSet('Sáu');
  await assert.rejects(() => plan(four), { code: 'roster/package-incomplete' });
});

test('D4: a package that was cut off or changed on its way is refused, wherever it broke', async () => {
  const bytes = writeZip(
    new Map(Object.entries(sds('Bảy')).map(([name, lines]) => [name, Buffer.from(lines.join('\r\n'))])),
    { isDeflated: true },
  );
  const path = join(directory, 'broken.zip');
  for (const broken of [
    ...[0.3, 0.6, 0.9].map((part) => bytes.subarray(0, Math.floor(bytes.length * part))),
    Buffer.concat([bytes.subarray(0, 45), Buffer.from([(bytes[45] ?? 0) ^ 0x20]), bytes.subarray(46)]),
  ]) {
    await writeFile(path, broken);
    await assert.rejects(
      () => planImport(context, { path, organisationId: city.schools[0]?.id, actor, completeness: 'schools' }),
      ({ code }: { code?: string }) => code?.startsWith('roster/') === true,
    );
  }
});

test('hostile names in a package stay names, and a file name that leaves the folder is only a name', async () => {
  const files = sds('Tám');
  const [header = '', ...users] = files['users.csv'] ?? [];
  const planned = await plan({
    ...files,
    'users.csv': [header, 'Tám1,__proto__,=HYPERLINK("x"),<script>,,,,,', ...users.slice(1)],
    '../../evil.csv': ['a,b', '1,2'],
  });
  assert.deepEqual([planned.totals.added, planned.totals.refused], [1, 1], 'a name with markup is refused in its line');
});
