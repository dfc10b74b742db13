import { createHmac, randomInt } from 'node:crypto';
import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { InvalidInput, TooManyRequests } from '@edutrust/platform/errors';
import { countRefusal } from '@edutrust/platform/metrics';
import { sql } from 'kysely';
import { record } from '../events.ts';
import type { PasswordHasher } from '../password/hashing.ts';

/** What a child remembers beside the badge: three pictures in order, or digits. */
export type PinKind = 'pictures' | 'digits';

/** The pictures, by the names that the page draws and reads aloud; never fewer, or old PINs would lose theirs. */
export const pictures = [
  'cat',
  'fish',
  'rabbit',
  'turtle',
  'bird',
  'apple',
  'bus',
  'sailboat',
  'star',
  'flower',
  'balloon',
  'carrot',
] as const;
const picturesInPin = 3;

/** Tries in a row that cost nothing; each further one waits a minute, two, four …; then the teacher gives a new PIN. */
const freeTries = 4;
const mostTries = 12;

/** How long a digit PIN is by grade; the youngest get pictures. Grades as in the registry: -3 (nursery) to 12. */
export function pinOfGrade(grade: number): { readonly kind: PinKind; readonly length: number } {
  if (grade <= 2) return { kind: 'pictures', length: picturesInPin };
  return { kind: 'digits', length: grade <= 5 ? 4 : 6 };
}

/** A fresh PIN: no picture twice, no row or run of digits that others would try first. */
function choosePin({ kind, length }: ReturnType<typeof pinOfGrade>): string {
  if (kind === 'pictures') {
    const left: string[] = [...pictures];
    return Array.from({ length }, () => left.splice(randomInt(left.length), 1)[0]).join(' ');
  }
  for (;;) {
    const digits = Array.from({ length }, () => randomInt(10));
    const steps = new Set(digits.slice(1).map((digit, index) => (digit - (digits[index] ?? 0) + 10) % 10));
    if (steps.size > 1) return digits.join(''); // 1111, 1234 and 9876 have one step only
  }
}

/** What is hashed: the PIN under a key, so that a copy of the table alone cannot try the few there are. */
function keyed({ secrets }: Pick<ServiceContext, 'secrets'>, personId: string, pin: string): string {
  return createHmac('sha256', secrets.derive('idp/pin/v1')).update(`${personId}\0${pin}`).digest('base64url');
}

/** What was tapped or typed, as it was made. */
export function canonicalPin(typed: string): string {
  return typed.normalize('NFKC').trim().toLowerCase().replaceAll(/\s+/g, ' ');
}

/**
 * Gives the person a new PIN, shown this once; the earlier one and its wrong tries are gone.
 *
 * @throws Unavailable `passwords/busy`
 */
export async function givePin(
  transaction: Transaction,
  { secrets, clock, hasher }: Pick<ServiceContext, 'secrets' | 'clock'> & { readonly hasher: PasswordHasher },
  { personId, grade }: { readonly personId: string; readonly grade: number },
  actor: Actor,
): Promise<{ kind: PinKind; pin: string }> {
  const rule = pinOfGrade(grade);
  const pin = choosePin(rule);
  const hash = await hasher.hash(keyed({ secrets }, personId, pin));
  await sql`
    INSERT INTO idp.pin (person_id, kind, length, hash, made_at, failures)
    VALUES (${personId}, ${rule.kind}, ${rule.length}, ${hash}, ${clock.now()}, 0)
    ON CONFLICT (person_id) DO UPDATE SET kind = excluded.kind, length = excluded.length, hash = excluded.hash, made_at = excluded.made_at,
      failures = 0, blocked_until = '-infinity'`.execute(transaction);
  await record(transaction, {
    type: 'pin.given',
    actor,
    subject: { kind: 'person', id: personId },
    data: { kind: rule.kind },
  });
  return { kind: rule.kind, pin };
}

/** How a PIN stands, for the teacher; never the PIN. */
export interface PinView {
  readonly personId: string;
  readonly kind: PinKind;
  readonly madeAt: Date;
  /** Too many wrong tries: it opens nothing until the teacher gives a new one. */
  readonly isLocked: boolean;
}

export async function listPins(db: Database | Transaction, personIds: readonly string[]): Promise<PinView[]> {
  const { rows } = await sql<PinView>`
    SELECT person_id AS "personId", kind, made_at AS "madeAt", failures >= ${mostTries} AS "isLocked"
    FROM idp.pin WHERE person_id = ANY(${[...personIds]}::uuid[])`.execute(db);
  return rows;
}

/** What to ask of the person. @throws InvalidInput `badges/no-pin` */
export async function pinOfPerson(
  db: Database,
  personId: string,
): Promise<{ readonly kind: PinKind; readonly length: number }> {
  const { rows } = await sql<{ kind: PinKind; length: number }>`
    SELECT kind, length FROM idp.pin WHERE person_id = ${personId}`.execute(db);
  if (!rows[0]) throw noPin();
  return rows[0];
}

/**
 * Judges a PIN. A try is counted before it is looked at, in one statement, so that twenty at once are twenty; only who
 * holds the badge can try, so nobody else can lock a child out. What is said never tells which part was wrong.
 *
 * @throws InvalidInput `badges/wrong-pin`, `badges/pin-locked`; TooManyRequests `badges/slow-down`; Unavailable
 */
export async function provePin(
  { db, secrets, hasher }: Pick<ServiceContext, 'db' | 'secrets'> & { readonly hasher: PasswordHasher },
  personId: string,
  typed: string,
): Promise<void> {
  const { rows } = await sql<{ hash: string; failures: number }>`
    UPDATE idp.pin SET failures = failures + 1,
      blocked_until = CASE WHEN failures < ${freeTries} THEN '-infinity'
        ELSE now() + make_interval(mins => (2 ^ least(failures - ${freeTries}, 5))::int) END
    WHERE person_id = ${personId} AND failures < ${mostTries} AND blocked_until <= now()
    RETURNING hash, failures`.execute(db);
  const [try_] = rows;
  if (!try_) throw await whyNot(db, personId);
  if (!(await hasher.verify(try_.hash, keyed({ secrets }, personId, canonicalPin(typed))))) {
    countRefusal('wrong-pin');
    if (try_.failures === mostTries) await recordLocked(db, personId);
    throw wrongPin();
  }
  await sql`UPDATE idp.pin SET failures = 0, blocked_until = '-infinity' WHERE person_id = ${personId}`.execute(db);
}

async function recordLocked(db: Database, personId: string): Promise<void> {
  await db.transaction().execute(async (transaction) =>
    record(transaction, {
      type: 'pin.locked',
      actor: { kind: 'system', name: 'idp' },
      subject: { kind: 'person', id: personId },
    }),
  );
}

async function whyNot(db: Database, personId: string): Promise<InvalidInput | TooManyRequests> {
  const { rows } = await sql<{ failures: number; seconds: number }>`
    SELECT failures, greatest(1, ceil(extract(epoch FROM blocked_until - now())))::int AS seconds FROM idp.pin
    WHERE person_id = ${personId}`.execute(db);
  const [pin] = rows;
  if (!pin) return noPin();
  if (pin.failures < mostTries) return slowDown(pin.seconds);
  countRefusal('locked-pin');
  return new InvalidInput(
    'badges/pin-locked',
    { vi: 'Thẻ này cần cô giáo giúp.', en: 'This badge needs your teacher.' },
    { remedy: { vi: 'Em hãy gọi cô giáo nhé.', en: 'Please call your teacher.' } },
  );
}

function wrongPin(): InvalidInput {
  const detail = { vi: 'Chưa đúng, em thử lại nhé.', en: 'Not quite. Try again.' };
  return new InvalidInput('badges/wrong-pin', detail, {
    fields: [{ pointer: '/pin', detail }],
    remedy: { vi: 'Nếu em quên, hãy gọi cô giáo.', en: 'If you forgot, call your teacher.' },
  });
}

function noPin(): InvalidInput {
  return new InvalidInput(
    'badges/no-pin',
    { vi: 'Thẻ này chưa có hình hoặc số bí mật.', en: 'This badge has no pictures or digits yet.' },
    { remedy: { vi: 'Em hãy gọi cô giáo nhé.', en: 'Please call your teacher.' } },
  );
}

function slowDown(seconds: number): TooManyRequests {
  countRefusal('slowed-pin');
  return new TooManyRequests(
    'badges/slow-down',
    { vi: 'Em chờ một chút rồi thử lại nhé.', en: 'Wait a little, then try again.' },
    { remedy: { vi: 'Hoặc gọi cô giáo.', en: 'Or call your teacher.' }, retryAfterSeconds: seconds },
  );
}
