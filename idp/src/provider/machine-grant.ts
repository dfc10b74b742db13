import { randomBytes } from 'node:crypto';
import type { DirectAnswer, DirectBodyAnswerer } from '@edutrust/platform/http';
import type { Adapter } from 'oidc-provider';
import type { AppDirectory } from '../apps/directory.ts';
import { accessTokenSeconds } from './adapter.ts';
import { credentialsOf, isAuthenticated } from './credentials.ts';
import { librarySeconds } from './library-time.ts';
import { protocolHeaders as headers } from './userinfo.ts';

/**
 * Answers a client credentials grant (RFC 6749 §4.4) that asks for nothing special: the secret in the header, no scope, no
 * proof. It stores the token that the library would store, and knows no refusal: those are the library's alone.
 */
export function createMachineGrant(apps: AppDirectory, tokens: Pick<Adapter, 'upsert'>): DirectBodyAnswerer {
  return (body, request) => {
    if (body.toString('latin1') !== 'grant_type=client_credentials') return undefined;
    const app = credentialsOf(request);
    return app && answer(app);
  };

  async function answer(app: NonNullable<ReturnType<typeof credentialsOf>>): Promise<DirectAnswer | undefined> {
    const { clientId } = app;
    if (!(await apps.find(clientId))?.grant_types?.includes('client_credentials')) return undefined;
    if (!(await isAuthenticated(apps, app))) return undefined;
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
