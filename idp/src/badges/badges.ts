import { createHmac, randomBytes, randomInt } from 'node:crypto';
import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { readTypable, typable, uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import { ensureAccount, mustBelong } from '../accounts/account.ts';
import { record } from '../events.ts';

type Tools = Pick<ServiceContext, 'secrets' | 'clock'>;

/** What is typed when there is no camera: 39.2 bits, and a picture or digit PIN beside it. */
const codeLength = 8;
const serialDigits = 8;
/** Until the end of the next school year's first weeks: a class gets its new badges in September. */
const badgeDays = 400;
/** What a teacher gives a child who left the badge at home. */
const standInMinutes = 60;

/** A badge as it is printed; the secrets are known at this moment only. */
export interface MadeBadge {
  readonly id: string;
  readonly personId: string;
  /** Printed, no secret: who finds a badge reads it to the school, which voids it. */
  readonly serial: string;
  /** What the QR code holds: an address whose fragment is the secret, so that no server log ever has it. */
  readonly address: string;
  /** The same for a keyboard, `7KQ4-M2XA`. */
  readonly code: string;
  readonly expiresAt: Date;
}

/** A badge as those who may manage it see it. */
export interface BadgeView {
  readonly id: string;
  readonly personId: string;
  readonly serial: string;
  readonly isStandIn: boolean;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date | null;
}

/** Few bits for a plain hash: keyed, so that a copy of the table alone opens nothing. */
function hashOf({ secrets }: Pick<ServiceContext, 'secrets'>, kind: 'secret' | 'code', text: string): Buffer {
  return createHmac('sha256', secrets.derive('idp/badge/v1')).update(`${kind}\0${text}`).digest();
}

/** The secret in what a camera read: the address of a badge, or the bare secret. Undefined for any other QR code. */
export function secretIn(scanned: string): string | undefined {
  return /(?:^|\/b#)([\w-]{22})$/.exec(scanned.trim())?.[1];
}

/**
 * A new badge of the person; the badges before it stop working, but for a stand-in, which lives beside them for an hour.
 *
 * @throws NotFound; Conflict `accounts/person-left`
 */
export async function issueBadge(
  transaction: Transaction,
  context: Tools & Pick<ServiceContext, 'config'>,
  { personId, isStandIn = false }: { readonly personId: string; readonly isStandIn?: boolean },
  actor: Actor,
): Promise<MadeBadge> {
  const now = context.clock.now();
  await mustBelong(transaction, personId);
  await ensureAccount(transaction, personId, now); // and locks it: two badges at once come one after the other
  await endBadges(transaction, { personId, isStandIn }, now);
  const secret = randomBytes(16).toString('base64url');
  const code = typable(codeLength);
  const serial = String(randomInt(10 ** serialDigits)).padStart(serialDigits, '0');
  const lifetimeMs = isStandIn ? standInMinutes * 60_000 : badgeDays * 86_400_000;
  const id = uuidv7();
  const expiresAt = new Date(now.getTime() + lifetimeMs);
  await sql`
    INSERT INTO idp.badge (id, person_id, serial, secret_hash, code_hash, is_stand_in, issued_at, expires_at)
    VALUES (${id}, ${personId}, ${serial}, ${hashOf(context, 'secret', secret)}, ${hashOf(context, 'code', code)},
      ${isStandIn}, ${now}, ${expiresAt})`.execute(transaction);
  await record(transaction, {
    type: 'badge.issued',
    actor,
    subject: { kind: 'person', id: personId },
    data: { serial, standIn: isStandIn, expiresAt: expiresAt.toISOString() },
  });
  const address = `${context.config.url.origin}/b#${secret}`;
  return { id, personId, serial, address, code: `${code.slice(0, 4)}-${code.slice(4)}`, expiresAt };
}

async function endBadges(
  transaction: Transaction,
  { personId, isStandIn }: { readonly personId: string; readonly isStandIn: boolean },
  now: Date,
): Promise<void> {
  const which = isStandIn ? sql`AND is_stand_in` : sql``;
  await sql`UPDATE idp.badge SET ended_at = ${now} WHERE person_id = ${personId} AND ended_at IS NULL ${which}`.execute(
    transaction,
  );
}

/**
 * Ends the badge with the serial: it opens nothing from now on.
 *
 * @throws NotFound `badges/not-found`
 */
export async function voidBadge(
  transaction: Transaction,
  { clock }: Pick<ServiceContext, 'clock'>,
  { personId, serial }: { readonly personId: string; readonly serial: string },
  actor: Actor,
): Promise<void> {
  const { numAffectedRows } = await sql`
    UPDATE idp.badge SET ended_at = ${clock.now()}
    WHERE person_id = ${personId} AND serial = ${serial} AND ended_at IS NULL`.execute(transaction);
  if (numAffectedRows === 0n) throw noBadge();
  await record(transaction, {
    type: 'badge.voided',
    actor,
    subject: { kind: 'person', id: personId },
    data: { serial },
  });
}

/** Of who is archived: badges and PIN are gone, and a return begins with new ones. Again, or after a return: does nothing. */
export async function endBadgesForGood(
  transaction: Transaction,
  { clock }: Pick<ServiceContext, 'clock'>,
  personIds: readonly string[],
  actor: Actor,
): Promise<void> {
  const { rows } = await sql<{ id: string; serial: string }>`
    UPDATE idp.badge AS b SET ended_at = ${clock.now()} FROM registry.person AS p
    WHERE p.id = b.person_id AND p.status = 'archived' AND b.person_id = ANY(${[...personIds]}::uuid[]) AND b.ended_at IS NULL
    RETURNING b.person_id AS id, b.serial`.execute(transaction);
  await sql`
    DELETE FROM idp.pin AS k USING registry.person AS p
    WHERE p.id = k.person_id AND p.status = 'archived' AND k.person_id = ANY(${[...personIds]}::uuid[])`.execute(
    transaction,
  );
  await record(
    transaction,
    ...rows.map(({ id, serial }) => ({
      type: 'badge.voided' as const,
      actor,
      subject: { kind: 'person' as const, id },
      data: { serial },
    })),
  );
}

/** The badges of these people that work now. */
export async function listBadges(
  db: Database | Transaction,
  personIds: readonly string[],
  now: Date,
): Promise<BadgeView[]> {
  const { rows } = await sql<BadgeView>`
    SELECT id, person_id AS "personId", serial, is_stand_in AS "isStandIn", issued_at AS "issuedAt",
      expires_at AS "expiresAt", last_used_at AS "lastUsedAt"
    FROM idp.badge WHERE person_id = ANY(${[...personIds]}::uuid[]) AND ended_at IS NULL AND expires_at > ${now}
    ORDER BY id`.execute(db);
  return rows;
}

/** Whose badge has the serial, for who found one; undefined when it is nobody's now. */
export async function ownerOfSerial(db: Database, serial: string): Promise<string | undefined> {
  const { rows } = await sql<{ personId: string }>`
    SELECT person_id AS "personId" FROM idp.badge WHERE serial = ${serial} AND ended_at IS NULL LIMIT 1`.execute(db);
  return rows[0]?.personId;
}

/** The badge that was scanned or whose code was typed, when it works now. */
export async function findBadge(
  db: Database,
  context: Tools,
  shown: { readonly scanned: string } | { readonly code: string },
): Promise<{ id: string; personId: string } | undefined> {
  const secret = 'scanned' in shown ? secretIn(shown.scanned) : readTypable(shown.code);
  if (!secret) return undefined;
  const isScanned = 'scanned' in shown;
  const hash = hashOf(context, isScanned ? 'secret' : 'code', secret);
  const column = isScanned ? sql`secret_hash` : sql`code_hash`;
  const { rows } = await sql<{ id: string; personId: string }>`
    SELECT id, person_id AS "personId" FROM idp.badge
    WHERE ${column} = ${hash} AND ended_at IS NULL AND expires_at > ${context.clock.now()}`.execute(db);
  return rows[0];
}

function noBadge(): NotFound {
  return new NotFound('badges/not-found', {
    vi: 'Không có thẻ nào còn dùng được mang số này.',
    en: 'No working badge has this serial number.',
  });
}
