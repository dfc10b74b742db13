import { createHash } from 'node:crypto';
import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { uuidv7 } from '@edutrust/platform/ids';
import type { Selectable } from 'kysely';
import { record } from '../events.ts';
import { inkOf } from '../formats/pades/ink.ts';
import { type SigningTables, signingOf } from '../tables.ts';

export type PictureRow = Selectable<SigningTables['signing.picture']>;

/** Largest file that is looked at, in bytes. */
export const largestPictureBytes = 2 * 1024 * 1024;

export const sha256Hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * Keeps the ink of a PNG as the person's own signature, in the place of the one before. Nothing else of the file is kept.
 *
 * @throws InvalidInput `sign/image`
 */
export async function keepOwnPicture(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  png: Buffer,
  actor: PersonActor,
): Promise<void> {
  const ink = inkOf(png, 'signature');
  const made = { ...ink, made_by: actor.personId, made_at: clock.now() };
  await db.transaction().execute(async (transaction) => {
    await signingOf(transaction)
      .insertInto('signing.picture')
      .values({
        ...made,
        id: uuidv7(),
        person_id: actor.personId,
        organisation_id: null,
        width_mm: null,
        approval_id: null,
        approved_at: null,
      })
      .onConflict((on) => on.column('person_id').doUpdateSet(made))
      .execute();
    await record(transaction, {
      type: 'signature-picture.kept',
      actor,
      subject: { kind: 'person', id: actor.personId },
      data: { maskSha256: sha256Hex(ink.mask) },
    });
  });
}

/** Removes the person's own; nothing happens when there is none. */
export async function removeOwnPicture({ db }: Pick<ServiceContext, 'db'>, actor: PersonActor): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const gone = await signingOf(transaction)
      .deleteFrom('signing.picture')
      .where('person_id', '=', actor.personId)
      .executeTakeFirst();
    if (gone.numDeletedRows === 0n) return;
    await record(transaction, {
      type: 'signature-picture.removed',
      actor,
      subject: { kind: 'person', id: actor.personId },
    });
  });
}

/** The ink with which a person signs, or the seal that two people agreed to. */
export function findPicture(
  db: Database | Transaction,
  of: { readonly personId: string } | { readonly organisationId: string },
): Promise<PictureRow | undefined> {
  return signingOf(db)
    .selectFrom('signing.picture')
    .selectAll()
    .where((on) =>
      'personId' in of
        ? on('person_id', '=', of.personId)
        : on.and([on('organisation_id', '=', of.organisationId), on('approved_at', 'is not', null)]),
    )
    .executeTakeFirst();
}
