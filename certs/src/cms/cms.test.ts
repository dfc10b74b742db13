import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { test } from 'node:test';
import { fc } from '@edutrust/testing/property';
import { testAuthority, testCertificate, testKey } from '../../testing/certificate.ts';
import { algorithmIds } from '../certificate/algorithms.ts';
import { parseCertificate } from '../certificate/certificate.ts';
import { extensionIds, purposes } from '../certificate/extensions.ts';
import {
  childrenOf,
  DerError,
  element,
  explicit,
  generalizedTime,
  integer,
  nullValue,
  octetString,
  oid,
  readDer,
  sequence,
  setOf,
  tag,
} from '../der/der.ts';
import { derOfBer } from './ber.ts';
import {
  assembleSignedData,
  attribute,
  buildSignedAttributes,
  checkContent,
  checkValue,
  cmsOids,
  findSigner,
  readCms,
  SignerCountError,
  verifyTimeStampToken,
} from './cms.ts';

const root = testAuthority('Root');
const unitKey = testKey();
const unit = testCertificate(root, {
  publicKey: unitKey.publicKey,
  extensions: { [extensionIds.extendedKeyUsage]: { value: sequence(oid(purposes.timeStamping)), critical: true } },
});
const data = Buffer.from('học bạ');
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const now = new Date(Math.floor(Date.now() / 1000) * 1000);

/** TSTInfo over the data, with what an attacker or a careless maker writes otherwise. */
const infoOf = (more: readonly Buffer[] = [], version = 1) =>
  sequence(
    integer(version),
    oid('1.2.3.4'),
    sequence(sequence(oid(algorithmIds.sha256), nullValue), octetString(sha256(data))),
    integer(randomBytes(8)),
    generalizedTime(now),
    ...more,
  );

/** SignedData taken apart: version, digests, content, certificates, signer; and put together otherwise. */
function rebuilt(token: Buffer, change: (parts: Buffer[]) => readonly Buffer[]): Buffer {
  const [type, wrapped] = childrenOf(readDer(token), tag.sequence);
  const parts = childrenOf(wrapped?.children()[0], tag.sequence).map(({ bytes }) => bytes);
  assert.ok(type);
  return sequence(type.bytes, explicit(0, sequence(...change(parts))));
}
const replaced = (index: number, value: Buffer) => (parts: Buffer[]) =>
  parts.map((part, at) => (at === index ? value : part));

function tokenOf(
  given: { readonly info?: Buffer; readonly attributes?: (digest: Buffer) => Buffer; readonly key?: KeyObject } = {},
): Buffer {
  const info = given.info ?? infoOf();
  const signedAttributes =
    given.attributes?.(sha256(info)) ??
    buildSignedAttributes({ digest: sha256(info), signingCertificate: unit, contentType: cmsOids.tstInfo });
  return assembleSignedData({
    signedAttributes,
    signature: sign('sha256', signedAttributes, given.key ?? unitKey.privateKey),
    algorithm: 'ecdsa-sha256',
    signer: parseCertificate(unit),
    certificates: [unit],
    content: { type: cmsOids.tstInfo, bytes: info },
  });
}

const verdictOf = (token: Buffer, of: Uint8Array = data) =>
  verifyTimeStampToken(token, of, { anchors: [root.certificate] });

test('X3: one judge of time stamps: what RFC 3161 and RFC 5652 forbid is refused, wherever tokens are judged', () => {
  const good = tokenOf();
  assert.ok(verdictOf(good).isTrusted, JSON.stringify(verdictOf(good)));
  const unbound = (digest: Buffer) =>
    setOf(attribute(cmsOids.contentType, oid(cmsOids.tstInfo)), attribute(cmsOids.messageDigest, octetString(digest)));
  const other = testCertificate(root, { publicKey: unitKey.publicKey });
  const boundToOther = (digest: Buffer) =>
    buildSignedAttributes({ digest, signingCertificate: other, contentType: cmsOids.tstInfo });
  const critical = sequence(oid('1.2.3.5'), Buffer.of(1, 1, 0xff), octetString(nullValue));
  for (const [what, token] of [
    ['signed data of version 1', rebuilt(good, replaced(0, integer(1)))],
    ['digest algorithms that say SHA-512', rebuilt(good, replaced(1, setOf(sequence(oid(algorithmIds.sha512)))))],
    [
      'two digest algorithms',
      rebuilt(good, replaced(1, setOf(sequence(oid(algorithmIds.sha256)), sequence(oid(algorithmIds.sha512))))),
    ],
    ['no signing-certificate attribute', tokenOf({ attributes: unbound })],
    ['an attribute that names another certificate', tokenOf({ attributes: boundToOther })],
    ['another version of TSTInfo', tokenOf({ info: infoOf([], 2) })],
    ['a critical extension', tokenOf({ info: infoOf([explicit(1, critical)]) })],
    ['something behind TSTInfo', tokenOf({ info: infoOf([octetString(Buffer.of(1))]) })],
    ['a signature by another key', tokenOf({ key: testKey().privateKey })],
    ['no certificate', rebuilt(good, (parts) => parts.toSpliced(3, 1))],
    ['bytes behind it', Buffer.concat([good, Buffer.of(0)])],
  ] as const) {
    assert.equal(verdictOf(token).isTrusted, false, what);
  }
  assert.deepEqual(
    [verdictOf(good, Buffer.from('khác')).isIntact, verdictOf(tokenOf({ attributes: unbound })).isIntact],
    [false, false],
  );
});

test('X3: what other authorities write and the standards allow is taken: fractions, accuracy, a nonce, ESSCertID, zeros behind', () => {
  const fraction = sequence(
    integer(1),
    oid('1.2.3.4'),
    sequence(sequence(oid(algorithmIds.sha256)), octetString(sha256(data))),
    integer(7),
    element(tag.generalizedTime, Buffer.from(`${generalizedTime(now).subarray(2, 16).toString('latin1')}.25Z`)),
    sequence(integer(1)),
    Buffer.of(1, 1, 0xff),
    integer(99),
    explicit(0, sequence()),
  );
  const verdict = verdictOf(tokenOf({ info: fraction }));
  assert.equal(verdict.at?.getTime(), now.getTime() + 250, JSON.stringify(verdict));
  assert.ok(verdict.isTrusted);
  const first = (digest: Buffer) =>
    setOf(
      attribute(cmsOids.contentType, oid(cmsOids.tstInfo)),
      attribute(cmsOids.messageDigest, octetString(digest)),
      attribute(
        cmsOids.signingCertificate,
        sequence(sequence(sequence(octetString(createHash('sha1').update(unit).digest())))),
      ),
    );
  assert.ok(verdictOf(tokenOf({ attributes: first })).isTrusted);
  const padded = Buffer.concat([tokenOf(), Buffer.alloc(50)]);
  assert.ok(
    verifyTimeStampToken(padded, [data.subarray(0, 3), data.subarray(3)], { anchors: [root.certificate] }, 'zeros')
      .isTrusted,
  );
});

test('V11: only a certificate for time stamps alone, critically so, stamps', () => {
  for (const [value, isCritical] of [
    [sequence(oid(purposes.timeStamping)), false],
    [sequence(oid(purposes.timeStamping), oid(purposes.emailProtection)), true],
    [sequence(oid(purposes.serverAuth)), true],
  ] as const) {
    const certificate = testCertificate(root, {
      publicKey: unitKey.publicKey,
      extensions: { [extensionIds.extendedKeyUsage]: { value, critical: isCritical } },
    });
    const info = infoOf();
    const signedAttributes = buildSignedAttributes({
      digest: sha256(info),
      signingCertificate: certificate,
      contentType: cmsOids.tstInfo,
    });
    const token = assembleSignedData({
      signedAttributes,
      signature: sign('sha256', signedAttributes, unitKey.privateKey),
      algorithm: 'ecdsa-sha256',
      signer: parseCertificate(certificate),
      certificates: [certificate],
      content: { type: cmsOids.tstInfo, bytes: info },
    });
    assert.equal(verdictOf(token).isTrusted, false);
  }
});

/** The same encoding with indefinite lengths, long lengths, and strings in pieces, as BouncyCastle streams it. */
function asBer(der: Buffer, split: boolean): Buffer {
  const [node] = [readDer(der)];
  if (!node.isConstructed) {
    if (split && node.tag === tag.octetString && node.contents.length > 8) {
      const half = node.contents.length >> 1;
      const pieces = [node.contents.subarray(0, half), node.contents.subarray(half)].map(octetString);
      return Buffer.concat([Buffer.of(0x24, 0x80), ...pieces, Buffer.of(0, 0)]);
    }
    return node.bytes;
  }
  const children = node.children().map((child) => asBer(child.bytes, split));
  return Buffer.concat([Buffer.of(node.tag, 0x80), ...children, Buffer.of(0, 0)]);
}

test('V14: BER around the signed attributes is read (RFC 5652 §2): the same content, the same answer; cut short it is refused', () => {
  const token = tokenOf();
  for (const split of [false, true]) {
    // The certificate and the signed attributes are DER in every CMS: only what is around them is BER.
    const streamed = rebuilt(token, (parts) => parts);
    const [type, wrapped] = childrenOf(readDer(streamed), tag.sequence);
    const [version, digests, content, certificates, signers] = childrenOf(wrapped?.children()[0], tag.sequence);
    assert.ok(type && version && digests && content && certificates && signers);
    const ber = Buffer.concat([
      Buffer.of(0x30, 0x80),
      type.bytes,
      Buffer.of(0xa0, 0x80, 0x30, 0x80),
      version.bytes,
      digests.bytes,
      asBer(content.bytes, split),
      Buffer.of(0xa0, 0x80),
      certificates.contents,
      Buffer.of(0, 0, 0x31, 0x83, 0, 0, signers.contents.length & 0xff),
      Buffer.alloc(0),
    ]);
    // a long length for the signers, three octets where two would do
    const length = signers.contents.length;
    ber.writeUIntBE(length, ber.length - 3, 3);
    const whole = Buffer.concat([ber, signers.contents, Buffer.of(0, 0, 0, 0, 0, 0)]);
    assert.ok(derOfBer(whole, 'none').equals(token), 'the DER of it is what was signed');
    assert.ok(verdictOf(whole).isTrusted);
    for (const cut of [1, 2, 5, 40]) assert.throws(() => derOfBer(whole.subarray(0, -cut), 'none'), DerError);
    assert.throws(() => derOfBer(Buffer.concat([whole, Buffer.of(1)]), 'zeros'), DerError);
    assert.ok(derOfBer(Buffer.concat([whole, Buffer.alloc(9)]), 'zeros').equals(token));
  }
  assert.ok(derOfBer(token, 'none').equals(token), 'DER stays as it is');
});

test('E4: whatever the bytes are, reading BER gives DER or a DerError, within a budget', () => {
  const nested = Buffer.concat([Buffer.alloc(20_000, Buffer.of(0x30, 0x80)), Buffer.alloc(20_000)]);
  assert.throws(() => derOfBer(nested, 'none'), DerError);
  const token = tokenOf();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(token.length - 1), fc.nat(255), (bytes, at, value) => {
      for (const input of [Buffer.from(bytes), Buffer.from(token).fill(value, at, at + 1)]) {
        try {
          readDer(derOfBer(input, 'zeros'));
        } catch (error) {
          assert.ok(error instanceof DerError, String(error));
        }
        assert.doesNotThrow(() => verdictOf(input));
      }
    }),
    { numRuns: 2_000 },
  );
});

const signerKey = testKey();
const signerCertificate = testCertificate(root, { publicKey: signerKey.publicKey });

function detached(given: {
  readonly certificate: Buffer;
  readonly key: KeyObject;
  readonly algorithm: Buffer;
  readonly digest: { readonly id: string; readonly name: string };
  readonly signer?: Buffer;
}): Buffer {
  const { certificate, key, digest } = given;
  const hash = createHash(digest.name, digest.name === 'shake256' ? { outputLength: 64 } : {})
    .update(data)
    .digest();
  const attributes = setOf(
    attribute(cmsOids.contentType, oid(cmsOids.data)),
    attribute(cmsOids.messageDigest, octetString(hash)),
  );
  const parsed = parseCertificate(certificate);
  const isPure = /^ed|^ml-dsa/.test(key.asymmetricKeyType ?? '');
  const info = sequence(
    integer(given.signer ? 3 : 1),
    given.signer ?? sequence(parsed.issuer.der, integer(parsed.serial)),
    sequence(oid(digest.id)),
    Buffer.concat([Buffer.of(0xa0), attributes.subarray(1)]),
    given.algorithm,
    octetString(sign(isPure ? null : digest.name, attributes, key)),
  );
  const signedData = sequence(
    integer(1),
    setOf(sequence(oid(digest.id))),
    sequence(oid(cmsOids.data)),
    explicit(0, certificate),
    setOf(info),
  );
  return sequence(oid(cmsOids.signedData), explicit(0, signedData));
}

function answerOf(bytes: Buffer): readonly string[] {
  const cms = readCms(bytes, 'none');
  const found = findSigner(cms, cms.certificates);
  return found.ok ? [checkContent(cms, [data]), checkValue(cms, found.certificate, [data], now)] : [found.code];
}

test('V14: a signer that is named by its key identifier is found (RFC 5652 §5.3); by another one it is not', () => {
  const algorithm = sequence(oid(algorithmIds.ecdsaWithSha256));
  const given = {
    certificate: signerCertificate,
    key: signerKey.privateKey,
    algorithm,
    digest: { id: algorithmIds.sha256, name: 'sha256' },
  };
  const own = parseCertificate(signerCertificate).extensions.get(extensionIds.subjectKeyIdentifier)?.value.subarray(2);
  assert.ok(own);
  assert.deepEqual(answerOf(detached({ ...given, signer: element(0x80, own) })), ['same', 'good']);
  assert.deepEqual(answerOf(detached({ ...given, signer: element(0x80, randomBytes(20)) })), ['signer-not-found']);
  assert.throws(
    () =>
      readCms(
        rebuilt(detached(given), (parts) => [...parts.slice(0, -1), element(tag.set)]),
        'none',
      ),
    SignerCountError,
  );
});

test('V3: EdDSA and RSA count with their own digests (RFC 8419), SHA-1 and mixed digests never', () => {
  for (const [type, id, digest, expected] of [
    ['ed25519', '1.3.101.112', { id: algorithmIds.sha512, name: 'sha512' }, ['same', 'good']],
    ['ed448', '1.3.101.113', { id: algorithmIds.shake256, name: 'shake256' }, ['same', 'good']],
    ['ed25519', '1.3.101.112', { id: algorithmIds.sha256, name: 'sha256' }, ['same', 'refused']],
    ['ed25519', '1.3.101.112', { id: algorithmIds.sha1, name: 'sha1' }, ['refused', 'refused']],
  ] as const) {
    const { privateKey, publicKey } =
      type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ed448');
    const certificate = testCertificate(root, { publicKey: publicKey.export({ type: 'spki', format: 'der' }) });
    assert.deepEqual(
      answerOf(detached({ certificate, key: privateKey, algorithm: sequence(oid(id)), digest })),
      expected,
    );
  }
  const sha384 = { id: algorithmIds.sha384, name: 'sha384' };
  const mixed = {
    certificate: signerCertificate,
    key: signerKey.privateKey,
    algorithm: sequence(oid(algorithmIds.ecdsaWithSha256)),
    digest: sha384,
  };
  assert.deepEqual(answerOf(detached(mixed)), ['same', 'refused']);
});

test('V3: ML-DSA counts with digests as strong as its key (RFC 9882 §3.3), with no parameters, and with its own kind alone', () => {
  const digests = {
    256: { id: algorithmIds.sha256, name: 'sha256' },
    384: { id: algorithmIds.sha384, name: 'sha384' },
    512: { id: algorithmIds.sha512, name: 'sha512' },
    shake: { id: algorithmIds.shake256, name: 'shake256' },
  };
  const sets = [
    { keys: generateKeyPairSync('ml-dsa-44'), id: algorithmIds.mlDsa44, weak: [] },
    { keys: generateKeyPairSync('ml-dsa-65'), id: algorithmIds.mlDsa65, weak: [256] },
    { keys: generateKeyPairSync('ml-dsa-87'), id: algorithmIds.mlDsa87, weak: [256, 384] },
  ];
  for (const { keys, id, weak } of sets) {
    const certificate = testCertificate(root, { publicKey: keys.publicKey.export({ type: 'spki', format: 'der' }) });
    const made = (algorithm: Buffer, digest: { readonly id: string; readonly name: string }) =>
      answerOf(detached({ certificate, key: keys.privateKey, algorithm, digest }));
    for (const [name, digest] of Object.entries(digests)) {
      const isWeak = weak.map(String).includes(name);
      assert.deepEqual(made(sequence(oid(id)), digest), ['same', isWeak ? 'refused' : 'good'], `${id} ${name}`);
    }
    assert.deepEqual(made(sequence(oid(id), octetString(Buffer.of(1))), digests[512]), ['same', 'refused']);
    for (const other of sets)
      if (other.id !== id) assert.deepEqual(made(sequence(oid(other.id)), digests[512]), ['same', 'refused']);
  }
});

test('V3: RSA below 3072 bits counts until its day, by the time that is proven', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const certificate = testCertificate(root, { publicKey: publicKey.export({ type: 'spki', format: 'der' }) });
  const algorithm = sequence(oid(algorithmIds.rsaEncryption), nullValue);
  const cms = readCms(
    detached({ certificate, key: privateKey, algorithm, digest: { id: algorithmIds.sha256, name: 'sha256' } }),
    'none',
  );
  const at = (text: string) => checkValue(cms, parseCertificate(certificate), [data], new Date(text));
  assert.deepEqual([at('2030-12-31T00:00:00Z'), at('2031-01-02T00:00:00Z')], ['good', 'refused']);
});
