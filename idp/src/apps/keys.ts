import { createPublicKey, type KeyObject } from 'node:crypto';
import { InvalidInput } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import { optionalAddress } from './addresses.ts';
import { type AppKind, keepsSecret } from './protocol.ts';

/** A public key of an app (RFC 7517 §4), with the members that tell which it is and nothing else. */
export interface PublicKey {
  readonly kty: 'EC' | 'OKP' | 'RSA';
  readonly kid?: string;
  readonly alg?: string;
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  readonly n?: string;
  readonly e?: string;
}

/** RFC 7517 §5. */
export interface KeySet {
  readonly keys: PublicKey[];
}

/**
 * What an app may sign its assertions and requests with: of FAPI 2.0 (Security Profile §5.4.1) all but RS256, which much
 * software knows alone; `Ed25519` is RFC 9864's name for `EdDSA` here.
 */
export const assertionAlgorithms = ['ES256', 'PS256', 'EdDSA', 'Ed25519', 'RS256'] as const;

/** The longest life of a client assertion that an app may give it: what leaks ends by itself. */
export const longestAssertionSeconds = 3600;

const publicMembers = ['kty', 'kid', 'alg', 'crv', 'x', 'y', 'n', 'e'] as const;
/** RFC 7518 §6.2.2, §6.3.2, §6.4.1. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
export const shortestRsaBits = 2048;

export interface Keys {
  readonly jwks: KeySet | null;
  readonly jwksUri: string | null;
}

/** Whether none of the keys that we hold says of itself that it signs what no FAPI profile takes. */
export const areOfProfile = ({ jwks }: Keys): boolean => !jwks?.keys.some(({ alg }) => alg === 'RS256');

/** Whether the app proves itself with keys. */
export const hasKeys = ({ jwks, jwksUri }: Keys): boolean => jwks !== null || jwksUri !== null;

/** The keys of an app as they are kept. @throws InvalidInput `apps/bad-keys`, `apps/bad-address` */
export function keysOf(given: {
  readonly jwks?: KeySet | null | undefined;
  readonly jwksUri?: string | null | undefined;
}): Keys {
  return {
    jwks: given.jwks ? { keys: given.jwks.keys.map(publicKeyOf) } : null,
    jwksUri: optionalAddress(given.jwksUri, 'jwksUri'),
  };
}

/** @throws InvalidInput `apps/bad-keys` for an app that can keep no key, or whose keys come from two places (RFC 7591 §2). */
export function mustHoldKeys(kind: AppKind, keys: Keys): void {
  if (!hasKeys(keys)) return;
  if (!keepsSecret(kind)) {
    throw badKeys({
      vi: 'Ứng dụng chạy trong trình duyệt hay cài trên máy không giữ kín được khoá.',
      en: 'An app that runs in the browser or is installed cannot keep a key to itself.',
    });
  }
  if (keys.jwks && keys.jwksUri) {
    throw badKeys({
      vi: 'Chỉ một trong hai: dán khoá công khai, hoặc cho địa chỉ của chúng.',
      en: 'Give the public keys or their address, not both.',
    });
  }
}

/** The public members of a key that can sign assertions. @throws InvalidInput `apps/bad-keys` */
function publicKeyOf(given: PublicKey): PublicKey {
  if (privateMembers.some((member) => member in given)) {
    throw badKeys({
      vi: 'Đây là khoá riêng: coi như đã lộ. Hãy tạo cặp khoá khác và chỉ dán nửa công khai.',
      en: 'This is a private key and counts as leaked now: make another pair and give its public half alone.',
    });
  }
  const key = Object.fromEntries(
    publicMembers.flatMap((member) => (given[member] === undefined ? [] : [[member, given[member]]])),
  ) as unknown as PublicKey;
  const algorithms = algorithmsOf(key);
  if (algorithms.length === 0 || (key.alg !== undefined && !algorithms.includes(key.alg))) {
    throw badKeys({
      vi: 'Khóa phải là EC P-256 (ES256), RSA từ 2048 bit (PS256, RS256) hoặc Ed25519 (EdDSA).',
      en: 'A key must be EC P-256 (ES256), RSA of 2048 bits or more (PS256, RS256) or Ed25519 (EdDSA).',
    });
  }
  return key;
}

function algorithmsOf(key: PublicKey): string[] {
  let read: KeyObject;
  try {
    read = createPublicKey({ key: { ...key }, format: 'jwk' });
  } catch {
    return [];
  }
  const { namedCurve, modulusLength = 0 } = read.asymmetricKeyDetails ?? {};
  if (read.asymmetricKeyType === 'ec') return namedCurve === 'prime256v1' ? ['ES256'] : [];
  if (read.asymmetricKeyType === 'ed25519') return ['EdDSA', 'Ed25519'];
  return read.asymmetricKeyType === 'rsa' && modulusLength >= shortestRsaBits ? ['PS256', 'RS256'] : [];
}

function badKeys(detail: Text): InvalidInput {
  return new InvalidInput('apps/bad-keys', detail, { fields: [{ pointer: '/jwks', detail }] });
}
