import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { Json, TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { roomStatement } from '../src/badges/rooms.ts';
import type { TestIdp } from './idp.ts';

/** An enrolled browser of a school: its private key never leaves it. */
export interface Room {
  readonly id: string;
  readonly key: KeyObject;
}

/** A class whose teacher prints badges, and a computer of its school. */
export interface BadgeClass {
  readonly teacher: TestBrowser;
  readonly administrator: TestBrowser;
  readonly classId: string;
  readonly schoolId: string;
  readonly room: Room;
  call(browser: TestBrowser, path: string, body: object): Promise<{ status: number; json: Json }>;
  enrol(name: string): Promise<Room>;
  /** The class teacher's two sheets for one pupil: the badge, and apart from it the PIN. */
  sheets(personId: string): Promise<{ address: string; code: string; serial: string; pin: string }>;
  /** A child at a computer: opens the sign-in and shows the badge. */
  show(
    browser: TestBrowser,
    badge: { scanned?: string; code?: string },
    at?: Room | null,
  ): Promise<{ status: number; json: Json; action: string }>;
  /** Shows the badge and taps the PIN. */
  enter(
    browser: TestBrowser,
    address: string,
    pin: string,
    at?: Room | null,
  ): Promise<{ status: number; json: Json; options: Json }>;
}

/** The class of the demo city's class teacher, who has signed in with a passkey as the school's administrator has. */
export async function badgeClass(world: TestIdp): Promise<BadgeClass> {
  const { people } = world.city;
  const teacher = await world.enter(people.teacher);
  const administrator = await world.enter(people.schoolAdministrator);
  const { rows } = await sql<{ id: string; organisation_id: string }>`
    SELECT id, organisation_id FROM registry.class WHERE homeroom_teacher_id = ${people.teacher}`.execute(
    world.context.db,
  );
  const { id: classId = '', organisation_id: schoolId = '' } = rows[0] ?? {};
  const call: BadgeClass['call'] = (browser, path, body) => browser.json(`${world.origin}/api/v1${path}`, body);

  const enrol = async (name: string): Promise<Room> => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
    const { status, json } = await call(administrator, `/organisations/${schoolId}/room-computers`, {
      name,
      publicKey: { kty, crv, x, y },
    });
    assert.equal(status, 201, JSON.stringify(json));
    return { id: json.id, key: privateKey };
  };
  const room = await enrol('Phòng máy 1, máy 7');

  const show: BadgeClass['show'] = async (browser, badge, at = room) => {
    const page = await browser.get(`${world.origin}/signin?return_to=/`);
    const action = `${world.origin}${page.page?.props.action}`;
    const proof = at && proofOfRoom(at, action.split('/').at(-1) ?? '');
    const { status, json } = await browser.json(`${action}/badge/options`, {
      ...badge,
      ...(proof ? { room: proof } : {}),
    });
    return { status, json, action };
  };

  return {
    ...{ teacher, administrator, classId, schoolId, room, call, enrol, show },
    sheets: async (personId) => {
      const badges = await call(teacher, `/classes/${classId}/badges`, { personIds: [personId], replaces: true });
      const pins = await call(teacher, `/classes/${classId}/pins`, { personIds: [personId], replaces: true });
      assert.equal(badges.status, 201, JSON.stringify(badges.json));
      return { ...badges.json.made[0].badge, pin: pins.json.made[0].pin };
    },
    enter: async (browser, address, pin, at = room) => {
      const { status, json, action } = await show(browser, { scanned: address }, at);
      assert.equal(status, 200, JSON.stringify(json));
      const done = await browser.json(`${action}/badge`, { ticket: json.options.ticket, pin });
      return { ...done, options: json.options };
    },
  };
}

/** What an enrolled browser signs of a sign-in. */
export function proofOfRoom({ id, key }: Room, uid: string): { id: string; signature: string } {
  return {
    id,
    signature: sign('sha256', roomStatement(uid), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url'),
  };
}
