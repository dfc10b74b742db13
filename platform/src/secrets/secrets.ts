import { execFile } from 'node:child_process';
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { SecretSource } from '../config/config.ts';
import { InvalidInput, Unavailable } from '../errors.ts';

/**
 * Secrets at rest: envelope encryption under the key-encryption key of the installation, and the keyed
 * hashes and derived keys that every process must agree on.
 */
export interface SecretBox {
  /** AES-256-GCM under a fresh data key; `context` (key id, tenant, column) is bound as associated data. */
  encrypt(plain: Uint8Array, context: string): Buffer;
  /** The plain bytes; throws when the context or a bit differs. */
  decrypt(encrypted: Uint8Array, context: string): Buffer;
  /** 32 bytes by HKDF-SHA-256 (RFC 5869) for one purpose: cookie keys, pairwise subjects, blind indexes. */
  derive(purpose: string): Buffer;
}

const run = promisify(execFile);

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
/** First byte of everything sealed: the form of what follows, so that it can change. */
const form = 1;

/**
 * The secret box of this installation. The key is 32 bytes, as they are or as 64 hexadecimal digits.
 *
 * @throws InvalidInput `secrets/bad-file`, `secrets/bad-answer` when it is no such key; Unavailable `secrets/no-file`
 * when the file is missing and may not be made, `secrets/no-answer` when the command fails or takes longer than 30 s.
 */
export async function loadSecretBox(source: SecretSource): Promise<SecretBox> {
  if (source.kind === 'value') return createSecretBox(Buffer.from(source.hex, 'hex'));
  if (source.kind === 'command') return createSecretBox(await askCommand(source.command));
  const { path, mayBeMade } = source;
  let content = await readIfThere(path);
  if (!content && mayBeMade) {
    await makeKeyFile(path);
    content = await readIfThere(path);
  }
  if (!content) {
    throw new Unavailable(
      'secrets/no-file',
      { vi: `Không có tệp khoá ${path}.`, en: `There is no secret file ${path}.` },
      {
        remedy: {
          vi: 'Đặt EDUTRUST_SECRET_FILE tới tệp chứa 32 byte ngẫu nhiên (openssl rand -hex 32), giống nhau ở mọi tiến trình.',
          en: 'Set EDUTRUST_SECRET_FILE to a file with 32 random bytes (openssl rand -hex 32), the same for every process.',
        },
      },
    );
  }
  const key = readKey(content);
  if (key) return createSecretBox(key);
  throw new InvalidInput('secrets/bad-file', {
    vi: `Tệp khoá ${path} phải có đúng 32 byte hoặc 64 chữ số hệ 16.`,
    en: `The secret file ${path} must hold exactly 32 bytes or 64 hexadecimal digits.`,
  });
}

/** What a KMS or a vault says, through a command of the operator's: it knows how to reach it, and we need not. */
async function askCommand(command: string): Promise<Buffer> {
  const answer = await run('/bin/sh', ['-c', command], { encoding: 'buffer', timeout: 30_000 }).catch(
    // Neither the command nor what it printed is told: either may hold a secret.
    ({ code, killed }: { code?: unknown; killed?: boolean }) => {
      const why = killed
        ? { vi: 'quá 30 giây', en: 'took longer than 30 seconds' }
        : { vi: `mã ${code}`, en: `code ${code}` };
      throw new Unavailable(
        'secrets/no-answer',
        {
          vi: `EDUTRUST_SECRET_COMMAND không trả lời được (${why.vi}).`,
          en: `EDUTRUST_SECRET_COMMAND failed (${why.en}).`,
        },
        {
          remedy: {
            vi: 'Chạy thử lệnh đó bằng chính tài khoản của dịch vụ.',
            en: 'Try the command as the account of the service.',
          },
        },
      );
    },
  );
  const key = readKey(answer.stdout);
  if (key) return key;
  throw new InvalidInput('secrets/bad-answer', {
    vi: 'EDUTRUST_SECRET_COMMAND phải in ra đúng 32 byte hoặc 64 chữ số hệ 16.',
    en: 'EDUTRUST_SECRET_COMMAND must print exactly 32 bytes or 64 hexadecimal digits.',
  });
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new InvalidInput(
      'secrets/unreadable',
      { vi: `Không đọc được tệp khoá ${path} (${code}).`, en: `The secret file ${path} cannot be read (${code}).` },
      {
        remedy: {
          vi: 'Nó phải là một tệp mà tài khoản của dịch vụ đọc được.',
          en: 'It must be a file that the service’s account can read.',
        },
        cause: error,
      },
    );
  }
}

/** Whole or not at all: written beside and linked, so that of several processes the first one's key stands. */
async function makeKeyFile(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  await writeFile(draft, `${randomBytes(keyBytes).toString('hex')}\n`, { mode: 0o600 });
  await link(draft, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft);
}

/** Undefined when it is none. */
function readKey(content: Buffer): Buffer | undefined {
  if (content.length === keyBytes) return content;
  const text = content.toString('latin1').trim();
  return /^[0-9a-fA-F]{64}$/.test(text) ? Buffer.from(text, 'hex') : undefined;
}

export function createSecretBox(keyEncryptionKey: Uint8Array): SecretBox {
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', keyEncryptionKey, 'edutrust', purpose, keyBytes));
  const wrappingKey = createSecretKey(derive('seal/v1'));
  return {
    derive,
    encrypt: (plain, context) => {
      const random = randomBytes(keyBytes + 2 * nonceBytes); // one call: each is a system call
      const dataKey = random.subarray(0, keyBytes);
      const wrapped = encrypt(wrappingKey, dataKey, context, random.subarray(keyBytes, keyBytes + nonceBytes));
      const body = encrypt(createSecretKey(dataKey), plain, context, random.subarray(keyBytes + nonceBytes));
      return Buffer.concat([Buffer.of(form), wrapped, body]);
    },
    decrypt: (sealed, context) => {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      if (bytes[0] !== form) throw new Error('sealed in a form that this version does not know');
      const wrappedEnd = 1 + nonceBytes + keyBytes + tagBytes;
      const dataKey = decrypt(wrappingKey, bytes.subarray(1, wrappedEnd), context);
      return decrypt(createSecretKey(dataKey), bytes.subarray(wrappedEnd), context);
    },
  };
}

// Node looks a key up in 12 µs when it is bytes and in 2 µs when it is a KeyObject.
function encrypt(key: KeyObject, plain: Uint8Array, context: string, nonce: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(context, 'utf8'));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: KeyObject, sealed: Buffer, context: string): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes));
  decipher.setAAD(Buffer.from(context, 'utf8'));
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]);
}
