import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { homePage, messagePage } from './pages.ts';
import { type AppSession, createSessions, type Sessions } from './sessions.ts';

export interface RelyingAppOptions {
  readonly port: number;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The provider's address; discovery starts there. */
  readonly issuer: string;
  readonly name: string;
}

export interface RelyingApp {
  readonly name: string;
  readonly origin: string;
  close(): Promise<void>;
}

interface State extends RelyingAppOptions {
  readonly origin: string;
  readonly sessions: Sessions;
  /** Discovery, fetched at the first need, so that the app may start before the provider. */
  provider(): Promise<client.Configuration>;
}

const scope = 'openid profile school';
const largestBody = 64 * 1024;
const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout';

/** Starts the app on localhost; it keeps its sessions in memory, because it is an example. */
export async function startRelyingApp(options: RelyingAppOptions): Promise<RelyingApp> {
  const origin = `http://localhost:${options.port}`;
  let discovered: Promise<client.Configuration> | undefined;
  const state: State = {
    ...options,
    origin,
    sessions: createSessions(),
    provider: () => {
      discovered ??= discover(options).catch((error: unknown) => {
        discovered = undefined;
        throw error;
      });
      return discovered;
    },
  };
  const server = createServer((request, response) => {
    answer(state, request, response).catch((error: unknown) => {
      console.error(error);
      if (!response.headersSent) {
        sendPage(response, 500, messagePage(options.name, 'Đăng nhập không thành công. Hãy thử lại từ đầu.'));
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, 'localhost', resolve);
  });
  return {
    name: options.name,
    origin,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function discover({ issuer, clientId, clientSecret }: RelyingAppOptions): Promise<client.Configuration> {
  const url = new URL(issuer);
  // Plain http is for a provider on this machine only.
  const options = url.protocol === 'http:' ? { execute: [client.allowInsecureRequests] } : {};
  const authentication = client.ClientSecretBasic(clientSecret);
  return client.discovery(url, clientId, { id_token_signed_response_alg: 'ES256' }, authentication, options);
}

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', state.origin);
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /':
      return sendPage(response, 200, homePage(state.name, state.sessions.find(request)));
    case 'GET /sign-in':
      return signIn(state, response);
    case 'GET /callback':
      return finishSignIn(state, url, request, response);
    case 'POST /sign-out':
      return signOut(state, request, response);
    case 'POST /backchannel-logout':
      return backchannelLogout(state, request, response);
    default:
      return sendPage(response, 404, messagePage(state.name, 'Không có trang này.'));
  }
}

/** Sends the browser to the provider, remembering what must come back: state, nonce and the PKCE verifier. */
async function signIn(state: State, response: ServerResponse): Promise<void> {
  const verifier = client.randomPKCECodeVerifier();
  const pending = { verifier, state: client.randomState(), nonce: client.randomNonce() };
  const url = client.buildAuthorizationUrl(await state.provider(), {
    redirect_uri: `${state.origin}/callback`,
    scope,
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  state.sessions.begin(response, pending);
  redirect(response, url.href);
}

/** The provider sent the browser back: openid-client checks state, issuer, nonce, signature and PKCE. */
async function finishSignIn(state: State, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const pending = state.sessions.takePending(request);
  if (!pending) return sendPage(response, 400, messagePage(state.name, 'Lượt đăng nhập đã hết hạn.'));
  if (url.searchParams.get('error') === 'access_denied') {
    return sendPage(response, 200, messagePage(state.name, 'Bạn đã không đồng ý, nên chưa đăng nhập.'));
  }
  const provider = await state.provider();
  const tokens = await client.authorizationCodeGrant(provider, url, {
    pkceCodeVerifier: pending.verifier,
    expectedState: pending.state,
    expectedNonce: pending.nonce,
    idTokenExpected: true,
  });
  const idToken = tokens.claims();
  if (!idToken || !tokens.id_token) throw new Error('no ID token');
  const claims = await client.fetchUserInfo(provider, tokens.access_token, idToken.sub);
  const session: AppSession = {
    id: randomBytes(32).toString('base64url'),
    sub: idToken.sub,
    sid: typeof idToken.sid === 'string' ? idToken.sid : undefined,
    idToken: tokens.id_token,
    acr: typeof idToken.acr === 'string' ? idToken.acr : undefined,
    claims,
  };
  state.sessions.keep(response, session);
  redirect(response, '/');
}

/** Ends the app's own session first, then asks the provider to end the one behind it (RP-Initiated Logout). */
async function signOut(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') {
    return sendPage(response, 403, messagePage(state.name, 'Yêu cầu đến từ một trang khác.'));
  }
  const session = state.sessions.find(request);
  state.sessions.end(response, session);
  if (!session) return redirect(response, '/');
  const url = client.buildEndSessionUrl(await state.provider(), {
    id_token_hint: session.idToken,
    post_logout_redirect_uri: `${state.origin}/`,
  });
  redirect(response, url.href);
}

/** The provider says that a session ended elsewhere (Back-Channel Logout §2.5–2.8). */
async function backchannelLogout(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('cache-control', 'no-store');
  const token = new URLSearchParams(await readBody(request)).get('logout_token') ?? '';
  const metadata = (await state.provider()).serverMetadata();
  try {
    const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(metadata.jwks_uri ?? '')), {
      issuer: metadata.issuer,
      audience: state.clientId,
      algorithms: ['ES256'],
      typ: 'logout+jwt',
      maxTokenAge: '10 minutes',
      requiredClaims: ['jti', 'events'],
    });
    const events = payload.events as Record<string, unknown> | undefined;
    if (!events || !(logoutEvent in events) || 'nonce' in payload) throw new Error('no logout token');
    if (typeof payload.sid !== 'string' && typeof payload.sub !== 'string') throw new Error('whose session?');
    state.sessions.endOf({
      sid: typeof payload.sid === 'string' ? payload.sid : undefined,
      sub: typeof payload.sub === 'string' ? payload.sub : undefined,
    });
    response.writeHead(204).end();
  } catch (error) {
    console.error(error);
    response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_request"}');
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > largestBody) throw new Error('the body is too large');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(303, { location, 'cache-control': 'no-store' }).end();
}

function sendPage(response: ServerResponse, status: number, html: string): void {
  response
    .writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    .end(html);
}
