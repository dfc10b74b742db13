import type { Actor } from '@edutrust/platform/actor';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { notify } from '../notices/notices.ts';
import { organisationOf } from './people.ts';

/** Longest address of RFC 5321 §4.5.3.1.3, without its angle brackets. */
const mostCharacters = 254;

/**
 * An address that notices are mailed to: one mailbox, a dot in its domain, nothing that a mail header would read as more.
 *
 * @throws InvalidInput `people/bad-email`
 */
export function parseAddress(text: string): string {
  const address = text.normalize('NFC').trim();
  if (
    address.length <= mostCharacters &&
    /^[^\s@<>()[\]\\,;:"\p{C}]+@[^\s@<>()[\]\\,;:"\p{C}.]+(\.[^\s@<>()[\]\\,;:"\p{C}.]+)+$/u.test(address)
  )
    return address;
  const detail = {
    vi: 'Địa chỉ thư điện tử không đúng dạng, ví dụ: ten@truong.edu.vn.',
    en: 'This is not an e-mail address; one looks like name@school.edu.vn.',
  };
  throw new InvalidInput('people/bad-email', detail, { fields: [{ pointer: '/email', detail }] });
}

/**
 * Keeps where a grown-up's notices are mailed to; null for nowhere. A person who was reached at another address before is notified
 * there: nobody turns a person's warnings away in silence (W7). Unchanged, nothing happens.
 *
 * @throws InvalidInput `people/bad-email`; Conflict `people/no-email-of-pupils`.
 */
export async function changeAddress(
  transaction: Transaction,
  personId: string,
  text: string | null,
  actor: Actor,
): Promise<void> {
  const email = text === null || text.trim() === '' ? null : parseAddress(text);
  // Held first, looked at then: a role that is given meanwhile is seen.
  await sql`SELECT FROM registry.person WHERE id = ${personId} FOR UPDATE`.execute(transaction);
  const { rows } = await sql<{ before: string | null; isPupil: boolean }>`
    SELECT p.email AS before, NOT EXISTS (SELECT FROM registry.affiliation AS f
      WHERE f.person_id = p.id AND f.valid_until IS NULL AND f.role <> 'learner') AS "isPupil"
    FROM registry.person AS p WHERE p.id = ${personId}`.execute(transaction);
  const [person] = rows;
  if (!person || person.before === email) return;
  if (person.isPupil && email !== null) {
    throw new Conflict('people/no-email-of-pupils', {
      vi: 'Không giữ địa chỉ thư của học sinh.',
      en: 'No e-mail addresses of pupils are kept.',
    });
  }
  if (person.before !== null) await notify(transaction, { personId, kind: 'email.changed', address: person.before });
  await sql`UPDATE registry.person SET email = ${email}, version = version + 1 WHERE id = ${personId}`.execute(
    transaction,
  );
  if (person.before === null) await notify(transaction, { personId, kind: 'email.changed' });
  await recordChange(transaction, personId, actor);
}

/**
 * Gives a person back the address that they had before the first change of it since then; nothing when it was not changed.
 * Gives whether it was.
 */
export async function takeBackAddress(
  transaction: Transaction,
  personId: string,
  since: Date,
  actor: Actor,
): Promise<boolean> {
  await sql`SELECT FROM registry.person WHERE id = ${personId} FOR UPDATE`.execute(transaction);
  const { numAffectedRows } = await sql`
    UPDATE registry.person AS p SET email = first.address, version = version + 1
    FROM (SELECT address FROM registry.notice WHERE person_id = ${personId} AND kind = 'email.changed' AND at >= ${since}
      ORDER BY id LIMIT 1) AS first
    WHERE p.id = ${personId} AND p.email IS DISTINCT FROM first.address`.execute(transaction);
  if (numAffectedRows !== 1n) return false;
  await recordChange(transaction, personId, actor);
  return true;
}

async function recordChange(transaction: Transaction, personId: string, actor: Actor): Promise<void> {
  await record(transaction, {
    type: 'person.changed',
    actor,
    subject: { kind: 'person', id: personId },
    ...(await organisationOf(transaction, personId)),
    data: { fields: ['email'] },
  });
}

/** Who is reached at these addresses now. */
export async function peopleAt(db: Database, addresses: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM registry.person WHERE email = ANY(${[...new Set(addresses)]})`.execute(db);
  return rows.map(({ id }) => id);
}
