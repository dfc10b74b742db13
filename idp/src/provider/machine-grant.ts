import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { DirectAnswer } from '@edutrust/platform/http';
import type { Adapter } from 'oidc-provider';
import { hashSecret } from '../apps/apps.ts';
import type { AppDirectory } from '../apps/directory.ts';
import { accessTokenSeconds } from './adapter.ts';
import { librarySeconds } from './library-time.ts';
import { protocolHeaders as headers } from './userinfo.ts';

/** What an app can send that changes the answer: then the library gives it. */
const unusual = ['dpop', 'origin', 'oauth-client-attestation', 'oauth-client-attestation-pop'];

/**
 * Answers a client credentials grant (RFC 6749 §4.4) that asks for nothing special: the secret in the header, no scope, no
 * proof. It stores the token that the library would store, and knows no refusal: those are the library's alone.
 */
export function createMachineGrant(
  apps: AppDirectory,
  tokens: Pick<Adapter, 'upsert'>,
): (body: Buffer, request: IncomingMessage) => Promise<DirectAnswer | undefined> | undefined {
  return (body, { headers: sent }) => {
    if (body.toString('latin1') !== 'grant_type=client_credentials') return undefined;
    if (unusual.some((name) => sent[name] !== undefined)) return undefined;
    const app = credentialsOf(sent.authorization);
    return app && answer(app);
  };

  async function answer({ clientId, secret }: Credentials): Promise<DirectAnswer | undefined> {
    const metadata = await apps.find(clientId);
    if (!metadata?.grant_types?.includes('client_credentials')) return undefined;
    if (metadata.token_endpoint_auth_method !== 'client_secret_basic') return undefined;
    if (!(await apps.secretMatches(clientId, hashSecret(secret)))) return undefined;
    const token = randomBytes(32).toString('base64url');
    const iat = librarySeconds();
    const payload = { iat, exp: iat + accessTokenSeconds, kind: 'ClientCredentials', clientId };
    await tokens.upsert(token, payload, accessTokenSeconds);
    return {
      headers,
      body: JSON.stringify({ access_token: token, expires_in: accessTokenSeconds, token_type: 'Bearer' }),
    };
  }
}

interface Credentials {
  readonly clientId: string;
  readonly secret: string;
}

/** RFC 6749 §2.3.1, where nothing had to be encoded. */
function credentialsOf(authorization: string | undefined): Credentials | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/]{1,400}={0,2})$/.exec(authorization ?? '')?.[1];
  if (!encoded || encoded.length % 4 !== 0) return undefined;
  const [, clientId, secret] = /^([\w.-]{1,100}):([\w-]{1,200})$/.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  return clientId && secret ? { clientId, secret } : undefined;
}
