import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { Config } from '@edutrust/platform/config';
import { Unavailable } from '@edutrust/platform/errors';
import { algorithmIds } from '../certificate/algorithms.ts';
import { bitString, integer, nullValue, oid, readDer, sequence } from '../der/der.ts';
import type { KeyAlgorithm } from './key.ts';
import { hashOfAlgorithm } from './soft.ts';
import type { TokenAnswer, TokenRequest } from './token-process.ts';

/** A PKCS#11 token (OASIS PKCS #11 v2.40), by the ids of our keys. */
export interface Token {
  generate(id: string, algorithm: KeyAlgorithm): Promise<{ readonly publicKey: Buffer }>;
  import(id: string, pkcs8: Buffer): Promise<void>;
  sign(id: string, algorithm: KeyAlgorithm, bytes: Uint8Array): Promise<Buffer>;
  /** ECDSA over a digest, DER. */
  signDigest(id: string, algorithm: 'p256' | 'p384', digest: Uint8Array): Promise<Buffer>;
  health(): Promise<void>;
}

/** A token that does not answer in this time is taken for lost. */
const patienceMs = 10_000;

const tokens = new WeakMap<NonNullable<Config['pkcs11']>, Token>();

/** The token of a configuration, one process each; undefined when none is configured. */
export function tokenOf({ pkcs11 }: Pick<Config, 'pkcs11'>): Token | undefined {
  if (!pkcs11) return undefined;
  const known = tokens.get(pkcs11);
  if (known) return known;
  const ask = createClient(pkcs11);
  const token: Token = {
    generate: async (id, algorithm) => ({
      publicKey: encodePublicKey(algorithm, await ask({ kind: 'generate', id, algorithm })),
    }),
    import: async (id, pkcs8) => {
      await ask({ kind: 'import', id, pkcs8: pkcs8.toString('base64') });
    },
    sign: async (id, algorithm, bytes) => {
      if (algorithm !== 'rsa3072')
        return token.signDigest(id, algorithm, createHash(hashOfAlgorithm[algorithm]).update(bytes).digest());
      // CKM_SHA256_RSA_PKCS takes everything
      const [value = ''] = await ask({ kind: 'sign', id, algorithm, input: Buffer.from(bytes).toString('base64') });
      return Buffer.from(value, 'base64');
    },
    signDigest: async (id, algorithm, digest) => {
      // CKM_ECDSA takes the digest and gives r‖s
      const [value = ''] = await ask({ kind: 'sign', id, algorithm, input: Buffer.from(digest).toString('base64') });
      const signature = Buffer.from(value, 'base64');
      const half = signature.length / 2;
      return sequence(integer(signature.subarray(0, half)), integer(signature.subarray(half)));
    },
    health: async () => {
      await ask({ kind: 'health' });
    },
  };
  tokens.set(pkcs11, token);
  return token;
}

/** SubjectPublicKeyInfo (RFC 5480 §2, RFC 3279 §2.3.1) of what the token says: the point, or modulus and exponent. */
function encodePublicKey(algorithm: KeyAlgorithm, values: readonly string[]): Buffer {
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = values.map((value) => Buffer.from(value, 'base64'));
  if (algorithm === 'rsa3072') {
    const type = sequence(oid(algorithmIds.rsaEncryption), nullValue);
    return sequence(type, bitString(sequence(integer(first), integer(second))));
  }
  const curve = algorithm === 'p256' ? algorithmIds.p256 : algorithmIds.p384;
  const isBare = first.length === (algorithm === 'p256' ? 65 : 97); // some tokens leave the OCTET STRING around it out
  const point = isBare ? first : readDer(first).contents;
  return sequence(sequence(oid(algorithmIds.ecPublicKey), oid(curve)), bitString(point));
}

/**
 * The token's library runs in a process of its own: a fault of the driver is not ours. When it dies, hangs or says that
 * the token is gone, what waits gets a clear error and the next question starts it anew.
 */
function createClient(settings: NonNullable<Config['pkcs11']>): (request: TokenRequest) => Promise<readonly string[]> {
  let child: ChildProcess | undefined;
  let next = 0;
  const waiting = new Map<number, { resolve: (values: readonly string[]) => void; reject: (error: Error) => void }>();

  function lose(which: ChildProcess, why: string): void {
    if (child !== which) return;
    child = undefined;
    which.kill('SIGKILL');
    for (const { reject } of waiting.values()) reject(tokenLost(settings.token, why));
    waiting.clear();
  }

  function start(): ChildProcess {
    const made = fork(new URL('./token-process.ts', import.meta.url), {
      // the PIN is read from its file there; neither arguments nor environment carry it
      env: { ...process.env, EDUTRUST_TOKEN: JSON.stringify(settings) },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    made.on('message', (message) => {
      const { number, values, problem } = message as TokenAnswer; // from our own process
      const asked = waiting.get(number);
      waiting.delete(number);
      if (waiting.size === 0) made.channel?.unref();
      if (values) asked?.resolve(values);
      else {
        asked?.reject(tokenLost(settings.token, problem ?? ''));
        lose(made, problem ?? '');
      }
    });
    made.on('exit', (code, signal) => lose(made, `ended (${signal ?? code})`));
    made.on('error', (error) => lose(made, error.message));
    made.unref();
    return made;
  }

  return (request) =>
    new Promise((resolve, reject) => {
      child ??= start();
      const which = child;
      const number = next++;
      const late = setTimeout(() => lose(which, 'no answer in time'), patienceMs).unref();
      const settle = <Value>(then: (value: Value) => void) => {
        return (value: Value) => {
          clearTimeout(late);
          then(value);
        };
      };
      waiting.set(number, { resolve: settle(resolve), reject: settle(reject) });
      which.channel?.ref();
      which.send({ ...request, number }, (error) => error && lose(which, error.message));
    });
}

function tokenLost(token: string, why: string): Unavailable {
  return new Unavailable(
    'keys/token-lost',
    {
      vi: `Thiết bị PKCS#11 “${token}” không trả lời: ${why}.`,
      en: `The PKCS#11 token “${token}” does not answer: ${why}.`,
    },
    {
      remedy: {
        vi: 'Kiểm tra thiết bị còn cắm và EDUTRUST_PKCS11_* đúng; lần dùng sau sẽ tự nối lại.',
        en: 'Check that the token is there and EDUTRUST_PKCS11_* are right; the next use connects again.',
      },
    },
  );
}
