import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import type { Selectable, Updateable } from 'kysely';
import { record } from '../events.ts';
import { type SigningTables, signingOf } from '../tables.ts';
import { actorOf, secretHash } from './ask.ts';
import { type AuthorisationState, authorisationMoves } from './states.ts';

export type AuthorisationRow = Selectable<SigningTables['signing.remote_authorisation']>;
export type HashRow = Selectable<SigningTables['signing.remote_hash']>;

/** Moves one on that the transaction has locked. */
export async function moveAuthorisation(
  transaction: Transaction,
  { id, state }: Pick<AuthorisationRow, 'id' | 'state'>,
  to: AuthorisationState,
  values: Updateable<SigningTables['signing.remote_authorisation']> = {},
): Promise<void> {
  authorisationMoves.mustMove(state, to);
  await signingOf(transaction)
    .updateTable('signing.remote_authorisation')
    .set({ ...values, state: to })
    .where('id', '=', id)
    .execute();
}

/** It is over without a signature, and the log says why. */
export async function closeAuthorisation(
  transaction: Transaction,
  authorisation: AuthorisationRow,
  state: 'refused' | 'expired',
  code: string,
): Promise<void> {
  await moveAuthorisation(transaction, authorisation, state);
  await record(transaction, {
    type: `remote-authorisation.${state}`,
    actor: actorOf(authorisation.client_id),
    subject: { kind: 'remote-authorisation', id: authorisation.id },
    organisationId: authorisation.organisation_id,
    data: { code },
  });
}

export const hashesOf = (transaction: Transaction, id: string): Promise<HashRow[]> =>
  signingOf(transaction)
    .selectFrom('signing.remote_hash')
    .selectAll()
    .where('authorisation_id', '=', id)
    .orderBy('position')
    .execute();

/** What became of what an app asked for: `waiting` only while the person can still act. */
export type Outcome = Exclude<AuthorisationState, 'used'>;

/** The question that belongs to a sign-in of an app; undefined when there is none. */
export async function ofInteraction(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  interaction: string,
): Promise<{ readonly id: string; readonly personId: string; readonly outcome: Outcome } | undefined> {
  const row = await signingOf(db)
    .selectFrom('signing.remote_authorisation')
    .select(['id', 'person_id', 'state', 'expires_at'])
    .where('interaction', '=', interaction)
    .executeTakeFirst();
  return row && { id: row.id, personId: row.person_id, outcome: outcomeOf(row, clock.now()) };
}

/** The question that a handle was given for, to the app that asked. */
export async function ofHandle(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  handle: string,
  of: { readonly clientId: string; readonly personId: string },
): Promise<{ readonly id: string; readonly outcome: Outcome; readonly isGiven: boolean } | undefined> {
  const row = await signingOf(db)
    .selectFrom('signing.remote_authorisation')
    .select(['id', 'state', 'expires_at', 'sad_sha256'])
    .where('handle_sha256', '=', secretHash(handle))
    .where('client_id', '=', of.clientId)
    .where('person_id', '=', of.personId)
    .executeTakeFirst();
  return row && { id: row.id, outcome: outcomeOf(row, clock.now()), isGiven: row.sad_sha256 !== null };
}

function outcomeOf({ state, expires_at }: Pick<AuthorisationRow, 'state' | 'expires_at'>, now: Date): Outcome {
  if (state === 'used') return 'expired';
  return (state === 'waiting' || state === 'authorised') && now >= expires_at ? 'expired' : state;
}

/** Gives the signature activation data of what was confirmed, once; false when it was given already or is over. */
export async function giveActivationData(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  id: string,
  sad: string,
): Promise<boolean> {
  const given = await signingOf(db)
    .updateTable('signing.remote_authorisation')
    .set({ sad_sha256: secretHash(sad) })
    .where('id', '=', id)
    .where('state', '=', 'authorised')
    .where('sad_sha256', 'is', null)
    .where('expires_at', '>', clock.now())
    .executeTakeFirst();
  return given.numUpdatedRows === 1n;
}

/** Ends what nobody confirmed or fetched in time. */
export async function forgetAuthorisations({ db, clock }: Pick<ServiceContext, 'db' | 'clock'>): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const over = await signingOf(transaction)
      .selectFrom('signing.remote_authorisation')
      .selectAll()
      .where('state', 'in', ['waiting', 'authorised'])
      .where('expires_at', '<=', clock.now())
      .orderBy('id')
      .forUpdate()
      .skipLocked()
      .execute();
    for (const one of over) await closeAuthorisation(transaction, one, 'expired', 'signing/session-expired');
  });
}
