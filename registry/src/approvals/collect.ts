import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { registryOf } from '../tables.ts';
import type { Applied } from './kind.ts';

const collectHours = 24;

export async function keepToCollect(
  { secrets, clock }: ServiceContext,
  transaction: Transaction,
  id: string,
  parts: NonNullable<Applied['collect']>,
): Promise<void> {
  for (const { personId, text } of parts) {
    await registryOf(transaction)
      .insertInto('registry.approval_collect')
      .values({
        approval_id: id,
        person_id: personId,
        sealed: secrets.encrypt(Buffer.from(text, 'utf8'), `approval/${id}/${personId}`),
        until: new Date(clock.now().getTime() + collectHours * 3_600_000),
      })
      .execute();
  }
}

/** What the approval holds for the caller alone: half of a code. @throws NotFound `approvals/nothing-to-collect` */
export async function collect(
  { db, secrets, clock }: ServiceContext,
  id: string,
  actor: PersonActor,
): Promise<{ readonly text: string; readonly until: Date }> {
  const found = await registryOf(db)
    .selectFrom('registry.approval_collect')
    .selectAll()
    .where('approval_id', '=', id)
    .where('person_id', '=', actor.personId)
    .where('until', '>', clock.now())
    .executeTakeFirst();
  if (found) {
    return {
      text: secrets.decrypt(found.sealed, `approval/${id}/${actor.personId}`).toString('utf8'),
      until: found.until,
    };
  }
  throw new NotFound('approvals/nothing-to-collect', {
    vi: 'Ở đây không có gì cho anh/chị, hoặc đã quá 24 giờ.',
    en: 'There is nothing here for you, or 24 hours have passed.',
  });
}
