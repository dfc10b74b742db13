import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { EduTrustError, InvalidInput } from '@edutrust/platform/errors';
import type { SchemaMigrations } from '@edutrust/platform/migrations';
import { notify } from '@edutrust/registry/notices';
import { findByEducationId } from '@edutrust/registry/people';
import { needPasskey, recordedRolesOf } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import { ensureAccount } from '../../accounts/account.ts';
import { record } from '../../events.ts';
import { idpOf } from '../../tables.ts';
import { attestPassword } from '../attestation.ts';
import type { PasswordHasher } from '../hashing.ts';
import { keepEarlier } from './kept.ts';
import { type HashRefusal, readEarlierHash } from './schemes.ts';

export const earlierPasswordsMigration: SchemaMigrations['migrations'][number] = {
  name: '028-earlier-passwords',
  sql: `
        ALTER TABLE idp.account ADD COLUMN password_ends_at timestamptz;
        COMMENT ON COLUMN idp.account.password_ends_at IS
          'of a password of another system whose hash was weak, or that our rule would not take: from then on it opens nothing';
        CREATE INDEX account_password_end ON idp.account (password_ends_at) WHERE password_ends_at IS NOT NULL;`,
};

/** One line of the file. */
export interface EarlierRow {
  readonly line: number;
  readonly educationId: string;
  readonly hash: string;
}

/** `has-credential`: who signs in here already keeps what they have. `role`: above a teacher's work takes a passkey. */
export type RowRefusal = HashRefusal | 'unknown-person' | 'not-here' | 'has-credential' | 'role' | 'twice';

export interface EarlierReport {
  readonly taken: number;
  /** Of those: how many end at the date. */
  readonly weak: number;
  readonly refused: readonly { readonly line: number; readonly reason: RowRefusal }[];
}

const longestLine = 1_024;
const mostWeakDays = 180;

/**
 * The lines `education ID, hash` of a file; the separator is the first comma, semicolon or tab, so a hash may hold others. A
 * first line without digits names the columns.
 *
 * @throws InvalidInput `passwords/bad-line`
 */
export async function* readEarlierRows(lines: AsyncIterable<string>): AsyncGenerator<EarlierRow> {
  let line = 0;
  for await (const text of lines) {
    line += 1;
    if (text.trim() === '' || (line === 1 && !/\d{4}/.test(text))) continue;
    const read = text.length <= longestLine && /^\uFEFF?"?([\d .]{10,16})"?[,;\t]\s*"?([^"\s]+)"?\s*$/.exec(text);
    if (!read) {
      throw new InvalidInput('passwords/bad-line', {
        vi: `Dòng ${line} không phải «mã giáo dục, mã băm».`,
        en: `Line ${line} is not «education ID, hash».`,
      });
    }
    yield { line, educationId: read[1] ?? '', hash: read[2] ?? '' };
  }
}

/**
 * Takes over passwords of another system, each in a transaction of its own: a second run goes on where one was stopped. Its
 * owner signs in with it once, by the old scheme; then our own hash stands in its place. Weak ones (fast hashes), and those
 * that our rule for passwords would not take, end at `weakUntil`, and their owners are told.
 *
 * @throws InvalidInput `passwords/bad-date`
 */
export async function importEarlier(
  context: Pick<ServiceContext, 'db' | 'clock' | 'secrets'>,
  hasher: PasswordHasher,
  rows: AsyncIterable<EarlierRow>,
  { weakUntil, isApplied, actor }: { readonly weakUntil: Date; readonly isApplied: boolean; readonly actor: Actor },
): Promise<EarlierReport> {
  const days = (weakUntil.getTime() - context.clock.now().getTime()) / 86_400_000;
  if (!(days > 0 && days <= mostWeakDays)) throw badDate();
  const seen = new Set<string>();
  const refused: { line: number; reason: RowRefusal }[] = [];
  let taken = 0;
  let weak = 0;
  for await (const { line, educationId, hash } of rows) {
    const earlier = readEarlierHash(hash);
    if (typeof earlier === 'string') {
      refused.push({ line, reason: earlier });
      continue;
    }
    const personId = await personOf(context.db, educationId);
    if (!personId || seen.has(personId)) {
      refused.push({ line, reason: personId ? 'twice' : 'unknown-person' });
      continue;
    }
    seen.add(personId);
    const endsAt = earlier.isWeak ? weakUntil : null;
    const kept = isApplied ? await keepEarlier(hash, earlier, (text) => hasher.hash(text)) : hash;
    const reason = await context.db
      .transaction()
      .execute((transaction) =>
        takeOver(transaction, context, { personId, kept, scheme: earlier.scheme, endsAt, isApplied }, actor),
      );
    if (reason) refused.push({ line, reason });
    else {
      taken += 1;
      weak += earlier.isWeak ? 1 : 0;
    }
  }
  return { taken, weak, refused };
}

async function takeOver(
  transaction: Transaction,
  { clock, secrets }: Pick<ServiceContext, 'clock' | 'secrets'>,
  input: { personId: string; kept: string; scheme: string; endsAt: Date | null; isApplied: boolean },
  actor: Actor,
): Promise<RowRefusal | undefined> {
  const { personId, kept, scheme, endsAt, isApplied } = input;
  const now = clock.now();
  if (needPasskey(await recordedRolesOf(transaction, personId))) return 'role';
  const { rows } = await sql<{ is_here: boolean; has_credential: boolean }>`
    SELECT p.status = 'active' AS is_here, coalesce(a.status <> 'invited' OR a.password_hash IS NOT NULL, false)
      OR EXISTS (SELECT FROM idp.passkey WHERE person_id = p.id) AS has_credential
    FROM registry.person AS p LEFT JOIN idp.account AS a ON a.person_id = p.id WHERE p.id = ${personId}`.execute(
    transaction,
  );
  if (!rows[0]?.is_here) return 'not-here';
  if (rows[0].has_credential) return 'has-credential';
  if (!isApplied) return undefined;
  const account = await ensureAccount(transaction, personId, now); // and locks it
  if (account.status !== 'invited' || account.password_hash !== null) return 'has-credential'; // meanwhile
  await idpOf(transaction)
    .updateTable('idp.account')
    .set({
      ...{ status: 'active', activated_at: now, password_hash: kept, password_changed_at: now },
      password_attestation: attestPassword(secrets, personId, kept),
      password_ends_at: endsAt,
    })
    .where('person_id', '=', personId)
    .execute();
  await record(transaction, {
    type: 'password.imported',
    actor,
    subject: { kind: 'person', id: personId },
    data: { scheme, ...(endsAt ? { endsAt: endsAt.toISOString() } : {}) },
  });
  if (endsAt) await tellOfEnd(transaction, personId, endsAt);
  return undefined;
}

/** The owner is told until when the password works. */
export async function tellOfEnd(transaction: Transaction, personId: string, endsAt: Date): Promise<void> {
  await notify(transaction, { personId, kind: 'password.ends', data: { until: endsAt.toISOString().slice(0, 10) } });
}

async function personOf(db: ServiceContext['db'], educationId: string): Promise<string | undefined> {
  try {
    return (await findByEducationId(db, educationId))?.id;
  } catch (error) {
    if (error instanceof EduTrustError) return undefined; // no education ID at all
    throw error;
  }
}

function badDate(): InvalidInput {
  return new InvalidInput('passwords/bad-date', {
    vi: `Ngày hết hạn của mật khẩu yếu phải trong ${mostWeakDays} ngày tới.`,
    en: `Weak passwords end within ${mostWeakDays} days from now.`,
  });
}
