import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fc } from '@edutrust/testing/property';
import { createSecretBox, loadSecretBox } from './secrets.ts';

test('K1: what is sealed opens only in its context, and no bit of it may change', () => {
  const box = createSecretBox(Buffer.alloc(32, 7));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), fc.nat(), (plain, context, position) => {
      const sealed = box.encrypt(plain, context);
      assert.deepEqual(box.decrypt(sealed, context), Buffer.from(plain));
      assert.throws(() => box.decrypt(sealed, `${context}x`));
      const index = position % sealed.length;
      sealed[index] = (sealed[index] ?? 0) ^ 1;
      assert.throws(() => box.decrypt(sealed, context));
    }),
    { numRuns: 200 },
  );
});

test('a key file is made once, readable by its owner only, and refused when it is no key', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'edutrust-secret-'));
  const path = join(directory, 'deep/secret.key');
  try {
    await assert.rejects(loadSecretBox({ kind: 'file', path, mayBeMade: false }), { code: 'secrets/no-file' });
    const boxes = await Promise.all(
      Array.from({ length: 8 }, () => loadSecretBox({ kind: 'file', path, mayBeMade: true })),
    );
    assert.equal(new Set(boxes.map((box) => box.derive('x').toString('hex'))).size, 1);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.match(await readFile(path, 'utf8'), /^[0-9a-f]{64}\n$/);
    await writeFile(path, 'too short');
    await assert.rejects(loadSecretBox({ kind: 'file', path, mayBeMade: true }), { code: 'secrets/bad-file' });
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('K1: the key comes from a command, as a KMS is asked, or from the environment; what goes wrong says so without the command', async () => {
  const hex = 'a5'.repeat(32);
  const expected = createSecretBox(Buffer.from(hex, 'hex')).derive('x');
  assert.deepEqual((await loadSecretBox({ kind: 'value', hex })).derive('x'), expected);
  const ask = (command: string) => loadSecretBox({ kind: 'command', command });
  assert.deepEqual((await ask(`printf ${hex}`)).derive('x'), expected);
  assert.deepEqual((await ask(`printf '${'\\245'.repeat(32)}'`)).derive('x'), expected);
  for (const [command, code] of [
    ['echo no-key-at-all', 'secrets/bad-answer'],
    ['echo half-a-secret; exit 7', 'secrets/no-answer'],
    ['edutrust-no-such-vault get', 'secrets/no-answer'],
  ] as const) {
    await assert.rejects(ask(command), (error: Error & { code?: string }) => {
      assert.equal(error.code, code);
      assert.doesNotMatch(String(error.stack) + JSON.stringify(error), /half-a-secret|no-key-at-all|no-such-vault/);
      return true;
    });
  }
});
