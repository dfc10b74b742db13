import { createHash } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { createClientCertificates, type PresentedToken, type TokenRequest } from '@edutrust/platform/http';
import type { AdapterPayload } from 'oidc-provider';
import type { App } from '../apps/app.ts';
import { isValidAt } from './certificate.ts';
import { createNonces, nonceKey, proofAlgorithms, proofSeconds, readProof } from './dpop-proof.ts';
import { firstUse } from './models/replay.ts';

/** A live token and whom it stands for. */
export interface FoundToken<Holder> {
  readonly token: Pick<AdapterPayload, 'jkt' | 'x5t#S256'>;
  readonly app: App;
  readonly holder: Holder;
}

/** What the caller proved to hold: the key of a proof, and the certificate of the TLS connection. */
interface Proven {
  readonly jkt: string | undefined;
  readonly x5t: string | undefined;
}

/** How APIs of ours look at the token that a request brings, in a header and nowhere else. */
export interface TokenDoor {
  present<Holder>(
    request: TokenRequest,
    find: (token: string) => Promise<FoundToken<Holder> | undefined>,
  ): Promise<PresentedToken<Holder> & { readonly proven: Proven }>;
}

const nothing: Proven = { jkt: undefined, x5t: undefined };

/** Whether the token is bound to no key but those (RFC 9449 §6, RFC 8705 §3.1). */
export const isHeldBy = ({ token }: FoundToken<unknown>, { jkt, x5t }: Proven): boolean =>
  (token.jkt === undefined || token.jkt === jkt) && (token['x5t#S256'] === undefined || token['x5t#S256'] === x5t);

/**
 * The one door of our own APIs for access tokens: plain ones (RFC 6750 §2.1), those that are bound to a key, with a proof
 * for this very request (RFC 9449 §7), and those that are bound to a certificate (RFC 8705 §3). What is bound is worth
 * nothing without its key, and is never taken as a plain one.
 */
export function createTokenDoor({ db, config, clock, secrets }: ServiceContext): TokenDoor {
  const certificateOf = createClientCertificates(config);
  const nonces = createNonces(secrets.derive(nonceKey));
  const origins = [config.url.origin, ...(config.mtlsUrl ? [config.mtlsUrl.origin] : [])];

  /** RFC 6750 §3, RFC 9449 §7.1; without a word of an error where nothing was presented. */
  function challenge(scheme: 'Bearer' | 'DPoP', error: string): Readonly<Record<string, string>> {
    const algs = scheme === 'DPoP' ? `, algs="${proofAlgorithms.join(' ')}"` : '';
    const value = `${scheme} realm="${config.url.origin}", error="${error}"${algs}`;
    return { 'www-authenticate': value, ...(error === 'use_dpop_nonce' ? { 'dpop-nonce': nonces.next() } : {}) };
  }
  const refusal = (headers: Readonly<Record<string, string>>) => ({ holder: undefined, headers, proven: nothing });
  const unasked = {
    'www-authenticate': `Bearer realm="${config.url.origin}", DPoP realm="${config.url.origin}", algs="${proofAlgorithms.join(' ')}"`,
  };

  /** The proof of the request by the key that the token is bound to, or the error that its answer names. */
  async function proofOf(request: TokenRequest, presented: string, { token, app }: FoundToken<unknown>) {
    const { dpop } = request.headers;
    if (typeof dpop !== 'string') return 'invalid_dpop_proof';
    const read = origins.map((origin) => {
      const url = new URL(request.url, origin);
      url.search = '';
      return readProof(dpop, { method: request.method, url, token: presented });
    });
    const proof = (await Promise.all(read)).find((one) => one !== undefined);
    if (!proof) return 'invalid_dpop_proof';
    const { nonce, jti, thumbprint } = proof;
    if (thumbprint !== token.jkt) return 'invalid_token';
    // as at the token endpoint (RFC 9449 §9): a proof that was made in advance is worth nothing
    const isOfNow = nonce === undefined ? app.securityProfile === 'standard' : nonces.isOfNow(nonce);
    if (!isOfNow) return 'use_dpop_nonce';
    return (await firstUse(db, app.clientId, jti, proofSeconds)) ? proof : 'invalid_dpop_proof';
  }

  return {
    async present(request, find) {
      const [, scheme, token] = /^(Bearer|DPoP) ([\w-]{40,100})$/i.exec(request.headers.authorization ?? '') ?? [];
      if (!scheme || !token) return refusal(unasked);
      const by = scheme.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer';
      const found = await find(token);
      // RFC 9449 §7.2: a bound token is none of the scheme Bearer, and a plain one none of DPoP
      if (!found || (found.token.jkt !== undefined) !== (by === 'DPoP'))
        return refusal(challenge(found?.token.jkt ? 'DPoP' : by, 'invalid_token'));
      const certificate = certificateOf(request.raw);
      const x5t =
        certificate && isValidAt(certificate, clock.now())
          ? createHash('sha256').update(certificate.raw).digest('base64url')
          : undefined;
      const proof = by === 'DPoP' ? await proofOf(request, token, found) : undefined;
      if (typeof proof === 'string') return refusal(challenge(by, proof));
      const proven = { jkt: proof?.thumbprint, x5t };
      if (!isHeldBy(found, proven)) return refusal(challenge(by, 'invalid_token'));
      const isOld = proof?.nonce !== undefined && proof.nonce !== nonces.next();
      return { holder: found.holder, headers: isOld ? { 'dpop-nonce': nonces.next() } : {}, proven };
    },
  };
}
