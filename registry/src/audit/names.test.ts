import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineEvents } from '@edutrust/platform/events';
import { sql } from 'kysely';
import { openRegistry } from '../../testing/registry.ts';

/** As other workspaces record theirs. */
const { record } = defineEvents({
  'named.app': { subject: 'app', data: {}, vi: 'thử', en: 'tried' },
  'named.document': { subject: 'signing-request', data: {}, vi: 'thử', en: 'tried' },
});

test('N7: the log names documents and apps to those who reach them; whom a document is about is in the book of who looked', async () => {
  const [document, app] = ['0193a000-0000-7000-8000-000000000001', 'thu-vien'];
  let about = '';
  await using world = await openRegistry({
    names: {
      app: async (_db, ids) => ids.map((id) => ({ id, name: 'Thư viện số' })),
      'signing-request': async (db, ids, within) => {
        const { rows } = await sql<{ id: string }>`
          SELECT id FROM registry.organisation WHERE id = ${school} AND path && ${[...within]}::uuid[]`.execute(db);
        return rows.length > 0 ? ids.map((id) => ({ id, name: 'Học bạ', about })) : [];
      },
    },
  });
  const { city, call, context } = world;
  const [{ id: school } = { id: '' }, other] = city.schools;
  about = city.people.pupil;
  const actor = { kind: 'system', name: 'setup' } as const;
  const of = { actor, organisationId: school, data: {} };
  await context.db.transaction().execute(async (transaction) => {
    await record(transaction, { ...of, type: 'named.document', subject: { kind: 'signing-request', id: document } });
    await record(transaction, { ...of, type: 'named.app', subject: { kind: 'app', id: app } });
  });
  const named = async (person: string) => {
    await sql`TRUNCATE registry.access`.execute(context.db);
    const { json } = await call(person, 'GET', 'audit?type=named.');
    const { rows } = await sql<{ people: string[] }>`SELECT people FROM registry.access`.execute(context.db);
    return [json.items.map(({ subject }: { subject: { name: string | null } }) => subject.name), rows[0]?.people];
  };
  assert.deepEqual(await named(city.people.auditor), [['Thư viện số', 'Học bạ'], [about]]);
  assert.deepEqual(await named(city.people.schoolAdministrator), [['Thư viện số', 'Học bạ'], [about]]);
  assert.deepEqual(await named(other?.administratorId ?? ''), [[], []], 'another school reads nothing of it');
});
