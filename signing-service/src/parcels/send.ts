import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { record } from '../events.ts';
import { signingOf } from '../tables.ts';
import { noParcel, notSealed, sentAlready } from './refusals.ts';

/**
 * Records that the warehouse took a sealed parcel, by the receipt that it gave. The same receipt again changes nothing.
 *
 * @throws NotFound `parcels/no-parcel`; Conflict `parcels/not-sealed`, `parcels/sent-already`
 */
export async function recordReceipt(
  { db, clock }: ServiceContext,
  which: { readonly id: string; readonly organisationId: string; readonly receipt: string },
  actor: PersonActor,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const found = await signingOf(transaction)
      .selectFrom('signing.parcel as k')
      .innerJoin('signing.request as r', 'r.id', 'k.request_id')
      .select(['k.receipt', 'r.id as requestId', 'r.state'])
      .where('k.id', '=', which.id)
      .where('k.organisation_id', '=', which.organisationId)
      .forUpdate()
      .executeTakeFirst();
    if (!found) throw noParcel();
    if (found.state !== 'issued') throw notSealed();
    if (found.receipt === which.receipt) return;
    if (found.receipt !== null) throw sentAlready();
    await signingOf(transaction)
      .updateTable('signing.parcel')
      .set({ receipt: which.receipt, sent_by: actor.personId, sent_at: clock.now() })
      .where('id', '=', which.id)
      .execute();
    await record(transaction, {
      type: 'signing-request.sent',
      actor,
      subject: { kind: 'signing-request', id: found.requestId },
      organisationId: which.organisationId,
      data: { parcelId: which.id },
    });
  });
}
