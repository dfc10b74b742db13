import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { writeZip } from '@edutrust/platform/zip';
import { createAuthority } from '../../testing/authority.ts';
import { validateFile } from '../formats/validate.ts';
import { readZip } from '../formats/zip/read.ts';
import { signFile } from './sign-file.ts';

const at = new Date('2026-05-20T08:00:00Z');
const authority = createAuthority();
const signer = authority.signerOf(authority.official());
const options = { anchors: authority.anchors, crls: authority.crls, at };
const run = promisify(execFile);
const mebibyte = 1024 * 1024;

describe('a file of any size is signed and judged piece by piece', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edutrust-large-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test('E2: what is held does not grow with the file: 8 and 96 MiB, beside it and in a container', async () => {
    const measure = async (size: number) => {
      const script = fileURLToPath(new URL('../../testing/large-file.ts', import.meta.url));
      const { stdout } = await run(process.execPath, [
        '--max-old-space-size=96',
        script,
        join(folder, `${size}.bin`),
        String(size * mebibyte),
      ]);
      return JSON.parse(stdout);
    };
    const [small, large] = [await measure(8), await measure(96)];
    for (const { whole, changed } of [small, large]) {
      assert.deepEqual(whole, ['valid passed', 'valid passed']);
      assert.deepEqual(changed, ['invalid content-changed', 'indeterminate container-unreadable']);
    }
    const grown = (large.kibibytes - small.kibibytes) / 1024;
    assert.ok(grown < 44, `${grown} MiB more for 88 MiB more, from ${small.kibibytes} KiB`);
  });

  test('the container is the one that is made in memory, and a file that is there is not written over', async () => {
    const path = join(folder, 'điểm, lớp 5A.csv');
    await writeFile(path, 'An;9\n');
    const container = await signFile({ path, packaging: 'container', at }, signer);
    const bytes = await readFile(container);
    assert.deepEqual(writeZip(readZip(bytes)), bytes);
    assert.deepEqual(readZip(bytes).get('điểm, lớp 5A.csv'), Buffer.from('An;9\n'));
    assert.equal((await validateFile(bytes, options)).verdict, 'valid');
    await assert.rejects(signFile({ path, packaging: 'container', at }, signer), { code: 'sign/exists' });
    assert.deepEqual(await readFile(container), bytes);
  });

  test('a token that is pulled out leaves no half file', async () => {
    const path = join(folder, 'a.bin');
    await writeFile(path, 'a');
    const gone = { ...signer, sign: () => Promise.reject(new Error('gone')) };
    for (const packaging of ['detached', 'container'] as const)
      await assert.rejects(signFile({ path, packaging, at }, gone), /gone/);
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.startsWith('a.bin')),
      ['a.bin'],
    );
  });
});
