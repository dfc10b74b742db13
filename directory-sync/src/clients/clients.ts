import { createHash, randomBytes } from 'node:crypto';
import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput, NotFound } from '@edutrust/platform/errors';
import { isUuid, uuidv7 } from '@edutrust/platform/ids';
import { type Selectable, sql } from 'kysely';
import { record } from '../events.ts';
import { type Contract, type ContractField, usualContract } from '../model/contract.ts';
import { type SyncTables, syncOf } from '../tables.ts';

/** A system that asks us, by a protocol of its own: SCIM 2.0, OneRoster 1.2; or that only hears what happened. */
export type ClientKind = 'scim' | 'oneroster' | 'events';
export const clientKinds: readonly ClientKind[] = ['scim', 'oneroster', 'events'];
export type ClientRow = Selectable<SyncTables['sync.client']>;

export interface NewClient {
  readonly name: string;
  readonly kind: ClientKind;
  /** Whose people it sees: this organisation's and those below. */
  readonly organisationId: string;
  /** SCIM only: it makes staff of the organisation, and governs those whom it made. */
  readonly mayWrite: boolean;
  readonly contract?: Contract;
}

const newToken = () => `edu_${randomBytes(32).toString('base64url')}`;
/** A OneRoster user is a name with its roles at organisations, a SCIM user a name; an event names nobody. */
const neededBy: Readonly<Record<ClientKind, readonly ContractField[]>> = {
  oneroster: ['name', 'roles', 'organisations', 'classes'],
  scim: ['name'],
  events: [],
};

const hashOf = (token: string) => createHash('sha256').update(token).digest();

/** Adds a client; its token is given this once and kept as a hash. @throws Conflict, InvalidInput */
export async function addClient(
  transaction: Transaction,
  { name, kind, organisationId, mayWrite, contract = usualContract }: NewClient,
  actor: Actor,
): Promise<{ readonly id: string; readonly token: string }> {
  const needed = neededBy[kind];
  const isEnough = needed.every((field) => contract.learners.includes(field) && contract.others.includes(field));
  if (!isEnough || (mayWrite && kind !== 'scim')) {
    throw new InvalidInput('sync/bad-client', {
      vi: `Hợp đồng dữ liệu phải có: ${needed.join(', ')}; chỉ SCIM mới được ghi.`,
      en: `The contract has to contain: ${needed.join(', ')}; only SCIM clients write.`,
    });
  }
  const id = uuidv7();
  const token = newToken();
  const { numAffectedRows } = await sql`
    INSERT INTO sync.client (id, name, kind, organisation_id, contract, may_write, token_sha256)
    VALUES (${id}, ${name}, ${kind}, ${organisationId}, ${JSON.stringify(contract)}::jsonb, ${mayWrite}, ${hashOf(token)})
    ON CONFLICT (name) DO NOTHING`.execute(transaction);
  if (numAffectedRows === 0n)
    throw new Conflict('sync/name-taken', {
      vi: 'Đã có hệ thống mang tên này.',
      en: 'There is a client of this name.',
    });
  await record(transaction, {
    type: 'sync-client.added',
    actor,
    subject: { kind: 'sync-client', id },
    organisationId,
    data: { kind, mayWrite },
  });
  return { id, token };
}

/** Ends a client: its token opens nothing from now on. @throws NotFound */
export async function endClient(transaction: Transaction, id: string, actor: Actor): Promise<void> {
  const { organisation_id } = await findClient(transaction, id);
  await sql`UPDATE sync.client SET ended_at = now() WHERE id = ${id} AND ended_at IS NULL`.execute(transaction);
  await record(transaction, {
    type: 'sync-client.ended',
    actor,
    subject: { kind: 'sync-client', id },
    organisationId: organisation_id,
  });
}

/** @throws NotFound */
export async function findClient(db: Database | Transaction, id: string): Promise<ClientRow> {
  const found = isUuid(id)
    ? await syncOf(db).selectFrom('sync.client').selectAll().where('id', '=', id).executeTakeFirst()
    : undefined;
  if (!found) throw new NotFound('sync/no-client', { vi: 'Không có hệ thống này.', en: 'There is no such client.' });
  return found;
}

/** How long the token of before still works, so that the other system can be given the new one in its own time. */
const overlapHours = 24;

/**
 * Makes another token, given this once; the one of before works for a day more, the one before that no longer.
 *
 * @throws NotFound; Conflict `sync/client-ended`
 */
export async function renewToken(transaction: Transaction, id: string, actor: Actor): Promise<string> {
  const { organisation_id } = await findClient(transaction, id);
  const token = newToken();
  const { numAffectedRows } = await sql`
    UPDATE sync.client SET old_token_sha256 = token_sha256, old_token_until = now() + make_interval(hours => ${overlapHours}),
      token_sha256 = ${hashOf(token)}
    WHERE id = ${id} AND ended_at IS NULL`.execute(transaction);
  if (numAffectedRows === 0n)
    throw new Conflict('sync/client-ended', {
      vi: 'Hệ thống này đã ngừng; hãy thêm hệ thống mới.',
      en: 'This client was ended; add a new one.',
    });
  await record(transaction, {
    type: 'sync-client.token-renewed',
    actor,
    subject: { kind: 'sync-client', id },
    organisationId: organisation_id,
  });
  return token;
}

/** The client whose token this is, of this kind where it has to be one; undefined for one that is unknown, replaced more than a day ago, or ended. */
export async function clientOfToken(
  { db }: Pick<ServiceContext, 'db'>,
  token: string,
  kind?: ClientKind,
): Promise<ClientRow | undefined> {
  const hash = hashOf(token);
  const { rows } = await sql<ClientRow>`
    SELECT * FROM sync.client
    WHERE (token_sha256 = ${hash} OR (old_token_sha256 = ${hash} AND old_token_until > now())) AND ${kind === undefined ? sql`true` : sql`kind = ${kind}`} AND ended_at IS NULL`.execute(
    db,
  );
  const [client] = rows;
  if (client) await noteUse(db, client.id);
  return client;
}

/** Once an hour is enough to see whether somebody still uses it. */
async function noteUse(db: Database, id: string): Promise<void> {
  await sql`
    UPDATE sync.client SET last_used_at = now()
    WHERE id = ${id} AND (last_used_at IS NULL OR last_used_at < now() - interval '1 hour')`.execute(db);
}

/** The token of `Authorization: Bearer …` (RFC 6750 §2.1). */
export const bearerOf = (authorization: string | undefined): string | undefined =>
  /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? '')?.[1];
