import { createHash, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import { announce, clientId, machineId, redirectUri, refreshId, secret } from './announce.ts';
import { MemoryAdapter } from './memory.ts';

/** oidc-provider alone, keeping all in memory, with the same algorithm, clients and life times: what ours is compared with. */
const server = createServer();
server.listen(0, 'localhost');
await once(server, 'listening');
const address = server.address();
const origin = `http://localhost:${typeof address === 'object' ? address?.port : ''}`;
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
const web = {
  client_secret: secret,
  redirect_uris: [redirectUri],
  token_endpoint_auth_method: 'client_secret_basic',
  id_token_signed_response_alg: 'ES256',
} as const;
const provider = new Provider(origin, {
  adapter: MemoryAdapter,
  clients: [
    { ...web, client_id: clientId, grant_types: ['authorization_code'] },
    { ...web, client_id: refreshId, grant_types: ['authorization_code', 'refresh_token'] },
    { ...web, client_id: machineId, grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
  ],
  jwks: { keys: [{ ...key, kid: 'bench', alg: 'ES256', use: 'sig' }] },
  scopes: ['openid', 'profile', 'offline_access'],
  claims: { openid: ['sub'], profile: ['name'] },
  findAccount: async (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, name: 'Người đo' }) }),
  cookies: { keys: ['a key of the bench'] },
  enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
  },
  interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
  issueRefreshToken: async (_ctx, client, source) =>
    client.grantTypeAllowed('refresh_token') && source.scopes.has('offline_access'),
  loadExistingGrant: async ({ oidc }) => {
    const held = oidc.session?.grantIdFor(oidc.client?.clientId ?? '');
    const grant = held ? await provider.Grant.find(held) : undefined;
    if (grant || !oidc.session?.accountId || !oidc.client) return grant;
    const made = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    made.addOIDCScope(String(oidc.params?.scope ?? ''));
    await made.save();
    return made;
  },
});
provider.proxy = true;
const callback = provider.callback();
const page =
  '<!doctype html><title>Sign in</title><form method="post"><input name="login"><button>Sign in</button></form>';
server.on('request', (request, response) => {
  if (request.url?.startsWith('/interaction/') && request.method === 'GET') {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(page); // what the library draws itself in development is larger
  } else if (request.url?.startsWith('/interaction/')) {
    request.resume();
    provider
      .interactionDetails(request, response)
      .then(({ prompt }) =>
        provider.interactionFinished(
          request,
          response,
          prompt.name === 'login' ? { login: { accountId: 'somebody' } } : { consent: {} },
          { mergeWithLastSubmission: true },
        ),
      )
      .catch(() => response.end());
  } else callback(request, response);
});

const jar = new Map<string, string>();
const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
const verifier = 'x'.repeat(43);

/** Signs in, or agrees, once by hand; gives the code. */
async function authorize(client: string, extra: Record<string, string> = {}): Promise<string> {
  const query = new URLSearchParams({
    client_id: client,
    response_type: 'code',
    scope: 'openid profile',
    redirect_uri: redirectUri,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...extra,
  });
  let next = `${origin}/auth?${query}`;
  while (next.startsWith(origin)) {
    const method = next.includes('/interaction/') ? 'POST' : 'GET'; // as if the form had been seen
    const response = await fetch(next, { method, redirect: 'manual', headers: { cookie: cookie() } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      jar.set(name, value);
    }
    next = new URL(response.headers.get('location') ?? 'about:blank', origin).href;
  }
  return new URL(next).searchParams.get('code') ?? '';
}

await authorize(clientId);
const code = await authorize(refreshId, { scope: 'openid profile offline_access', prompt: 'consent' });
const answer = await fetch(`${origin}/token`, {
  method: 'POST',
  headers: { authorization: `Basic ${Buffer.from(`${refreshId}:${encodeURIComponent(secret)}`).toString('base64')}` },
  body: new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: redirectUri,
  }),
});
const { refresh_token: refreshToken } = (await answer.json()) as { refresh_token: string };
announce({
  origin,
  cookie: cookie(),
  refreshToken,
  paths: { auth: '/auth', token: '/token', userinfo: '/me', jwks: '/jwks', introspection: '/token/introspection' },
  form: { login: 'somebody' },
});
