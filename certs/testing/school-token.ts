import { execFileSync } from 'node:child_process';
import type { KeyObject } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What is put on a token before it is plugged in. */
export interface TokenContents {
  readonly label: string;
  readonly key: KeyObject;
  /** DER, the key's own first. */
  readonly certificates: readonly Buffer[];
}

/** Tokens of SoftHSM2, all of them plugged in; this process reads them from now on. */
export interface TestTokens extends AsyncDisposable {
  readonly library: string;
  readonly pin: string;
  pullOut(): Promise<void>;
  putBack(): Promise<void>;
}

const pin = '271828';
const library = '/usr/lib/softhsm/libsofthsm2.so';

/** SoftHSM2 with these tokens; libsofthsm2.so where Debian puts it. Once in a process: the library reads its slots once. */
export async function testTokens(contents: readonly TokenContents[]): Promise<TestTokens> {
  const folder = await mkdtemp(join(tmpdir(), 'edutrust-school-token-'));
  const plugged = join(folder, 'tokens');
  const away = join(folder, 'away');
  const configuration = join(folder, 'softhsm2.conf');
  await mkdir(plugged);
  await writeFile(configuration, `directories.tokendir = ${plugged}\nobjectstore.backend = file\n`);
  process.env.SOFTHSM2_CONF = configuration; // read by the library
  const put = fileURLToPath(new URL('put-certificate.ts', import.meta.url));
  for (const { label, key, certificates } of contents) {
    const tool = (...args: readonly string[]) => execFileSync('softhsm2-util', args, { stdio: 'ignore' });
    tool('--init-token', '--free', '--label', label, '--pin', pin, '--so-pin', '314159');
    const file = join(folder, 'key.pem');
    await writeFile(file, key.export({ format: 'pem', type: 'pkcs8' }));
    tool('--import', file, '--token', label, '--label', 'seal', '--id', 'a1', '--pin', pin);
    const ders = certificates.map((der) => der.toString('base64'));
    execFileSync(process.execPath, [put, library, label, pin, ...ders], { stdio: ['ignore', 'inherit', 'inherit'] });
  }
  return {
    library,
    pin,
    pullOut: () => rename(plugged, away),
    putBack: () => rename(away, plugged),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
