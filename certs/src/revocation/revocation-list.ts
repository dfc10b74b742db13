import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';
import { type Authority, findAuthority } from '../authority/authorities.ts';
import { parseCertificate } from '../certificate/certificate.ts';
import { signatureAlgorithms } from '../certificate/signature.ts';
import { bitString, sequence } from '../der/der.ts';
import { keyStore } from '../key-store/key-store.ts';
import { certsOf } from '../tables.ts';
import { type Change, encodeRevocationList } from './encode.ts';

/** How long a list may be used; a new one is made at half of it. */
export const listLifetimeMs = 24 * 3_600_000;
/** A delta is for those who ask often: it says when to ask again, and the whole list stays valid longer. */
export const deltaLifetimeMs = 3_600_000;

/**
 * Makes the authority's next revocation list (RFC 5280 §5), and, unless it is to be a base, its delta over the last base
 * under the same number (§5.2.4). The number is the time in seconds or one above the highest, whichever is more: it
 * never falls, also when the database was restored from yesterday's backup (C5, B2).
 *
 * @throws Unavailable when the authority's key is out of reach; nothing was changed then.
 */
export async function publishRevocationList(
  context: ServiceContext,
  transaction: Transaction,
  issuerId: string,
  { isBase = false }: { readonly isBase?: boolean } = {},
): Promise<Buffer> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`edutrust.certs.crl.${issuerId}`}, 0))`.execute(
    transaction,
  );
  const authority = await findAuthority(transaction, issuerId);
  const issuer = parseCertificate(authority.certificate);
  const { rows: changes } = await sql<Change>`
    SELECT serial, revoked_at, revocation_reason, released_at, listed_in FROM certs.certificate
    WHERE issuer_id = ${issuerId} AND (revoked_at IS NOT NULL OR released_at IS NOT NULL)
    ORDER BY coalesce(revoked_at, released_at), serial`.execute(transaction);
  const { rows: numbers } = await sql<{ highest: number | null; base: number | null }>`
    SELECT max(number) AS highest, max(number) FILTER (WHERE is_base) AS base FROM certs.revocation_list
    WHERE issuer_id = ${issuerId}`.execute(transaction);
  const { highest, base } = numbers[0] ?? { highest: null, base: null };
  const thisUpdate = wholeSecond(context.clock.now());
  const number = Math.max((highest ?? 0) + 1, thisUpdate.getTime() / 1000);
  const { signatureAlgorithm } = authority;
  const deltaAddress = `${context.config.url.origin}/pki/${issuerId}.delta.crl`;
  const form = { issuer, signatureAlgorithm, thisUpdate, number, deltaAddress };
  const whole = encodeRevocationList({
    ...form,
    entries: changes.filter(({ revoked_at }) => revoked_at),
    lifetimeMs: listLifetimeMs,
  });
  const isNew = isBase || base === null;
  const delta = isNew
    ? undefined
    : encodeRevocationList({
        ...form,
        base,
        entries: changes.filter(({ listed_in }) => listed_in === null || listed_in > base),
        lifetimeMs: deltaLifetimeMs,
      });
  // Everything is signed before anything is written: a lost key leaves the caller's transaction as it was.
  const der = await sign(context, transaction, authority, whole);
  const deltaDer = delta ? await sign(context, transaction, authority, delta) : null;
  await sql`
    INSERT INTO certs.revocation_list (issuer_id, number, der, this_update, next_update, is_base, delta)
    VALUES (${issuerId}, ${number}, ${der}, ${thisUpdate.toISOString()},
      ${new Date(thisUpdate.getTime() + listLifetimeMs).toISOString()}, ${isNew}, ${deltaDer})`.execute(transaction);
  await sql`
    UPDATE certs.certificate SET listed_in = ${number} WHERE issuer_id = ${issuerId} AND listed_in IS NULL
      AND (revoked_at IS NOT NULL OR released_at IS NOT NULL)`.execute(transaction);
  return der;
}

async function sign(
  context: ServiceContext,
  transaction: Transaction,
  { keyId, signatureAlgorithm }: Authority,
  tbs: Buffer,
): Promise<Buffer> {
  const signature = await keyStore(context).sign(transaction, keyId, 'ca', tbs);
  return sequence(tbs, signatureAlgorithms[signatureAlgorithm], bitString(signature));
}

/** Times in certificates and lists have whole seconds. */
export function wholeSecond(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 1000) * 1000);
}

export interface PublishedList {
  readonly der: Buffer;
  /** The changes since the last base; null when this list is the base. */
  readonly delta: Buffer | null;
  readonly number: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
}

/** The newest list of an authority. */
export async function newestRevocationList(db: Database, issuerId: string): Promise<PublishedList | undefined> {
  const { rows } = await sql<PublishedList>`
    SELECT der, delta, number, this_update AS "thisUpdate", next_update AS "nextUpdate" FROM certs.revocation_list
    WHERE issuer_id = ${issuerId} ORDER BY number DESC LIMIT 1`.execute(db);
  return rows[0];
}

/** A list as the ceremony made it, for an authority whose key is kept apart. */
export async function keepRevocationList(
  transaction: Transaction,
  list: PublishedList & { issuerId: string },
): Promise<void> {
  await certsOf(transaction)
    .insertInto('certs.revocation_list')
    .values({
      issuer_id: list.issuerId,
      number: list.number,
      der: list.der,
      this_update: list.thisUpdate,
      next_update: list.nextUpdate,
      is_base: true,
      delta: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/**
 * Makes new lists where half of a delta's life is over, a new base where half of the old one's is, and lists that a lost
 * key had held up. One authority's trouble does not hold up the others.
 */
export async function refreshRevocationLists(context: ServiceContext): Promise<void> {
  const ago = (ms: number) => new Date(context.clock.now().getTime() - ms).toISOString();
  const { rows } = await sql<{ id: string; has_base: boolean }>`
    SELECT * FROM (
      SELECT a.id,
        EXISTS (SELECT FROM certs.revocation_list AS l
          WHERE l.issuer_id = a.id AND l.is_base AND l.this_update > ${ago(listLifetimeMs / 2)}) AS has_base,
        EXISTS (SELECT FROM certs.revocation_list AS l
          WHERE l.issuer_id = a.id AND l.this_update > ${ago(deltaLifetimeMs / 2)}) AS is_fresh,
        EXISTS (SELECT FROM certs.certificate AS c WHERE c.issuer_id = a.id AND c.listed_in IS NULL
          AND (c.revoked_at IS NOT NULL OR c.released_at IS NOT NULL)) AS has_news
      FROM certs.authority AS a JOIN certs.key AS k ON k.id = a.key_id AND k.store <> 'offline') AS found
    WHERE NOT has_base OR NOT is_fresh OR has_news`.execute(context.db);
  for (const { id, has_base } of rows) {
    await context.db
      .transaction()
      .execute((transaction) => publishRevocationList(context, transaction, id, { isBase: !has_base }))
      .catch((error: unknown) => context.log.error({ err: error, issuer: id }, 'no new revocation list'));
  }
  // A base is worth keeping for later proofs; what lay between two of them is in the next one.
  await sql`DELETE FROM certs.revocation_list WHERE NOT is_base AND this_update < ${ago(7 * listLifetimeMs)}`.execute(
    context.db,
  );
}
