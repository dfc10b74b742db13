import type { FastifyRequest } from 'fastify';

/** What of a request says whose access token it brings, and what proves that it may. */
export type TokenRequest = Pick<FastifyRequest, 'headers' | 'method' | 'url' | 'raw'>;

/** What came of the access token of a request. */
export interface PresentedToken<Holder> {
  /** Whom it stands for; undefined where it is refused. */
  readonly holder: Holder | undefined;
  /** Of the answer, either way: why it is refused (RFC 6750 §3, RFC 9449 §7.1) and the nonce to go on with (§8.2, §9). */
  readonly headers: Readonly<Record<string, string>>;
}
