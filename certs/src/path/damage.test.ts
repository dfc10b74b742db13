import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fc } from '@edutrust/testing/property';
import { goodChain, requestOf } from '../../testing/chain.ts';
import { lineOf } from '../../testing/hostile.ts';
import { answeredChain } from '../../testing/ocsp.ts';
import { parseCertificate } from '../certificate/certificate.ts';
import { childrenOf, DerError, readDer, tag } from '../der/der.ts';
import { verifyBatchLine } from './batch.ts';
import { parseRevocationList } from './crl.ts';
import { type PathRequest, validatePath } from './path.ts';
import { parsePathCertificate } from './path-certificate.ts';
import { Refusal } from './reason.ts';

type Damage =
  | { readonly kind: 'flip' | 'remove' | 'repeat' | 'zero'; readonly at: number; readonly length: number }
  | { readonly kind: 'end'; readonly at: number };

const place = fc.nat(100_000);
const damages: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('flip', 'remove', 'repeat', 'zero'),
    at: place,
    length: fc.integer({ min: 1, max: 16 }),
  }),
  fc.record({ kind: fc.constant('end'), at: place }),
);

function apply(der: Buffer, damage: Damage): Buffer<ArrayBuffer> {
  const at = damage.at % der.length;
  const [before, after] = [der.subarray(0, at), der.subarray(at)];
  switch (damage.kind) {
    case 'flip': {
      const copy = Buffer.from(der);
      copy[at] = (copy[at] ?? 0) ^ (1 << (damage.length % 8));
      return copy;
    }
    case 'zero':
      return Buffer.concat([
        before,
        Buffer.alloc(Math.min(damage.length, after.length)),
        after.subarray(damage.length),
      ]);
    case 'remove':
      return Buffer.concat([before, after.subarray(damage.length)]);
    case 'repeat':
      return Buffer.concat([before, after.subarray(0, damage.length), after]);
    default:
      return Buffer.concat([before]);
  }
}

/** What is signed in a certificate or a list. */
const signedPart = (der: Uint8Array) => childrenOf(readDer(der, 100_000), tag.sequence)[0]?.bytes;

/** Never throws; and when it is valid, whatever was damaged says the same as before. */
function staysHonest(request: PathRequest, damaged: Buffer, original: Uint8Array): void {
  const { verdict } = validatePath(request);
  if (verdict !== 'valid' || damaged.equals(original)) return;
  assert.deepEqual(signedPart(damaged), signedPart(original), damaged.toString('base64'));
}

/** Nothing but what a door says it throws. */
function throwsOnly(read: () => unknown, ...kinds: readonly (new (...args: never[]) => Error)[]): void {
  try {
    read();
  } catch (error) {
    assert.ok(
      kinds.some((kind) => error instanceof kind),
      String(error),
    );
  }
}

describe('V3: what is damaged is not taken for what was signed', () => {
  const good = requestOf(goodChain());
  const lists = (good.crls ?? []).map((der) => Buffer.concat([der]));
  const untrusted = (good.untrusted ?? []).map((der) => Buffer.concat([der]));

  test('V3: no damage to a leaf or an authority makes another certificate valid', () => {
    assert.equal(validatePath(good).verdict, 'valid');
    const leaf = Buffer.from(good.leaf);
    fc.assert(
      fc.property(damages, (damage) => {
        const damaged = apply(leaf, damage);
        staysHonest({ ...good, leaf: damaged }, damaged, leaf);
      }),
      { numRuns: 600 },
    );
    fc.assert(
      fc.property(damages, fc.nat(untrusted.length - 1), (damage, index) => {
        const original = untrusted[index] ?? leaf;
        const damaged = apply(original, damage);
        staysHonest({ ...good, untrusted: untrusted.with(index, damaged) }, damaged, original);
      }),
      { numRuns: 600 },
    );
  });

  test('V3: no damage to a list makes it speak of what it did not', () => {
    fc.assert(
      fc.property(damages, fc.nat(lists.length - 1), (damage, index) => {
        const original = lists[index] ?? Buffer.alloc(1);
        const damaged = apply(original, damage);
        staysHonest({ ...good, crls: lists.with(index, damaged) }, damaged, original);
      }),
      { numRuns: 600 },
    );
  });

  test('V3: no damage to an OCSP response makes it an answer', () => {
    const { request, response } = answeredChain();
    assert.equal(validatePath(request).verdict, 'valid');
    fc.assert(
      fc.property(damages, (damage) => {
        const damaged = apply(response, damage);
        const { verdict } = validatePath({ ...request, ocsp: [damaged] });
        // A response without its certificate, whose answer is signed by the issuer, would still be one; here none is.
        assert.ok(verdict !== 'valid' || isSameAnswer(damaged, response), damaged.toString('base64'));
      }),
      { numRuns: 600 },
    );
  });

  test('V3: whatever the bytes are, a parser gives a value or says why not, and a verdict comes back', () => {
    const documents = [Buffer.from(good.leaf), ...untrusted, ...lists, answeredChain().response];
    const some = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc
        .tuple(fc.constantFrom(...documents), fc.array(damages, { minLength: 1, maxLength: 4 }))
        .map(([der, list]) => list.reduce((bytes, damage) => (bytes.length > 0 ? apply(bytes, damage) : bytes), der)),
    );
    fc.assert(
      fc.property(some, (der) => {
        throwsOnly(() => parseCertificate(der), DerError);
        throwsOnly(() => parsePathCertificate(der), DerError, Refusal);
        throwsOnly(() => parseRevocationList(der), DerError);
        const request = { ...good, leaf: der, untrusted: [der], anchors: [der], crls: [der], ocsp: [der] };
        assert.match(validatePath(request).verdict, /^(?:valid|invalid|indeterminate)$/); // an anchor is trusted as it is
        assert.notEqual(validatePath({ ...request, anchors: good.anchors }).verdict, 'valid');
        assert.equal(JSON.parse(verifyBatchLine(lineOf('x', request))).id, 'x');
      }),
      { numRuns: 600 },
    );
  });
});

/** Whether ResponseData is the same (RFC 6960 §4.2.1). */
function isSameAnswer(one: Buffer, other: Buffer): boolean {
  const data = (der: Buffer) => {
    const [, wrapped] = childrenOf(readDer(der), tag.sequence);
    const [, octets] = childrenOf(childrenOf(wrapped, 0xa0)[0], tag.sequence);
    return octets && signedPart(octets.contents);
  };
  return data(one)?.equals(data(other) ?? Buffer.alloc(0)) === true;
}
