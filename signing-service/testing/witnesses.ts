import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trustMaterial } from '@edutrust/certs/authority';
import type { TestCity } from './city.ts';

/** openssl checks each CMS over its byte ranges against our root, pdfsig the whole file (both from Debian). */
export async function independentWitnesses(world: TestCity, file: Buffer): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'edutrust-witness-'));
  try {
    const path = (name: string) => join(directory, name);
    const { anchors } = await trustMaterial(world.context);
    const pem = anchors.map(
      (der) => `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`,
    );
    writeFileSync(path('root.pem'), pem.join(''));
    writeFileSync(path('signed.pdf'), file);
    const options = { encoding: 'utf8', stdio: 'pipe' } as const;
    const ranges = [...file.toString('latin1').matchAll(/\/ByteRange\s*\[\s*0 (\d+) (\d+) (\d+)/gu)];
    assert.ok(ranges.length > 0);
    for (const range of ranges) {
      const [first = 0, second = 0, length = 0] = range.slice(1).map(Number);
      writeFileSync(path('content'), Buffer.concat([file.subarray(0, first), file.subarray(second, second + length)]));
      const padded = Buffer.from(file.subarray(first + 1, second - 1).toString('latin1'), 'hex');
      writeFileSync(path('cms'), padded.subarray(0, 4 + padded.readUInt16BE(2))); // SEQUENCE with a two-byte length
      const files = ['-in', path('cms'), '-content', path('content'), '-CAfile', path('root.pem'), '-out', path('out')];
      execFileSync('openssl', ['cms', '-verify', '-binary', '-inform', 'DER', '-purpose', 'any', ...files], options);
    }
    execFileSync('certutil', ['-N', '-d', `sql:${directory}`, '--empty-password'], options);
    execFileSync(
      'certutil',
      ['-A', '-d', `sql:${directory}`, '-n', 'root', '-t', 'CT,C,C', '-i', path('root.pem')],
      options,
    );
    const said = execFileSync('pdfsig', ['-no-ocsp', '-nssdir', `sql:${directory}`, path('signed.pdf')], options);
    const count = (words: string) => said.split(words).length - 1;
    assert.deepEqual(
      [count('Signature is Valid'), count('Certificate is Trusted')],
      [ranges.length, ranges.length],
      said,
    );
    assert.match(said, /Total document signed/);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
