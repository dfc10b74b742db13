import { createPublicKey, verify } from 'node:crypto';
import type { Actor } from '@edutrust/platform/actor';
import type { Database, Transaction } from '@edutrust/platform/database';
import { InvalidInput, NotFound } from '@edutrust/platform/errors';
import { isUuid, uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { belongsTo, organisationsAt } from '../throttling/networks.ts';

/** A browser of a school, enrolled once on the spot: it keeps a private key that no page can read out. */
export interface RoomComputer {
  readonly id: string;
  readonly organisationId: string;
  readonly name: string;
  readonly enrolledAt: Date;
  readonly lastUsedAt: Date | null;
}

/** A P-256 public key as the browser exports it (RFC 7518 §6.2). */
export interface PublicKeyJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
}

/**
 * What an enrolled browser signs: the sign-in under way, which is a challenge of ours already: drawn by the provider for
 * this browser, bound to its cookie, and over within the hour.
 */
export function roomStatement(uid: string): Buffer {
  return Buffer.from(`edutrust room v1\n${uid}\n`);
}

/** The computers of an organisation where badges work. */
export async function listRooms(db: Database, organisationId: string): Promise<RoomComputer[]> {
  const { rows } = await sql<RoomComputer>`
    SELECT id, organisation_id AS "organisationId", name, enrolled_at AS "enrolledAt", last_used_at AS "lastUsedAt"
    FROM idp.room_computer WHERE organisation_id = ${organisationId} AND ended_at IS NULL ORDER BY name, id`.execute(
    db,
  );
  return rows;
}

/**
 * Enrols the browser that holds the private key.
 *
 * @throws InvalidInput `rooms/bad-key`
 */
export async function enrolRoom(
  transaction: Transaction,
  input: {
    readonly organisationId: string;
    readonly name: string;
    readonly publicKey: PublicKeyJwk;
    readonly now: Date;
  },
  actor: Actor,
): Promise<string> {
  const { organisationId, name, publicKey, now } = input;
  mustBeKey(publicKey);
  const id = uuidv7();
  await sql`
    INSERT INTO idp.room_computer (id, organisation_id, name, public_key, enrolled_at)
    VALUES (${id}, ${organisationId}, ${name.normalize('NFC').trim()}, ${JSON.stringify(publicKey)}::jsonb, ${now})`.execute(
    transaction,
  );
  await record(transaction, {
    type: 'room-computer.enrolled',
    actor,
    subject: { kind: 'room-computer', id },
    organisationId,
  });
  return id;
}

/** Badges no longer open anything on it. @throws NotFound `rooms/not-found` */
export async function endRoom(
  transaction: Transaction,
  { id, organisationId, now }: { readonly id: string; readonly organisationId: string; readonly now: Date },
  actor: Actor,
): Promise<void> {
  const { numAffectedRows } = isUuid(id)
    ? await sql`UPDATE idp.room_computer SET ended_at = ${now}
        WHERE id = ${id} AND organisation_id = ${organisationId} AND ended_at IS NULL`.execute(transaction)
    : { numAffectedRows: 0n };
  if (numAffectedRows === 0n) {
    throw new NotFound('rooms/not-found', { vi: 'Không có máy này.', en: 'There is no such computer.' });
  }
  await record(transaction, {
    type: 'room-computer.ended',
    actor,
    subject: { kind: 'room-computer', id },
    organisationId,
  });
}

/** The proof of an enrolled browser: its id, and its signature of the sign-in, base64url (IEEE P1363). */
export interface RoomProof {
  readonly id: string;
  readonly signature: string;
}

/** Where in a school somebody is: at an enrolled computer, or anywhere in its network. */
export interface RoomPlace {
  readonly id: string | null;
}

/**
 * Where a badge of the person counts: on a computer that their school enrolled, or in its registered network; undefined
 * anywhere else. A photo of the badge at home is paper.
 */
export async function isInRoom(
  db: Database,
  personId: string,
  where: {
    readonly address: string | undefined;
    readonly room: RoomProof | undefined;
    /** The sign-in that the browser signed. */
    readonly uid: string;
  },
): Promise<RoomPlace | undefined> {
  const computer = await enrolledComputer(db, personId, where);
  if (computer) return computer;
  const networks = await organisationsAt(db, where.address);
  return networks.length > 0 && (await belongsTo(db, personId, networks)) ? { id: null } : undefined;
}

async function enrolledComputer(
  db: Database,
  personId: string,
  where: { readonly room: RoomProof | undefined; readonly uid: string },
): Promise<RoomPlace | undefined> {
  if (!where.room || !isUuid(where.room.id)) return undefined;
  const { rows } = await sql<{ organisationId: string; publicKey: PublicKeyJwk }>`
    SELECT organisation_id AS "organisationId", public_key AS "publicKey" FROM idp.room_computer
    WHERE id = ${where.room.id} AND ended_at IS NULL`.execute(db);
  const [computer] = rows;
  if (!computer || !hasSigned(computer.publicKey, where.uid, where.room.signature)) return undefined;
  if (!(await belongsTo(db, personId, [computer.organisationId]))) return undefined;
  await sql`UPDATE idp.room_computer SET last_used_at = now() WHERE id = ${where.room.id}`.execute(db);
  return { id: where.room.id };
}

function hasSigned(publicKey: PublicKeyJwk, uid: string, signature: string): boolean {
  const key = createPublicKey({ key: { ...publicKey }, format: 'jwk' });
  const bytes = Buffer.from(signature, 'base64url');
  return verify('sha256', roomStatement(uid), { key, dsaEncoding: 'ieee-p1363' }, bytes);
}

function mustBeKey(publicKey: PublicKeyJwk): void {
  try {
    createPublicKey({ key: { ...publicKey }, format: 'jwk' });
  } catch (cause) {
    throw new InvalidInput(
      'rooms/bad-key',
      { vi: 'Khoá của trình duyệt không đúng dạng.', en: "The browser's key is not a P-256 public key." },
      { cause },
    );
  }
}
