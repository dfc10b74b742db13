import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, mock, test } from 'node:test';
import { type DemoCity, seedDemo } from '@edutrust/registry/demo';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { type Slapd, type SlapdOptions, startSlapd } from '@edutrust/testing/slapd';
import { AlreadyExistsError, Client, NoSuchObjectError } from 'ldapts';
import { runTarget } from '../../engine/converge.ts';
import { isConverged } from '../../engine/digest.ts';
import { syncErasures } from '../../releases/erasure.ts';
import { migrations } from '../../service.ts';
import { writeLoadFile } from '../../targets/load-file.ts';
import { addTarget, changeTarget } from '../../targets/store.ts';
import { examineLdap } from './examine.ts';
import { ldapConnector } from './ldap.ts';
import type { ProfileName } from './profiles.ts';

const actor = { kind: 'system', name: 'test' } as const;
const domain = 'so.edu.vn';
let context: TestContext;
let city: DemoCity;
let folder: string;

before(async () => {
  context = await testContext({ migrations: [registryMigrations, migrations], seed: demoSeed });
  city = await seedDemo(context);
  folder = await mkdtemp(join(tmpdir(), 'edutrust-profiles-'));
});
after(async () => {
  await context?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const text = '1.3.6.1.4.1.1466.115.121.1.15';
const attribute = (oid: string, name: string, more = `EQUALITY caseIgnoreMatch SYNTAX ${text}`) =>
  `attributetype ( ${oid} NAME '${name}' ${more} )`;
const integer = 'EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE';
/** As much of the published schemas as the profiles use. */
const schemas = {
  eduPerson: [
    attribute('1.3.6.1.4.1.5923.1.1.1.1', 'eduPersonAffiliation'),
    attribute(
      '1.3.6.1.4.1.5923.1.1.1.6',
      'eduPersonPrincipalName',
      `EQUALITY caseIgnoreMatch SYNTAX ${text} SINGLE-VALUE`,
    ),
    attribute('1.3.6.1.4.1.5923.1.1.1.9', 'eduPersonScopedAffiliation'),
    attribute(
      '1.3.6.1.4.1.25178.1.2.9',
      'schacHomeOrganization',
      `EQUALITY caseIgnoreMatch SYNTAX ${text} SINGLE-VALUE`,
    ),
    "objectclass ( 1.3.6.1.4.1.5923.1.1.2 NAME 'eduPerson' AUXILIARY MAY ( eduPersonAffiliation $ eduPersonPrincipalName $ eduPersonScopedAffiliation ) )",
    "objectclass ( 1.3.6.1.4.1.25178.1.1.3 NAME 'schacLinkageIdentifiers' AUXILIARY MAY schacHomeOrganization )",
  ],
  activeDirectory: [
    attribute('1.2.840.113556.1.4.8', 'userAccountControl', integer),
    attribute('1.2.840.113556.1.4.96', 'pwdLastSet', integer),
    attribute('1.2.840.113556.1.4.221', 'sAMAccountName', `EQUALITY caseIgnoreMatch SYNTAX ${text} SINGLE-VALUE`),
    attribute('1.2.840.113556.1.4.656', 'userPrincipalName', `EQUALITY caseIgnoreMatch SYNTAX ${text} SINGLE-VALUE`),
    attribute('1.2.840.113556.1.4.750', 'groupType', integer),
    `objectclass ( 1.2.840.113556.1.5.9 NAME 'user' SUP organizationalPerson STRUCTURAL MAY ( userAccountControl $ pwdLastSet $
      employeeType $ sAMAccountName $ userPrincipalName $ displayName $ givenName $ employeeNumber $ mail ) )`,
    "objectclass ( 1.2.840.113556.1.5.8 NAME 'group' SUP top STRUCTURAL MUST ( cn $ groupType ) MAY ( member $ sAMAccountName ) )",
  ],
};

async function serverOf(profile: ProfileName, more: SlapdOptions = {}): Promise<Slapd> {
  if (profile === 'people') return startSlapd(more);
  if (profile === 'posix') return startSlapd({ schemas: ['nis'], ...more });
  const path = join(folder, `${profile}.schema`);
  await writeFile(path, `${schemas[profile].join('\n')}\n`);
  return startSlapd({ schemas: [path], ...more });
}

const settingsOf = ({ url, baseDn, bindDn }: Slapd, profile: ProfileName) => ({ url, baseDn, bindDn, profile, domain });

async function targetAt(slapd: Slapd, profile: ProfileName): Promise<string> {
  const input = { name: `t-${profile}-${slapd.pid}`, kind: 'ldap', settings: settingsOf(slapd, profile) };
  return context.db
    .transaction()
    .execute((tx) =>
      addTarget(context, tx, { ...input, secret: slapd.bindPassword, organisationId: city.departmentId }, actor),
    );
}

const apply = (targetId: string) => runTarget(context, targetId, { mode: 'apply', actor });

/** Another maker's client. */
function search({ url, baseDn, bindDn, bindPassword }: Slapd, filter: string, ...attributes: string[]): string[] {
  const answer = execFileSync(
    'ldapsearch',
    [
      '-x',
      '-LLL',
      '-o',
      'ldif-wrap=no',
      '-H',
      url,
      '-D',
      bindDn,
      '-w',
      bindPassword,
      '-b',
      baseDn,
      filter,
      ...attributes,
    ],
    { encoding: 'utf8', maxBuffer: 1e8 },
  );
  return answer.split('\n').filter((line) => line !== '');
}

async function setStatus(personId: string, status: 'active' | 'left'): Promise<string> {
  const { rows } = await context.pool.query<{ education_id: string }>(
    'UPDATE registry.person SET status = $2 WHERE id = $1 RETURNING education_id',
    [personId, status],
  );
  return rows[0]?.education_id ?? '';
}

test('accounts of Linux machines: each has a number of its own for ever, and who left is let in nowhere', async () => {
  await using slapd = await serverOf('posix');
  const targetId = await targetAt(slapd, 'posix');
  const first = await apply(targetId);
  assert.deepEqual(
    [first.state, first.proof && isConverged(first.proof)],
    ['done', true],
    JSON.stringify(first.failure),
  );
  const numbersNow = () =>
    search(slapd, '(objectClass=posixAccount)', 'uidNumber').filter((line) => line.startsWith('uidNumber: '));
  const numbers = numbersNow();
  assert.equal(numbers.length, first.totals.added);
  assert.equal(new Set(numbers).size, numbers.length, 'nobody shares one');
  assert.deepEqual((await apply(targetId)).totals, {
    ...first.totals,
    added: 0,
    memberships: 0,
    unchanged: numbers.length,
  });

  const key = await setStatus(city.people.pupil, 'left');
  const stateOf = () =>
    search(slapd, `(uid=${key})`, 'loginShell', 'shadowExpire', 'employeeType', 'uidNumber').slice(1).sort();
  const own = stateOf().find((line) => line.startsWith('uidNumber')) ?? '';
  await apply(targetId);
  assert.deepEqual(
    stateOf(),
    ['employeeType: disabled', 'loginShell: /usr/sbin/nologin', 'shadowExpire: 1', own].sort(),
  );
  // Somebody lets them in again there: what is left of it is taken back.
  execFileSync('ldapmodify', ['-x', '-H', slapd.url, '-D', slapd.bindDn, '-w', slapd.bindPassword], {
    input: `dn: uid=${key},ou=people,${slapd.baseDn}\nchangetype: modify\ndelete: shadowExpire\n`,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  await apply(targetId);
  assert.ok(stateOf().includes('shadowExpire: 1'));
  await setStatus(city.people.pupil, 'active');
  const back = await apply(targetId);
  assert.deepEqual([back.totals.changed, back.proof && isConverged(back.proof)], [1, true]);
  assert.deepEqual(stateOf(), ['employeeType: learner', 'loginShell: /bin/bash', own].sort(), 'the number of before');
});

test('a target that gets another profile has its people changed to it, not made anew', async () => {
  await using slapd = await serverOf('posix');
  const targetId = await targetAt(slapd, 'people');
  const { totals } = await apply(targetId);
  const change = { settings: settingsOf(slapd, 'posix'), secret: slapd.bindPassword };
  await context.db.transaction().execute((tx) => changeTarget(context, tx, targetId, change, actor));
  const after = await apply(targetId);
  assert.deepEqual([after.state, after.totals.added, after.totals.changed], ['done', 0, totals.added]);
  assert.ok(after.proof && isConverged(after.proof));
  assert.equal(search(slapd, '(objectClass=posixAccount)', '1.1').length, totals.added);
});

test('a number is never given again, not even that of somebody who was erased', async () => {
  await using slapd = await serverOf('posix');
  const targetId = await targetAt(slapd, 'posix');
  await apply(targetId);
  const highest = 'SELECT max(number) AS number, count(*)::int AS count FROM sync.number WHERE target_id = $1';
  const [before] = (await context.pool.query(highest, [targetId])).rows;
  const { rows: last } = await context.pool.query<{ key: string; id: string }>(
    `SELECT n.key, p.id FROM sync.number AS n JOIN registry.person AS p ON p.education_id = n.key
     WHERE n.target_id = $1 ORDER BY number DESC LIMIT 1`,
    [targetId],
  );
  const { key = '', id = '' } = last[0] ?? {};
  await context.db.transaction().execute(async (tx) => {
    for (const { erase } of syncErasures) await erase(tx, { ids: [id], educationIds: [key] } as never);
  });
  await context.pool.query(
    `WITH made AS (INSERT INTO registry.person (id, education_id, full_name) VALUES (gen_random_uuid(), '1999999999', 'Nguyễn Thị Mới') RETURNING id)
     INSERT INTO registry.affiliation (id, person_id, organisation_id, role, valid_from) SELECT gen_random_uuid(), id, $1, 'staff', '2026-01-01' FROM made`,
    [city.schools[0]?.id],
  );
  await apply(targetId);
  const { rows } = await context.pool.query('SELECT number FROM sync.number WHERE target_id = $1 AND key = $2', [
    targetId,
    '1999999999',
  ]);
  assert.ok(rows[0].number > before.number, `${rows[0].number} after ${before.number}`);
  const left = await context.pool.query('SELECT FROM sync.number WHERE key = $1', [key]);
  assert.ok((left.rowCount ?? 0) <= 1, 'of the erased nothing but a new number, if they are here still');
});

test('an account of a domain waits disabled until somebody sets a password there, is never open without one, and who left is disabled', async () => {
  await using slapd = await serverOf('activeDirectory');
  const targetId = await targetAt(slapd, 'activeDirectory');
  const first = await apply(targetId);
  assert.deepEqual(
    [first.state, first.proof && isConverged(first.proof)],
    ['done', true],
    JSON.stringify(first.failure),
  );
  const used = () => search(slapd, '(&(objectClass=user)(!(userAccountControl=514)))', '1.1');
  assert.deepEqual(used(), [], 'nobody has a password yet, so nobody may sign in');
  const key = await setStatus(city.people.pupil, 'active');
  const stateOf = () =>
    search(slapd, `(sAMAccountName=${key})`, 'userAccountControl', 'employeeType', 'userPassword', 'unicodePwd')
      .slice(1)
      .sort();
  const set = (...lines: string[]) =>
    execFileSync('ldapmodify', ['-x', '-H', slapd.url, '-D', slapd.bindDn, '-w', slapd.bindPassword], {
      input: `dn: cn=${key},ou=people,${slapd.baseDn}\nchangetype: modify\n${lines.join('\n-\n')}\n`,
      stdio: ['pipe', 'ignore', 'inherit'],
    });
  const bits = (value: number) => `replace: userAccountControl\nuserAccountControl: ${value}`;
  const password = 'replace: pwdLastSet\npwdLastSet: 134087616000000000';
  const accounts = async () => {
    const opening = { settings: settingsOf(slapd, 'activeDirectory'), secret: slapd.bindPassword };
    for await (const finding of examineLdap(opening as Parameters<typeof examineLdap>[0]))
      if (finding.step === 'accounts') return finding;
    return assert.fail('not looked at');
  };
  const run = async (changed: number) => {
    const { state, totals, proof } = await apply(targetId);
    assert.deepEqual([state, totals.changed + totals.disabled, proof && isConverged(proof)], ['done', changed, true]);
    return stateOf();
  };
  assert.deepEqual(await run(0), ['userAccountControl: 514'], 'waiting for a password is no difference');

  // Somebody opens it to everybody: enabled, no password needed, none set.
  set(bits(512 | 32));
  assert.deepEqual(await run(1), ['userAccountControl: 514']);
  // They leave and come back before anybody set one.
  await setStatus(city.people.pupil, 'left');
  assert.deepEqual(await run(1), ['employeeType: disabled', 'userAccountControl: 514']);
  assert.deepEqual(search(slapd, `(member=cn=${key},ou=people,${slapd.baseDn})`, '1.1'), [], 'and in no group');
  set(password);
  assert.deepEqual(
    await run(0),
    ['employeeType: disabled', 'userAccountControl: 514'],
    'a password lets nobody in who left',
  );
  set(bits(512));
  assert.deepEqual(await run(1), ['employeeType: disabled', 'userAccountControl: 514']);
  set('delete: pwdLastSet');
  await setStatus(city.people.pupil, 'active');
  assert.deepEqual(await run(1), ['userAccountControl: 514'], 'back, and still without a password');

  set(password);
  assert.deepEqual(await run(1), ['userAccountControl: 512']);
  assert.equal(used().length, 1, 'they alone');
  assert.equal((await accounts()).state, 'good');
  // Bits of an administrator stay (here: the password does not expire), the one that opens does not.
  set(bits(512 | 65_536 | 32));
  assert.deepEqual(await run(1), ['userAccountControl: 66048']);
  await setStatus(city.people.pupil, 'left');
  assert.deepEqual(await run(1), ['employeeType: disabled', 'userAccountControl: 66050']);
  await setStatus(city.people.pupil, 'active');
  assert.deepEqual(await run(1), ['userAccountControl: 66048']);
  // A password that is to be changed at the next sign-in counts as never set: who enabled the account knows better.
  set('replace: pwdLastSet\npwdLastSet: 0');
  assert.deepEqual(await run(0), ['userAccountControl: 66048']);
  const told = await accounts();
  assert.equal(told.state, 'warning', 'but the doctor tells of it, as of those that were made enabled once');
  assert.match(told.sentence.en, /^1 accounts are enabled and have no password/);
});

test('a domain that refuses a member who is not there takes the others, and a name that is taken elsewhere is said so', async () => {
  await using slapd = await serverOf('activeDirectory');
  await apply(await targetAt(slapd, 'activeDirectory'));
  const settings = settingsOf(slapd, 'activeDirectory');
  const numbers = { known: async () => new Map(), take: async () => new Map() };
  const opening = { settings, secret: slapd.bindPassword, numbers } as unknown as Parameters<
    typeof ldapConnector.open
  >[0];
  await using connection = await ldapConnector.open(opening);
  const { modify, add } = Client.prototype;
  let asked = 0;
  // As Active Directory does: a value of `member` has to be there, and an account name is one in the whole domain.
  const modifying = mock.method(
    Client.prototype,
    'modify',
    function (this: Client, ...given: Parameters<typeof modify>) {
      asked += 1;
      const changes = [given[1]].flat();
      const isOfNobody = changes.some(({ modification }) =>
        modification.values.some((value) => String(value).startsWith('cn=0,')),
      );
      if (asked > 20) return Promise.reject(new TypeError('asked for ever'));
      return isOfNobody ? Promise.reject(new NoSuchObjectError()) : modify.apply(this, given);
    },
  );
  const adding = mock.method(Client.prototype, 'add', function (this: Client, ...given: Parameters<typeof add>) {
    const isTaken = JSON.stringify(given[1]).includes('"0"');
    return isTaken ? Promise.reject(new AlreadyExistsError()) : add.apply(this, given);
  });
  try {
    const key = await setStatus(city.people.pupil, 'active');
    const group = 'role-parent';
    const member = { action: 'add', before: {}, personId: null, ofLeaver: false } as const;
    await connection.apply({ ...member, kind: 'group', key: group, after: {} });
    await assert.rejects(
      connection.apply({ ...member, kind: 'membership', key: group, after: { members: ['0', key] } }),
      NoSuchObjectError,
    );
    const dn = `cn=${key},ou=people,${slapd.baseDn}`;
    assert.equal(search(slapd, `(&(cn=${group})(member=${dn}))`, '1.1').length, 1, 'the other one is in it');
    const person = {
      ...member,
      kind: 'person',
      key: '0',
      after: { isActive: ['true'], educationId: ['0'], familyName: ['A'] },
    } as const;
    await assert.rejects(connection.apply(person), AlreadyExistsError);
  } finally {
    modifying.mock.restore();
    adding.mock.restore();
  }
});

test('groups are asked for by the person (memberOf) where the server computes it (dynlist)', async () => {
  const lines = ['dynlist-attrset groupOfURLs memberURL member+memberOf@groupOfNames'];
  await using slapd = await startSlapd({ schemas: ['dyngroup'], overlay: { module: 'dynlist', lines } });
  const targetId = await targetAt(slapd, 'people');
  const { totals, proof } = await apply(targetId);
  assert.ok(proof && isConverged(proof));
  const learners = search(slapd, `(&(objectClass=person)(memberOf=cn=role-learner,ou=groups,${slapd.baseDn}))`, '1.1');
  const { rows } = await context.pool.query<{ count: number }>(
    `SELECT count(DISTINCT person_id)::int AS count FROM registry.affiliation AS f JOIN registry.person AS p ON p.id = f.person_id
     WHERE f.role = 'learner' AND f.valid_until IS NULL AND p.status = 'active'`,
  );
  assert.equal(learners.length, rows[0]?.count);
  assert.equal((await apply(targetId)).totals.unchanged, totals.added);
});

for (const profile of ['people', 'posix', 'eduPerson', 'activeDirectory'] as const)
  test(`the first load as a file that slapadd takes, ${profile}: the target adopts it, and nothing is delivered twice`, async () => {
    const path = join(folder, `${profile}.ldif`);
    const nowhere = { url: 'ldap://127.0.0.1:1', baseDn: 'dc=so,dc=edu,dc=vn', bindDn: 'cn=admin,dc=so,dc=edu,dc=vn' };
    const settings = { ...nowhere, profile, domain };
    const input = { name: `file-${profile}`, kind: 'ldap', settings, secret: 'x', organisationId: city.departmentId };
    const targetId = await context.db.transaction().execute((tx) => addTarget(context, tx, input, actor));
    const parts: string[] = [];
    const written = await writeLoadFile(context, targetId, actor, async (part) => {
      parts.push(part);
    });
    await writeFile(path, parts.join(''));
    await using slapd = await serverOf(profile, { ldif: path });
    const change = { settings: settingsOf(slapd, profile), secret: slapd.bindPassword };
    await context.db.transaction().execute((tx) => changeTarget(context, tx, targetId, change, actor));
    const asked = (['add', 'modify', 'modifyDN', 'del'] as const).map((name) => mock.method(Client.prototype, name));
    const { state, totals, proof, failure } = await apply(targetId);
    const [adds = 0, ...others] = asked.map((one) => one.mock.callCount());
    for (const one of asked) one.mock.restore();
    assert.equal(state, 'done', JSON.stringify(failure));
    const nothing = { added: 0, changed: 0, disabled: 0, memberships: 0, failed: 0 };
    assert.deepEqual(totals, { ...nothing, unchanged: written.people });
    assert.ok(proof && isConverged(proof) && proof.people === written.people);
    assert.deepEqual([adds, ...others], [2, 0, 0, 0], 'the two branches, which are there');
    const { rows } = await context.pool.query(
      'SELECT count(*)::int AS people, max(times) AS times FROM sync.release WHERE recipient_id = $1',
      [`target:${targetId}`],
    );
    assert.deepEqual(rows, [{ people: written.people, times: 1 }], 'on record, once');
  });
