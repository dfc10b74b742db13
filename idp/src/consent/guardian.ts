import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { decidersOf, decidesFor, whoConsents } from '@edutrust/registry/guardians';
import { notify } from '@edutrust/registry/notices';
import { sql } from 'kysely';
import type { App } from '../apps/app.ts';
import { isForPerson } from '../apps/release.ts';
import { record } from '../events.ts';
import { digestOfSaid, type Said } from './said.ts';

/** What a guardian is asked for, or agreed to. */
export interface GuardianConsent {
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly askedAt: Date;
  readonly guardianId: string | null;
  readonly givenAt: Date | null;
  readonly said: Said | null;
}

/** What guardians were asked for the child, and what of it they agreed to. */
export async function guardianConsents(db: Database | Transaction, childId: string): Promise<GuardianConsent[]> {
  const { rows } = await sql<GuardianConsent>`
    SELECT client_id AS "clientId", scopes, asked_at AS "askedAt", guardian_id AS "guardianId", given_at AS "givenAt", said
    FROM idp.guardian_consent WHERE person_id = ${childId} ORDER BY asked_at`.execute(db);
  return rows;
}

/**
 * Whose word the app waits for. An approved app of the child's own school rests on the decision of two people and on nobody's
 * consent: a child who is asked there all the same, because the app wants to keep access, answers alone.
 */
export const whoseWord = async (db: Database | Transaction, app: App, personId: string, now: Date) =>
  app.isApproved && (await isForPerson(db, app, personId)) ? 'self' : whoConsents(db, personId, now);

/** Where the representative's word stands: nobody asked for it, it is waited for, or it is given by one who still decides. */
export async function guardianWord(
  db: Database | Transaction,
  childId: string,
  clientId: string,
  scopes: readonly string[],
  now: Date,
): Promise<'none' | 'asked' | 'given'> {
  const row = (await guardianConsents(db, childId)).find((one) => one.clientId === clientId);
  if (!row || !scopes.every((scope) => row.scopes.includes(scope))) return 'none';
  // Whom a court has limited since, or who is a guardian no longer, speaks for the child no longer.
  const counting = { alsoOfWhoLeft: true };
  return row.guardianId && (await decidesFor(db, row.guardianId, childId, now, counting)) ? 'given' : 'asked';
}

/** Asks the child's guardians; more than they agreed to is asked anew. Once, however often the child comes back. */
export async function askGuardians(
  transaction: Transaction,
  { clock }: Pick<ServiceContext, 'clock'>,
  { personId, app, scopes, name }: { personId: string; app: App; scopes: readonly string[]; name: string },
): Promise<void> {
  const now = clock.now();
  if ((await guardianWord(transaction, personId, app.clientId, scopes, now)) === 'asked') return;
  await sql`
    INSERT INTO idp.guardian_consent AS held (person_id, client_id, scopes, asked_at)
    VALUES (${personId}, ${app.clientId}, ${[...scopes]}, ${now})
    ON CONFLICT (person_id, client_id) DO UPDATE SET asked_at = excluded.asked_at, guardian_id = NULL, given_at = NULL,
      said = NULL, acr = NULL, scopes = (SELECT array_agg(DISTINCT scope) FROM unnest(held.scopes || excluded.scopes) AS scope)`.execute(
    transaction,
  );
  await record(transaction, {
    type: 'consent.asked',
    actor: { kind: 'system', name: 'consent' },
    subject: { kind: 'person', id: personId },
    data: { app: app.clientId, scopes: [...scopes] },
  });
  const data = { child: name, app: app.name };
  const told = await decidersOf(transaction, personId, now);
  await notify(transaction, ...told.map(({ id }) => ({ personId: id, kind: 'consent.asked' as const, data })));
}

/**
 * Keeps that a guardian agreed, with the words that were shown: to what was asked then, and not to what was asked since.
 *
 * @throws NotFound `account/no-child` unless they decide for the child; `account/not-asked` when the child did not ask
 */
export async function agreeForChild(
  transaction: Transaction,
  { clock }: Pick<ServiceContext, 'clock'>,
  { childId, clientId, askedAt, said }: { childId: string; clientId: string; askedAt: Date; said: Said },
  actor: PersonActor,
): Promise<void> {
  const now = clock.now();
  if (!(await decidesFor(transaction, actor.personId, childId, now))) throw noChild();
  const { rows } = await sql<{ scopes: string[] }>`
    UPDATE idp.guardian_consent SET guardian_id = ${actor.personId}, given_at = ${now}, acr = ${actor.acr},
      said = ${JSON.stringify(said)}::jsonb
    WHERE person_id = ${childId} AND client_id = ${clientId} AND asked_at = ${askedAt} RETURNING scopes`.execute(
    transaction,
  );
  if (!rows[0]) throw notAsked();
  await record(transaction, {
    type: 'consent.guardian-agreed',
    actor,
    subject: { kind: 'person', id: childId },
    data: { app: clientId, scopes: rows[0].scopes, said: digestOfSaid(said), acr: actor.acr },
  });
}

/** Takes what was asked or agreed to away; gives whether there was anything. */
export async function forgetGuardianConsent(
  transaction: Transaction,
  childId: string,
  clientId: string,
): Promise<boolean> {
  const { numAffectedRows = 0n } = await sql`
    DELETE FROM idp.guardian_consent WHERE person_id = ${childId} AND client_id = ${clientId}`.execute(transaction);
  return numAffectedRows > 0n;
}

/** The same for another's child, for one who decides alone, and for nobody. */
export function noChild(): NotFound {
  return new NotFound('account/no-child', { vi: 'Không có con em này.', en: 'There is no such child.' });
}

function notAsked(): NotFound {
  return new NotFound('account/not-asked', {
    vi: 'Con chưa xin điều này, hoặc đã thôi.',
    en: 'The child has not asked for this, or no longer does.',
  });
}
