import type { Actor } from '@edutrust/platform/actor';
import type { Transaction } from '@edutrust/platform/database';
import type { Jobs } from '@edutrust/platform/jobs';
import { type RawBuilder, sql } from 'kysely';
import type { AdapterPayload } from 'oidc-provider';
import { type IdpEvent, record } from '../events.ts';
import { ownClientId } from '../provider/first-party.ts';

/** The task that tells an app that a session ended; see `backchannel.ts`. */
export const logoutTask = 'idp.backchannel-logout';

/** Which sessions end: one by its uid, all of a person, or all but one. */
export type WhichSessions =
  | { readonly uid: string }
  | { readonly personId: string; readonly exceptUid?: string | undefined };

export type EndReason =
  | 'signed-out'
  | 'signed-out-everywhere'
  | 'suspended'
  | 'left'
  | 'merged'
  | 'credentials-changed'
  | 'not-me'
  | 'ended-by-administrator'
  | 'break-glass-closed'
  | 'exam'
  | 'lesson-over'
  | 'next-badge';

/** Where codes and tokens of people lie. */
export const tokenTables = [
  sql`idp.access_token`,
  sql`idp.refresh_token`,
  sql`idp.authorization_code`,
  sql`idp.device_code`,
  sql`idp.backchannel_request`,
];

/**
 * Ends sessions and everything that came of them, in the caller's transaction: no cookie, code, access or refresh token
 * of theirs works afterwards (S2), also none that a request under way would still store (S9), and each app is told at
 * least once (P11). Tokens of `offline_access` outlive one session that ends; they end when all of the person's do.
 * Gives how many sessions ended.
 */
export async function endSessions(
  transaction: Transaction,
  jobs: Jobs,
  which: WhichSessions,
  { actor, reason }: { readonly actor: Actor; readonly reason: EndReason },
): Promise<number> {
  // First: a writer that stores something for this person holds the account, so it is either seen below or refused.
  if (!('uid' in which)) await beginEpoch(transaction, which.personId);
  const where: RawBuilder<unknown> =
    'uid' in which
      ? sql`uid = ${which.uid}`
      : sql`person_id = ${which.personId} AND uid IS DISTINCT FROM ${which.exceptUid ?? null}`;
  const { rows } = await sql<{ uid: string; person_id: string | null; payload: AdapterPayload }>`
    DELETE FROM idp.session WHERE ${where} RETURNING uid, person_id, payload`.execute(transaction);
  const told = new Set<string>();
  const events: IdpEvent[] = [];
  for (const { uid, person_id: personId, payload } of rows) {
    if (!personId) continue; // nobody had signed in yet
    for (const [clientId, { sid }] of Object.entries(payload.authorizations ?? {})) {
      if (!sid || clientId === ownClientId) continue; // our own pages ask for each request
      await enqueueLogout(transaction, jobs, { clientId, personId, sid });
      told.add(clientId);
    }
    events.push({
      type: 'session.ended',
      actor,
      subject: { kind: 'person', id: personId },
      data: { session: uid, reason },
    });
  }
  if ('uid' in which) {
    await endTokensOfSession(transaction, which.uid);
  } else {
    for (const clientId of await endTokensOfPerson(transaction, which)) {
      // An app that kept access without a session is told of the person.
      if (!told.has(clientId)) await enqueueLogout(transaction, jobs, { clientId, personId: which.personId });
    }
  }
  await record(transaction, ...events);
  return rows.length;
}

async function beginEpoch(transaction: Transaction, personId: string): Promise<void> {
  await sql`SELECT 1 FROM idp.account WHERE person_id = ${personId} FOR UPDATE`.execute(transaction);
  await sql`UPDATE idp.account SET epoch = epoch + 1 WHERE person_id = ${personId}`.execute(transaction);
}

async function endTokensOfSession(transaction: Transaction, uid: string): Promise<void> {
  for (const table of tokenTables) {
    // A token of `offline_access` does not carry the member: the library stores it only when it is true.
    await sql`DELETE FROM ${table} WHERE session_uid = ${uid} AND (coalesce((payload->>'expiresWithSession')::boolean, false)
      OR coalesce(payload->'extra' ? 'act', false))`.execute(transaction);
  }
  await sql`
    DELETE FROM idp.oauth_grant AS g WHERE g.session_uid = ${uid}
      AND ${sql.join(
        tokenTables.map((table) => sql`NOT EXISTS (SELECT FROM ${table} AS t WHERE t.grant_id = g.id)`),
        sql` AND `,
      )}`.execute(transaction);
}

/** Gives the apps that held a refresh token outside the session that stays. */
async function endTokensOfPerson(
  transaction: Transaction,
  { personId, exceptUid = null }: { readonly personId: string; readonly exceptUid?: string | null | undefined },
): Promise<string[]> {
  const { rows } = await sql<{ client_id: string }>`
    SELECT DISTINCT payload->>'clientId' AS client_id FROM idp.refresh_token
    WHERE person_id = ${personId} AND session_uid IS DISTINCT FROM ${exceptUid} AND expires_at > now()`.execute(
    transaction,
  );
  for (const table of tokenTables) {
    await sql`DELETE FROM ${table} WHERE person_id = ${personId}
        AND (session_uid IS DISTINCT FROM ${exceptUid} OR session_uid IS NULL)`.execute(transaction);
  }
  await sql`
    DELETE FROM idp.oauth_grant AS g WHERE g.person_id = ${personId} AND NOT EXISTS (
      SELECT FROM idp.session AS s, jsonb_each(coalesce(s.payload->'authorizations', '{}')) AS entered
      WHERE s.uid = ${exceptUid} AND entered.value->>'grantId' = g.id)`.execute(transaction);
  return rows.map(({ client_id }) => client_id);
}

/** One job an app and session, or person: a second one for the same replaces the first while it waits. */
export async function enqueueLogout(
  transaction: Transaction,
  jobs: Jobs,
  { clientId, personId, sid }: { readonly clientId: string; readonly personId: string; readonly sid?: string },
): Promise<void> {
  await jobs.enqueue(
    transaction,
    logoutTask,
    { clientId, personId, ...(sid ? { sid } : {}) },
    { key: `${logoutTask}:${sid ?? `${clientId}:${personId}`}`, maxAttempts: 20 },
  );
}
