import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';
import { errors } from 'oidc-provider';
import { record } from '../events.ts';
import { refreshSeconds } from '../provider/grants.ts';
import { endGrants } from '../provider/models/end-grants.ts';
import { grantForSession } from '../provider/models/grant.ts';
import { forgetGuardianConsent } from './guardian.ts';
import { digestOfSaid, type Said } from './said.ts';

const actorOf = (personId: string): Actor => ({
  kind: 'person',
  personId,
  sessionId: '',
  roles: [],
  acr: '',
  authenticatedAt: new Date(0),
});

/**
 * Keeps what the person agreed to, so that it is asked once, and makes the grant for it; gives the grant's id.
 *
 * @throws SessionNotFound when the session ended meanwhile: what it agreed to is not kept.
 */
export async function giveConsent(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  {
    personId,
    clientId,
    scopes,
    sessionUid,
    children = [],
    said,
    acr,
    isWaiting = false,
  }: {
    personId: string;
    clientId: string;
    scopes: readonly string[];
    sessionUid: string;
    /** For whom the person lets the app have them act. */
    children?: readonly string[];
    /** What was agreed to, in the words of the page. */
    said?: Said;
    /** How the person had signed in. */
    acr?: string;
    /** A guardian has not agreed: it is kept, and no app gets anything yet. */
    isWaiting?: boolean;
  },
): Promise<string | undefined> {
  return db.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ epoch: string }>`
      SELECT a.epoch FROM idp.account AS a JOIN idp.session AS s ON s.person_id = a.person_id
      WHERE a.person_id = ${personId} AND s.uid = ${sessionUid} FOR KEY SHARE OF a, s`.execute(transaction);
    if (!rows[0]) throw new errors.SessionNotFound('the session ended');
    await sql`
      INSERT INTO idp.consent AS held (person_id, client_id, scopes, given_at, children, said, acr)
      VALUES (${personId}, ${clientId}, ${[...scopes]}, ${clock.now()}, ${[...children]}::uuid[],
        ${said ? JSON.stringify(said) : null}::jsonb, ${acr ?? null})
      ON CONFLICT (person_id, client_id) DO UPDATE SET given_at = excluded.given_at, said = excluded.said, acr = excluded.acr,
        scopes = (SELECT array_agg(DISTINCT scope) FROM unnest(held.scopes || excluded.scopes) AS scope),
        children = (SELECT coalesce(array_agg(DISTINCT child), '{}') FROM unnest(held.children || excluded.children) AS child)`.execute(
      transaction,
    );
    await record(transaction, {
      type: 'consent.given',
      actor: actorOf(personId),
      subject: { kind: 'person', id: personId },
      data: {
        app: clientId,
        scopes: [...scopes],
        ...(said ? { said: digestOfSaid(said) } : {}),
        ...(acr ? { acr } : {}),
      },
    });
    if (isWaiting) return undefined;
    const { epoch } = rows[0];
    const grant = { sessionUid, personId, clientId, scopes, epoch, lifetimeSeconds: refreshSeconds };
    const id = await grantForSession(transaction, grant);
    if (!id) throw new errors.SessionNotFound('the session ended');
    return id;
  });
}

/** Whether the person agreed to all of it and has not taken it back. */
export async function hasConsented(
  db: Database,
  personId: string,
  clientId: string,
  scopes: readonly string[],
): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM idp.consent WHERE person_id = ${personId} AND client_id = ${clientId} AND scopes @> ${[...scopes]}::text[]`.execute(
    db,
  );
  return rows.length > 0;
}

/**
 * Takes the agreement back: the app's grants and tokens for this person end with it. By the person unless said; of a child
 * either word ends both.
 */
export async function withdrawConsent(
  transaction: Transaction,
  personId: string,
  clientId: string,
  actor: Actor = actorOf(personId),
): Promise<void> {
  const { numAffectedRows } = await sql`
    DELETE FROM idp.consent WHERE person_id = ${personId} AND client_id = ${clientId}`.execute(transaction);
  const isForgotten = await forgetGuardianConsent(transaction, personId, clientId);
  if (numAffectedRows === 0n && !isForgotten) return;
  await endGrants(transaction, sql`person_id = ${personId} AND client_id = ${clientId}`);
  await record(transaction, {
    type: 'consent.withdrawn',
    actor,
    subject: { kind: 'person', id: personId },
    data: { app: clientId },
  });
}
