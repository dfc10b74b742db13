import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { InvalidInput } from '@edutrust/platform/errors';
import type { LogName } from '@edutrust/platform/ledger';
import type { SecretBox } from '@edutrust/platform/secrets';

/** What a backup says of itself: `manifest.json`. */
export interface Manifest {
  readonly format: 1;
  readonly takenAt: string;
  /** `schema/name` of every migration whose result the tables are. */
  readonly migrations: readonly string[];
  /** In the order in which they can be filled. */
  readonly tables: readonly {
    readonly name: string;
    readonly columns: readonly string[];
    readonly rows: number;
    /** Of the file `<name>.copy.gz`, in hexadecimal. */
    readonly sha256: string;
  }[];
  readonly sequences: Readonly<Record<string, number>>;
  /** The last signed tree head of each log that had one. */
  readonly heads: Readonly<Partial<Record<LogName, string>>>;
}

export const fileOf = (table: string) => `${table}.copy.gz`;

/** Of the installation's secret file: whoever has only the backup cannot change it and keep this right. */
function authenticate(bytes: Uint8Array, secrets: SecretBox): Buffer {
  return createHmac('sha256', secrets.derive('backup/manifest/v1')).update(bytes).digest();
}

/** Writes `manifest.json`, `manifest.mac`, and `SHA256SUMS` for `sha256sum --check`. */
export async function writeManifest(directory: string, manifest: Manifest, secrets: SecretBox): Promise<void> {
  const bytes = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  const write = (name: string, content: string | Buffer) =>
    writeFile(join(directory, name), content, { mode: 0o600, flush: true });
  await write('manifest.json', bytes);
  await write('manifest.mac', `${authenticate(bytes, secrets).toString('hex')}\n`);
  const sums = manifest.tables.map(({ name, sha256 }) => `${sha256}  ${fileOf(name)}\n`);
  await write('SHA256SUMS', `${sums.join('')}${createHash('sha256').update(bytes).digest('hex')}  manifest.json\n`);
}

/**
 * The manifest of a backup of this installation, and every file as it was written.
 *
 * @throws InvalidInput `restore/no-backup`, `restore/not-ours`, `restore/damaged`; nothing was touched yet.
 */
export async function readManifest(directory: string, secrets: SecretBox): Promise<Manifest> {
  const [bytes, mac] = await Promise.all([
    readFile(join(directory, 'manifest.json')),
    readFile(join(directory, 'manifest.mac'), 'latin1'),
  ]).catch((cause: unknown) => {
    throw new InvalidInput(
      'restore/no-backup',
      { vi: `Thư mục ${directory} không phải bản sao lưu.`, en: `The folder ${directory} is not a backup.` },
      { cause },
    );
  });
  const given = Buffer.from(mac.trim(), 'hex');
  const wanted = authenticate(bytes, secrets);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw notOurs();
  const manifest = JSON.parse(bytes.toString('utf8')) as Manifest; // written by us: the code just held
  for (const { name, sha256 } of manifest.tables) {
    const found = await hashFile(join(directory, fileOf(name))).catch(() => undefined);
    if (found !== sha256) throw damaged(fileOf(name));
  }
  return manifest;
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

function notOurs(): InvalidInput {
  return new InvalidInput(
    'restore/not-ours',
    {
      vi: 'Bản sao lưu này được tạo với tệp khoá khác, hoặc đã bị sửa.',
      en: 'This backup was made with another secret file, or it was altered.',
    },
    {
      remedy: {
        vi: 'Đặt EDUTRUST_SECRET_FILE tới tệp khoá của hệ thống đã tạo bản sao lưu.',
        en: 'Set EDUTRUST_SECRET_FILE to the secret file of the installation that made the backup.',
      },
    },
  );
}

function damaged(file: string): InvalidInput {
  return new InvalidInput(
    'restore/damaged',
    {
      vi: `Tệp ${file} thiếu hoặc không còn như lúc sao lưu.`,
      en: `The file ${file} is missing or not as it was written.`,
    },
    { remedy: { vi: 'Dùng một bản sao lưu khác.', en: 'Use another backup.' } },
  );
}
