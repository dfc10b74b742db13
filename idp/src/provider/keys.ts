import { createHash, generateKeyPairSync } from 'node:crypto';
import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { sql } from 'kysely';
import { record } from '../events.ts';

/** A P-256 key for ID tokens; the private member never leaves the provider. */
export interface SigningKey {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly d: string;
  readonly kid: string;
  readonly alg: 'ES256';
  readonly use: 'sig';
}

/** How long relying apps may keep our JWKS: a new key is published at least this long before it signs. */
export const publishSeconds = 3600;
/** How long an old key stays published after its last signature: the longest life of what it signed, and more. */
const retireSeconds = 24 * 3600;

const sealedFor = (kid: string) => `idp.signing_key/${kid}`;

/**
 * The keys of now, the signing one first, then those that are published for checking: the next one and the ones before
 * (K2). Makes the first key; safe for several processes at once.
 */
export async function loadSigningKeys(context: ServiceContext): Promise<SigningKey[]> {
  const held = await readKeys(context);
  if (held.length > 0) return held;
  await context.db.transaction().execute(async (transaction) => {
    await sql`SELECT pg_advisory_xact_lock(hashtextextended('edutrust.idp.signing_key', 0))`.execute(transaction);
    const { rows } = await sql`SELECT 1 FROM idp.signing_key`.execute(transaction);
    if (rows.length === 0) await insertKey({ ...context, db: transaction as unknown as Database }, 0);
  });
  return readKeys(context);
}

/**
 * Publishes a new key at once, has it sign an hour later, and retires the old ones a day after that. When the old ones
 * are `compromised` the new one signs at once and nothing that they signed is believed any more: processes follow
 * within half a minute, apps within the five minutes that they keep our JWKS.
 */
export async function rotateSigningKeys(
  context: ServiceContext,
  actor: Actor,
  { compromised = false }: { readonly compromised?: boolean } = {},
): Promise<string> {
  const retiresInSeconds = compromised ? 0 : publishSeconds + retireSeconds;
  return context.db.transaction().execute(async (transaction) => {
    await sql`SELECT pg_advisory_xact_lock(hashtextextended('edutrust.idp.signing_key', 0))`.execute(transaction);
    await sql`
      UPDATE idp.signing_key SET retires_at = now() + make_interval(secs => ${retiresInSeconds})
      WHERE retires_at IS NULL OR (${compromised} AND retires_at > now())`.execute(transaction);
    const kid = await insertKey(
      { ...context, db: transaction as unknown as Database },
      compromised ? 0 : publishSeconds,
    );
    await record(transaction, {
      type: 'signing-key.rotated',
      actor,
      subject: { kind: 'signing-key', id: kid },
      data: { compromised },
    });
    return kid;
  });
}

/** A key as an operator sees it. */
export interface SigningKeyState {
  readonly kid: string;
  /** `published`: apps learn it before it signs; `signing`; `retiring`: what it signed is still believed; `retired`. */
  readonly state: 'published' | 'signing' | 'retiring' | 'retired';
  readonly createdAt: Date;
  readonly activatesAt: Date;
  readonly retiresAt: Date | null;
}

/** Every key there was, newest first. */
export async function listSigningKeys({ db }: Pick<ServiceContext, 'db'>): Promise<SigningKeyState[]> {
  const { rows } = await sql<SigningKeyState>`
    WITH held AS (
      SELECT *, activates_at <= now() AND (retires_at IS NULL OR retires_at > now()) AS active FROM idp.signing_key)
    SELECT kid, created_at AS "createdAt", activates_at AS "activatesAt", retires_at AS "retiresAt",
      CASE WHEN retires_at <= now() THEN 'retired' WHEN NOT active THEN 'published'
        WHEN row_number() OVER (PARTITION BY active ORDER BY activates_at DESC) = 1 THEN 'signing'
        ELSE 'retiring' END AS state
    FROM held ORDER BY activates_at DESC`.execute(db);
  return rows;
}

async function insertKey({ db, secrets }: ServiceContext, activatesInSeconds: number): Promise<string> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '', d = '' } = privateKey.export({ format: 'jwk' });
  // RFC 7638: the thumbprint of the public members, so that a kid is never given twice
  const kid = createHash('sha256')
    .update(JSON.stringify({ crv: 'P-256', kty: 'EC', x, y }))
    .digest('base64url');
  const key: SigningKey = { kty: 'EC', crv: 'P-256', x, y, d, kid, alg: 'ES256', use: 'sig' };
  await sql`
    INSERT INTO idp.signing_key (kid, sealed, created_at, activates_at)
    VALUES (${kid}, ${secrets.encrypt(Buffer.from(JSON.stringify(key)), sealedFor(kid))}, now(),
      now() + make_interval(secs => ${activatesInSeconds}))`.execute(db);
  return kid;
}

async function readKeys({ db, secrets }: ServiceContext): Promise<SigningKey[]> {
  const { rows } = await sql<{ kid: string; sealed: Buffer; active: boolean }>`
    SELECT kid, sealed, activates_at <= now() AS active FROM idp.signing_key
    WHERE retires_at IS NULL OR retires_at > now() ORDER BY active DESC, activates_at DESC`.execute(db);
  return rows.map(
    ({ kid, sealed }) => JSON.parse(secrets.decrypt(sealed, sealedFor(kid)).toString('utf8')) as SigningKey,
  );
}
