import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, test } from 'node:test';
import { bitString, sequence } from '../der/der.ts';
import { encodeName, parseCertificate, toPem } from './certificate.ts';
import { lint } from './lint.ts';
import type { NameAttribute } from './names.ts';
import { buildToBeSigned, type ProfileName, profiles } from './profiles.ts';
import { signatureAlgorithms } from './signature.ts';

/** Keys of the tests, for bytes that never change; they open nothing. */
function fixedKey(digit: number) {
  const pkcs8 = Buffer.concat([
    Buffer.from('3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420', 'hex'),
    Buffer.alloc(32, digit),
  ]);
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  return { privateKey, publicKey: createPublicKey(privateKey).export({ type: 'spki', format: 'der' }) };
}

const organisation = ['organisation', 'Trường Tiểu học Lê Lợi'] as const;
const subjects: Readonly<Record<ProfileName, readonly NameAttribute[]>> = {
  root: [
    ['country', 'VN'],
    ['commonName', 'EduTrust Root CA'],
  ],
  cross: [
    ['country', 'VN'],
    ['commonName', 'EduTrust Root CA 2'],
  ],
  'issuing-ca': [
    ['country', 'VN'],
    ['commonName', 'EduTrust Issuing CA – People and Organisations'],
  ],
  official: [
    ['country', 'VN'],
    organisation,
    ['title', 'Hiệu trưởng'],
    ['serialNumber', 'EI:VN-7901234568'],
    ['commonName', 'Đặng Thị Ánh Nguyệt'],
  ],
  seal: [
    ['country', 'VN'],
    organisation,
    ['organisationIdentifier', 'OI:VN-TH001'],
    ['commonName', 'Trường Tiểu học Lê Lợi'],
  ],
  tsa: [
    ['country', 'VN'],
    ['commonName', 'EduTrust Time Stamping Unit'],
  ],
  ocsp: [
    ['country', 'VN'],
    ['commonName', 'EduTrust OCSP – People'],
  ],
  receipts: [
    ['country', 'VN'],
    ['commonName', 'EduTrust Receipts'],
  ],
};

const rootKey = fixedKey(0x11);
const issuingKey = fixedKey(0x22);

function build(profile: ProfileName, notBefore = new Date('2026-11-24T00:00:00Z')): Buffer {
  const isBelowRoot = ['root', 'cross', 'issuing-ca'].includes(profile);
  const issuer = isBelowRoot ? rootKey : issuingKey;
  const subjectKey = { root: rootKey, 'issuing-ca': issuingKey }[profile as string] ?? fixedKey(0x33);
  const lifetime = Math.min(
    profiles[profile].lifetimeMs,
    isBelowRoot ? Number.POSITIVE_INFINITY : profiles.official.lifetimeMs,
  );
  const tbs = buildToBeSigned({
    profile,
    serial: Buffer.concat([Buffer.of(0x5a, Object.keys(profiles).indexOf(profile)), Buffer.alloc(18, 0xc3)]),
    issuerName: encodeName(subjects[isBelowRoot ? 'root' : 'issuing-ca']),
    issuerPublicKey: issuer.publicKey,
    signatureAlgorithm: 'ecdsa-sha256',
    subject: subjects[profile],
    publicKey: subjectKey.publicKey,
    notBefore,
    notAfter: new Date(notBefore.getTime() + lifetime),
    addresses: { origin: 'https://id.example.edu.vn', issuerId: isBelowRoot ? 'root' : 'people' },
  });
  return sequence(tbs, signatureAlgorithms['ecdsa-sha256'], bitString(sign('sha256', tbs, issuer.privateKey)));
}

const folder = new URL('./golden/', import.meta.url);

/** `EDUTRUST_TEST_WRITE_GOLDEN=1` writes what is made now: then read the difference before you commit it. */
function mustBeGolden(name: string, text: string): void {
  const file = new URL(name, folder);
  if (process.env.EDUTRUST_TEST_WRITE_GOLDEN === '1') {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, text);
  }
  assert.ok(existsSync(file), `${name} is missing`);
  assert.equal(text, readFileSync(file, 'utf8'));
}

describe('C3: each profile is what its golden text says, as openssl reads it', () => {
  for (const profile of Object.keys(profiles) as ProfileName[]) {
    test(profile, () => {
      const der = build(profile);
      const read = (...args: string[]) => execFileSync('openssl', args, { input: der, encoding: 'utf8' });
      // the signature is another one each time; everything before it is not
      const text = read(
        'x509',
        '-inform',
        'DER',
        '-noout',
        '-text',
        '-certopt',
        'no_sigdump',
        '-nameopt',
        'utf8,sep_comma_plus',
      );
      mustBeGolden(`${profile}.txt`, text);
      const { tbs } = parseCertificate(der);
      const structure = execFileSync('openssl', ['asn1parse', '-inform', 'DER'], { input: tbs, encoding: 'utf8' });
      mustBeGolden(`${profile}.asn1.txt`, structure);
      assert.ok(!/INTEGER +:-/.test(structure), 'a negative number');
      for (const [, kind, time = ''] of structure.matchAll(/(UTCTIME|GENERALIZEDTIME) *:(\S+)/g))
        assert.equal(kind === 'UTCTIME', time.length === 13 && Number(time.slice(0, 2)) < 50, `${kind} ${time}`);
    });
  }
});

test('C3: openssl, GnuTLS and NSS accept a chain of ours with names outside ASCII', async () => {
  const place = await mkdtemp(join(tmpdir(), 'edutrust-profiles-'));
  const run = (command: string, args: string[], input = '') =>
    execFileSync(command, args, { cwd: place, encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'pipe'] });
  const yesterday = new Date(Date.now() - 86_400_000); // not every tool takes a time
  const pem = (profile: ProfileName) => toPem(build(profile, yesterday));
  await writeFile(join(place, 'root.pem'), pem('root'));
  await writeFile(join(place, 'people.pem'), pem('issuing-ca'));
  run('certutil', ['-N', '-d', 'sql:.', '--empty-password']);
  run('certutil', ['-A', '-d', 'sql:.', '-n', 'root', '-t', 'C,C,C', '-i', 'root.pem']);
  run('certutil', ['-A', '-d', 'sql:.', '-n', 'people', '-t', ',,', '-i', 'people.pem']);
  for (const profile of ['official', 'seal', 'tsa', 'ocsp', 'receipts'] as const) {
    await writeFile(join(place, 'leaf.pem'), pem(profile));
    assert.match(
      run('openssl', ['verify', '-x509_strict', '-CAfile', 'root.pem', '-untrusted', 'people.pem', 'leaf.pem']),
      /OK/,
    );
    const chain = pem(profile) + pem('issuing-ca') + pem('root');
    assert.match(run('certtool', ['--verify-chain'], chain), /Chain verification output: Verified\./, profile);
    run('certutil', ['-A', '-d', 'sql:.', '-n', profile, '-t', ',,', '-i', 'leaf.pem']);
    const usage = { official: 'S', seal: 'S', receipts: 'S', tsa: undefined, ocsp: 'O' }[profile]; // S signs e-mail, O answers for status
    if (usage) assert.match(run('certutil', ['-V', '-d', 'sql:.', '-n', profile, '-u', usage]), /certificate is valid/);
  }
  await rm(place, { recursive: true });
});

test('every golden certificate passes the linter too', () => {
  const root = parseCertificate(build('root'));
  const people = parseCertificate(build('issuing-ca'));
  for (const profile of ['official', 'seal', 'tsa', 'ocsp', 'receipts'] as const)
    assert.deepEqual(lint(build(profile), profile, people), []);
  for (const profile of ['cross', 'issuing-ca'] as const) assert.deepEqual(lint(build(profile), profile, root), []);
  assert.deepEqual(lint(build('root'), 'root', undefined), []);
});
