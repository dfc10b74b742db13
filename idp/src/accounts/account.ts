import { randomBytes } from 'node:crypto';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict } from '@edutrust/platform/errors';
import { getPerson, hasLeft } from '@edutrust/registry/people';
import type { Selectable } from 'kysely';
import { type AccountTable, idpOf } from '../tables.ts';

export type Account = Selectable<AccountTable>;

/** The account of a person; undefined before they are invited. */
export async function findAccount(db: Database | Transaction, personId: string): Promise<Account | undefined> {
  return idpOf(db).selectFrom('idp.account').selectAll().where('person_id', '=', personId).executeTakeFirst();
}

/**
 * The person's account, made when there is none yet; also of who left, to whom their own pages are open (ADR 0375).
 *
 * @throws NotFound when there is no such person; Conflict `accounts/no-person` when the record was merged or erased
 */
export async function ensureAccount(transaction: Transaction, personId: string, now: Date): Promise<Account> {
  const { status } = await getPerson(transaction, personId);
  if (status === 'merged' || status === 'erased')
    throw new Conflict('accounts/no-person', {
      vi: 'Hồ sơ này đã được gộp hoặc đã xoá nên không có tài khoản.',
      en: 'This record was merged or erased, so there is no account.',
    });
  await idpOf(transaction)
    .insertInto('idp.account')
    .values({
      person_id: personId,
      status: 'invited',
      password_hash: null,
      password_changed_at: null,
      user_handle: randomBytes(32),
      created_at: now,
      activated_at: null,
      suspended_at: null,
      last_sign_in_at: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return idpOf(transaction)
    .selectFrom('idp.account')
    .selectAll()
    .where('person_id', '=', personId)
    .forUpdate()
    .executeTakeFirstOrThrow();
}

/**
 * What the school gives those who are there: badges, and codes that one person makes. Who left has nobody who sees them
 * every day, and would not notice that somebody else came in.
 *
 * @throws Conflict `accounts/person-left`
 */
export async function mustBelong(transaction: Transaction, personId: string): Promise<void> {
  if (!hasLeft(await getPerson(transaction, personId))) return;
  throw new Conflict(
    'accounts/person-left',
    { vi: 'Người này đã rời trường.', en: 'This person has left the school.' },
    {
      remedy: {
        vi: 'Ai quên cách đăng nhập thì đến trường cũ hoặc Sở cùng giấy tờ tuỳ thân: hai người cùng cấp mã.',
        en: 'Who forgot how to sign in comes to the last school or the department with an identity paper: two people make the code.',
      },
    },
  );
}
