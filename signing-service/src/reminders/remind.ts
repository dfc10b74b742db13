import { wallClockInVietnam } from '@edutrust/platform/calendar';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { post } from '@edutrust/platform/public-address';
import { notify } from '@edutrust/registry/notices';
import { findSigners, rolesOf } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { countWaiting } from '../requests/count.ts';
import { ofApp } from '../requests/requests.ts';
import { signingOf } from '../tables.ts';
import { applicationServerKey, encryptPush, type PushReceiver, vapidHeader } from './web-push.ts';

/** The job that tells browsers what waits and people which deadlines have passed; every few minutes. */
export const remindTask = 'signing.remind';
/** The job that reminds by mail; in the morning. */
export const remindByMailTask = 'signing.remind-by-mail';

/** A burst, such as a class's thirty transcripts or the class book of every period, is one message. */
const pauseMs = 15 * 60_000;
/** What nobody picked up in a day is told by mail. */
const keptSeconds = 24 * 3600;
const answerMs = 10_000;
const mostAtOnce = 500;

type Context = Pick<ServiceContext, 'db' | 'config' | 'clock' | 'secrets' | 'log'>;

/** Tells deadlines that have passed, and each browser of those for whom something new waits. May be done twice. */
export async function remind(context: Context): Promise<void> {
  while ((await tellOverdue(context)) === mostAtOnce);
  for (const personId of await newlyDue(context)) await pushTo(context, personId);
}

/** Takes people whose browsers are to be told now: who was told a moment ago, or of nothing new, is told nothing. */
async function newlyDue(context: Context): Promise<string[]> {
  const now = context.clock.now();
  const before = new Date(now.getTime() - pauseMs);
  const clerks = await clerksWithNewSeals(context, now);
  const { rows } = await sql<{ id: string }>`
    INSERT INTO signing.reminder AS r (person_id, pushed_at)
    SELECT p.person_id, ${now}::timestamptz FROM (
      SELECT signer_id AS person_id, due_since AS since FROM signing.step
      WHERE state = 'due' AND session_id IS NULL AND due_since <= ${now}
      UNION ALL SELECT * FROM unnest(${clerks.map(({ id }) => id)}::uuid[], ${clerks.map(({ since }) => since)}::timestamptz[])
    ) AS due JOIN signing.push_subscription AS p ON p.person_id = due.person_id
    LEFT JOIN signing.reminder AS told ON told.person_id = p.person_id
    WHERE coalesce(told.pushed_at, '-infinity') < ${before}
    GROUP BY p.person_id, told.pushed_at HAVING max(due.since) > coalesce(told.pushed_at, '-infinity')
    ON CONFLICT (person_id) DO UPDATE SET pushed_at = excluded.pushed_at
      WHERE coalesce(r.pushed_at, '-infinity') < ${before}
    RETURNING r.person_id AS id`.execute(context.db);
  return rows.map(({ id }) => id);
}

/** Who keeps a seal that became due of late, and since when. A seal is nobody's: whose it is, is asked of the organisation. */
async function clerksWithNewSeals(
  context: Context,
  now: Date,
): Promise<{ readonly id: string; readonly since: Date }[]> {
  const lately = new Date(now.getTime() - keptSeconds * 1000);
  const { rows } = await sql<{ organisationId: string; since: Date }>`
    SELECT r.organisation_id AS "organisationId", max(s.due_since) AS since
    FROM signing.step AS s JOIN signing.request AS r ON r.id = s.request_id
    WHERE s.state = 'due' AND s.role = 'school-seal' AND s.session_id IS NULL AND s.due_since BETWEEN ${lately} AND ${now}
      AND EXISTS (SELECT FROM signing.push_subscription)
    GROUP BY r.organisation_id`.execute(context.db);
  const found: { id: string; since: Date }[] = [];
  for (const { organisationId, since } of rows) {
    const clerks = await findSigners(context, { organisationId, roles: ['clerk'] });
    found.push(...clerks.map(({ personId }) => ({ id: personId, since })));
  }
  return found;
}

/** How much waits, and nothing of what: the message passes through the browser maker's servers. */
async function pushTo(context: Context, personId: string): Promise<void> {
  const { toSign, toSeal } = await countWaiting(context.db, {
    kind: 'person',
    personId,
    sessionId: '',
    roles: await rolesOf(context, personId),
    acr: 'passkey', // that it waits is said however they signed in; to see it they sign in as they must
    authenticatedAt: context.clock.now(),
  });
  if (toSign + toSeal === 0) return;
  const message = Buffer.from(JSON.stringify({ waiting: toSign + toSeal }));
  const receivers = await signingOf(context.db)
    .selectFrom('signing.push_subscription')
    .select(['endpoint', 'public_key as publicKey', 'auth_secret as authSecret'])
    .where('person_id', '=', personId)
    .execute();
  await Promise.all(receivers.map((receiver) => pushOnce(context, receiver, message)));
}

/** One message to one browser; a subscription that the push service no longer knows is forgotten (RFC 8030 §7.3). */
async function pushOnce(context: Context, receiver: PushReceiver, message: Buffer): Promise<void> {
  const { config, clock, secrets, log, db } = context;
  const { endpoint } = receiver;
  try {
    const { status } = await post(endpoint, {
      headers: {
        authorization: await vapidHeader(endpoint, applicationServerKey(secrets), {
          contact: config.url.origin,
          now: clock.now(),
        }),
        'content-encoding': 'aes128gcm',
        'content-type': 'application/octet-stream',
        ttl: String(keptSeconds),
        topic: 'waiting', // a later one takes its place (RFC 8030 §5.4)
        urgency: 'normal',
      },
      body: encryptPush(message, receiver),
      issuer: config.url,
      timeoutMs: answerMs,
    });
    if (status === 404 || status === 410) {
      await signingOf(db).deleteFrom('signing.push_subscription').where('endpoint', '=', endpoint).execute();
    } else if (status >= 300)
      log.warn({ status, service: new URL(endpoint).host }, 'a push service did not take a message');
  } catch (error) {
    const { code } = error as { code?: string };
    log.warn({ code, service: new URL(endpoint).host }, 'a push service could not be reached');
  }
}

/** Whose deadline has passed is told once, to who asked; the document can still be signed, handed on, put off or withdrawn. */
async function tellOverdue({ db, clock }: Context): Promise<number> {
  const now = clock.now();
  return db.transaction().execute(async (transaction) => {
    const { rows } = await sql<{
      id: string;
      organisationId: string;
      requestedBy: string | null;
      title: string;
      app_id: string | null;
    }>`
      UPDATE signing.request SET overdue_at = ${now} WHERE id IN (
        SELECT id FROM signing.request WHERE state IN ('waiting', 'signed') AND overdue_at IS NULL AND due_at <= ${now}
        ORDER BY due_at LIMIT ${mostAtOnce} FOR UPDATE SKIP LOCKED)
      RETURNING id, organisation_id AS "organisationId", requested_by AS "requestedBy", title, app_id`.execute(
      transaction,
    );
    for (const { id, organisationId, ...row } of rows) {
      await record(transaction, {
        type: 'signing-request.overdue',
        actor: { kind: 'system', name: 'signing' },
        subject: { kind: 'signing-request', id },
        organisationId,
        data: ofApp(row),
      });
    }
    const askers = Map.groupBy(rows, ({ requestedBy }) => requestedBy);
    for (const [personId, asked] of askers) {
      const data = { count: String(asked.length), title: asked[0]?.title ?? '' };
      if (personId) await notify(transaction, { personId, kind: 'documents.overdue', data });
    }
    return rows.length;
  });
}

/**
 * A mail a day to each signer for whom something new waits, or whose deadline comes within a day: how many, and until when. On the day once,
 * also when the job runs twice.
 */
export async function remindByMail({ db, clock }: Pick<ServiceContext, 'db' | 'clock'>): Promise<void> {
  const now = clock.now();
  const today = new Date(now.getTime() - 20 * 3_600_000); // mailed since then: mailed this morning
  const tomorrow = new Date(now.getTime() + 24 * 3_600_000);
  const { rows } = await sql<{ personId: string; count: number; dueAt: Date | null }>`
    SELECT s.signer_id AS "personId", count(*)::int AS count, min(r.due_at) AS "dueAt"
    FROM signing.step AS s JOIN signing.request AS r ON r.id = s.request_id
    LEFT JOIN signing.reminder AS told ON told.person_id = s.signer_id
    WHERE s.state = 'due' AND s.session_id IS NULL AND s.signer_id IS NOT NULL
      AND coalesce(told.mailed_at, '-infinity') < ${today}
    GROUP BY s.signer_id, told.mailed_at
    HAVING max(s.due_since) > coalesce(told.mailed_at, '-infinity') OR min(r.due_at) < ${tomorrow}`.execute(db);
  for (const { personId, count, dueAt } of rows) {
    await db.transaction().execute(async (transaction) => {
      if (!(await takeMail(transaction, personId, { now, today }))) return;
      const data = { count: String(count), ...(dueAt ? { until: dayOf(dueAt) } : {}) };
      await notify(transaction, { personId, kind: 'documents.waiting', data });
    });
  }
}

async function takeMail(
  transaction: Transaction,
  personId: string,
  { now, today }: { readonly now: Date; readonly today: Date },
): Promise<boolean> {
  const { rows } = await sql`
    INSERT INTO signing.reminder AS r (person_id, mailed_at) VALUES (${personId}, ${now})
    ON CONFLICT (person_id) DO UPDATE SET mailed_at = excluded.mailed_at
      WHERE coalesce(r.mailed_at, '-infinity') < ${today} RETURNING 1`.execute(transaction);
  return rows.length > 0;
}

/** `dd/mm/yyyy` by Vietnam's clock. */
function dayOf(time: Date): string {
  return wallClockInVietnam(time).toISOString().slice(0, 10).split('-').reverse().join('/');
}
