import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@edutrust/platform/clock';
import { testContext } from '@edutrust/testing/context';
import { ensureAuthorities, issueCertificate, listAuthorities } from '../src/authority/authority.ts';
import { toPem } from '../src/certificate/certificate.ts';
import { migrations } from '../src/migrations.ts';

/** Authorities on a real database, and a folder of PEM files for openssl, the independent witness. */
export async function openWorkshop(options: { readonly clock?: Clock } = {}) {
  const context = await testContext({ migrations: [migrations], ...options });
  await ensureAuthorities(context);
  const folder = await mkdtemp(join(tmpdir(), 'edutrust-certs-'));
  for (const { id, certificate } of await listAuthorities(context.db))
    await writeFile(join(folder, `${id}.pem`), toPem(certificate));
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  /** Its PEM is in `leaf.pem`. */
  const issue = async (requestKey: string) => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const issued = await issueCertificate(context, {
      profile: 'official',
      subject: { commonName: requestKey, serialNumber: '7901234568', organisation: 'Trường Tiểu học Lê Lợi' },
      publicKey: publicKey.export({ type: 'spki', format: 'der' }),
      requestKey,
    });
    await writeFile(join(folder, 'leaf.pem'), toPem(issued.der));
    return issued;
  };
  return {
    context,
    folder,
    openssl,
    issue,
    write: (name: string, content: string | Buffer) => writeFile(join(folder, name), content),
    [Symbol.asyncDispose]: async () => {
      await rm(folder, { recursive: true });
      await context[Symbol.asyncDispose]();
    },
  };
}
