import { randomInt, randomUUID } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { notify } from '@edutrust/registry/notices';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { bodyOf, endsOfFeed, type FeedMessage, readFeed } from '../feed/feed.ts';
import { recordReleases } from '../releases/releases.ts';
import { type Attempt, sendOnce } from './send.ts';
import { readWebhooks, type WebhookRow } from './webhooks.ts';

const minute = 60;
const hour = 3_600;
/** Seconds until the next try (Standard Webhooks, "retry schedule"): three days, then it is disabled. */
const retrySeconds = [5, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour];
/** A pause is up to a fifth longer or shorter, so that those who failed together do not come back together. */
const jitterPermille = 200;

/** How many addresses one process sends to at once: those that hang keep none of the others waiting. */
const mostAtOnce = 256;
/** A webhook stays with its process for so long after it was last heard of; longer than one try. */
const leaseSeconds = 60;
const batchSize = 100;

/** A webhook that this process holds. */
interface Claimed {
  readonly webhookId: string;
  readonly holder: string;
}

/** Takes webhooks for which something waits and whose time has come; no other process sends to them meanwhile. */
async function claim({ db, clock }: ServiceContext, most: number): Promise<Claimed[]> {
  const holder = randomUUID();
  const { rows } = await sql<{ id: string }>`
    UPDATE sync.webhook SET held_by = ${holder}, held_until = now() + make_interval(secs => ${leaseSeconds})
    WHERE id IN (
      SELECT w.id FROM sync.webhook AS w JOIN sync.client AS c ON c.id = w.client_id, sync.feed_end AS feed
      WHERE w.state = 'on' AND c.ended_at IS NULL AND w.next_at <= ${clock.now()}
        AND (w.held_until IS NULL OR w.held_until < now())
        AND (w.position < feed.last OR w.replay_until IS NOT NULL)
      ORDER BY w.next_at LIMIT ${most} FOR UPDATE OF w SKIP LOCKED)
    RETURNING id`.execute(db);
  return rows.map(({ id }) => ({ webhookId: id, holder }));
}

/**
 * Sends what waits for one webhook, one message after another in their order: the next when the one before was taken. A
 * message that is not taken stops it until its next try. Killed at any moment, the message that was on its way comes
 * again with the same id.
 */
async function deliver(context: ServiceContext, { webhookId, holder }: Claimed, signal: AbortSignal): Promise<void> {
  const { db } = context;
  try {
    const { last } = await endsOfFeed(db);
    for (;;) {
      const [webhook] = await readWebhooks(db, sql`w.id = ${webhookId}`);
      if (!webhook) return; // removed meanwhile, or its client ended
      const isReplay = webhook.replay_until !== null;
      const messages = await readFeed(db, webhook, {
        after: webhook.replay_position ?? webhook.position,
        ...(webhook.replay_until === null ? {} : { until: webhook.replay_until }),
        types: webhook.types,
        limit: batchSize,
      });
      for (const message of messages) {
        const attempt = await sendOnce(context, webhook, { id: message.id, body: bodyOf(message) }, signal);
        if (signal.aborted) return; // nobody knows whether it arrived: it comes again
        if (!(await settle(context, webhook, holder, message, attempt))) return;
      }
      if (messages.length === batchSize) continue;
      await reachEnd(context, webhookId, holder, isReplay ? null : last);
      if (!isReplay) return;
    }
  } finally {
    await sql`UPDATE sync.webhook SET held_by = NULL, held_until = NULL
      WHERE id = ${webhookId} AND held_by = ${holder}`.execute(db);
  }
}

/** Nothing more was there: of a replay, or up to a position. */
async function reachEnd({ db }: ServiceContext, webhookId: string, holder: string, last: number | null) {
  const set =
    last === null
      ? sql`replay_position = NULL, replay_until = NULL`
      : sql`position = greatest(position, ${last}::bigint)`;
  await sql`UPDATE sync.webhook SET ${set} WHERE id = ${webhookId} AND held_by = ${holder}`.execute(db);
}

/** Writes down how a try went, with what follows from it. Gives whether the next message may be sent. */
async function settle(
  context: ServiceContext,
  webhook: WebhookRow,
  holder: string,
  message: FeedMessage,
  attempt: Attempt,
): Promise<boolean> {
  const { db, clock } = context;
  const now = clock.now();
  const isTaken = attempt.failure === null;
  return db.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ failures: number }>`
      SELECT failures FROM sync.webhook
      WHERE id = ${webhook.id} AND held_by = ${holder} AND state = 'on' FOR UPDATE`.execute(transaction);
    const [held] = rows;
    if (!held) return false; // paused, removed, or taken over
    const isReplay = webhook.replay_until !== null;
    const failures = isTaken ? 0 : held.failures + 1;
    await sql`
      INSERT INTO sync.webhook_attempt (webhook_id, event_id, position, type, at, status, failure, duration_ms, is_replay)
      VALUES (${webhook.id}, ${message.id}, ${message.position}, ${message.type}, ${now}, ${attempt.status},
        ${attempt.failure}, ${attempt.durationMs}, ${isReplay})`.execute(transaction);
    const moved = isReplay ? sql`replay_position = ${message.position}` : sql`position = ${message.position}`;
    const disabled = isTaken
      ? null
      : attempt.status === 410
        ? 'gone'
        : failures > retrySeconds.length
          ? 'failing'
          : null;
    await sql`
      UPDATE sync.webhook SET failures = ${failures}, held_until = now() + make_interval(secs => ${leaseSeconds}),
        next_at = ${isTaken ? now : nextTry(now, failures, attempt.retryAfter)},
        state = ${disabled ? 'disabled' : 'on'}, disabled_reason = ${disabled} ${isTaken ? sql`, ${moved}` : sql``}
      WHERE id = ${webhook.id}`.execute(transaction);
    if (disabled) await sayDisabled(transaction, webhook, disabled);
    if (isTaken && message.subject.kind === 'person') {
      const recipient = { id: `client:${webhook.client_id}`, name: webhook.client_name };
      await recordReleases(transaction, recipient, [{ personId: message.subject.id, fields: ['id'] }], now);
    }
    return isTaken;
  });
}

/** When to try again; a busy receiver may ask for longer (RFC 9110 §10.2.3), up to a day. */
function nextTry(now: Date, failures: number, retryAfter: string | undefined): Date {
  const usual = retrySeconds[Math.min(failures, retrySeconds.length) - 1] ?? hour;
  const jittered = (usual * (1_000 + randomInt(-jitterPermille, jitterPermille + 1))) / 1_000;
  const asked = /^\d{1,6}$/.test(retryAfter ?? '') ? Number(retryAfter) : 0;
  return new Date(now.getTime() + Math.max(jittered, Math.min(asked, 24 * hour)) * 1_000);
}

/** Whoever set it up is told, and the alarms have it until somebody puts it on again. */
async function sayDisabled(
  transaction: Parameters<typeof record>[0],
  webhook: WebhookRow,
  reason: 'gone' | 'failing',
): Promise<void> {
  await record(transaction, {
    type: 'webhook.disabled',
    actor: { kind: 'system', name: 'sync' },
    subject: { kind: 'webhook', id: webhook.id },
    organisationId: webhook.organisation_id,
    data: { reason },
  });
  if (webhook.created_by)
    await notify(transaction, {
      personId: webhook.created_by,
      kind: 'webhook.disabled',
      data: { client: webhook.client_name },
    });
}

/** Sends everything that is due and waits for it; gives to how many webhooks. */
export async function deliverDue(context: ServiceContext): Promise<number> {
  const claimed = await claim(context, mostAtOnce);
  const { signal } = new AbortController();
  await Promise.all(claimed.map((one) => deliver(context, one, signal)));
  return claimed.length;
}

/** It looks again when the next try is due, and now and then for what another process wrote down. */
const lookAgainMs = { atLeast: 1_000, atMost: 30_000 } as const;

/** How long until the next webhook for which something waits may be tried, in milliseconds. */
async function untilNextTry({ db, clock }: ServiceContext): Promise<number> {
  const { rows } = await sql<{ at: Date | null }>`
    SELECT min(w.next_at) AS at FROM sync.webhook AS w JOIN sync.client AS c ON c.id = w.client_id, sync.feed_end AS feed
    WHERE w.state = 'on' AND c.ended_at IS NULL AND (w.position < feed.last OR w.replay_until IS NOT NULL)`.execute(db);
  const at = rows[0]?.at;
  const ms = at ? at.getTime() - clock.now().getTime() : lookAgainMs.atMost;
  return Math.min(lookAgainMs.atMost, Math.max(lookAgainMs.atLeast, ms));
}

/** Sends by itself: at once when it is rung, and whenever a try is due. */
export function startDeliveries(context: ServiceContext): { ring(): void; stop(): Promise<void> } {
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  let claiming: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isRung = false;
  const look = async () => {
    do {
      isRung = false;
      const claimed = await claim(context, mostAtOnce - underWay.size);
      for (const one of claimed) {
        const delivering: Promise<void> = deliver(context, one, stopping.signal)
          .catch((error: unknown) => context.log.error({ err: error, webhook: one.webhookId }, 'webhook'))
          .finally(() => {
            underWay.delete(delivering);
            ring(); // more may have come, or waited for a place
          });
        underWay.add(delivering);
      }
    } while (isRung && !stopping.signal.aborted);
    return untilNextTry(context);
  };
  const ring = () => {
    isRung = true;
    if (claiming || stopping.signal.aborted || underWay.size >= mostAtOnce) return;
    clearTimeout(timer);
    claiming = look()
      .catch((error: unknown) => {
        context.log.error({ err: error }, 'webhooks');
        return lookAgainMs.atMost;
      })
      .then((ms) => {
        claiming = undefined;
        if (!stopping.signal.aborted) timer = setTimeout(ring, ms);
      });
  };
  ring();
  return {
    ring,
    stop: async () => {
      stopping.abort();
      await claiming;
      clearTimeout(timer);
      await Promise.all(underWay);
    },
  };
}
