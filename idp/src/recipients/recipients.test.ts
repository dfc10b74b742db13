import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { callAs } from '../../testing/api.ts';
import { type TestIdp, testIdp } from '../../testing/idp.ts';
import { listRecipients, registerAsCsv } from './recipients.ts';

let world: TestIdp;
before(async () => {
  world = await testIdp();
});
after(() => world[Symbol.asyncDispose]());

test('the register names each app and system with its fields, purpose, ground and first day; sandboxes and ended apps are not in it', async () => {
  const { db } = world.context;
  const all = [world.city.departmentId];
  const since = new Date('2026-09-05T00:00:00Z');
  const system = {
    id: '0193d2a0-0000-7000-8000-000000000001',
    name: '=HYPERLINK("http://x")',
    organisationId: world.city.departmentId,
    contract: { learners: ['name', 'classes'], others: ['name', 'titles'], roles: ['teacher', 'learner'] } as const,
    since,
    lastAt: null,
  };
  const rows = await listRecipients(db, all, [system]);
  const approved = rows.find(({ id }) => id === 'lop-hoc');
  assert.equal(approved?.ground, 'approved');
  assert.deepEqual(approved?.fieldsOfLearners, ['subject', 'name', 'userName', 'roles', 'organisations', 'classes']);
  assert.ok(approved?.purpose?.vi && approved.organisation.name);
  assert.equal(rows.find(({ id }) => id === 'thu-vien-so')?.ground, 'consent');
  const kept = rows.at(-1);
  assert.deepEqual(kept?.fieldsOfLearners, ['educationId', 'name', 'classes']);
  assert.deepEqual(
    [kept?.purpose, kept?.ground, kept?.since],
    [null, 'contract', since],
    'what nobody wrote is not made up',
  );

  const ofSchool = await listRecipients(db, [world.city.schools[0]?.id ?? ''], [system]);
  assert.ok(!ofSchool.some(({ id }) => id === system.id), 'T3: who oversees one school reads of what is its own');

  const text = registerAsCsv(rows, 'vi').toString('utf8');
  const lines = text.trim().split('\r\n');
  assert.equal(lines.length, rows.length + 1);
  assert.match(lines.at(-1) ?? '', /^"'=HYPERLINK/, 'D10: a name is no formula');
  assert.match(lines.at(-1) ?? '', /"mã giáo dục; họ tên; chức danh"/);

  await sql`UPDATE idp.app SET is_sandbox = true WHERE client_id = 'thu-vien-so'`.execute(db);
  await sql`UPDATE idp.app SET ended_at = now() WHERE client_id = 'lop-hoc'`.execute(db);
  const left = (await listRecipients(db, all, [])).map(({ id }) => id);
  assert.ok(!left.includes('thu-vien-so') && !left.includes('lop-hoc'));
  const only = { ...system, contract: { ...system.contract, roles: ['teacher'] as const } };
  assert.deepEqual(
    (await listRecipients(db, all, [only])).at(-1)?.fieldsOfLearners,
    [],
    'a contract for staff gets no child',
  );
});

test('T1: the register is the department’s and its auditors’; a school and a teacher are refused', async () => {
  const browsers = new Map<string, TestBrowser>();
  const { administrator, teacher } = world.city.people;
  assert.equal((await callAs(world, browsers, administrator, 'GET', '/recipients')).status, 200);
  const file = await browsers.get(administrator)?.request(`${world.origin}/api/v1/recipients/register.csv`);
  assert.match(file?.headers.get('content-disposition') ?? '', /attachment/);
  assert.equal((await callAs(world, browsers, teacher, 'GET', '/recipients')).status, 403);
});
