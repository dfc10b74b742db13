import type { IncomingMessage } from 'node:http';
import { hashSecret } from '../apps/apps.ts';
import type { AppDirectory } from '../apps/directory.ts';

interface Credentials {
  readonly clientId: string;
  readonly secret: string;
}

/** What an app can send that changes the answer: then the library gives it. */
const unusual = ['dpop', 'origin', 'oauth-client-attestation', 'oauth-client-attestation-pop'];

/** The secret in the header (RFC 6749 §2.3.1) where nothing had to be encoded; undefined for whatever is unusual. */
export function credentialsOf({ headers }: IncomingMessage): Credentials | undefined {
  if (unusual.some((name) => headers[name] !== undefined)) return undefined;
  const encoded = /^Basic ([A-Za-z0-9+/]{1,400}={0,2})$/.exec(headers.authorization ?? '')?.[1];
  if (!encoded || encoded.length % 4 !== 0) return undefined;
  const [, clientId, secret] = /^([\w.-]{1,100}):([\w-]{1,200})$/.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  return clientId && secret ? { clientId, secret } : undefined;
}

/** Whether the app authenticates with a secret in the header, and this is one of its secrets. */
export async function isAuthenticated(apps: AppDirectory, { clientId, secret }: Credentials): Promise<boolean> {
  const metadata = await apps.find(clientId);
  return (
    metadata?.token_endpoint_auth_method === 'client_secret_basic' &&
    (await apps.secretMatches(clientId, hashSecret(secret)))
  );
}
