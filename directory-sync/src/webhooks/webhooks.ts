import { randomBytes } from 'node:crypto';
import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { InvalidInput, NotFound } from '@edutrust/platform/errors';
import { isUuid, uuidv7 } from '@edutrust/platform/ids';
import { defineMoves } from '@edutrust/platform/moves';
import { mayBeCalled } from '@edutrust/platform/public-address';
import { type Selectable, sql } from 'kysely';
import { findClient } from '../clients/clients.ts';
import { record } from '../events.ts';
import { endsOfFeed } from '../feed/feed.ts';
import type { Contract } from '../model/contract.ts';
import { type SyncTables, syncOf } from '../tables.ts';
import { type SignatureScheme, secretBytes, verifierOf } from './signature.ts';

/** `paused` by a person; `disabled` because the address is gone or failed for days. What happens meanwhile waits. */
export const standing = defineMoves('webhooks/not-now', {
  on: { vi: 'đang gửi', en: 'on', to: ['paused', 'disabled'] },
  paused: { vi: 'tạm dừng', en: 'paused', to: ['on'] },
  disabled: { vi: 'đã ngừng vì không gửi được', en: 'disabled', to: ['on'] },
});

/** A webhook with the rights of its client: its organisation and its contract. */
export type WebhookRow = Selectable<SyncTables['sync.webhook']> & {
  readonly organisation_id: string;
  readonly contract: Contract;
  readonly client_name: string;
};

/** While both sides change over, messages carry a signature by each secret. */
const overlapSeconds = 24 * 3_600;
const secretContext = (id: string) => `sync.webhook/${id}`;

export interface NewWebhook {
  readonly clientId: string;
  readonly url: string;
  readonly types: readonly string[];
  readonly scheme: SignatureScheme;
}

type Tools = Pick<ServiceContext, 'secrets' | 'config' | 'clock'>;

/**
 * Adds a webhook of a client; it hears of what happens from now on. What its receiver verifies by is given this once.
 *
 * @throws InvalidInput `webhooks/bad-address` for an address that is not `https` or lies inside; NotFound.
 */
export async function addWebhook(
  tools: Tools,
  transaction: Transaction,
  { clientId, url, types, scheme }: NewWebhook,
  actor: Actor,
): Promise<{ readonly id: string; readonly secret: string }> {
  mustBeSafe(url, tools.config.url);
  const { organisation_id } = await findClient(transaction, clientId);
  const id = uuidv7();
  const secret = randomBytes(secretBytes);
  const { last } = await endsOfFeed(transaction);
  await sql`
    INSERT INTO sync.webhook (id, client_id, url, types, scheme, sealed_secret, position, next_at, created_by)
    VALUES (${id}, ${clientId}, ${url}, ${[...types]}, ${scheme}, ${tools.secrets.encrypt(secret, secretContext(id))},
      ${last}, ${tools.clock.now()}, ${actor.kind === 'person' ? actor.personId : null})`.execute(transaction);
  await record(transaction, {
    type: 'webhook.added',
    actor,
    subject: { kind: 'webhook', id },
    organisationId: organisation_id,
    data: { clientId, types: [...types] },
  });
  return { id, secret: verifierOf(scheme, secret) };
}

function mustBeSafe(url: string, issuer: URL): void {
  const { protocol, username, password } = URL.canParse(url)
    ? new URL(url)
    : { protocol: '', username: '', password: '' };
  const isPlain = protocol === 'http:' && issuer.protocol === 'http:'; // a laptop calls what is beside it
  if ((protocol === 'https:' || isPlain) && !username && !password && mayBeCalled(url, issuer)) return;
  const detail = {
    vi: 'Địa chỉ nhận phải là https://… trên mạng công cộng, không kèm mật khẩu.',
    en: 'The address has to be https://… on the public internet, without a password in it.',
  };
  throw new InvalidInput('webhooks/bad-address', detail, { fields: [{ pointer: '/url', detail }] });
}

/** @throws NotFound */
export async function findWebhook(db: Database | Transaction, id: string): Promise<WebhookRow> {
  const found = isUuid(id) ? (await readWebhooks(db, sql`w.id = ${id}`))[0] : undefined;
  if (!found)
    throw new NotFound('webhooks/not-found', { vi: 'Không có webhook này.', en: 'There is no such webhook.' });
  return found;
}

export async function readWebhooks(db: Database | Transaction, which: ReturnType<typeof sql>): Promise<WebhookRow[]> {
  const { rows } = await sql<WebhookRow>`
    SELECT w.*, c.organisation_id, c.contract, c.name AS client_name
    FROM sync.webhook AS w JOIN sync.client AS c ON c.id = w.client_id
      JOIN registry.organisation AS o ON o.id = c.organisation_id
    WHERE c.ended_at IS NULL AND ${which} ORDER BY w.id`.execute(db);
  return rows;
}

/** Puts a webhook on, or lets it wait. @throws Conflict `webhooks/not-now`; NotFound */
export async function setState(
  transaction: Transaction,
  webhook: WebhookRow,
  to: 'on' | 'paused',
  { actor, now }: { readonly actor: Actor; readonly now: Date },
): Promise<void> {
  if (webhook.state === to) return;
  standing.mustMove(webhook.state, to);
  await syncOf(transaction)
    .updateTable('sync.webhook')
    .set({ state: to, failures: 0, next_at: now, disabled_reason: null })
    .where('id', '=', webhook.id)
    .execute();
  await record(transaction, {
    type: to === 'on' ? 'webhook.resumed' : 'webhook.paused',
    actor,
    subject: { kind: 'webhook', id: webhook.id },
    organisationId: webhook.organisation_id,
  });
}

export async function removeWebhook(transaction: Transaction, webhook: WebhookRow, actor: Actor): Promise<void> {
  await syncOf(transaction).deleteFrom('sync.webhook').where('id', '=', webhook.id).execute();
  await record(transaction, {
    type: 'webhook.removed',
    actor,
    subject: { kind: 'webhook', id: webhook.id },
    organisationId: webhook.organisation_id,
  });
}

/** Gives a webhook a new secret; the one of before signs beside it for a day, so that the receiver can change over. */
export async function rotateSecret(
  { secrets, clock }: Tools,
  transaction: Transaction,
  webhook: WebhookRow,
  actor: Actor,
): Promise<{ readonly secret: string; readonly previousUntil: Date }> {
  const secret = randomBytes(secretBytes);
  const previousUntil = new Date(clock.now().getTime() + overlapSeconds * 1_000);
  await sql`
    UPDATE sync.webhook SET previous_sealed_secret = sealed_secret, previous_until = ${previousUntil},
      sealed_secret = ${secrets.encrypt(secret, secretContext(webhook.id))} WHERE id = ${webhook.id}`.execute(
    transaction,
  );
  await record(transaction, {
    type: 'webhook.secret-rotated',
    actor,
    subject: { kind: 'webhook', id: webhook.id },
    organisationId: webhook.organisation_id,
  });
  return { secret: verifierOf(webhook.scheme, secret), previousUntil };
}

/** The secrets that sign now, the newest first. */
export function secretsOf({ secrets, clock }: Pick<Tools, 'secrets' | 'clock'>, webhook: WebhookRow): Buffer[] {
  const { previous_sealed_secret: previous, previous_until: until } = webhook;
  const isOverlap = previous && until && until > clock.now();
  return [webhook.sealed_secret, ...(isOverlap ? [previous] : [])].map((sealed) =>
    secrets.decrypt(sealed, secretContext(webhook.id)),
  );
}

/** Sends again what was sent in a time, or one message, before anything newer. Gives how many that is. */
export async function replay(
  transaction: Transaction,
  webhook: WebhookRow,
  range: { readonly from: Date; readonly to: Date } | { readonly eventId: string },
  { actor, now }: { readonly actor: Actor; readonly now: Date },
): Promise<boolean> {
  const which = 'eventId' in range ? sql`event_id = ${range.eventId}` : sql`at >= ${range.from} AND at <= ${range.to}`;
  const { rows } = await sql<{ first: number | null; last: number | null }>`
    SELECT min(position) AS first, max(position) AS last FROM sync.feed
    WHERE ${which} AND position <= ${webhook.position}`.execute(transaction);
  const { first, last } = rows[0] ?? {};
  if (first == null || last == null) return false;
  await syncOf(transaction)
    .updateTable('sync.webhook')
    .set({ replay_position: first - 1, replay_until: last, next_at: now })
    .where('id', '=', webhook.id)
    .execute();
  await record(transaction, {
    type: 'webhook.replayed',
    actor,
    subject: { kind: 'webhook', id: webhook.id },
    organisationId: webhook.organisation_id,
  });
  return true;
}
