import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toPem } from '@edutrust/certs/certificate';

/**
 * xmlsec1 (Debian's package of that name) verifies every signature of a file, with the certificates in it, up to this root
 * at that time; throws what it says when one is not good. `beside`: files that detached signatures name.
 */
export function xmlsec1(
  file: Buffer,
  root: Uint8Array,
  { at, beside = {} }: { readonly at: Date; readonly beside?: Readonly<Record<string, Buffer>> },
): void {
  const folder = mkdtempSync(join(tmpdir(), 'edutrust-xmlsec1-'));
  try {
    const write = (name: string, bytes: string | Buffer) => writeFileSync(join(folder, name), bytes);
    write('root.pem', toPem(root));
    write('file.xml', file);
    for (const [name, bytes] of Object.entries(beside)) write(name, bytes);
    const count = file.toString().split('<ds:Signature ').length - 1;
    for (let index = 1; index <= count; index++) {
      const node = ['--node-xpath', `(//*[local-name()='Signature'])[${index}]`];
      const ids = ['--id-attr:Id', 'http://uri.etsi.org/01903/v1.3.2#:SignedProperties'];
      const trust = [
        '--trusted-pem',
        'root.pem',
        '--verification-gmt-time',
        at.toISOString().slice(0, 19).replace('T', '+'),
      ];
      execFileSync('xmlsec1', ['--verify', ...ids, ...trust, ...node, 'file.xml'], { cwd: folder, stdio: 'pipe' });
    }
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: Buffer };
    if (code === 'ENOENT') throw new Error('xmlsec1 is missing: apt-get install xmlsec1');
    throw new Error(`xmlsec1: ${stderr?.toString().slice(0, 600)}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
