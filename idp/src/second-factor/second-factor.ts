import { createHmac, randomInt } from 'node:crypto';
import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { InvalidInput, TooManyRequests } from '@edutrust/platform/errors';
import { countRefusal } from '@edutrust/platform/metrics';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { announceChange, holdMeans } from '../undo/changes.ts';
import { matchingStep } from './totp.ts';

type Tools = Pick<ServiceContext, 'secrets' | 'clock'>;

const alphabet = '23456789ABCDEFGHJKMNPQRSTVWXYZ';
const recoveryCodes = 10;
const recoveryLength = 10;
/** Tries in a row that cost nothing (R6); each further one waits 30 seconds, a minute, two …, up to half an hour. */
const freeTries = 5;

const contextOf = (personId: string) => `idp.second-factor:${personId}`;

function hashOf({ secrets }: Pick<ServiceContext, 'secrets'>, personId: string, code: string): Buffer {
  return createHmac('sha256', secrets.derive('idp/recovery-code/v1')).update(`${personId}\0${code}`).digest();
}

/** How a person's second factor stands; undefined for none. */
export interface SecondFactor {
  readonly addedAt: Date;
  readonly recoveryCodesLeft: number;
}

export async function findSecondFactor(
  db: Database | Transaction,
  personId: string,
): Promise<SecondFactor | undefined> {
  const { rows } = await sql<SecondFactor>`
    SELECT f.added_at AS "addedAt", (SELECT count(*)::int FROM idp.recovery_code AS c
      WHERE c.person_id = f.person_id AND c.used_at IS NULL) AS "recoveryCodesLeft"
    FROM idp.second_factor AS f WHERE f.person_id = ${personId}`.execute(db);
  return rows[0];
}

/**
 * Keeps an authenticator app as the person's second factor, proved by its first code, and gives the recovery codes, which
 * are shown this once. An earlier app and its codes stop working.
 *
 * @throws InvalidInput `second-factor/wrong-code`
 */
export async function keepSecondFactor(
  transaction: Transaction,
  { secrets, clock }: Tools,
  { personId, secret, typed }: { readonly personId: string; readonly secret: Buffer; readonly typed: string },
  actor: Actor,
): Promise<string[]> {
  const now = clock.now();
  const step = matchingStep(secret, typed, now, 0);
  if (step === undefined) throw wrongCode();
  await announceChange(transaction, personId, 'second-factor.added');
  await sql`
    INSERT INTO idp.second_factor (person_id, sealed_secret, added_at, last_step, failures)
    VALUES (${personId}, ${secrets.encrypt(secret, contextOf(personId))}, ${now}, ${step}, 0)
    ON CONFLICT (person_id) DO UPDATE SET sealed_secret = excluded.sealed_secret, added_at = excluded.added_at,
      last_step = excluded.last_step, failures = 0, blocked_until = '-infinity'`.execute(transaction);
  const codes = Array.from({ length: recoveryCodes }, () =>
    Array.from({ length: recoveryLength }, () => alphabet[randomInt(alphabet.length)]).join(''),
  );
  await sql`DELETE FROM idp.recovery_code WHERE person_id = ${personId}`.execute(transaction);
  for (const code of codes) {
    await sql`INSERT INTO idp.recovery_code (person_id, code_hash) VALUES (${personId}, ${hashOf({ secrets }, personId, code)})`.execute(
      transaction,
    );
  }
  await record(transaction, {
    type: 'second-factor.added',
    actor,
    subject: { kind: 'person', id: personId },
  });
  return codes.map((code) => `${code.slice(0, 5)}-${code.slice(5)}`);
}

/** The password alone signs in again. Nothing happens when there was none. */
export async function removeSecondFactor(transaction: Transaction, personId: string, actor: Actor): Promise<void> {
  await holdMeans(transaction, personId);
  if (!(await findSecondFactor(transaction, personId))) return;
  await announceChange(transaction, personId, 'second-factor.removed');
  await sql`DELETE FROM idp.second_factor WHERE person_id = ${personId}`.execute(transaction);
  await sql`DELETE FROM idp.recovery_code WHERE person_id = ${personId}`.execute(transaction);
  await record(transaction, {
    type: 'second-factor.removed',
    actor,
    subject: { kind: 'person', id: personId },
  });
}

/**
 * Judges what was typed after the right password: a code of the app, once, or a recovery code, once. A try is counted
 * before it is looked at; only who knows the password can try.
 *
 * @throws InvalidInput `second-factor/wrong-code`; TooManyRequests `second-factor/slow-down`
 */
export async function proveSecondFactor(
  { db, secrets, clock }: Tools & Pick<ServiceContext, 'db'>,
  personId: string,
  typed: string,
): Promise<'app' | 'recovery-code'> {
  const { rows } = await sql<{ sealed_secret: Buffer; last_step: number }>`
    UPDATE idp.second_factor SET failures = failures + 1, blocked_until = CASE WHEN failures < ${freeTries} THEN '-infinity'
      ELSE now() + make_interval(secs => 30 * 2 ^ least(failures - ${freeTries}, 6)) END
    WHERE person_id = ${personId} AND blocked_until <= now() RETURNING sealed_secret, last_step`.execute(db);
  const [factor] = rows;
  if (!factor) throw await slowDown(db, personId);
  const secret = secrets.decrypt(factor.sealed_secret, contextOf(personId));
  const step = matchingStep(secret, typed, clock.now(), factor.last_step);
  if (step !== undefined) {
    const { numAffectedRows } = await sql`
      UPDATE idp.second_factor SET last_step = ${step}, failures = 0, blocked_until = '-infinity'
      WHERE person_id = ${personId} AND last_step < ${step}`.execute(db);
    if (numAffectedRows === 1n) return 'app'; // else another request has just used this very code
  } else if (await useRecoveryCode({ db, secrets, clock }, personId, typed)) {
    return 'recovery-code';
  }
  countRefusal('wrong-second-factor');
  throw wrongCode();
}

async function useRecoveryCode(
  { db, secrets, clock }: Tools & Pick<ServiceContext, 'db'>,
  personId: string,
  typed: string,
): Promise<boolean> {
  const code = typed.normalize('NFKC').toUpperCase().replaceAll(/[\s-]/g, '');
  if (code.length !== recoveryLength) return false;
  return db.transaction().execute(async (transaction) => {
    await holdMeans(transaction, personId);
    const { numAffectedRows } = await sql`
      UPDATE idp.recovery_code SET used_at = ${clock.now()}
      WHERE person_id = ${personId} AND code_hash = ${hashOf({ secrets }, personId, code)} AND used_at IS NULL`.execute(
      transaction,
    );
    if (numAffectedRows === 0n) return false;
    await sql`UPDATE idp.second_factor SET failures = 0, blocked_until = '-infinity' WHERE person_id = ${personId}`.execute(
      transaction,
    );
    await record(transaction, {
      type: 'recovery-code.used',
      actor: { kind: 'system', name: 'idp' },
      subject: { kind: 'person', id: personId },
    });
    await announceChange(transaction, personId, 'recovery-code.used');
    return true;
  });
}

function wrongCode(): InvalidInput {
  const detail = { vi: 'Mã không đúng hoặc đã dùng rồi.', en: 'The code is wrong or was used already.' };
  return new InvalidInput('second-factor/wrong-code', detail, {
    fields: [{ pointer: '/code', detail }],
    remedy: {
      vi: 'Chờ mã mới hiện trong ứng dụng rồi gõ; xem đồng hồ điện thoại có đúng giờ không. Mất điện thoại thì gõ một mã dự phòng.',
      en: 'Wait for the next code in your app; check that the phone’s clock is right. If the phone is lost, type a recovery code.',
    },
  });
}

async function slowDown(db: Database, personId: string): Promise<TooManyRequests> {
  const { rows } = await sql<{ seconds: number }>`
    SELECT greatest(1, ceil(extract(epoch FROM blocked_until - now())))::int AS seconds FROM idp.second_factor
    WHERE person_id = ${personId}`.execute(db);
  const seconds = rows[0]?.seconds ?? 30;
  countRefusal('slowed-second-factor');
  return new TooManyRequests(
    'second-factor/slow-down',
    {
      vi: `Đã thử sai nhiều lần. Hãy chờ ${seconds} giây rồi thử lại.`,
      en: `Too many wrong tries. Wait ${seconds} seconds and try again.`,
    },
    {
      remedy: {
        vi: 'Hoặc đăng nhập bằng passkey; mất cả hai thì hỏi quản trị viên của trường.',
        en: 'Or sign in with a passkey; without either, ask your school administrator.',
      },
      retryAfterSeconds: seconds,
    },
  );
}
