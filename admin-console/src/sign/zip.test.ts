import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { zipOf } from './zip.ts';

test('another program opens the ZIP of a class: each file whole, under its Vietnamese name, and none is missing', async () => {
  const files = Array.from({ length: 31 }, (_, index) => ({
    name: `Đặng Thị Ánh ${index} - hoc-ba.pdf`,
    bytes: Uint8Array.from({ length: index * 1000 }, (__, at) => (at * 31 + index) % 256),
  }));
  const folder = mkdtempSync(join(tmpdir(), 'edutrust-zip-'));
  try {
    const path = join(folder, 'lop.zip');
    writeFileSync(path, new Uint8Array(await zipOf(files).arrayBuffer()));
    const script =
      'import sys,zipfile,json,hashlib; z=zipfile.ZipFile(sys.argv[1]); print(json.dumps([z.testzip(), [[n, hashlib.sha256(z.read(n)).hexdigest()] for n in z.namelist()]]))';
    const [damaged, read] = JSON.parse(execFileSync('python3', ['-c', script, path], { encoding: 'utf8' }));
    assert.equal(damaged, null);
    const digests = await Promise.all(
      files.map(async ({ name, bytes }) => [
        name,
        Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex'),
      ]),
    );
    assert.deepEqual(read, digests);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
