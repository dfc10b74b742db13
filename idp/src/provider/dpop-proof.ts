import { createHash, hkdfSync } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';
import { librarySeconds } from './library-time.ts';

/** What proofs are signed with. */
export const proofAlgorithms = ['ES256', 'PS256', 'EdDSA', 'Ed25519'] as const;

/** What its nonces are derived from: the library's and those of our own APIs, in every process. */
export const nonceKey = 'idp/dpop-nonce/v1';

/** A proof without a nonce is made at most so long before or after now. */
export const proofSeconds = 300;

/** The request that a proof has to be of (RFC 9449 §4.2). */
interface ProvenRequest {
  readonly method: string;
  /** Without query and fragment. */
  readonly url: URL;
  readonly token: string;
}

interface Proof {
  /** Of the key (RFC 7638), as tokens name it in `jkt`. */
  readonly thumbprint: string;
  readonly jti: string;
  readonly nonce: string | undefined;
}

/**
 * Checks a proof for one request with one token (RFC 9449 §4.3) but for its nonce and whether it was used before, which its
 * caller knows; undefined for one that proves nothing.
 */
export async function readProof(proof: string, { method, url, token }: ProvenRequest): Promise<Proof | undefined> {
  const now = librarySeconds();
  const options = { algorithms: [...proofAlgorithms], typ: 'dpop+jwt' };
  const verified = await jwtVerify(proof, EmbeddedJWK, options).catch(() => undefined);
  if (!verified) return undefined;
  const { payload, protectedHeader } = verified;
  const { htm, htu, ath, jti, iat = 0, nonce } = payload;
  const isOf = htm === method && addressOf(htu) === url.href && ath === hashOf(token);
  const isYoung = typeof nonce === 'string' || (nonce === undefined && Math.abs(now - iat) <= proofSeconds);
  if (!isOf || !isYoung || !iat || !jti || !protectedHeader.jwk) return undefined;
  return { thumbprint: await calculateJwkThumbprint(protectedHeader.jwk), jti, nonce };
}

const hashOf = (token: string) => createHash('sha256').update(token).digest('base64url');

/** RFC 9449 §4.3: query and fragment do not count, and an address is compared as RFC 3986 §6.2.2 normalizes it. */
function addressOf(htu: unknown): string | undefined {
  const url = typeof htu === 'string' ? URL.parse(htu) : null;
  if (!url) return undefined;
  url.search = '';
  url.hash = '';
  return url.href;
}

const stepSeconds = 60;

/**
 * The nonces of proofs, for two minutes back and ahead: those that the library gives out at its own endpoints, so that an
 * app goes on at an API with what it got with its token (it is one origin to clients).
 */
export function createNonces(secret: Buffer): { next(): string; isOfNow(nonce: string): boolean } {
  const ofStep = (step: number) => {
    const info = Buffer.alloc(8);
    info.writeBigUInt64BE(BigInt(step));
    return Buffer.from(hkdfSync('sha256', secret, info, 'DPoP', 32)).toString('base64url');
  };
  const step = () => Math.floor(librarySeconds() / stepSeconds);
  return {
    next: () => ofStep(step() + 1),
    isOfNow: (nonce) => [-2, -1, 0, 1, 2].some((away) => ofStep(step() + away) === nonce),
  };
}
