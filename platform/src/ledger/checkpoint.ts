import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { InvalidInput } from '../errors.ts';
import type { SecretBox } from '../secrets/secrets.ts';
import type { LogName } from './log-names.ts';

/** A tree head: C2SP tlog-checkpoint in a C2SP signed note. */
export interface TreeHead {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
}

export interface CheckpointKey {
  readonly origin: string;
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Buffer;
  sign(head: Omit<TreeHead, 'origin'>): string;
  /** Binds a note to the size of the head before it, so that none between them is removed or added unseen. */
  link(previous: number, note: string): Buffer;
}

const linkText = (previous: number, note: string) => Buffer.from(`edutrust/head-link/v1\n${previous}\n${note}`);

/** Whether this log's key linked the note to a head of that size. */
export function isLinked(
  link: Buffer,
  previous: number,
  note: string,
  { publicKey }: Pick<CheckpointKey, 'publicKey'>,
): boolean {
  return verify(null, linkText(previous, note), publicKeyOf(publicKey), link);
}

function publicKeyOf(raw: Buffer) {
  return createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' });
}

/** The algorithm byte of Ed25519 in a note's key id (C2SP signed-note). */
const ed25519 = 1;

/** SPKI of an Ed25519 key without the key itself (RFC 8410 §4). */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

function keyId(origin: string, publicKey: Uint8Array): Buffer {
  const hash = createHash('sha256').update(`${origin}\n`).update(Buffer.of(ed25519)).update(publicKey);
  return hash.digest().subarray(0, 4);
}

/**
 * The log's key; made on first use, the same for every process. The first sealed thing that a process opens: another
 * key-encryption key than the database's is found here.
 *
 * @throws InvalidInput `secrets/other-key`
 */
export async function loadCheckpointKey(
  db: Database,
  secrets: SecretBox,
  log: LogName,
  host: string,
): Promise<CheckpointKey> {
  const context = `platform.ledger_key/${log}`;
  const fresh = generateKeyPairSync('ed25519');
  const rawPublic = fresh.publicKey.export({ type: 'spki', format: 'der' }).subarray(spkiPrefix.length);
  const sealed = secrets.encrypt(fresh.privateKey.export({ type: 'pkcs8', format: 'der' }), context);
  await sql`
    INSERT INTO platform.ledger_key (log, origin, public_key, sealed_private_key)
    VALUES (${log}, ${`${host}/${log}`}, ${rawPublic}, ${sealed}) ON CONFLICT DO NOTHING`.execute(db);
  const { rows } = await sql<{ origin: string; public_key: Buffer; sealed_private_key: Buffer }>`
    SELECT origin, public_key, sealed_private_key FROM platform.ledger_key WHERE log = ${log}`.execute(db);
  const row = rows[0];
  if (!row) throw new Error(`the log ${log} has no key`);
  const { origin, public_key: publicKey } = row;
  const privateKey = createPrivateKey({
    key: openWithOurs(secrets, row.sealed_private_key, context),
    format: 'der',
    type: 'pkcs8',
  });
  return {
    origin,
    publicKey,
    sign: ({ size, root }) => {
      const text = `${origin}\n${size}\n${root.toString('base64')}\n`;
      const signature = Buffer.concat([keyId(origin, publicKey), sign(null, Buffer.from(text), privateKey)]);
      return `${text}\n— ${origin} ${signature.toString('base64')}\n`;
    },
    link: (previous, note) => sign(null, linkText(previous, note), privateKey),
  };
}

function openWithOurs(secrets: SecretBox, sealed: Buffer, context: string): Buffer {
  try {
    return secrets.decrypt(sealed, context);
  } catch (cause) {
    throw new InvalidInput(
      'secrets/other-key',
      {
        vi: 'Khoá mã hoá đang dùng không phải khoá mà cơ sở dữ liệu này đã được niêm bằng.',
        en: 'The key-encryption key is not the one that this database was sealed with.',
      },
      {
        remedy: {
          vi: 'Kiểm tra EDUTRUST_SECRET_FILE, EDUTRUST_SECRET hoặc EDUTRUST_SECRET_COMMAND, và DATABASE_URL.',
          en: 'Check EDUTRUST_SECRET_FILE, EDUTRUST_SECRET or EDUTRUST_SECRET_COMMAND, and DATABASE_URL.',
        },
        cause,
      },
    );
  }
}

/** The tree head of a signed note; undefined when the note is malformed or not signed by this key. */
export function openCheckpoint(
  note: string,
  { origin, publicKey }: Pick<CheckpointKey, 'origin' | 'publicKey'>,
): TreeHead | undefined {
  const end = note.indexOf('\n\n');
  const text = note.slice(0, end + 1);
  const [name, size = '', root = ''] = text.split('\n');
  if (end < 0 || name !== origin || !/^(0|[1-9]\d{0,15})$/.test(size)) return undefined;
  const key = publicKeyOf(publicKey);
  const isSigned = note
    .slice(end + 2)
    .split('\n')
    .some((line) => {
      const match = /^— (\S+) (\S+)$/.exec(line);
      if (match?.[1] !== origin) return false;
      const bytes = Buffer.from(match[2] ?? '', 'base64');
      return (
        bytes.subarray(0, 4).equals(keyId(origin, publicKey)) && verify(null, Buffer.from(text), key, bytes.subarray(4))
      );
    });
  const rootHash = Buffer.from(root, 'base64');
  return isSigned && rootHash.length === 32 ? { origin, size: Number(size), root: rootHash } : undefined;
}
