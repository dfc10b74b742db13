import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { TestClock } from '@edutrust/testing/clock';
import { sql } from 'kysely';
import { openRegistry } from '../../../testing/registry.ts';
import { createRegistry } from '../../service.ts';
import { uploadTask } from './task.ts';
import { openUpload } from './uploads.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A list of the school of so many pupils, larger than nothing and read like any other. */
function rosterOf(pupils: number): Buffer {
  const rows = Array.from(
    { length: pupils },
    (_, index) =>
      `TH001,5M,55${String(index).padStart(8, '0')},Nguyễn Thị ${'ABCDEGHIKL'[index % 10]}n,${String((index % 28) + 1).padStart(2, '0')}/0${Math.floor(index / 28) + 1}/2015`,
  );
  return Buffer.from(['Mã trường,Mã lớp,Mã định danh Bộ GD&ĐT,Họ và tên,Ngày sinh', ...rows].join('\n'));
}

type World = Awaited<ReturnType<typeof openRegistry>>;

const clock = new TestClock();
let world: World;
before(async () => {
  world = await openRegistry({ clock });
});
after(() => world?.[Symbol.asyncDispose]());

const begin = (person: string, bytes: Buffer, said: object = {}) =>
  world.call(person, 'POST', 'roster/uploads', {
    name: 'danh-sach.csv',
    size: bytes.length,
    sha256: sha256(bytes),
    ...said,
  });

const send = (person: string, id: string, offset: number, piece: Buffer) =>
  world.call(person, 'PATCH', `roster/uploads/${id}`, piece, {
    'content-type': 'application/offset+octet-stream',
    'upload-offset': String(offset),
  });

function formOf(upload: string): FormData {
  const form = new FormData();
  form.set('upload', upload);
  return form;
}

const code = ({ status, json }: { status: number; json: { code?: string } }) => [status, json.code];

test('E11: a roster that was cut in the middle goes on where it was, is the same to the byte, and gives the plan of the same file sent whole', async () => {
  const { city, call, context } = world;
  const person = city.schools[0]?.administratorId ?? '';
  const bytes = rosterOf(60);
  const { status, json: upload } = await begin(person, bytes);
  assert.deepEqual([status, upload.offset, upload.size], [201, 0, bytes.length]);
  const first = await send(person, upload.id, 0, bytes.subarray(0, 1_000));
  assert.deepEqual([first.status, first.json.offset, first.headers['upload-offset']], [200, 1_000, '1000']);

  // Cut: too early to be read, and the page is loaded anew and asks with the same file.
  assert.deepEqual(code(await call(person, 'POST', 'roster/plans', formOf(upload.id))), [
    409,
    'roster/upload-not-whole',
  ]);
  assert.deepEqual((await call(person, 'GET', 'roster/uploads')).json.items, [first.json]);
  const again = await begin(person, bytes);
  assert.deepEqual([again.json.id, again.json.offset], [upload.id, 1_000]);
  const head = await call(person, 'HEAD', `roster/uploads/${upload.id}`);
  assert.deepEqual([head.headers['upload-offset'], head.headers['upload-length']], ['1000', String(bytes.length)]);

  // Another place than where it stands, before and behind: nothing is taken, the true one is said.
  for (const wrong of [0, 999, 1_001, bytes.length]) {
    const answer = await send(person, upload.id, wrong, bytes.subarray(wrong, wrong + 10));
    assert.deepEqual(
      [...code(answer), answer.headers['upload-offset']],
      [409, 'roster/upload-offset', '1000'],
      String(wrong),
    );
  }
  const last = await send(person, upload.id, 1_000, bytes.subarray(1_000));
  assert.deepEqual([last.status, last.json.offset], [200, bytes.length]);

  const { stream, ...file } = await openUpload(context, upload.id, {
    kind: 'person',
    personId: person,
    sessionId: '',
    roles: [],
    acr: 'passkey',
    authenticatedAt: new Date(),
  });
  assert.deepEqual(file, { name: 'danh-sach.csv', bytes: bytes.length });
  assert.ok((await buffer(stream)).equals(bytes));
  const { rows } = await sql<{ sealed: Buffer }>`SELECT sealed FROM registry.roster_upload_piece`.execute(context.db);
  assert.equal(rows.length, 2);
  for (const { sealed } of rows) assert.ok(!sealed.includes('Nguyễn'), 'at rest nobody reads a name');

  assert.equal((await call(person, 'POST', 'roster/columns', formOf(upload.id))).json.rows, 60);
  const pieces = await call(person, 'POST', 'roster/plans', formOf(upload.id));
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(bytes)]), 'danh-sach.csv');
  const whole = await call(person, 'POST', 'roster/plans', form);
  assert.deepEqual([pieces.status, pieces.json.totals.added], [201, 60]);
  assert.deepEqual([pieces.json.totals, pieces.json.columns], [whole.json.totals, whole.json.columns]);

  assert.equal((await call(person, 'DELETE', `roster/uploads/${upload.id}`)).status, 204);
  assert.deepEqual((await call(person, 'GET', 'roster/uploads')).json.items, []);
});

test('T1, T9: nobody but who began an upload sees, adds to, reads or ends it: not the other school, not a colleague, not the department', async () => {
  const { city, call, context } = world;
  const [primary, lower] = city.schools;
  assert.ok(primary && lower);
  const bytes = rosterOf(3);
  const { json: upload } = await begin(primary.administratorId, bytes);
  await send(primary.administratorId, upload.id, 0, bytes.subarray(0, 10));
  for (const stranger of [lower.administratorId, city.people.administrator]) {
    const answers = [
      await call(stranger, 'GET', `roster/uploads/${upload.id}`),
      await send(stranger, upload.id, 10, bytes.subarray(10)),
      await call(stranger, 'DELETE', `roster/uploads/${upload.id}`),
      await call(stranger, 'POST', 'roster/columns', formOf(upload.id)),
      await call(stranger, 'POST', 'roster/plans', formOf(upload.id)),
    ];
    for (const answer of answers) assert.deepEqual(code(answer), [404, 'roster/no-upload']);
    assert.deepEqual((await call(stranger, 'GET', 'roster/uploads')).json.items, []);
    // Who has the very same file begins one of their own.
    assert.deepEqual((await begin(stranger, bytes)).json.offset, 0);
  }
  assert.equal((await begin(city.people.teacher, bytes)).status, 403, 'a teacher imports nothing');
  // What is in the file is decided as in any other: a school of others is refused row by row.
  const own = await begin(lower.administratorId, bytes);
  await send(lower.administratorId, own.json.id, 0, bytes);
  const plan = await call(lower.administratorId, 'POST', 'roster/plans', formOf(own.json.id));
  assert.deepEqual([plan.json.totals.added, plan.json.totals.refused], [0, 3]);
  const place = formOf(own.json.id);
  place.set('organisationId', primary.id);
  assert.equal((await call(lower.administratorId, 'POST', 'roster/plans', place)).status, 403);
  // A role that ends takes the uploads with it.
  await sql`UPDATE registry.role_assignment SET ended_at = now() WHERE person_id = ${lower.administratorId}`.execute(
    context.db,
  );
  assert.equal((await call(lower.administratorId, 'GET', `roster/uploads/${own.json.id}`)).status, 403);
});

test('E11, G1: of pieces sent at once at one place one is taken, whatever is too long, hostile or of another file is refused, and nothing stays of it', async () => {
  const { city, call, context } = world;
  const person = city.schools[0]?.administratorId ?? '';
  const bytes = rosterOf(40);
  const { json: upload } = await begin(person, bytes);
  const tabs = await Promise.all(
    Array.from({ length: 6 }, (_, tab) => send(person, upload.id, 0, bytes.subarray(0, 100 + tab))),
  );
  assert.deepEqual(tabs.map(({ status }) => status).sort(), [200, 409, 409, 409, 409, 409]);
  const { json: now } = await call(person, 'GET', `roster/uploads/${upload.id}`);
  assert.equal(now.offset, tabs.find(({ status }) => status === 200)?.json.offset);
  const begun = await Promise.all(Array.from({ length: 4 }, () => begin(person, bytes)));
  assert.deepEqual([...new Set(begun.map(({ json }) => json.id))], [upload.id], 'two tabs begin one file once');

  // Longer than was said; larger than a piece; JSON; nothing; half an id; more than any roster.
  assert.deepEqual(code(await send(person, upload.id, now.offset, bytes)), [413, 'roster/upload-longer']);
  const large = await send(person, upload.id, now.offset, randomBytes(4 * 1024 * 1024 + 1));
  assert.equal(large.status, 413);
  assert.equal((await call(person, 'PATCH', `roster/uploads/${upload.id}`, {}, { 'upload-offset': '0' })).status, 400);
  assert.equal((await call(person, 'PATCH', `roster/uploads/${upload.id}`)).status, 400, 'no offset');
  assert.deepEqual(code(await call(person, 'POST', 'roster/plans', formOf("'; --"))), [400, 'roster/bad-field']);
  const beyond = await begin(person, bytes, { size: 512 * 1024 * 1024 + 1 });
  assert.deepEqual(code(beyond), [413, 'roster/too-large']);
  assert.equal((await call(person, 'GET', `roster/uploads/${upload.id}`)).json.offset, now.offset, 'nothing was taken');

  // Another file than was said: named, and nothing is kept of it.
  const other = await begin(person, bytes, { name: 'khac.csv', sha256: '0'.repeat(64) });
  await send(person, other.json.id, 0, bytes.subarray(0, 50));
  const end = await send(person, other.json.id, 50, bytes.subarray(50));
  assert.deepEqual(code(end), [400, 'roster/upload-digest']);
  assert.equal((await call(person, 'GET', `roster/uploads/${other.json.id}`)).status, 404);
  // A process that died between the last piece and the check has checked nothing: who reads it does.
  const died = await begin(person, bytes);
  await send(person, died.json.id, now.offset, bytes.subarray(now.offset));
  await sql`UPDATE registry.roster_upload SET is_checked = false, sha256 = decode(${'1'.repeat(64)}, 'hex')
    WHERE id = ${upload.id}`.execute(context.db);
  assert.deepEqual(code(await call(person, 'POST', 'roster/plans', formOf(died.json.id))), [
    400,
    'roster/upload-digest',
  ]);
  const { rows } =
    await sql`SELECT FROM registry.roster_upload_piece WHERE upload_id IN (${upload.id}, ${other.json.id})`.execute(
      context.db,
    );
  assert.equal(rows.length, 0);
});

test('N5: an upload ends after a day, one person has three at most, and a piece that is gone is no end of the file (D4)', async () => {
  const { city, call, context } = world;
  const person = city.schools[0]?.administratorId ?? '';
  const bytes = rosterOf(5);
  const ids: string[] = [];
  for (const name of ['a.csv', 'b.csv', 'c.csv', 'd.csv']) {
    const { json } = await begin(person, bytes, { name });
    await send(person, json.id, 0, bytes.subarray(0, 20));
    ids.push(json.id);
  }
  const { items } = (await call(person, 'GET', 'roster/uploads')).json;
  assert.deepEqual(
    items.map(({ id }: { id: string }) => id),
    ids.slice(1).reverse(),
    'the oldest made room',
  );
  const last = ids.at(-1) ?? '';
  await send(person, last, 20, bytes.subarray(20));
  await sql`DELETE FROM registry.roster_upload_piece WHERE upload_id = ${last} AND start = 20`.execute(context.db);
  assert.deepEqual(code(await call(person, 'POST', 'roster/plans', formOf(last))), [404, 'roster/no-upload']);

  clock.moveSeconds(86_400 - 60);
  assert.equal((await call(person, 'GET', `roster/uploads/${last}`)).status, 200);
  clock.moveSeconds(120);
  for (const answer of [
    await call(person, 'GET', `roster/uploads/${last}`),
    await send(person, last, bytes.length, Buffer.from('x')),
    await call(person, 'POST', 'roster/columns', formOf(last)),
  ])
    assert.deepEqual(code(answer), [404, 'roster/no-upload']);
  const { json: young } = await begin(person, bytes, { name: 'e.csv' });
  await send(person, young.id, 0, bytes.subarray(0, 20));
  await createRegistry(context, {}).tasks?.[uploadTask]?.({});
  const { rows } = await sql<{ id: string }>`SELECT upload_id AS id FROM registry.roster_upload_piece`.execute(
    context.db,
  );
  assert.deepEqual(rows, [{ id: young.id }]);
});
