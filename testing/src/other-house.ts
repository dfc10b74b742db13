import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** How the other house answers; each lie is one that a client has to notice. */
export interface OtherHouse extends AsyncDisposable {
  readonly issuer: string;
  /** Who signs in there next. */
  who: { readonly sub: string; readonly claims?: Record<string, unknown> };
  /** Changes the ID token before it is signed. */
  lie: (claims: Record<string, unknown>) => Record<string, unknown>;
  /** `iss` of the authorization response (RFC 9207). */
  answersAs: string;
  /** Signs with a key that it does not publish. */
  forges: boolean;
}

interface Held {
  readonly challenge: string;
  readonly nonce: string;
  readonly redirectUri: string;
}

interface Answer {
  readonly status: number;
  readonly json?: object;
  readonly location?: string;
}

const metadataOf = (issuer: string) => ({
  issuer,
  authorization_endpoint: `${issuer}/auth`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['ES256'],
  code_challenge_methods_supported: ['S256'],
  authorization_response_iss_parameter_supported: true,
});

/** Signs whoever is next in at once, without a page. */
function authorize(house: OtherHouse, codes: Map<string, Held>, clientId: string, asked: URLSearchParams): Answer {
  const [challenge, state, nonce] = ['code_challenge', 'state', 'nonce'].map((name) => asked.get(name) ?? '');
  const redirectUri = asked.get('redirect_uri') ?? '';
  if (asked.get('client_id') !== clientId || !challenge || !state || !nonce) return { status: 400, json: {} };
  const code = crypto.randomUUID();
  codes.set(code, { challenge, nonce, redirectUri });
  const back = new URL(redirectUri);
  back.search = new URLSearchParams({ code, state, iss: house.answersAs }).toString();
  return { status: 302, location: back.href };
}

/** What the code was given for, when it is redeemed by who asked for it. */
function redeemed(codes: Map<string, Held>, form: URLSearchParams, secret: string): Held | undefined {
  const held = codes.get(form.get('code') ?? '');
  codes.delete(form.get('code') ?? '');
  const challenge = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url');
  const isRight = held?.challenge === challenge && held.redirectUri === form.get('redirect_uri');
  return isRight && form.get('client_secret') === secret ? held : undefined;
}

/** A small honest OpenID provider on loopback: discovery, keys, authorization without a page, codes by PKCE. */
export async function otherHouse(clientId = 'edutrust', secret = 'a secret'): Promise<OtherHouse> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const { privateKey: anotherKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
  const codes = new Map<string, Held>();
  const token = async (form: URLSearchParams): Promise<Answer> => {
    const held = redeemed(codes, form, secret);
    if (!held) return { status: 400, json: { error: 'invalid_grant' } };
    const now = Math.floor(Date.now() / 1000);
    const { sub, claims } = house.who;
    const honest = { iss: house.issuer, aud: clientId, sub, nonce: held.nonce, iat: now, exp: now + 300 };
    const idToken = await new SignJWT(house.lie({ ...honest, ...claims }))
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .sign(house.forges ? anotherKey : privateKey);
    return { status: 200, json: { access_token: 'x', token_type: 'Bearer', expires_in: 300, id_token: idToken } };
  };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', house.issuer);
    let body = '';
    for await (const chunk of request) body += chunk;
    const answers: Record<string, () => Answer | Promise<Answer>> = {
      '/.well-known/openid-configuration': () => ({ status: 200, json: metadataOf(house.issuer) }),
      '/jwks': () => ({ status: 200, json: { keys: [jwk] } }),
      '/auth': () => authorize(house, codes, clientId, url.searchParams),
      '/token': () => token(new URLSearchParams(body)),
    };
    const { status, json, location } = (await answers[url.pathname]?.()) ?? { status: 404, json: {} };
    const headers = { 'content-type': 'application/json', ...(location ? { location } : {}) };
    response.writeHead(status, headers).end(json ? JSON.stringify(json) : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens
  const issuer = `http://127.0.0.1:${port}`;
  const house: OtherHouse = {
    issuer,
    who: { sub: 'nobody' },
    lie: (claims) => claims,
    answersAs: issuer,
    forges: false,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return house;
}
