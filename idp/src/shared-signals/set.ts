import type { SigningKey } from '../provider/keys.ts';
import { SynchronousSigningKey } from '../provider/signing-key.ts';

/** Whom or what a token is about (RFC 9493 §3.2.3, §3.2.6). */
export type Subject =
  | { readonly format: 'iss_sub'; readonly iss: string; readonly sub: string }
  | { readonly format: 'opaque'; readonly id: string };

export interface SetContent {
  readonly issuer: string;
  /** The receiver: the client id of its app. */
  readonly audience: string;
  /** The same each time it is sent. */
  readonly jti: string;
  readonly at: Date;
  readonly subject: Subject;
  /** One event a token (CAEP interoperability profile §2.5). */
  readonly type: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * A security event token (RFC 8417 §2.2) as a compact JWS, signed with RS256 (CAEP interoperability profile). It has no `sub` and no `exp` (SSF 1.0 §4.1),
 * so that nobody takes it for an ID token.
 */
export function signSet(key: SigningKey, { issuer, audience, jti, at, subject, type, details }: SetContent): string {
  const seconds = Math.floor(at.getTime() / 1_000);
  const payload = { iss: issuer, aud: audience, jti, iat: seconds, sub_id: subject, events: { [type]: details } };
  const header = { alg: key.alg, kid: key.kid, typ: 'secevent+jwt' };
  const signed = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${signed}.${new SynchronousSigningKey(key).sign(Buffer.from(signed)).toString('base64url')}`;
}
