import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { toPem } from '@edutrust/certs/certificate';
import { cosign } from '@edutrust/platform/cosign';
import { verifierKeyText } from '@edutrust/platform/cosignature';
import { hashLeaf, tlogProofText } from '@edutrust/platform/ledger-proof';
import { signFile } from '@edutrust/signing-service/sealing-machine';
import { createAuthority } from '@edutrust/signing-service/testing/authority';
import { checkpoint, namedKey, witnessedSignature } from '@edutrust/signing-service/testing/witnessed';
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
    const kept = await run('--save-evidence', file('nothing'), file('plain.pdf'));
    assert.equal(kept.lines.at(-1).error?.code, 'verify/no-evidence', kept.stdout);
    assert.ok(!existsSync(file('nothing')), 'an empty file would be taken for a proof');
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

  test('L9: kept evidence counts the witnesses of the log without a network, and a quorum is an exit code', async () => {
    const made = witnessedSignature();
    const [one, two] = [namedKey('mot.example.vn'), namedKey('hai.example.vn')] as const;
    const key = (witness: typeof one) => ['--witness', verifierKeyText('witness', witness)];
    await writeFile(file('117.p7s'), made.cms);
    await writeFile(file('117.txt'), made.content);
    await writeFile(file('root.pem'), toPem(made.authority.root.certificate, 'CERTIFICATE'));
    await writeFile(file('evidence'), `${made.proof([two])}${made.proof([one])}`);
    const verify = async (...more: string[]) => {
      const named = ['--trust', file('root.pem'), '--content', file('117.txt'), '--log', made.logKey];
      const { lines, code } = await run(file('117.p7s'), ...named, '--at', '2026-06-01T00:00:00Z', ...more);
      return [code, lines[0]?.signatures?.[0]?.log?.witnesses ?? lines[0]?.code ?? null];
    };
    const asked = ['--evidence', file('evidence'), ...key(one), ...key(two)];
    const both = ['hai.example.vn', 'mot.example.vn'];
    const without = await verify();
    assert.deepEqual(without[1], null, 'nobody was asked');
    assert.deepEqual(await verify(...asked, '--quorum', '2'), [without[0], both]);
    assert.deepEqual(await verify(...asked, '--quorum', '3'), [1, both]);
    assert.deepEqual(
      await verify('--evidence', file('evidence'), ...key(namedKey('mot.example.vn')), '--quorum', '1'),
      [1, []],
    );
    assert.deepEqual(await verify(...key(one), '--quorum', '1'), [1, null], 'no evidence at all');
    const { stdout } = await runCommand(
      [
        'verify',
        file('117.p7s'),
        '--content',
        file('117.txt'),
        '--trust',
        file('root.pem'),
        '--log',
        made.logKey,
        ...asked,
      ],
      environment,
    );
    assert.match(stdout, /Witnesses that cosigned the log: 2 \(hai\.example\.vn, mot\.example\.vn\)/);
    for (const wrong of [
      ['--witness', 'mot'],
      ['--quorum', 'many'],
      ['--log', 'log'],
    ])
      assert.equal((await run(file('117.p7s'), ...wrong)).code, 2, wrong.join(' '));
  });

  test('a list of documents is verified by its proof from the audit log: a changed byte, a missing row, another log are found', async () => {
    const log = namedKey('log.example.vn/audit');
    const list = Buffer.from('Mã,SHA-256 của tệp\nA1,00\nB2,11\n');
    const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
    const entry = (data: object, type = 'signing-export.taken') =>
      Buffer.from(JSON.stringify({ at: '2026-11-28T01:00:00.000Z', data, type }));
    const proofOf = (leaf: Buffer, by = log) =>
      tlogProofText({ index: 0, path: [], extra: leaf, checkpoint: checkpoint(by, 1, hashLeaf(leaf)) });
    const taken = entry({ form: 'csv', rows: 2, sha256: sha256(list).toString('hex') });
    const [one, two] = [namedKey('mot.example.vn'), namedKey('hai.example.vn')];
    const good = proofOf(taken);
    const note = good.slice(good.indexOf('\n\n') + 2);
    await writeFile(file('list.csv'), list);
    await writeFile(file('proof'), good + cosign(note, one, new Date()));
    await writeFile(file('short.csv'), list.subarray(0, -6));
    await writeFile(file('other-log'), proofOf(taken, { ...namedKey(log.name), name: log.name }));
    await writeFile(
      file('other-leaf'),
      good.replace(
        /^extra .*$/m,
        `extra ${entry({ form: 'csv', rows: 1, sha256: sha256(list.subarray(0, -6)).toString('hex') }).toString('base64')}`,
      ),
    );
    await writeFile(file('no-list'), proofOf(entry({ rows: 2 }, 'account.signed-in')));
    const key = ['--log', verifierKeyText('log', log)];
    const said = async (name: string, proof: string, ...more: string[]) => {
      const { lines, code } = await run(file(name), '--proof', file(proof), ...key, ...more);
      return [code, lines[0]?.verdict ?? lines[0]?.code, lines[0]?.rows ?? null];
    };
    assert.deepEqual(await said('list.csv', 'proof'), [0, 'valid', 2]);
    assert.deepEqual(await said('short.csv', 'proof'), [1, 'invalid', null], 'a row is missing');
    assert.deepEqual(await said('list.csv', 'other-log'), [1, 'invalid', null]);
    assert.deepEqual(await said('short.csv', 'other-leaf'), [1, 'invalid', null], 'an entry that the log has not');
    assert.equal((await said('list.csv', 'no-list'))[0], 2);
    const witness = (who: typeof one) => ['--witness', verifierKeyText('witness', who)];
    assert.deepEqual(await said('list.csv', 'proof', ...witness(one), '--quorum', '1'), [0, 'valid', 2]);
    assert.deepEqual(await said('list.csv', 'proof', ...witness(two), '--quorum', '1'), [1, 'valid', 2]);
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
