import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { encodeName, keyIdentifier, toPem } from '@edutrust/certs/certificate';
import { bitString, boolean, explicit, implicit, integer, octetString, oid, sequence, time } from '@edutrust/certs/der';
import { InvalidInput } from '@edutrust/platform/errors';
import { runCommand } from '@edutrust/testing/command';
import { createCommand } from '../main.ts';

const ecdsa = sequence(oid('1.2.840.10045.4.3.2'));
const at = '2026-06-01T00:00:00Z';
const moment = new Date(at);
const later = (days: number) => time(new Date(moment.getTime() + days * 86_400_000));
const extension = (type: string, value: Buffer, critical = false) =>
  sequence(oid(type), ...(critical ? [boolean(true)] : []), octetString(value));

function makeKeys() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, spki: publicKey.export({ format: 'der', type: 'spki' }) };
}
type Keys = ReturnType<typeof makeKeys>;
const signed = (tbs: Buffer, keys: Keys) => sequence(tbs, ecdsa, bitString(sign('sha256', tbs, keys.privateKey)));
const authorityKey = ({ spki }: Keys) => extension('2.5.29.35', sequence(implicit(0, keyIdentifier(spki))));

function certificate(serial: number, name: string, keys: Keys, issuer: string, by: Keys, more: readonly Buffer[]) {
  const own = extension('2.5.29.14', octetString(keyIdentifier(keys.spki)));
  const tbs = sequence(
    explicit(0, integer(2)),
    integer(serial),
    ecdsa,
    encodeName([['commonName', issuer]]),
    sequence(later(-100), later(100)),
    encodeName([['commonName', name]]),
    keys.spki,
    explicit(3, sequence(own, authorityKey(by), ...more)),
  );
  return signed(tbs, by);
}

function list(issuer: string, by: Keys, revoked: readonly number[]) {
  const entries = revoked.map((serial) => sequence(integer(serial), later(-10)));
  const tbs = sequence(
    integer(1),
    ecdsa,
    encodeName([['commonName', issuer]]),
    later(-1),
    later(1),
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    explicit(0, sequence(authorityKey(by), extension('2.5.29.20', integer(1)))),
  );
  return signed(tbs, by);
}

const isAuthority = [
  extension('2.5.29.19', sequence(boolean(true)), true),
  extension('2.5.29.15', bitString(Buffer.of(0x06), 1), true),
];
const keys = { root: makeKeys(), issuing: makeKeys(), leaf: makeKeys() };
const dnsName = extension('2.5.29.17', sequence(implicit(2, Buffer.from('www.example.edu.vn'))));
const server = extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1')));
const root = certificate(1, 'Gốc', keys.root, 'Gốc', keys.root, isAuthority);
const issuing = certificate(2, 'Cấp phát', keys.issuing, 'Gốc', keys.root, isAuthority);
const leaf = certificate(3, 'Máy chủ', keys.leaf, 'Cấp phát', keys.issuing, [dnsName, server]);

const files = {
  'root.pem': toPem(root),
  'chain.pem': toPem(issuing),
  'leaf.pem': toPem(leaf),
  'leaf.der': leaf,
  'fullchain.pem': toPem(leaf) + toPem(issuing),
  'good.crl': toPem(list('Cấp phát', keys.issuing, []), 'X509 CRL'),
  'root.crl': list('Gốc', keys.root, []),
  'revoked.crl': toPem(list('Cấp phát', keys.issuing, [3]), 'X509 CRL'),
  'nothing.pem': 'không có gì ở đây\n',
};

describe('edutrust certs verify', () => {
  let folder = '';
  const path = (name: string) => join(folder, name);
  const environment = { PATH: process.env.PATH ?? '', HOME: '/', LANG: 'en_US.UTF-8' };
  const inFolder = (argument: string) => (argument in files ? path(argument) : argument);
  const run = (...args: string[]) => runCommand(['certs', 'verify', ...args.map(inFolder)], environment);
  const given = ['--trusted', 'root.pem', '--untrusted', 'chain.pem', '--at', at];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edutrust-certs-verify-'));
    for (const [name, content] of Object.entries(files)) await writeFile(path(name), content);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test('V1: says in a sentence whether a certificate is valid, with its chain, and ends with 0', async () => {
    const plain = await run('leaf.pem', ...given);
    assert.deepEqual([plain.code, plain.stderr], [0, '']);
    assert.equal(
      plain.stdout,
      `Valid at 2026-06-01T00:00:00.000Z. The chain, from this certificate to the root:\n${['Máy chủ', 'Cấp phát', 'Gốc'].map((name) => `  CN=${name} (until 2026-09-09)\n`).join('')}`,
    );
    const named = await run('leaf.der', ...given, '--name', 'dns:www.example.edu.vn', '--eku', '1.3.6.1.5.5.7.3.1');
    assert.equal(named.code, 0, named.stdout);
    const full = await run('fullchain.pem', '--trusted', 'root.pem', '--at', at, '--json');
    assert.deepEqual(
      full.lines.map(({ verdict, chain }) => [verdict, chain.map(({ subject }: { subject: string }) => subject)]),
      [['valid', ['CN=Máy chủ', 'CN=Cấp phát', 'CN=Gốc']]],
    );
  });

  test('V1: says why not, with the section that asks for it, in the language of the terminal, and ends with 1', async () => {
    const revoked = await run('leaf.pem', ...given, '--crl', 'revoked.crl');
    assert.equal(revoked.code, 1);
    assert.match(
      revoked.stdout,
      /^Not valid\. The certificate was revoked\. Since 2026-05-22\. \(RFC 5280 §6\.1\.3 \(a\)\(3\); revoked\)\n {2}CN=Máy chủ\n$/,
    );
    const vietnamese = await runCommand(
      ['certs', 'verify', path('leaf.pem'), '--trusted', path('root.pem'), '--at', at],
      { ...environment, LANG: 'vi_VN.UTF-8' },
    );
    assert.match(vietnamese.stdout, /^Không hợp lệ\. .+ \(RFC 5280 §6\.1; no-path\)/);
    const answers = await Promise.all([
      run('leaf.pem', ...given, '--name', 'dns:www.example.com', '--json'),
      run('leaf.pem', ...given, '--require-revocation', '--crl', 'good.crl', '--json'),
      run('leaf.pem', ...given, '--require-revocation', '--crl', 'good.crl', 'root.crl', '--json'),
    ]);
    assert.deepEqual(
      answers.map(({ code, lines }) => [code, lines.length, lines[0].verdict, lines[0].code]),
      [
        [1, 1, 'invalid', 'name-mismatch'],
        [1, 1, 'indeterminate', 'no-revocation-data'],
        [0, 1, 'valid', undefined],
      ],
    );
  });

  test('V1: input that cannot be read ends with 2 and says what is wrong', async () => {
    const wrong = [
      [[], 'certs/no-leaf'],
      [['/no/such.pem', ...given], 'command/no-file'],
      [['nothing.pem', ...given], 'certs/no-document'],
      [['leaf.pem', '--trusted', 'nothing.pem'], 'certs/no-document'],
      [['leaf.pem', ...given, '--crl', 'leaf.pem'], 'certs/no-document'],
      [['leaf.pem', ...given, '--at', 'hôm qua'], 'certs/bad-time'],
      [['leaf.pem', ...given, '--eku', 'serverAuth'], 'certs/bad-purpose'],
      [['leaf.pem', ...given, '--name', 'www.example.edu.vn'], 'certs/bad-name'],
      [['leaf.pem', ...given, '--name', 'dns:a.vn', 'dns:b.vn'], 'certs/bad-name'],
      [['--batch', '/no/such.jsonl'], 'command/no-file'],
    ] as const;
    for (const [args, code] of wrong) {
      const command = (await createCommand(true, 'en', 'certs')).parseAsync(
        ['certs', 'verify', ...args.map(inFolder)],
        {
          from: 'user',
        },
      );
      await assert.rejects(command, (error) => error instanceof InvalidInput && error.code === code, `${args}`);
    }
    const answer = await run('leaf.pem', '--trusted', 'nothing.pem', '--json');
    assert.deepEqual([answer.code, answer.stdout, answer.error.code], [2, '', 'certs/no-document']);
  });

  test('V1: a batch of hundreds of lines through a pipe: an answer each, in order, whatever is between them; it ends with 0', async () => {
    const good = { trusted: [toPem(root)], untrusted: [toPem(issuing)], leaf: toPem(leaf), at };
    const lines: string[] = [];
    const expected: [id: unknown, verdict: string][] = [];
    for (let index = 0; index < 400; index += 1) {
      const bad = [
        ['garbage', null],
        ['null', null],
        ['[]', null],
        [`{"id":${index}}`, index],
        [JSON.stringify({ ...good, id: index, leaf: 'x' }), index],
        [JSON.stringify({ ...good, id: index, trusted: [] }), index],
        ['{"__proto__":{"verdict":"valid"}}', null],
        ['x'.repeat(1_000_000), null],
      ] as const;
      const [line, id] =
        index % 3 === 1
          ? (bad[index % bad.length] ?? bad[0])
          : [JSON.stringify({ ...good, id: `số ${index}\u2028` }), `số ${index}\u2028`];
      lines.push(line);
      expected.push([id, index % 3 === 1 ? 'invalid' : 'valid']);
    }
    lines.push('x'.repeat(9 * 1024 * 1024), JSON.stringify({ ...good, id: 'cuối' }));
    expected.push([null, 'invalid'], ['cuối', 'valid']);

    const command = new URL('../../bin/edutrust.js', import.meta.url).pathname;
    const child = spawn(process.execPath, [command, 'certs', 'verify', '--batch'], { env: environment, stdio: 'pipe' });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdin.end(`${lines.join('\n')}`); // the last line without an end
    const [code] = await once(child, 'close');
    assert.deepEqual([code, stderr], [0, '']);
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      answers.map(({ id, verdict }) => [id, verdict]),
      expected,
    );

    const file = path('paths.jsonl');
    await writeFile(file, `${lines.slice(0, 50).join('\r\n')}\n\n`);
    const fromFile = await runCommand(['certs', 'verify', '--batch', file, '--json'], environment);
    assert.equal(fromFile.code, 0);
    assert.deepEqual(
      fromFile.lines.map(({ id, verdict }) => [id, verdict]),
      expected.slice(0, 50),
    );
  });
});
