import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { takeBackAddress } from '@edutrust/registry/addresses';
import { notify } from '@edutrust/registry/notices';
import { getPerson, homeOf, personClaims } from '@edutrust/registry/people';
import { holdersOf } from '@edutrust/registry/permissions';
import { suspend } from '../accounts/accounts.ts';
import { revokeCodes } from '../activation/activation.ts';
import { record } from '../events.ts';
import { forgetPassword } from '../password/password.ts';
import { passwordRuleFor } from '../password/policy.ts';
import { endSessions } from '../sessions/end.ts';
import { recentChanges, restoreBefore } from './changes.ts';

/** As many of a school's administrators as are told. */
const mostTold = 20;
/** Who holds the link, and no more is known of them. */
const holder: Actor = { kind: 'system', name: 'not-me' };

/** Who takes it back: a colleague of the school who sees the person, or whoever holds the link of the notice. */
type TakenBackBy = { readonly desk: Actor } | 'link';

/**
 * Takes a change of how somebody signs in back, with all that came after it. Every session, token and unused code ends,
 * apps are told (P11); what was added is gone, what was removed is there again. The password is forgotten whatever
 * changed: others may know both. Nobody is let in by this: the account is suspended until the school has seen the person,
 * but a child's, whose teacher does it and gives the next code.
 *
 * @throws NotFound `changes/not-open`
 */
export async function takeBack(
  transaction: Transaction,
  context: Pick<ServiceContext, 'jobs' | 'clock'>,
  { id, personId: whose }: { readonly id: string; readonly personId?: string },
  by: TakenBackBy,
): Promise<void> {
  const now = context.clock.now();
  const [change] = await recentChanges(transaction, { id }, now);
  if (!change || (whose !== undefined && change.personId !== whose)) throw notOpen();
  const changes = await restoreBefore(transaction, change);
  if (changes === 0) throw notOpen();
  const { personId } = change;
  const actor = by === 'link' ? holder : by.desk;
  await takeBackAddress(transaction, personId, change.at, actor);
  await forgetPassword(transaction, personId);
  await revokeCodes(transaction, personId, now);
  await endSessions(transaction, context.jobs, { personId }, { actor, reason: 'not-me' });
  const { isPupil } = passwordRuleFor(await personClaims(transaction, personId), []);
  if (isPupil) await notify(transaction, { personId, kind: 'account.taken-back' });
  else await suspend(transaction, context, personId, actor);
  await record(transaction, {
    type: 'account.taken-back',
    actor,
    subject: { kind: 'person', id: personId },
    data: { changes, by: by === 'link' ? 'link' : 'desk' },
  });
  if (by === 'link') await tellDesk(transaction, personId);
}

async function tellDesk(transaction: Transaction, personId: string): Promise<void> {
  const home = await homeOf(transaction, personId);
  if (!home) return;
  const { fullName: name } = await getPerson(transaction, personId);
  const desk = await holdersOf(transaction, 'accounts.suspend', home, mostTold);
  const told = desk.filter((id) => id !== personId);
  await notify(transaction, ...told.map((id) => ({ personId: id, kind: 'account.not-me' as const, data: { name } })));
}

function notOpen(): NotFound {
  return new NotFound(
    'changes/not-open',
    {
      vi: 'Thay đổi này không lấy lại được nữa: đã lấy lại rồi, hoặc đã quá 24 giờ.',
      en: 'This change can no longer be taken back: it was already, or 24 hours have passed.',
    },
    {
      remedy: {
        vi: 'Vẫn thấy lạ? Hãy báo nhà trường ngay.',
        en: 'If something is still wrong, tell your school at once.',
      },
    },
  );
}
