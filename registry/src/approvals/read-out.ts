import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, type EduTrustError, InvalidInput } from '@edutrust/platform/errors';
import { record } from '../events.ts';
import { registryOf } from '../tables.ts';
import { close } from './close.ts';
import type { Opened } from './opened.ts';

const mostWrongCodes = 5;

/** A wrong code is counted also when nothing else happens; after five the approval is refused. */
export async function wrongCode(
  context: ServiceContext,
  transaction: Transaction,
  opened: Opened,
  typed: string | undefined,
  actor: PersonActor,
): Promise<EduTrustError | undefined> {
  const right = opened.kind.readOut?.(opened.content);
  if (right === undefined || right === (typed ?? '').replaceAll(/\s/g, '')) return undefined;
  const { row } = opened;
  const tries = row.wrong_codes + 1;
  await registryOf(transaction)
    .updateTable('registry.approval')
    .set({ wrong_codes: tries })
    .where('id', '=', row.id)
    .execute();
  await record(transaction, {
    type: 'approval.wrong-code',
    actor,
    subject: { kind: 'approval', id: row.id },
    organisationId: row.organisation_id,
    data: { tries },
  });
  const detail = { vi: 'Mã này không khớp với mã trên điện thoại.', en: 'This code is not the one on the phone.' };
  if (tries < mostWrongCodes) {
    return new InvalidInput('approvals/wrong-code', detail, {
      fields: [{ pointer: '/code', detail }],
      remedy: {
        vi: `Gọi lại cho người đó và nghe họ đọc sáu chữ số. Còn ${mostWrongCodes - tries} lần.`,
        en: `Call the person again and have them read the six digits out. ${mostWrongCodes - tries} tries are left.`,
      },
    });
  }
  await close(context, transaction, opened, {
    state: 'refused',
    reason: 'Sai mã đọc qua điện thoại quá 5 lần (the code was wrong five times)',
    actor,
  });
  return new Conflict('approvals/too-many-codes', {
    vi: 'Mã sai quá nhiều lần nên việc này đã bị từ chối.',
    en: 'The code was wrong too often, so this was refused.',
  });
}
