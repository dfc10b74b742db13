import { randomBytes } from 'node:crypto';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict } from '@edutrust/platform/errors';
import { getPerson } from '@edutrust/registry/people';
import type { Selectable } from 'kysely';
import { type AccountTable, idpOf } from '../tables.ts';

export type Account = Selectable<AccountTable>;

/** The account of a person; undefined before they are invited. */
export async function findAccount(db: Database | Transaction, personId: string): Promise<Account | undefined> {
  return idpOf(db).selectFrom('idp.account').selectAll().where('person_id', '=', personId).executeTakeFirst();
}

/** The person's account, made when there is none yet. @throws NotFound when there is no such person. */
export async function ensureAccount(transaction: Transaction, personId: string, now: Date): Promise<Account> {
  const person = await getPerson(transaction, personId);
  if (person.status !== 'active') {
    throw new Conflict('accounts/person-left', {
      vi: 'Người này đã rời khỏi hệ thống trường nên không thể có tài khoản hoạt động.',
      en: 'This person has left, so there can be no active account.',
    });
  }
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
