import type { Actor } from '@edutrust/platform/actor';
import type { Transaction } from '@edutrust/platform/database';
import { Forbidden } from '@edutrust/platform/errors';
import { getPerson, hasLeft } from '@edutrust/registry/people';
import { decide, recordedRolesOf } from '@edutrust/registry/permissions';
import { findAccount } from './account.ts';

/**
 * Whether a code for the person takes a second person: it lets its holder choose new credentials, so one person alone
 * makes none for those who sign or guard the keys, none for who left, nor a new one for a guardian who has an account. A guardian's first
 * code is the school's to give.
 *
 * @throws Forbidden `accounts/not-yours` when the actor may not make one at all.
 */
export async function invitingTakesTwo(transaction: Transaction, actor: Actor, personId: string): Promise<boolean> {
  const verdict = await decide(transaction, actor, 'accounts.invite', { personId });
  if (verdict === 'no') throw notYours();
  if (verdict === 'alone') return false;
  if (hasLeft(await getPerson(transaction, personId))) return true;
  const account = await findAccount(transaction, personId);
  return account?.activated_at != null || (await recordedRolesOf(transaction, personId)).length > 0;
}

function notYours(): Forbidden {
  return new Forbidden(
    'accounts/not-yours',
    {
      vi: 'Anh/chị không được cấp mã kích hoạt cho người này.',
      en: 'You may not make an activation code for this person.',
    },
    {
      remedy: {
        vi: 'Giáo viên chủ nhiệm cấp mã cho học sinh lớp mình; quản trị viên của trường hoặc Sở cấp cho người khác.',
        en: "A class teacher makes codes for their own class, the school's or department's administrator for others.",
      },
    },
  );
}
