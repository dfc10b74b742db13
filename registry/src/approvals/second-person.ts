import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Forbidden } from '@edutrust/platform/errors';
import { mustReach, type Opened } from './opened.ts';
import { actedOnEachOther, mustNotBeByGlass, mustNotBeRecovered, notSecond } from './rules.ts';

/** Who can be the second person (Q1). */
export async function mustBeSecond(
  context: ServiceContext,
  transaction: Transaction,
  opened: Opened,
  actor: PersonActor,
): Promise<void> {
  mustNotBeByGlass(actor);
  const { row } = opened;
  await mustReach(context, opened, actor);
  if (row.maker_id === actor.personId) throw own();
  const { kind, content } = opened;
  const isNamed = row.concerns_id === actor.personId || kind.concerns(content) === actor.personId;
  if (isNamed || (await kind.concernsToo?.(transaction, content, actor.personId))) {
    throw new Forbidden('approvals/concerns-you', {
      vi: 'Việc này liên quan đến chính anh/chị nên cần một người khác duyệt.',
      en: 'This concerns yourself, so somebody else has to approve it.',
    });
  }
  const now = context.clock.now();
  await mustNotBeRecovered(transaction, actor.personId, now);
  const at = await actedOnEachOther(transaction, row.maker_id, actor.personId, now);
  if (at) throw notSecond(at);
}

export function own(): Forbidden {
  return new Forbidden('approvals/own', {
    vi: 'Anh/chị không thể tự duyệt hay từ chối việc do chính mình lập. Cần một người khác.',
    en: 'You cannot decide on what you proposed yourself. Somebody else must.',
  });
}
