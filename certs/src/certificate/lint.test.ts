import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  commonName,
  type Draft,
  extensionOf,
  testAuthority,
  testCertificate,
  testKey,
} from '../../testing/certificate.ts';
import { bitString, boolean, explicit, implicit, integer, octetString, oid, sequence } from '../der/der.ts';
import { encodeName, keyIdentifier, parseCertificate } from './certificate.ts';
import { extensionIds } from './extensions.ts';
import { lint, ruleNames } from './lint.ts';
import { buildToBeSigned, type ProfileName, policies, purposes } from './profiles.ts';
import { signatureAlgorithms } from './signature.ts';

const authority = testAuthority('Cấp trên', undefined, {
  notBefore: new Date('2026-01-01'),
  notAfter: new Date('2040-01-01'),
});
const issuer = parseCertificate(authority.certificate);
const spki = (key: KeyObject) => key.export({ type: 'spki', format: 'der' });

/** What the profile makes; good in every rule. */
function good(profile: ProfileName, publicKey = testKey().publicKey): Buffer {
  const tbs = buildToBeSigned({
    profile,
    serial: Buffer.alloc(20, 0x5a),
    issuerName: issuer.subject.der,
    issuerPublicKey: authority.publicKey,
    signatureAlgorithm: 'ecdsa-sha256',
    subject: [
      ['country', 'VN'],
      ['organisation', 'Trường Tiểu học Lê Lợi'],
      ['commonName', 'Đặng Thị Ánh Nguyệt'],
    ],
    publicKey,
    notBefore: new Date('2026-11-01'),
    notAfter: new Date('2027-11-01'),
    addresses: { origin: 'https://id.example.edu.vn', issuerId: 'people' },
  });
  return sequence(tbs, signatureAlgorithms['ecdsa-sha256'], bitString(sign('sha256', tbs, authority.privateKey)));
}

/** The usual official's certificate, from the tests' own builder, with one departure. */
function official(draft: Draft = {}): Buffer {
  return testCertificate(authority, {
    serial: Buffer.alloc(20, 0x5a),
    subject: commonName('Đặng Thị Ánh Nguyệt'),
    notBefore: new Date('2026-11-01'),
    notAfter: new Date('2027-11-01'),
    ...draft,
    extensions: {
      [extensionIds.basicConstraints]: { value: sequence(), critical: true },
      [extensionIds.keyUsage]: { value: bitString(Buffer.of(0xc0), 6), critical: true },
      [extensionIds.extendedKeyUsage]: {
        value: sequence(oid(purposes.documentSigning), oid(purposes.emailProtection)),
      },
      [extensionIds.certificatePolicies]: { value: sequence(sequence(oid(policies.official))) },
      ...draft.extensions,
    },
  });
}

const withKey = (publicKey: Buffer): Draft => ({
  publicKey,
  extensions: { [extensionIds.subjectKeyIdentifier]: { value: octetString(keyIdentifier(publicKey)) } },
});

/** A modulus with the fingerprint: 65537^k modulo the product of the primes, made long enough. */
function rocaKey(): Buffer {
  const primes = [11n, 13n, 17n, 19n, 37n, 53n, 61n, 71n, 73n, 79n, 97n, 103n, 107n, 109n, 127n, 151n, 157n];
  const product = primes.reduce((one, other) => one * other, 1n);
  let modulus = 65_537n ** 77n % product;
  modulus += product * (1n << 2_975n);
  while (modulus % 2n === 0n || modulus.toString(2).length < 3_072) modulus += product * ((1n << 2_968n) + 1n);
  const hex = modulus.toString(16);
  const bytes = Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex');
  const key = sequence(integer(bytes), integer(65_537));
  return sequence(sequence(oid('1.2.840.113549.1.1.1'), Buffer.of(5, 0)), bitString(key));
}

/** For each rule one certificate that breaks it. */
const bad: Readonly<Record<string, () => Buffer>> = {
  'serial is positive, 8 to 20 octets': () => official({ serial: Buffer.of(1, 2, 3, 4) }),
  'version 3': () =>
    official({ version: 1, extensions: Object.fromEntries(Object.values(extensionIds).map((id) => [id, null])) }),
  'validity has an order': () => official({ notBefore: new Date('2027-11-01'), notAfter: new Date('2026-11-01') }),
  'validity lies inside the issuer’s': () => official({ notAfter: new Date('2041-01-01') }),
  'subject is not empty': () => official({ subject: encodeName([]) }),
  'issuer is the subject of the issuer': () => official({ issuer: commonName('Ai khác') }),
  'basic constraints are critical and fit the profile': () =>
    official({ extensions: { [extensionIds.basicConstraints]: { value: sequence(boolean(true)), critical: true } } }),
  'key usage is critical and exactly the profile’s': () =>
    official({ extensions: { [extensionIds.keyUsage]: { value: bitString(Buffer.of(0xc4), 2), critical: true } } }),
  'extended key usage is exactly the profile’s': () =>
    official({ extensions: { [extensionIds.extendedKeyUsage]: { value: sequence(oid(purposes.timeStamping)) } } }),
  'subject key identifier is that of the key': () =>
    official({ extensions: { [extensionIds.subjectKeyIdentifier]: { value: octetString(Buffer.alloc(20)) } } }),
  'authority key identifier is that of the issuer': () =>
    official({
      extensions: { [extensionIds.authorityKeyIdentifier]: { value: sequence(implicit(0, Buffer.alloc(20))) } },
    }),
  'policies are the profile’s': () =>
    official({ extensions: { [extensionIds.certificatePolicies]: { value: sequence(sequence(oid(policies.seal))) } } }),
  'no other extension than the profile’s': () => official({ extraExtensions: [extensionOf('1.2.3.4', sequence())] }),
  'names are NFC, without control characters, and of the length that X.520 allows': () =>
    official({ subject: commonName(`Nguyễn\u0007 Văn A`) }),
  'the key is not of the ROCA kind': () => official(withKey(rocaKey())),
  'the key is strong': () => official(withKey(spki(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey))),
};

describe('C2: the linter has a good and a bad certificate for each rule', () => {
  for (const profile of ['official', 'seal', 'tsa', 'ocsp', 'receipts', 'issuing-ca', 'cross'] as const) {
    test(`what the profile ${profile} makes breaks none`, () =>
      assert.deepEqual(lint(good(profile), profile, issuer), []));
  }
  test('a good certificate of another maker breaks none either', () =>
    assert.deepEqual(lint(official(), 'official', issuer), []));
  for (const name of ruleNames) {
    test(`“${name}” finds what breaks it`, () => {
      const make = bad[name];
      assert.ok(make, `the rule “${name}” has no bad certificate here`);
      const found = lint(make(), 'official', issuer);
      assert.ok(
        found.some((problem) => problem.startsWith(name)),
        `found only: ${found.join('; ')}`,
      );
    });
  }
});

test('C3: weak keys of each kind are refused', () => {
  const kinds = {
    'RSA 1024': spki(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey),
    'RSA with exponent 3': spki(generateKeyPairSync('rsa', { modulusLength: 3072, publicExponent: 3 }).publicKey),
    'another curve': spki(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey),
    'P-521, which no profile names': spki(generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey),
    'Ed25519, which validators of PDF do not read': spki(generateKeyPairSync('ed25519').publicKey),
    'a point that is not on the curve': sequence(
      sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')),
      bitString(Buffer.concat([Buffer.of(4), Buffer.alloc(63, 1), Buffer.of(2)])),
    ),
  };
  for (const [kind, publicKey] of Object.entries(kinds))
    assert.ok(lint(official(withKey(publicKey)), 'official', issuer).length > 0, kind);
  const strong = spki(generateKeyPairSync('rsa', { modulusLength: 3072 }).publicKey);
  assert.deepEqual(lint(official(withKey(strong)), 'official', issuer), []);
});

test('C2: bytes that are no certificate, or carry a part twice, are a problem and not an exception', () => {
  for (const der of [Buffer.alloc(0), Buffer.from('3003020101', 'hex'), official().subarray(0, 80)])
    assert.match(lint(der, 'official', issuer)[0] ?? '', /does not parse/);
  const twice = official({ extraExtensions: [extensionOf(extensionIds.basicConstraints, sequence(), true)] });
  assert.match(lint(twice, 'official', issuer)[0] ?? '', /repeated/);
  assert.match(
    lint(official({ uniqueIds: [explicit(1, integer(1))] }), 'official', issuer)[0] ?? '',
    /unknown, repeated or misplaced part/,
  );
});
