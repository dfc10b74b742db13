import assert from 'node:assert/strict';
import { constants, createHash, generateKeyPairSync, type KeyObject, privateEncrypt, sign } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  at,
  buildCertificate,
  type CertificateForm,
  certificateForm,
  type KeyPair,
  makeKeys,
  nameOf,
} from '../../testing/chain.ts';
import { signatureProblem } from '../certificate/signature.ts';
import { bitString, element, integer, nullValue, octetString, oid, sequence, tag } from '../der/der.ts';
import { validatePath } from './path.ts';

interface Scheme {
  readonly keys: KeyPair;
  readonly algorithm: Buffer;
  readonly make: (tbs: Buffer, key: KeyObject) => Buffer;
}

const spkiOf = (key: KeyObject) => key.export({ format: 'der', type: 'spki' });
const pair = ({ publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }): KeyPair => ({
  privateKey,
  spki: spkiOf(publicKey),
});
const rsaAlgorithm = sequence(oid('1.2.840.113549.1.1.11'), nullValue);
const schemes = {
  p256: {
    keys: makeKeys(),
    algorithm: sequence(oid('1.2.840.10045.4.3.2')),
    make: (tbs, key) => sign('sha256', tbs, key),
  },
  rsa: {
    keys: pair(generateKeyPairSync('rsa', { modulusLength: 2048 })),
    algorithm: rsaAlgorithm,
    make: (tbs, key) => sign('sha256', tbs, key),
  },
  rsaExponent3: {
    keys: pair(generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 })),
    algorithm: rsaAlgorithm,
    make: (tbs, key) => sign('sha256', tbs, key),
  },
  ed25519: {
    keys: pair(generateKeyPairSync('ed25519')),
    algorithm: sequence(oid('1.3.101.112')),
    make: (tbs, key) => sign(null, tbs, key),
  },
  ed448: {
    keys: pair(generateKeyPairSync('ed448')),
    algorithm: sequence(oid('1.3.101.113')),
    make: (tbs, key) => sign(null, tbs, key),
  },
} satisfies Record<string, Scheme>;

/** The verdict on a leaf that a root of this scheme signed, with the signature as it is made here. */
function verdictOn(
  scheme: Scheme,
  make: Scheme['make'] = scheme.make,
  change: (form: CertificateForm) => void = () => {},
) {
  const root = { subject: nameOf('Gốc'), keys: scheme.keys };
  const anchor = certificateForm(root.subject, root.keys, root, 'authority');
  anchor.algorithm = anchor.outerAlgorithm = scheme.algorithm;
  anchor.makeSignature = scheme.make;
  const leaf = certificateForm(nameOf('Lá'), makeKeys(), root, 'leaf');
  leaf.algorithm = leaf.outerAlgorithm = scheme.algorithm;
  leaf.makeSignature = make;
  change(leaf);
  const verdict = validatePath({ leaf: buildCertificate(leaf), anchors: [buildCertificate(anchor)], at });
  return verdict.verdict === 'valid' ? 'valid' : verdict.refused.code;
}

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const field = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const orderOfEd25519 = 2n ** 252n + 27742317777372353535851937790883648493n;
const orderOfEd448 = 2n ** 446n - 13818066809895115352007386748515426880336692474882178609894547503885n;
const number = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const bigEndian = (value: bigint) => {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex');
};
const ecdsa = (r: bigint, s: bigint) => sequence(integer(bigEndian(r)), integer(bigEndian(s)));
/** Numbers r and s of a good signature. */
const rs = (tbs: Buffer, key: KeyObject): [bigint, bigint] => {
  const good = sign('sha256', tbs, { key, dsaEncoding: 'ieee-p1363' });
  return [number(good.subarray(0, 32)), number(good.subarray(32))];
};
const withRs = (change: (r: bigint, s: bigint) => Buffer) => (tbs: Buffer, key: KeyObject) => change(...rs(tbs, key));

const forgedEcdsa: Readonly<Record<string, Scheme['make']>> = {
  'r and s of zero': () => ecdsa(0n, 0n),
  'r of zero': withRs((_r, s) => ecdsa(0n, s)),
  's of zero': withRs((r) => ecdsa(r, 0n)),
  'r and s of one': () => ecdsa(1n, 1n),
  'r of the order': withRs((_r, s) => ecdsa(order, s)),
  's of the order': withRs((r) => ecdsa(r, order)),
  'r beyond the order': withRs((r, s) => ecdsa(r + order, s)),
  's beyond the order': withRs((r, s) => ecdsa(r, s + order)),
  'r beyond the field': withRs((r, s) => ecdsa(r + field, s)),
  'a negative r': withRs((r, s) =>
    sequence(element(tag.integer, Buffer.of(0xff), bigEndian((1n << 256n) - r).subarray(-32)), integer(bigEndian(s))),
  ),
  'r and s of 64 zeros': () => Buffer.alloc(64),
  'r and s without DER': (tbs, key) => sign('sha256', tbs, { key, dsaEncoding: 'ieee-p1363' }),
  'one number': withRs((r) => sequence(integer(bigEndian(r)))),
  'three numbers': withRs((r, s) => sequence(integer(bigEndian(r)), integer(bigEndian(s)), integer(1))),
  'padded numbers': withRs((r, s) =>
    sequence(element(tag.integer, Buffer.of(0, 0), bigEndian(r)), integer(bigEndian(s))),
  ),
  'an indefinite length': withRs((r, s) =>
    Buffer.concat([Buffer.of(0x30, 0x80), integer(bigEndian(r)), integer(bigEndian(s)), Buffer.of(0, 0)]),
  ),
  'a length of three octets': withRs((r, s) => {
    const inside = Buffer.concat([integer(bigEndian(r)), integer(bigEndian(s))]);
    return Buffer.concat([Buffer.of(0x30, 0x82, 0, inside.length), inside]);
  }),
  'bytes behind it': (tbs, key) => Buffer.concat([sign('sha256', tbs, key), nullValue]),
  'bytes inside behind it': withRs((r, s) => sequence(integer(bigEndian(r)), integer(bigEndian(s)), nullValue)),
  'numbers that are no integers': withRs((r, s) => sequence(octetString(bigEndian(r)), octetString(bigEndian(s)))),
  'another hash': (tbs, key) => sign('sha384', tbs, key),
  nothing: () => Buffer.alloc(0),
};

const digestInfo = (digest: Buffer, algorithm = sequence(oid('2.16.840.1.101.3.4.2.1'), nullValue)) =>
  sequence(algorithm, octetString(digest));
const sha256 = (tbs: Buffer) => createHash('sha256').update(tbs).digest();
/** A block of 2048 bits as it stands, raised to the private exponent. */
const raw = (block: Buffer, key: KeyObject) => privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, block);
interface BlockForm {
  readonly type?: number;
  readonly fill?: number;
  readonly padding?: number;
  readonly behind?: Buffer;
}
/** 00 01 FF… 00 and what follows; `behind` stands behind it in the block. */
function block(info: Buffer, { type = 1, fill = 0xff, behind = Buffer.alloc(0), padding }: BlockForm = {}): Buffer {
  const room = 253 - info.length - behind.length;
  const fillers = Buffer.alloc(padding ?? room, fill);
  const start = Buffer.concat([Buffer.of(0, type), fillers, Buffer.of(0), info, behind]);
  return Buffer.concat([start, Buffer.alloc(256 - start.length)]);
}

const forgedRsa: Readonly<Record<string, Scheme['make']>> = {
  'a digest with bytes behind it (Bleichenbacher 2006)': (tbs, key) =>
    raw(block(digestInfo(sha256(tbs)), { padding: 8, behind: Buffer.alloc(100, 0x41) }), key),
  'bytes behind the digest that are counted in': (tbs, key) =>
    raw(block(Buffer.concat([digestInfo(sha256(tbs)), nullValue])), key),
  'bytes hidden in the parameters of the hash': (tbs, key) =>
    raw(block(digestInfo(sha256(tbs), sequence(oid('2.16.840.1.101.3.4.2.1'), octetString(Buffer.alloc(100))))), key),
  'a hash without its parameters': (tbs, key) =>
    raw(block(digestInfo(sha256(tbs), sequence(oid('2.16.840.1.101.3.4.2.1')))), key),
  'the digest alone': (tbs, key) => raw(block(sha256(tbs)), key),
  'the name of another hash': (tbs, key) =>
    raw(block(digestInfo(sha256(tbs), sequence(oid('2.16.840.1.101.3.4.2.3'), nullValue))), key),
  'padding of zeros': (tbs, key) => raw(block(digestInfo(sha256(tbs)), { fill: 0 }), key),
  'padding of an encryption': (tbs, key) => raw(block(digestInfo(sha256(tbs)), { type: 2 }), key),
  'a block of type 0': (tbs, key) => raw(block(digestInfo(sha256(tbs)), { type: 0, fill: 0 }), key),
  'a length that BER would allow': (tbs, key) => {
    const info = digestInfo(sha256(tbs));
    return raw(block(Buffer.concat([Buffer.of(0x30, 0x81), info.subarray(1)])), key);
  },
  'the number one': () => Buffer.concat([Buffer.alloc(255), Buffer.of(1)]),
  zero: () => Buffer.alloc(256),
  'a number as large as can be': () => Buffer.alloc(256, 0xff),
  'an octet too many': (tbs, key) => Buffer.concat([Buffer.of(0), sign('sha256', tbs, key)]),
  'an octet too few': (tbs, key) => sign('sha256', tbs, key).subarray(1),
  'another padding': (tbs, key) => sign('sha256', tbs, { key, padding: constants.RSA_PKCS1_PSS_PADDING }),
  nothing: () => Buffer.alloc(0),
};

/** The cube root of a number that begins like a good block: what a verifier that ignores the end would take (e = 3). */
function cubeRootForgery(tbs: Buffer): Buffer {
  const start = Buffer.concat([Buffer.of(0, 1), Buffer.alloc(8, 0xff), Buffer.of(0), digestInfo(sha256(tbs))]);
  const target = number(Buffer.concat([start, Buffer.alloc(256 - start.length, 0xff)]));
  let low = 0n;
  for (let bit = 1n << 700n; bit > 0n; bit >>= 1n) if ((low + bit) ** 3n <= target) low += bit;
  return Buffer.from(low.toString(16).padStart(512, '0'), 'hex');
}

const littleEndian = (value: bigint, length: number) =>
  Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex').reverse();
/** S of an Edwards signature changed; it is the second half, least octet first (RFC 8032). */
const withS =
  (half: number, change: (s: bigint) => bigint): Scheme['make'] =>
  (tbs, key) => {
    const good = sign(null, tbs, key);
    const s = change(number(Buffer.from(good.subarray(half)).reverse()));
    return Buffer.concat([good.subarray(0, half), littleEndian(s, half)]);
  };

describe('V3: an invalid signature is never accepted', () => {
  test('V3: good signatures of each scheme are accepted, so that a refusal below means something', () => {
    for (const scheme of [schemes.p256, schemes.rsa, schemes.ed25519, schemes.ed448])
      assert.equal(verdictOn(scheme), 'valid');
    assert.equal(verdictOn(schemes.rsaExponent3), 'weak-key');
  });

  for (const [name, make] of Object.entries(forgedEcdsa))
    test(`V3: ECDSA: ${name}`, () => assert.equal(verdictOn(schemes.p256, make), 'bad-signature'));

  for (const [name, make] of Object.entries(forgedRsa))
    test(`V3: PKCS #1 v1.5: ${name}`, () => assert.equal(verdictOn(schemes.rsa, make), 'bad-signature'));

  test('V3: PKCS #1 v1.5: a block that is right in all is accepted: the forgeries fail by what is wrong in them', () => {
    assert.equal(
      verdictOn(schemes.rsa, (tbs, key) => raw(block(digestInfo(sha256(tbs))), key)),
      'valid',
    );
  });

  test('V3: a key of exponent 3 signs nothing, least of all by a cube root', () => {
    assert.equal(verdictOn(schemes.rsaExponent3, cubeRootForgery), 'weak-key');
  });

  test('V3: Edwards signatures: S not below the order, and R and S of nothing, are refused', () => {
    for (const factor of [1n, 2n, 7n]) {
      assert.equal(
        verdictOn(
          schemes.ed25519,
          withS(32, (s) => s + factor * orderOfEd25519),
        ),
        'bad-signature',
      );
      if (factor < 3n)
        assert.equal(
          verdictOn(
            schemes.ed448,
            withS(57, (s) => s + factor * orderOfEd448),
          ),
          'bad-signature',
        );
    }
    assert.equal(
      verdictOn(
        schemes.ed25519,
        withS(32, () => 0n),
      ),
      'bad-signature',
    );
    assert.equal(
      verdictOn(schemes.ed25519, () => Buffer.alloc(64)),
      'bad-signature',
    );
    assert.equal(
      verdictOn(schemes.ed25519, () => Buffer.concat([Buffer.of(1), Buffer.alloc(63)])),
      'bad-signature',
    );
    assert.equal(
      verdictOn(schemes.ed25519, (tbs, key) => sign(null, tbs, key).subarray(1)),
      'bad-signature',
    );
    assert.equal(
      verdictOn(schemes.ed25519, (tbs, key) => Buffer.concat([sign(null, tbs, key), Buffer.of(0)])),
      'bad-signature',
    );
  });

  test('V3: a scheme that is not that of the key, or that says more than it may, is refused', () => {
    const named = (algorithm: Buffer) => (form: CertificateForm) => {
      form.algorithm = form.outerAlgorithm = algorithm;
    };
    assert.equal(verdictOn(schemes.p256, undefined, named(rsaAlgorithm)), 'bad-signature');
    assert.equal(verdictOn(schemes.rsa, undefined, named(schemes.p256.algorithm)), 'bad-signature');
    assert.equal(verdictOn(schemes.rsa, undefined, named(schemes.ed25519.algorithm)), 'bad-signature');
    assert.equal(
      verdictOn(schemes.ed25519, undefined, named(sequence(oid('1.3.101.112'), nullValue))),
      'bad-signature',
    );
    assert.equal(
      verdictOn(schemes.rsa, undefined, named(sequence(oid('1.2.840.113549.1.1.11'), octetString(Buffer.alloc(4))))),
      'bad-signature',
    );
    assert.equal(verdictOn(schemes.rsa, undefined, named(sequence(oid('1.2.840.113549.1.1.10')))), 'bad-signature');
    assert.equal(
      verdictOn(
        schemes.rsa,
        (tbs, key) => sign('sha1', tbs, key),
        named(sequence(oid('1.2.840.113549.1.1.5'), nullValue)),
      ),
      'weak-signature',
    );
    assert.equal(
      verdictOn(
        schemes.rsa,
        (tbs, key) => sign('md5', tbs, key),
        named(sequence(oid('1.2.840.113549.1.1.4'), nullValue)),
      ),
      'weak-signature',
    );
  });

  test('V3: a key that is no point of its curve, or none at all, is refused', () => {
    const algorithm = sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7'));
    const good = schemes.p256.keys.spki.subarray(-65);
    const points: Readonly<Record<string, Buffer>> = {
      'off the curve': Buffer.concat([good.subarray(0, 64), Buffer.of((good[64] ?? 0) ^ 1)]),
      'the point at infinity': Buffer.of(0),
      zeros: Buffer.concat([Buffer.of(4), Buffer.alloc(64)]),
      'beyond the field': Buffer.concat([Buffer.of(4), Buffer.alloc(64, 0xff)]),
      'a compressed point that does not exist': Buffer.concat([Buffer.of(2), Buffer.alloc(32, 0xff)]),
      'an octet too few': good.subarray(0, 64),
      nothing: Buffer.alloc(0),
    };
    for (const [name, point] of Object.entries(points)) {
      const spki = sequence(algorithm, bitString(point));
      assert.equal(verdictOn({ ...schemes.p256, keys: { ...schemes.p256.keys, spki } }), 'weak-key', name);
    }
    const small = sequence(sequence(oid('1.3.101.112')), bitString(Buffer.alloc(31)));
    assert.equal(verdictOn({ ...schemes.ed25519, keys: { ...schemes.ed25519.keys, spki: small } }), 'weak-key');
  });
});

test('V3: an RSA signature that lacks its leading zero is none, whatever OpenSSL says (RFC 8017 §8.1.2)', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  let data = Buffer.alloc(0);
  let signature = Buffer.of(1);
  for (let count = 0; signature[0] !== 0; count++) {
    data = Buffer.from(String(count));
    signature = sign('sha256', data, privateKey);
  }
  assert.equal(signatureProblem(rsaAlgorithm, publicKey, data, signature), undefined);
  assert.equal(signatureProblem(rsaAlgorithm, publicKey, data, signature.subarray(1)), 'the signature does not fit');
});
