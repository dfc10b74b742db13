import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { InvalidInput } from '../errors.ts';
import type { SecretBox } from '../secrets/secrets.ts';
import type { LogName } from './log-names.ts';
import { keyId, type LogPublicKey, linkText, spkiPrefix, type TreeHead } from './signed-note.ts';

export interface CheckpointKey extends LogPublicKey {
  sign(head: Omit<TreeHead, 'origin'>): string;
  /** Binds a note to the size of the head before it, so that none between them is removed or added unseen. */
  link(previous: number, note: string): Buffer;
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
