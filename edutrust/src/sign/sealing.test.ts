import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { endAnchor } from '@edutrust/certs/anchors';
import { createValidationPool } from '@edutrust/signing-service/validation';
import { verifyFile } from '@edutrust/signing-service/verify';
import { sql } from 'kysely';
import { codeOf, machinesOf, type SealingWorld, sealingWorld } from '../../testing/sealing.ts';
import type { Client } from './client.ts';
import { pairedClient, type SchoolKey } from './machine.ts';
import { sealNext } from './seal.ts';

const operator = { kind: 'system', name: 'test' } as const;

describe('the school’s own token seals from its own computer', () => {
  let world: SealingWorld;
  let client: Client;
  const pool = createValidationPool({ wallMs: 600_000 }); // nobody waits behind it
  before(async () => {
    world = await sealingWorld();
    client = await world.pair();
    await world.sealAll(client);
    assert.equal(await sealNext(world.computer(), client), undefined, 'nothing waits any longer');
  });
  after(async () => {
    await pool.close();
    await world?.[Symbol.asyncDispose]();
  });

  const fileOf = async (id: string, what: 'document' | 'data' = 'document') =>
    (
      await world.city.call(
        world.school.administratorId,
        'GET',
        `/api/v1/signing/requests/${id}/document?artefact=${what}`,
      )
    ).body;
  const verify = (bytes: Buffer) => verifyFile(world.city.context, bytes, { pool });
  /** Archived with what its authority said of the certificate, the file is valid to anybody who trusts the root. */
  const mustBeValid = async (id: string, what: 'document' | 'data') => {
    await world.city.service.tasks?.['signing.archive-document']?.({ requestId: id });
    const { verdict, signatures } = await verify(await fileOf(id, what));
    assert.equal(verdict, 'valid', JSON.stringify(signatures));
    assert.ok(signatures.some(({ signer }) => signer?.issuer === 'CN=Ban Cơ yếu CA'));
  };
  /** The key of a token that is pulled out when it has signed so often. */
  const pulledOutAfter = (count: number): SchoolKey => {
    const key = world.keyOf('school');
    let signed = 0;
    return {
      ...key,
      unlock: (pin) => {
        const unlocked = key.unlock(pin);
        const sign = async (bytes: Uint8Array) => {
          if (signed === count) await world.tokens.pullOut();
          const signature = await unlocked.sign(bytes);
          signed += 1;
          return signature;
        };
        return { ...unlocked, sign };
      },
    };
  };

  test('five wait; the token is pulled out after two: two are whole, three wait on, and are sealed when it is back', async () => {
    const ids = await world.readyForSeal(5);
    const first = await sealNext(world.computer({ key: pulledOutAfter(2) }), client);
    await world.tokens.putBack();
    assert.deepEqual([first?.sealed, first?.waiting], [2, 3]);
    assert.equal((first?.problem as { code?: string } | undefined)?.code, 'token/lost');
    const states = await Promise.all(ids.map(world.stateOf));
    assert.deepEqual(states.toSorted(), ['issued', 'issued', 'signed', 'signed', 'signed']);
    for (const [index, id] of ids.entries()) {
      const { signatures } = await verify(await fileOf(id));
      assert.equal(signatures.length, states[index] === 'issued' ? 3 : 2, 'no half file');
      assert.ok(signatures.every(({ intact }) => intact));
    }
    let pins = 0;
    const askPin = async () => {
      pins += 1;
      return world.tokens.pin;
    };
    const rest = await sealNext(world.computer({ key: world.keyOf('school'), askPin }), client);
    assert.deepEqual([rest?.sealed, rest?.waiting, pins], [3, 0, 1], 'one PIN for the list');
    assert.deepEqual(new Set(await Promise.all(ids.map(world.stateOf))), new Set(['issued']));

    await mustBeValid(ids[0] ?? '', 'document');
  });

  test('of a school report the PDF and its XML are sealed, or neither, when the token is pulled out between them', async () => {
    const ids = await world.readyForSeal(2, 'school-report');
    const first = await sealNext(world.computer({ key: pulledOutAfter(3) }), client);
    await world.tokens.putBack();
    assert.deepEqual([first?.sealed, first?.waiting], [1, 1]);
    const count = async (id: string, what: 'document' | 'data') =>
      (await verify(await fileOf(id, what))).signatures.length;
    const counts = async () =>
      (await Promise.all(ids.map((id) => Promise.all([count(id, 'document'), count(id, 'data')])))).toSorted();
    assert.deepEqual(await counts(), [
      [2, 2],
      [3, 3],
    ]);
    assert.equal((await sealNext(world.computer({ key: world.keyOf('school') }), client))?.sealed, 1);
    assert.deepEqual(await counts(), [
      [3, 3],
      [3, 3],
    ]);
    for (const what of ['document', 'data'] as const) await mustBeValid(ids[0] ?? '', what);
  });

  test('a parcel, a container and XML of its own are sealed by the token as PDF is, and are valid', async () => {
    const { city, school } = world;
    const office = `/api/v1/signing/organisations/${school.id}`;
    const classId = school.classIds.at(-1);
    const parcel = await city.call(school.clerkId, 'POST', `${office}/parcels`, { id: randomUUID(), classId });
    assert.equal(parcel.status, 201, JSON.stringify(parcel.json));
    const principal = await city.phoneOf(school.principalId);
    const send = async (name: string, bytes: Buffer, format: string) => {
      const boundary = 'a-boundary-of-this-test';
      const head = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: application/octet-stream\r\n\r\n`;
      const upload = await city.app.inject({
        method: 'POST',
        url: `${office}/uploads`,
        headers: {
          'x-person': school.administratorId,
          'x-session': 's',
          'sec-fetch-site': 'same-origin',
          'content-type': `multipart/form-data; boundary=${boundary}`,
        },
        payload: Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]),
      });
      const body = {
        uploadId: upload.json().id,
        title: name,
        format,
        signers: [{ personId: school.principalId }],
        seal: {},
      };
      const { json } = await city.call(school.administratorId, 'POST', `${office}/documents`, body);
      return json.id as string;
    };
    const ids = [
      await send('số liệu.csv', Buffer.from('lớp,sĩ số\n5A,31\n'), 'ASiC-E'),
      await send('số liệu.xml', Buffer.from('<lop><siso>31</siso></lop>'), 'XAdES'),
    ];
    await principal.signAll();
    const names: string[] = [];
    const computer = world.computer({ key: world.keyOf('school'), keepFile: async (name) => void names.push(name) });
    const late = { ...computer, clock: { now: () => new Date(Date.now() + 3_600_000) } };
    assert.equal(await codeOf(sealNext(late, client)), 'sign/other-document', 'a time that is not now');
    names.length = 0;
    assert.deepEqual(await sealNext(computer, client), { sealed: 3, waiting: 0 });
    assert.deepEqual(names.map((name) => name.replace(/.*\./, '')).toSorted(), ['asice', 'asice', 'xml']);
    for (const id of [parcel.json.requestId, ...ids]) await mustBeValid(id, 'document');
  });

  test('without a PIN, with a wrong one, or with another token than the paired one nothing is sealed', async () => {
    const [id = ''] = await world.readyForSeal(1);
    const kept: string[] = [];
    const declining = world.computer({
      key: world.keyOf('school'),
      askPin: async () => '',
      keepFile: async (name) => void kept.push(name),
    });
    assert.deepEqual(await sealNext(declining, client), { sealed: 0, waiting: 1 });
    assert.match(kept.join(), /^[\dA-Z]{4}-[\dA-Z]{4}-[\dA-Z]{4}\.pdf$/, 'it could be read first');
    const wrong = world.computer({ askPin: async () => '000000' });
    assert.equal(await codeOf(sealNext(wrong, client)), 'token/wrong-pin');
    const other = world.computer({ key: world.keyOf('other') });
    assert.equal(await codeOf(pairedClient(other, false)), 'sign/other-certificate');
    assert.equal(await codeOf(sealNext(other, client)), 'sign/other-document', 'the list names the paired one');
    assert.equal(await world.stateOf(id), 'signed');
    assert.equal((await sealNext(world.computer({ key: world.keyOf('school') }), client))?.sealed, 1);
  });

  test('a certificate that was revoked, whose status nobody says, or whose root is no longer trusted seals nothing', async () => {
    const [id = ''] = await world.readyForSeal(1);
    const computer = world.computer({ key: world.keyOf('school') });
    world.answer('nothing');
    assert.equal(await codeOf(sealNext(computer, client)), 'sealing/status-unknown');
    world.answer('revoked');
    assert.equal(await codeOf(sealNext(computer, client)), 'sealing/not-trusted');
    world.answer('good');
    const { db, clock } = world.city.context;
    await db.transaction().execute((tx) => endAnchor(tx, world.anchorId, clock.now(), operator));
    assert.equal(await codeOf(sealNext(computer, client)), 'sealing/not-trusted');
    await sql`UPDATE certs.anchor SET ended_at = NULL`.execute(db);
    assert.equal(await world.stateOf(id), 'signed');
    assert.equal((await sealNext(computer, client))?.sealed, 1);
  });

  test('a machine that was revoked, even with a list in its hand, and one whose clerk no longer keeps the seal, seal nothing', async () => {
    const [id = ''] = await world.readyForSeal(1);
    const { city, school, other } = world;
    const { db } = city.context;
    const revokeAs = async (person: string) => {
      const { json } = await city.call(school.clerkId, 'GET', machinesOf(school.id));
      const machine = json.items.find(({ state }: { state: string }) => state === 'paired');
      return city.call(person, 'POST', `/api/v1/signing/sealing-machines/${machine?.id}/revoke`);
    };
    assert.equal((await revokeAs(other.clerkId)).status, 403);
    const askPin = async () => {
      assert.equal((await revokeAs(school.administratorId)).status, 204);
      return world.tokens.pin;
    };
    const computer = world.computer({ key: world.keyOf('school') });
    assert.equal(await codeOf(sealNext({ ...computer, askPin }, client)), 'sealing/not-paired');
    assert.equal(await codeOf(pairedClient(computer, false)), 'sign/not-paired');
    const anew = await world.pair({ key: world.keyOf('school') });
    await sql`UPDATE registry.role_assignment SET ended_at = now() WHERE person_id = ${school.clerkId}`.execute(db);
    assert.equal(await codeOf(sealNext(computer, anew)), 'sealing/role-ended');
    assert.equal(await world.stateOf(id), 'signed');
  });
});
