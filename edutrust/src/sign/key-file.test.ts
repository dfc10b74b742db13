import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, verify, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { toPem } from '@edutrust/certs/certificate';
import { issue } from '@edutrust/signing-service/testing/authority';
import { openKeyFile } from './key-file.ts';

for (const [what, make] of [
  ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ['EC', () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' })],
] as const) {
  test(`a PKCS#12 file with an ${what} key seals, also one encrypted as twenty years ago; a wrong password and another file are told`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'edutrust-p12-'));
    try {
      const at = (name: string) => join(folder, name);
      const authority = issue({ name: [['commonName', 'CA công cộng']], kind: 'authority' });
      const issuing = issue({ name: [['commonName', 'CA công cộng 2']], kind: 'authority' }, authority);
      const name = [['commonName', 'Trường Tiểu học Lê Lợi']] as const;
      const keys = make();
      const seal = issue({ name, kind: 'signer', keys }, issuing);
      await writeFile(at('key.pem'), keys.privateKey.export({ format: 'pem', type: 'pkcs8' }));
      await writeFile(at('own.pem'), toPem(seal.certificate));
      await writeFile(at('chain.pem'), toPem(issuing.certificate) + toPem(authority.certificate));
      const pack = (file: string, password: string, ...how: string[]) =>
        execFileSync('openssl', [
          ...['pkcs12', '-export', '-inkey', at('key.pem'), '-in', at('own.pem'), '-certfile', at('chain.pem')],
          ...['-passout', `pass:${password}`, '-out', at(file), ...how],
        ]);
      pack('new.p12', 'mat khau');
      pack('old.p12', 'mật khẩu', '-legacy'); // letters beyond ASCII only there: the reader takes them so
      for (const [file, password] of [
        ['new.p12', 'mat khau'],
        ['old.p12', 'mật khẩu'],
      ] as const) {
        const key = await openKeyFile(at(file), password);
        assert.deepEqual(key.certificate, seal.certificate, 'the very bytes');
        assert.deepEqual(key.issuers, [issuing.certificate], 'without the root');
        const signature = await key.unlock(password).sign(Buffer.from('học bạ'));
        assert.ok(verify('sha256', Buffer.from('học bạ'), new X509Certificate(key.certificate).publicKey, signature));
        assert.throws(() => key.unlock('khác'), { code: 'sign/wrong-password' });
        await assert.rejects(openKeyFile(at(file), ''), { code: 'sign/wrong-password' });
      }
      await assert.rejects(openKeyFile(at('key.pem'), 'mật khẩu'), { code: 'sign/no-key-file' });
      await assert.rejects(openKeyFile(at('none.p12'), 'mật khẩu'), { code: 'command/no-file' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}
