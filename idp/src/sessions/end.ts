import type { Transaction } from '@edutrust/platform/database';
import { type DomainEvent, record } from '@edutrust/platform/events';
import type { Actor } from '@edutrust/platform/http';
import type { Jobs } from '@edutrust/platform/jobs';
import { type RawBuilder, sql } from 'kysely';
import type { AdapterPayload } from 'oidc-provider';

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
  | 'credentials-changed'
  | 'ended-by-administrator';

/**
 * Ends sessions and everything that came of them, in the caller's transaction: no cookie, code, access or refresh token
 * of theirs works afterwards (S2), and each app of a session is told at least once (P11). When a person's sessions all
 * end, tokens that outlive a session (`offline_access`) end too. Gives how many sessions ended.
 */
export async function endSessions(
  transaction: Transaction,
  jobs: Jobs,
  which: WhichSessions,
  { actor, reason }: { readonly actor: Actor; readonly reason: EndReason },
): Promise<number> {
  const where: RawBuilder<unknown> =
    'uid' in which
      ? sql`uid = ${which.uid}`
      : sql`person_id = ${which.personId} AND uid IS DISTINCT FROM ${which.exceptUid ?? null}`;
  const { rows } = await sql<{ uid: string; person_id: string | null; payload: AdapterPayload }>`
    DELETE FROM idp.session WHERE ${where} RETURNING uid, person_id, payload`.execute(transaction);
  const uids = rows.map(({ uid }) => uid);
  for (const table of [sql`idp.access_token`, sql`idp.refresh_token`, sql`idp.authorization_code`]) {
    // A token of `offline_access` says so itself; it stays when one session of several ends.
    await sql`
      DELETE FROM ${table} WHERE session_uid = ANY(${uids}) AND coalesce((payload->>'expiresWithSession')::boolean, true)`.execute(
      transaction,
    );
    if (!('uid' in which)) {
      await sql`
        DELETE FROM ${table} WHERE person_id = ${which.personId} AND session_uid IS DISTINCT FROM ${which.exceptUid ?? null}`.execute(
        transaction,
      );
    }
  }
  const events: DomainEvent[] = [];
  for (const { uid, person_id: personId, payload } of rows) {
    if (!personId) continue; // nobody had signed in yet
    for (const [clientId, { sid }] of Object.entries(payload.authorizations ?? {})) {
      if (sid) await enqueueLogout(transaction, jobs, { clientId, personId, sid });
    }
    events.push({
      type: 'session.ended',
      actor,
      subject: { kind: 'person', id: personId },
      data: { session: uid, reason },
    });
  }
  await record(transaction, ...events);
  return rows.length;
}

/** One job an app and session: a second one for the same replaces the first while it waits. */
export async function enqueueLogout(
  transaction: Transaction,
  jobs: Jobs,
  { clientId, personId, sid }: { readonly clientId: string; readonly personId: string; readonly sid: string },
): Promise<void> {
  await jobs.enqueue(
    transaction,
    logoutTask,
    { clientId, personId, sid },
    { key: `${logoutTask}:${sid}`, maxAttempts: 20 },
  );
}
