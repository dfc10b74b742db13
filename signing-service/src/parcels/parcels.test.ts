import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { type TestCity, testCity } from '../../testing/city.ts';
import { type Office, officeOf } from '../../testing/office.ts';
import { attributeOf, childNamed, childrenNamed, readXml, type XmlElement } from '../formats/xml/read.ts';
import { readZip } from '../formats/zip/read.ts';
import { verifyFile } from '../public-verification/verify.ts';
import { createValidationPool } from '../validation/validation.ts';

const namespace = 'urn:edutrust:school-report-parcel:1';
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('parcels of issued school reports', () => {
  let world: TestCity;
  let office: Office;
  let issued: string[];
  let waiting: string;
  let classId: string;
  const pool = createValidationPool();
  before(async () => {
    world = await testCity();
    office = await officeOf(world);
    const ids = await world.nextForPrincipal(0, 3, 'school-report');
    issued = ids.slice(0, 2);
    waiting = ids[2] ?? '';
    classId = world.city.schools[0]?.classIds.at(-1) ?? '';
    await office.sign(office.principal, issued);
    await office.sign(office.clerk, issued, 'seal');
  });
  after(async () => {
    await pool.close();
    await world[Symbol.asyncDispose]();
  });

  const make = (wish: object = {}, person = office.clerk.personId, path = office.path('parcels')) =>
    world.call(person, 'POST', path, { id: randomUUID(), classId, ...wish });
  const list = async () => (await world.call(office.clerk.personId, 'GET', office.path('parcels'))).json.items;
  const file = async (id: string, artefact = 'document') =>
    (
      await world.call(
        office.clerk.personId,
        'GET',
        `/api/v1/signing/requests/${id}/document${artefact === 'data' ? '?artefact=data' : ''}`,
      )
    ).body;
  const send = (id: string, receipt: string, person = office.clerk.personId) =>
    world.call(person, 'PUT', office.path(`parcels/${id}/receipt`), { receipt });
  const live = (items: { state: string }[]) => items.filter(({ state }) => state !== 'dropped');

  test('what is not in force, not of the class or not of the school goes into no parcel, and takes no number', async () => {
    const other = world.city.schools[1];
    const stranger = other?.clerkId ?? '';
    assert.equal((await make({}, stranger)).status, 403, 'another school’s clerk');
    assert.equal((await make({}, office.teacher.personId)).status, 403);
    assert.equal((await make({ requestIds: [waiting] })).json.code, 'parcels/not-issued');
    assert.equal((await make({ requestIds: [issued[0], randomUUID()] })).json.code, 'parcels/not-issued');
    assert.equal((await make({ classId: other?.classIds[0] })).json.code, 'classes/not-found');
    assert.equal((await make({ classId: world.city.schools[0]?.classIds[0] })).json.code, 'parcels/nothing-issued');
    const otherPath = `/api/v1/signing/organisations/${other?.id}/parcels`;
    assert.equal(
      (await make({ classId: other?.classIds.at(-1), requestIds: issued }, stranger, otherPath)).json.code,
      'parcels/not-issued',
      'reports of this school under that one’s name',
    );
    assert.equal((await make({ replacesId: randomUUID() })).json.code, 'parcels/not-replaceable');
    assert.deepEqual(await list(), []);
  });

  test('two reports are packed as issued, told by digest, sealed by the clerk and valid; sent with a receipt, once', async () => {
    const wish = { id: randomUUID() };
    const [one, again] = await Promise.all([make(wish), make(wish)]);
    assert.equal(one.status, 201, JSON.stringify(one.json));
    assert.deepEqual(again.json, one.json, 'the same id at the same moment is one parcel');
    const { json } = one;
    assert.deepEqual([json.state, json.reports, json.replaces, json.toResend], ['to-seal', 2, null, []]);
    assert.match(json.number, /^01\/\d{4}-\d{4}$/);
    assert.equal((await make({ ...wish, replacesId: randomUUID() })).json.code, 'parcels/other-parcel');
    assert.equal((await send(json.id, 'BN-1')).json.code, 'parcels/not-sealed');

    assert.deepEqual(await office.sign(office.clerk, [json.requestId], 'seal'), ['signed']);
    const container = await file(json.requestId);
    const report = await verifyFile(world.context, container, { pool });
    assert.deepEqual([report.verdict, report.signatures.length], ['valid', 1]);
    const files = readZip(container);
    const root = readXml(files.get('goi-hoc-ba.xml') ?? Buffer.alloc(0)).root;
    const reports = childNamed(root, namespace, 'Reports');
    assert.ok(reports);
    assert.deepEqual([attributeOf(reports, 'count'), attributeOf(root, 'number')], ['2', json.number]);
    const told = childrenNamed(reports, namespace, 'Report').flatMap((row: XmlElement) =>
      childrenNamed(row, namespace, 'File').map((one: XmlElement) => {
        const bytes = files.get(attributeOf(one, 'name') ?? '');
        assert.equal(bytes && sha256(bytes), attributeOf(one, 'sha256'));
        return attributeOf(one, 'sha256');
      }),
    );
    const kept = await Promise.all(issued.flatMap((id) => [file(id), file(id, 'data')]));
    assert.deepEqual(new Set(told), new Set(kept.map(sha256)), 'the very files that were issued');
    assert.equal(told.length, 4);

    const stranger = world.city.schools[1]?.clerkId ?? '';
    assert.equal((await send(json.id, 'BN-1', stranger)).status, 403);
    const elsewhere = `/api/v1/signing/organisations/${world.city.schools[1]?.id}/parcels/${json.id}/receipt`;
    assert.equal((await world.call(stranger, 'PUT', elsewhere, { receipt: 'BN-1' })).json.code, 'parcels/no-parcel');
    assert.equal((await list())[0].state, 'ready');
    const sent = await send(json.id, ' BN-1 ');
    assert.deepEqual([sent.json.state, sent.json.receipt], ['sent', 'BN-1']);
    assert.deepEqual((await send(json.id, 'BN-1')).json, sent.json);
    assert.equal((await send(json.id, 'BN-2')).json.code, 'parcels/sent-already');
  });

  test('a report that is replaced is to be sent again: by a new parcel that names the old one, once', async () => {
    const [old = '', other = ''] = issued;
    const [sent] = await list();
    // A correction takes two people and four signatures (sealing/chain.test.ts); here it is done.
    await sql`UPDATE signing.request SET state = 'replaced' WHERE id = ${old}`.execute(world.context.db);
    const [shown] = await list();
    assert.equal(shown.toResend.length, 1);
    assert.equal((await make({ requestIds: [old] })).json.code, 'parcels/not-issued', 'a replaced one');
    await office.sign(office.principal, [waiting]);
    await office.sign(office.clerk, [waiting], 'seal');
    const ways = await world.call(office.administrator, 'GET', office.path('parcel-classes'));
    assert.deepEqual(
      ways.json.items.map(({ id, issued: all, unpacked }: Record<string, unknown>) => [id, all, unpacked]),
      [[classId, 2, 1]],
    );
    const races = await Promise.all([make({ replacesId: sent.id }), make({ replacesId: sent.id })]);
    assert.deepEqual(races.map(({ status }) => status).sort(), [201, 409]);
    const again = races.find(({ status }) => status === 201)?.json;
    assert.deepEqual([again.reports, again.replaces], [2, sent.number]);
    const manifest = readZip(await file(again.requestId)).get('goi-hoc-ba.xml');
    assert.equal(manifest && attributeOf(readXml(manifest).root, 'replaces'), sent.number);
    assert.equal((await list()).at(-1).replacedBy, again.number);

    // The clerk sends it back: its number stays taken, and what it replaced stands again.
    const { status } = await world.call(
      office.clerk.personId,
      'POST',
      `/api/v1/signing/requests/${again.requestId}/reject`,
      { reason: 'Thiếu học bạ' },
    );
    assert.ok(status < 300, String(status));
    assert.deepEqual([(await list())[0].state, (await list()).at(-1).replacedBy], ['dropped', null]);
    const third = (await make({ replacesId: sent.id, requestIds: [other, waiting] })).json;
    assert.match(third.number, /^03\//);
    const rows = await list();
    assert.equal(live(rows).length, 2);
    assert.deepEqual(
      rows.map(({ number }: { number: string }) => number.slice(0, 2)),
      ['03', '02', '01'],
    );
  });
});
