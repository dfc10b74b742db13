import assert from 'node:assert/strict';
import * as node from 'node:crypto';
import { test } from 'node:test';
import { fc } from '@edutrust/testing/property';
import { ed25519 } from '@noble/curves/ed25519.js';
import * as browser from './crypto.ts';

const data = Buffer.from('Học bạ của Nguyễn Thị Ánh');
const spki = (key: node.KeyObject) => key.export({ type: 'spki', format: 'der' });
const read = (der: Uint8Array) => browser.createPublicKey({ key: der, format: 'der', type: 'spki' });

test('hashes are those of Node, however the data comes', () => {
  for (const name of ['sha1', 'sha256', 'sha384', 'sha512', 'sha3-256', 'sha3-384', 'sha3-512']) {
    const ours = browser.createHash(name).update('Học').update(data).digest('hex');
    assert.equal(ours, node.createHash(name).update('Học').update(data).digest('hex'));
  }
  const long = { outputLength: 64 };
  assert.equal(
    browser.createHash('shake256', long).update(data).digest('hex'),
    node.createHash('shake256', long).update(data).digest('hex'),
  );
});

/** A kind of signature: how Node signs and verifies, and what the judge asks for. */
interface Kind {
  readonly keys: { readonly publicKey: node.KeyObject; readonly privateKey: node.KeyObject };
  readonly hash: string | null;
  readonly options?: { readonly padding: number; readonly saltLength?: number };
}

const curve = (namedCurve: string) => node.generateKeyPairSync('ec', { namedCurve });
const rsa = node.generateKeyPairSync('rsa', { modulusLength: 2048 });
// A number of bits that is no whole number of octets less one: the first octet of PSS has other bits free.
const odd = node.generateKeyPairSync('rsa', { modulusLength: 2056 });
const pkcs1 = { padding: node.constants.RSA_PKCS1_PADDING };
const pss = (saltLength: number) => ({ padding: node.constants.RSA_PKCS1_PSS_PADDING, saltLength });
const kinds: Readonly<Record<string, Kind>> = {
  'ECDSA on P-256 with SHA-256': { keys: curve('P-256'), hash: 'sha256' },
  'ECDSA on P-256 with SHA-512': { keys: curve('P-256'), hash: 'sha512' },
  'ECDSA on P-384': { keys: curve('P-384'), hash: 'sha384' },
  'ECDSA on P-521': { keys: curve('P-521'), hash: 'sha512' },
  'ECDSA on P-521 with SHA-256': { keys: curve('P-521'), hash: 'sha256' },
  'ECDSA on P-256 with SHA3-256': { keys: curve('P-256'), hash: 'sha3-256' },
  'RSA PKCS #1 with SHA3-384': { keys: rsa, hash: 'sha3-384', options: pkcs1 },
  'RSA PSS with SHA3-512': { keys: rsa, hash: 'sha3-512', options: pss(64) },
  Ed25519: { keys: node.generateKeyPairSync('ed25519'), hash: null },
  Ed448: { keys: node.generateKeyPairSync('ed448'), hash: null },
  'ML-DSA-44': { keys: node.generateKeyPairSync('ml-dsa-44'), hash: null },
  'ML-DSA-65': { keys: node.generateKeyPairSync('ml-dsa-65'), hash: null },
  'ML-DSA-87': { keys: node.generateKeyPairSync('ml-dsa-87'), hash: null },
  'RSA PKCS #1 with SHA-256': { keys: rsa, hash: 'sha256', options: pkcs1 },
  'RSA PKCS #1 with SHA-384': { keys: odd, hash: 'sha384', options: pkcs1 },
  'RSA PKCS #1 with SHA-512': { keys: rsa, hash: 'sha512', options: pkcs1 },
  'RSA PSS with SHA-256': { keys: rsa, hash: 'sha256', options: pss(32) },
  'RSA PSS with SHA-384': { keys: odd, hash: 'sha384', options: pss(48) },
  'RSA PSS with SHA-512': { keys: rsa, hash: 'sha512', options: pss(64) },
};

for (const [name, { keys, hash, options }] of Object.entries(kinds)) {
  test(`V3: ${name}: a good signature is good, and every changed one is judged as Node judges it`, () => {
    const { publicKey, privateKey } = keys;
    const key = read(spki(publicKey));
    const signature = node.sign(hash, data, { key: privateKey, ...options });
    const ask = (value: Uint8Array, over: Uint8Array) => {
      const ours = browser.verify(hash, over, options ? { key, ...options } : key, value);
      // OpenSSL takes an RSA signature without its leading zero; nobody asks here for one (`signatureFault`).
      const isWhole = options === undefined || value.length === signature.length;
      assert.equal(ours, isWhole && node.verify(hash, over, { key: publicKey, ...options }, value));
      return ours;
    };
    assert.equal(ask(signature, data), true);
    assert.equal(ask(signature, Buffer.from('Học bạ của người khác')), false);
    assert.equal(ask(signature.subarray(1), data), false);
    assert.equal(ask(Buffer.concat([signature, Buffer.of(0)]), data), false);
    fc.assert(
      fc.property(fc.nat(signature.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(signature);
        changed[at] = (changed[at] ?? 0) ^ change;
        ask(changed, data);
      }),
      { numRuns: 12 },
    );
  });
}

test('V3: PSS with another salt or another hash than asked for is not good', () => {
  const key = read(spki(rsa.publicKey));
  const sign = (saltLength: number) => node.sign('sha256', data, { key: rsa.privateKey, ...pss(saltLength) });
  assert.equal(browser.verify('sha256', data, { key, ...pss(32) }, sign(20)), false);
  assert.equal(browser.verify('sha512', data, { key, ...pss(64) }, sign(64)), false);
  assert.equal(browser.verify('sha256', data, { key, ...pkcs1 }, sign(32)), false);
});

test('keys say of themselves what Node says; those that are none are refused', () => {
  const others = [
    node.generateKeyPairSync('rsa-pss', { modulusLength: 2048, hashAlgorithm: 'sha384', mgf1HashAlgorithm: 'sha384' }),
    node.generateKeyPairSync('rsa', { modulusLength: 1024, publicExponent: 3 }),
    curve('secp224r1'),
    curve('brainpoolP256r1'),
  ];
  for (const { publicKey } of [...Object.values(kinds).map(({ keys }) => keys), ...others]) {
    const { asymmetricKeyType, asymmetricKeyDetails } = read(spki(publicKey));
    assert.equal(asymmetricKeyType, publicKey.asymmetricKeyType);
    const details = publicKey.asymmetricKeyDetails ?? {};
    // Of a curve that is not accepted it says the identifier, and nobody asks more.
    if (!('namedCurve' in asymmetricKeyDetails) || /^prime|^secp[35]/.test(asymmetricKeyDetails.namedCurve))
      assert.deepEqual({ ...details, ...asymmetricKeyDetails }, details);
  }
  const off = Buffer.from(spki(curve('P-256').publicKey));
  off[off.length - 1] = (off.at(-1) ?? 0) ^ 1; // no longer on the curve
  for (const der of [off, spki(rsa.publicKey).subarray(0, 100), Buffer.from('3000', 'hex')])
    assert.throws(() => read(der));
});

test('a key for PSS alone verifies by its own parameters only, as Node has it', () => {
  const limits = { modulusLength: 2048, hashAlgorithm: 'sha384', mgf1HashAlgorithm: 'sha384' };
  const { publicKey, privateKey } = node.generateKeyPairSync('rsa-pss', limits);
  const key = read(spki(publicKey));
  const signature = node.sign('sha384', data, { key: privateKey, ...pss(48) });
  assert.equal(browser.verify('sha384', data, { key, ...pss(48) }, signature), true);
  assert.throws(() => browser.verify('sha256', data, { key, ...pss(32) }, signature));
  assert.throws(() => node.verify('sha256', data, { key: publicKey, ...pss(32) }, signature));
});

test('V3: Ed25519: keys and signatures with points of small order are judged as Node judges them', () => {
  const { Point } = ed25519;
  const littleEndian = (number: bigint) => Buffer.from(number.toString(16).padStart(64, '0'), 'hex').reverse();
  const ask = (key: Uint8Array, r: Uint8Array, s: bigint, message: Uint8Array) => {
    const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key]);
    const signature = Buffer.concat([r, littleEndian(s)]);
    const ours = browser.verify(null, message, read(der), signature);
    const nodeKey = node.createPublicKey({ key: der, format: 'der', type: 'spki' });
    assert.equal(ours, node.verify(null, message, nodeKey, signature));
    return ours;
  };
  const order8 = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');
  const [a, r] = [123_456_789n, 99n];
  const answers = [Point.ZERO, order8, order8.double(), Point.BASE.multiply(a).add(order8)].flatMap((key) =>
    [Point.ZERO, order8, Point.BASE.multiply(r)].flatMap((point) =>
      Array.from({ length: 24 }, (_, index) => {
        const [keyBytes, pointBytes, message] = [key.toBytes(), point.toBytes(), Buffer.of(index)];
        const hash = node.createHash('sha512').update(pointBytes).update(keyBytes).update(message).digest().reverse();
        const secret = key.isSmallOrder() ? 0n : a;
        const nonce = point.isSmallOrder() ? 0n : r;
        return ask(
          keyBytes,
          pointBytes,
          (nonce + BigInt(`0x${hash.toString('hex')}`) * secret) % Point.Fn.ORDER,
          message,
        );
      }),
    ),
  );
  assert.deepEqual(new Set(answers), new Set([true, false]), 'some fit without the cofactor, the others only with it');
});
