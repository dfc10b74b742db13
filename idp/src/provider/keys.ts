import { createHash, generateKeyPair, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { sql } from 'kysely';
import { type IdTokenAlgorithm, idTokenAlgorithms } from '../apps/protocol.ts';
import { record } from '../events.ts';

/** A key for ID tokens of one algorithm, as a JWK (RFC 7517); its private members never leave the provider. */
export interface SigningKey extends JsonWebKey {
  readonly kid: string;
  readonly alg: IdTokenAlgorithm;
  readonly use: 'sig';
}

/** FAPI 2.0 Security Profile §5.4.1: at least 2048. */
const rsaBits = 2048;
const newPair = promisify(generateKeyPair);

/** A new key of each algorithm: a key signs by one alone (RFC 8725 §3.1). */
const makeKey: Readonly<Record<IdTokenAlgorithm, () => Promise<{ privateKey: KeyObject }>>> = {
  ES256: async () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RS256: () => newPair('rsa', { modulusLength: rsaBits }),
  PS256: () => newPair('rsa', { modulusLength: rsaBits }),
  EdDSA: async () => generateKeyPairSync('ed25519'),
};

/** How long relying apps may keep our JWKS: a new key is published at least this long before it signs. */
export const publishSeconds = 3600;
/** How long an old key stays published after its last signature: the longest life of what it signed, and more. */
const retireSeconds = 24 * 3600;

const sealedFor = (kid: string) => `idp.signing_key/${kid}`;
const othersSealedFor = (kid: string) => `idp.signing_key/${kid}/others`;

/**
 * The keys of now, those of the signing generation first, then those that are published for checking: the next one's and
 * the ones' before (K2). A generation has a key of each algorithm and bears the kid of its ES256 key. Makes the first
 * generation, and what one from before this version lacks; safe for several processes at once.
 */
export async function loadSigningKeys(context: ServiceContext): Promise<SigningKey[]> {
  const held = await readKeys(context);
  if (held.length > 0 && held.every(({ others }) => others)) return publishable(held);
  await context.db.transaction().execute(async (transaction) => {
    await sql`SELECT pg_advisory_xact_lock(hashtextextended('edutrust.idp.signing_key', 0))`.execute(transaction);
    const within = { ...context, db: transaction as unknown as Database };
    const { rows } = await sql`SELECT 1 FROM idp.signing_key`.execute(transaction);
    if (rows.length === 0) await insertKeys(within, 0);
    for (const { kid, others } of await readKeys(within)) {
      if (others) continue;
      const sealed = sealOthers(within, kid, await newKeys(otherAlgorithms));
      await sql`UPDATE idp.signing_key SET sealed_others = ${sealed} WHERE kid = ${kid}`.execute(transaction);
    }
  });
  return publishable(await readKeys(context));
}

/**
 * Publishes a new generation of keys at once, has it sign an hour later, and retires the old ones a day after that. When the old ones
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
    const kid = await insertKeys(
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

/** How long a generation signs before the next one is published by itself. */
const signingDays = 90;

/** Rotates when the newest keys are old; asked each day. */
export async function rotateOldSigningKeys(context: ServiceContext): Promise<void> {
  const { rows } = await sql<{ isOld: boolean | null }>`
    SELECT max(created_at) < now() - make_interval(days => ${signingDays}) AS "isOld"
    FROM idp.signing_key WHERE retires_at IS NULL`.execute(context.db);
  if (rows[0]?.isOld) await rotateSigningKeys(context, { kind: 'system', name: 'idp' });
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

const otherAlgorithms = idTokenAlgorithms.filter((alg) => alg !== 'ES256');

function newKeys(algorithms: readonly IdTokenAlgorithm[]): Promise<SigningKey[]> {
  return Promise.all(
    algorithms.map(async (alg): Promise<SigningKey> => {
      const jwk = (await makeKey[alg]()).privateKey.export({ format: 'jwk' });
      return { ...jwk, kid: thumbprintOf(jwk), alg, use: 'sig' };
    }),
  );
}

/** RFC 7638 §3.2: of the required public members in the order of their names, so that a kid is never given twice. */
function thumbprintOf(jwk: JsonWebKey): string {
  const members = ['crv', 'e', 'kty', 'n', 'x', 'y'] as const;
  return createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(members.flatMap((name) => (jwk[name] ? [[name, jwk[name]]] : [])))))
    .digest('base64url');
}

/** A generation: a key of each algorithm. Gives the kid of its ES256 key, which is the generation's. */
async function insertKeys(context: ServiceContext, activatesInSeconds: number): Promise<string> {
  const [own, ...others] = await newKeys(['ES256', ...otherAlgorithms]);
  if (!own) throw new TypeError('a generation has a key of each algorithm');
  await sql`
    INSERT INTO idp.signing_key (kid, sealed, sealed_others, created_at, activates_at)
    VALUES (${own.kid}, ${context.secrets.encrypt(Buffer.from(JSON.stringify(own)), sealedFor(own.kid))},
      ${sealOthers(context, own.kid, others)}, now(), now() + make_interval(secs => ${activatesInSeconds}))`.execute(
    context.db,
  );
  return own.kid;
}

const sealOthers = ({ secrets }: Pick<ServiceContext, 'secrets'>, kid: string, others: readonly SigningKey[]): Buffer =>
  secrets.encrypt(Buffer.from(JSON.stringify(others)), othersSealedFor(kid));

interface Generation {
  readonly kid: string;
  readonly own: SigningKey;
  /** Null: of a version that had ES256 alone. */
  readonly others: readonly SigningKey[] | null;
}

/** The generations of now, the signing one first. */
async function readKeys({ db, secrets }: Pick<ServiceContext, 'db' | 'secrets'>): Promise<Generation[]> {
  const { rows } = await sql<{ kid: string; sealed: Buffer; sealed_others: Buffer | null }>`
    SELECT kid, sealed, sealed_others, activates_at <= now() AS active FROM idp.signing_key
    WHERE retires_at IS NULL OR retires_at > now() ORDER BY active DESC, activates_at DESC`.execute(db);
  const opened = (sealed: Buffer, purpose: string) => JSON.parse(secrets.decrypt(sealed, purpose).toString('utf8'));
  return rows.map(({ kid, sealed, sealed_others }) => ({
    kid,
    own: opened(sealed, sealedFor(kid)) as SigningKey, // what `insertKeys` wrote, authenticated
    others: sealed_others && (opened(sealed_others, othersSealedFor(kid)) as SigningKey[]),
  }));
}

const publishable = (generations: readonly Generation[]): SigningKey[] =>
  generations.flatMap(({ own, others }) => [own, ...(others ?? [])]);
