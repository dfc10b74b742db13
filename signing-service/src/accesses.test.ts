import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { type TestCity, testCity } from '../testing/city.ts';

let world: TestCity;
before(async () => {
  world = await testCity();
});
after(() => world?.[Symbol.asyncDispose]());

interface Entry {
  readonly operation: string;
  readonly reader_id: string | null;
  readonly people: string[];
}

/** The entries that the work leaves, with their leaves in the log. */
async function entriesOf(work: () => Promise<unknown>): Promise<Entry[]> {
  const { db } = world.context;
  await sql`TRUNCATE registry.access`.execute(db);
  await work();
  const { rows } = await sql<Entry>`
    SELECT a.operation, a.reader_id, a.people FROM registry.access AS a
    JOIN platform.ledger_entry AS e ON e.id = a.id AND e.log = 'accesses' ORDER BY a.id`.execute(db);
  return rows;
}

test('N7: a file of marks leaves one entry about the whole class; a stranger who is refused it leaves none', async () => {
  const { city, call } = world;
  const classId = city.schools[0]?.classIds.at(-1) ?? '';
  const teacher = world.classTeacherOf(0);
  const { rows: learners } = await sql<{ id: string }>`
    SELECT person_id AS id FROM registry.enrolment WHERE class_id = ${classId} AND valid_until IS NULL
    ORDER BY person_id`.execute(world.context.db);
  for (const format of ['csv', 'xlsx']) {
    const path = `/api/v1/signing/classes/${classId}/marks/template?format=${format}`;
    const kept = await entriesOf(async () => assert.equal((await call(teacher, 'GET', path)).status, 200));
    assert.deepEqual(kept, [{ operation: 'marks.export', reader_id: teacher, people: learners.map(({ id }) => id) }]);
    const refused = await entriesOf(async () =>
      assert.equal((await call(city.schools[1]?.administratorId ?? '', 'GET', path)).status, 403),
    );
    assert.deepEqual(refused, []);
  }
});

test('N7: a document’s file leaves an entry, in the signer’s session, in the office, and with a guardian; nothing of one’s own', async () => {
  const { city, call, context } = world;
  const principal = await world.phoneOf(city.people.principal);
  const [requestId = ''] = await world.nextForPrincipal(0, 1);
  const { rows } = await sql<{ id: string }>`
    SELECT subject_id AS id FROM signing.request WHERE id = ${requestId}`.execute(context.db);
  const child = rows[0]?.id ?? '';
  const session = await principal.open([requestId]);
  const reads = async (reader: string, path: string, status = 200) =>
    entriesOf(async () => assert.equal((await call(reader, 'GET', path)).status, status, path));
  const prepared = `/api/v1/signing/sessions/${session.id}/documents/${requestId}`;
  const readBy = (reader: string) => [{ operation: 'documents.read', reader_id: reader, people: [child] }];
  assert.deepEqual(await reads(principal.personId, prepared), readBy(principal.personId));
  const file = `/api/v1/signing/requests/${requestId}/document`;
  const office = city.schools[0]?.administratorId ?? '';
  assert.deepEqual(await reads(office, file), readBy(office));
  assert.deepEqual(await reads(city.schools[1]?.administratorId ?? '', file, 403), []);

  await principal.confirm(session, await principal.confirmation(session));
  await world.giveSeal(0);
  const clerk = await world.phoneOf(city.schools[0]?.clerkId ?? '');
  const sealing = await clerk.open([requestId], 'seal');
  await clerk.confirm(sealing, await clerk.confirmation(sealing));
  const { guardian, pupil } = city.people;
  const issued = `/api/v1/account/documents/${requestId}/file`;
  if (child !== pupil) assert.deepEqual(await reads(guardian, issued, 404), [], 'of another’s child');
  await sql`
    INSERT INTO registry.guardianship (guardian_id, child_id, relation, valid_from)
    VALUES (${guardian}, ${child}, 'guardian', current_date) ON CONFLICT DO NOTHING`.execute(context.db);
  assert.deepEqual(await reads(guardian, issued), readBy(guardian));
  assert.deepEqual(await reads(child, issued), [], 'one’s own');
});
