import { createHash, type KeyObject, randomUUID } from 'node:crypto';
import { Unauthenticated } from '@edutrust/platform/errors';
import canonicalize from 'canonicalize';
import { jwtVerify, SignJWT } from 'jose';

/** What a proof is of: one request, with one bearer token. */
export interface ProvenRequest {
  readonly method: string;
  /** Origin and path, without the query: a proof for another origin is none here. */
  readonly url: string;
  readonly token: string;
  /** The JSON that goes with it; undefined when there is none. */
  readonly body: unknown;
}

/** A school's computer may be wrong about the time by so much; a proof is taken once within it. */
export const clockSkewSeconds = 600;

/**
 * The text that the token signs once, at pairing: it names the origin and the machine's key (SHA-256 of its
 * SubjectPublicKeyInfo), so that what was signed for one origin pairs with no other.
 */
export function pairingText(origin: string, keySha256: string): string {
  return `EduTrust sealing machine\n${origin}\n${keySha256}`;
}

/** Proves a request with the machine's key (P-256): RFC 9449 §4.2, with the hash of the body as `bh`. */
export function signProof(key: KeyObject, { method, url, token, body }: ProvenRequest, now: Date): Promise<string> {
  return new SignJWT({
    htm: method,
    htu: url,
    ath: hashText(token),
    ...(body === undefined ? {} : { bh: hashBody(body) }),
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt' })
    .setJti(randomUUID())
    .setIssuedAt(now)
    .sign(key);
}

/**
 * Checks a proof (RFC 9449 §4.3) with the key that was paired; gives its `jti`. Without `now` its age does not count:
 * it is evidence of before.
 *
 * @throws Unauthenticated `sealing/no-proof`
 */
export async function verifyProof(
  proof: string,
  key: KeyObject,
  { method, url, token, body }: Omit<ProvenRequest, 'token'> & { readonly token: string | undefined },
  now: Date | undefined,
): Promise<string> {
  const { payload } = await jwtVerify(proof, key, { typ: 'dpop+jwt', algorithms: ['ES256'] }).catch((cause) => {
    throw noProof(cause);
  });
  const { jti, iat = 0 } = payload;
  const isOf =
    payload.htm === method &&
    payload.htu === url &&
    (token === undefined || payload.ath === hashText(token)) &&
    payload.bh === (body === undefined ? undefined : hashBody(body));
  const isYoung = !now || Math.abs(now.getTime() / 1000 - iat) <= clockSkewSeconds;
  if (!isOf || !isYoung || !jti || jti.length > 100) throw noProof();
  return jti;
}

function hashText(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64url');
}

/** SHA-256 of the canonical JSON (RFC 8785): both sides have the value, not the bytes. */
function hashBody(body: unknown): string {
  return hashText(canonicalize(body) ?? '');
}

function noProof(cause?: unknown): Unauthenticated {
  return new Unauthenticated(
    'sealing/no-proof',
    {
      vi: 'Yêu cầu không có chữ ký hợp lệ của máy đóng dấu đã ghép.',
      en: 'The request carries no valid proof by the paired machine’s key.',
    },
    {
      remedy: {
        vi: 'Xem giờ của máy tính có đúng không (lệch không quá 10 phút) và địa chỉ có đúng không, rồi chạy lại.',
        en: 'Check that the computer’s clock is right (within 10 minutes) and the address too, then try again.',
      },
      cause,
    },
  );
}
