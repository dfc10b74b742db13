import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { toPem } from '@edutrust/certs/certificate';
import { signFile } from '@edutrust/signing-service/sealing-machine';
import { createAuthority } from '@edutrust/signing-service/testing/authority';
import { runCommand } from '@edutrust/testing/command';

/** A PDF of one empty page, by hand. */
function plainPdf(): string {
  const objects = [
    '<</Type /Catalog /Pages 2 0 R>>',
    '<</Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842]>>',
    '<</Type /Page /Parent 2 0 R>>',
  ];
  let body = '%PDF-1.7\n';
  let table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`;
  for (const [index, object] of objects.entries()) {
    table += `${String(body.length).padStart(10, '0')} 00000 n \n`;
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
  }
  return `${body}${table}trailer\n<</Size ${objects.length + 1} /Root 1 0 R>>\nstartxref\n${body.length}\n%%EOF\n`;
}

describe('edutrust verify without a running installation', () => {
  let folder: string;
  let environment: Record<string, string>;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edutrust-verify-'));
    environment = {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '/',
      LANG: 'en_US.UTF-8',
      EDUTRUST_DATA: join(folder, 'var'),
    };
    await writeFile(join(folder, 'plain.pdf'), plainPdf());
    await writeFile(join(folder, 'junk.pdf'), `${plainPdf()}/ByteRange behind the end`);
  });
  after(() => rm(folder, { recursive: true, force: true }));
  const run = (...args: string[]) => runCommand(['--json', 'verify', ...args], environment);
  const file = (name: string) => join(folder, name);

  test('a file is judged without a database being made for it', async () => {
    const { lines, code } = await run(file('plain.pdf'), file('junk.pdf'));
    assert.deepEqual([code, lines.map(({ verdict }) => verdict)], [1, ['unsigned', 'indeterminate']]);
    assert.doesNotMatch(lines[1].sentence.en, /no digital signature/, 'V10');
    assert.ok(!existsSync(join(folder, 'var', 'postgres')), 'no PostgreSQL was made');
  });

  test('for a person it says why beneath, once each; a password is read from a file of its own', async () => {
    const encrypted = fileURLToPath(new URL('../../../signing-service/testing/encrypted/aes-128.pdf', import.meta.url));
    await writeFile(file('password'), 'mo\n');
    const said = async (...args: string[]) => (await runCommand(['verify', ...args], environment)).stdout.split('\n');
    const [sentence, why, ...more] = await said(encrypted);
    assert.match(sentence ?? '', /could not be checked|neither/i);
    assert.match(why ?? '', /^ {2}The PDF is protected by a password/);
    assert.deepEqual(more.filter(Boolean), []);
    assert.doesNotMatch((await said('--password-file', file('password'), encrypted)).join(' '), /password/);
  });

  test('`--etsi` writes the report by ETSI TS 119 102-2, of exactly one file', async () => {
    await run(file('junk.pdf'), '--etsi', file('report.xml'));
    const report = await readFile(file('report.xml'), 'utf8');
    assert.match(report, /<vr:MainIndication>urn:etsi:019102:mainindication:indeterminate</);
    const two = await run(file('plain.pdf'), file('junk.pdf'), '--etsi', file('other.xml'));
    assert.equal(two.code, 2);
    assert.ok(!existsSync(file('other.xml')));
  });

  test('an installation that does not run is not started for a file that it could not say more about', async () => {
    await mkdir(join(folder, 'var', 'postgres'), { recursive: true });
    await writeFile(join(folder, 'var', 'postgres', 'PG_VERSION'), '18\n');
    assert.deepEqual((await run(file('plain.pdf'))).lines[0].verdict, 'unsigned');
    assert.ok(!existsSync(join(folder, 'var', 'postgres', 'postmaster.pid')));
    await rm(join(folder, 'var'), { recursive: true });
  });

  test('a file of 40 MiB is judged beside its signature and in a container; another one is told how', async () => {
    const path = file('recording.mp4');
    await writeFile(path, 'begins');
    await truncate(path, 40 * 1024 * 1024);
    const authority = createAuthority();
    const trust = file('anchor.pem');
    await writeFile(trust, authority.anchors.map((der) => toPem(der)).join(''));
    const signer = authority.signerOf(authority.official());
    const at = new Date();
    const signature = await signFile({ path, packaging: 'detached', at }, signer);
    const container = await signFile({ path, packaging: 'container', at }, signer);
    for (const asked of [[signature, '--content', path], [container]]) {
      const [report] = (await run('--trust', trust, ...asked)).lines;
      assert.equal(report.unchanged.answer, 'yes', JSON.stringify(report));
    }
    await appendFile(path, 'more');
    const [changed] = (await run('--trust', trust, signature, '--content', path)).lines;
    assert.equal(changed.unchanged.answer, 'no', JSON.stringify(changed));
    const [refused] = (await run(path)).lines;
    assert.equal(refused.error.code, 'verify/too-large');
    assert.match(refused.error.detail, /--content/);
  });

  test('a signature in a file of its own is judged with the file that it signs', async () => {
    const at = (name: string) => file(name);
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-subj',
        '/CN=A',
        '-keyout',
        at('key.pem'),
        '-out',
        at('own.pem'),
      ],
      { stdio: 'ignore' },
    );
    await writeFile(at('contract.txt'), 'Hợp đồng');
    await writeFile(at('other.txt'), 'Hợp đồng khác');
    execFileSync('openssl', [
      'cms',
      '-sign',
      '-binary',
      '-cades',
      '-in',
      at('contract.txt'),
      '-signer',
      at('own.pem'),
      '-inkey',
      at('key.pem'),
      '-outform',
      'DER',
      '-out',
      at('contract.p7s'),
    ]);
    const answer = async (...args: string[]) => {
      const { lines } = await run(at('contract.p7s'), ...args);
      return [lines[0].verdict, lines[0].unchanged.answer, lines[0].signatures[0].format];
    };
    assert.deepEqual(await answer('--content', at('contract.txt')), ['indeterminate', 'yes', 'CAdES']);
    assert.deepEqual(await answer('--content', at('other.txt')), ['invalid', 'no', 'CAdES']);
    assert.deepEqual(await answer(), ['indeterminate', 'unknown', 'CAdES']);
  });

  test('`--trust` takes one file, also before the PDFs, and may be repeated', async () => {
    await writeFile(file('one.pem'), 'no certificate');
    const { lines } = await run('--trust', file('one.pem'), file('plain.pdf'));
    assert.deepEqual([lines[0].file, lines[0].error.code], [file('plain.pdf'), 'verify/bad-trust']);
    const twice = await run('--trust', file('one.pem'), '--trust', file('one.pem'), file('plain.pdf'));
    assert.equal(twice.lines[0].error.code, 'verify/bad-trust');
  });
});
