import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { toPem } from '@edutrust/certs/certificate';
import { testTokens } from '@edutrust/certs/testing/school-token';
import { otherAuthority } from '@edutrust/signing-service/testing/other-authority';
import { ownTemporaryFolder } from '@edutrust/testing/temporary';

const pack = new URL('../../pack-executable.ts', import.meta.url).pathname;

test('K5: where there is no Node, one file signs with the token; a library that somebody put in place of its own is never loaded', async () => {
  await using folder = await ownTemporaryFolder();
  const system = `${platform()}-${arch()}`;
  const name = execFileSync(process.execPath, [pack, system, folder.path], { encoding: 'utf8', stdio: 'pipe' }).trim();
  const authority = otherAuthority('Ban Cơ yếu', 'http://localhost:1');
  const seal = authority.seal('Trường Tiểu học Kim Đồng', 'rsa');
  await using tokens = await testTokens([
    { label: 'con dau', key: seal.key, certificates: [seal.certificate, authority.issuing] },
  ]);
  const file = (path: string) => join(folder.path, path);
  const sign = (what: string) =>
    execFileSync(file(name), ['sign', '--file', what, '--pkcs11', tokens.library, '--token', 'con dau'], {
      cwd: folder.path,
      env: { XDG_CONFIG_HOME: file('home'), SOFTHSM2_CONF: process.env.SOFTHSM2_CONF ?? '', PATH: '' },
      input: `${tokens.pin}\n`,
      stdio: 'pipe',
    });
  const verify = async (what: string) => {
    await writeFile(file('root.pem'), toPem(authority.root));
    const given = ['-inform', 'DER', '-in', `${what}.p7s`, '-content', what, '-CAfile', 'root.pem', '-purpose', 'any'];
    execFileSync('openssl', ['cms', '-verify', '-binary', '-out', '/dev/null', ...given], {
      cwd: folder.path,
      stdio: 'pipe',
    });
  };
  await writeFile(file('ghi-hinh.mp4'), 'một buổi lễ');
  sign('ghi-hinh.mp4');
  await verify('ghi-hinh.mp4');

  const parts = await readdir(file('home'), { recursive: true });
  const library = file(join('home', parts.find((part) => part.endsWith('koffi.node')) ?? 'none'));
  const own = await readFile(library);
  await chmod(library, 0o700);
  await writeFile(library, 'another library');
  await writeFile(file('bien-ban.txt'), 'đã họp');
  sign('bien-ban.txt');
  await verify('bien-ban.txt');
  assert.deepEqual(await readFile(library), own);
});
