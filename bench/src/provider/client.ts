import { createHash, randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { type Measured, redirectUri, secret } from './announce.ts';

const agent = new Agent({ keepAlive: true });

interface Answer {
  readonly status: number;
  readonly location: string;
  readonly setCookies: readonly string[];
  readonly body: string;
}

/** One request, no redirect followed. */
function send(
  { origin }: Pick<Measured, 'origin'>,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(path, origin), { method, headers, agent }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          location: incoming.headers.location ?? '',
          setCookies: incoming.headers['set-cookie'] ?? [],
          body: text,
        }),
      );
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      // The server closed a connection that was idle while the other targets were asked.
      if (outgoing.reusedSocket && error.code === 'ECONNRESET') {
        resolve(send({ origin }, method, path, headers, body));
      } else reject(error);
    });
    outgoing.end(body);
  });
}

/** A request that is answered with 200; anything else is a mistake of the bench. */
export async function ok(
  target: Measured,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
): Promise<string> {
  const answer = await send(target, method, path, headers, body);
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.body}`);
  return answer.body;
}

interface Asked {
  readonly path: string;
  readonly verifier: string;
}

function authorization(target: Measured, client: string): Asked {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    client_id: client,
    response_type: 'code',
    scope: 'openid profile',
    redirect_uri: redirectUri,
    state: 'a-state',
    nonce: 'a-nonce',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  return { path: `${target.paths.auth}?${query}`, verifier };
}

type Tokens = Record<string, string>;

function redeem(target: Measured, client: string, { location, status, body }: Answer, { verifier }: Asked) {
  const code = new URL(location || 'about:blank', target.origin).searchParams.get('code');
  if (!code) throw new Error(`no code from ${target.origin}: ${status} ${location} ${body.slice(0, 200)}`);
  return grant(target, client, {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: redirectUri,
  });
}

/** A sign-in at an app by somebody who has a session: the code and the tokens. */
export async function enter(target: Measured, client: string): Promise<Tokens> {
  const asked = authorization(target, client);
  const answer = await send(target, 'GET', asked.path, { cookie: target.cookie });
  return redeem(target, client, answer, asked);
}

/** A sign-in in a browser that knows nothing: the request, the page, the form, the code, the tokens. */
export async function signIn(target: Measured, client: string): Promise<Tokens> {
  const jar = new Map<string, string>();
  const step = async (method: string, path: string, body = '') => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const type = body ? { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' } : {};
    const answer = await send(target, method, path, { accept: 'text/html', cookie, ...type }, body);
    for (const line of answer.setCookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      jar.set(name, value);
    }
    return answer;
  };
  const asked = authorization(target, client);
  const { location: page } = await step('GET', asked.path);
  await step('GET', page);
  const { location: resume, body } = await step('POST', page, new URLSearchParams(target.form).toString());
  if (!resume) throw new Error(`not signed in: ${body.slice(0, 300)}`);
  return redeem(target, client, await step('GET', resume), asked);
}

const basic = (target: Measured, client: string) =>
  `Basic ${Buffer.from(`${client}:${encodeURIComponent(target.secrets?.[client] ?? secret)}`).toString('base64')}`;

/** A form that the app sends with its secret. */
export function asApp(target: Measured, client: string, path: string, fields: Record<string, string>): Promise<string> {
  const headers = { authorization: basic(target, client), 'content-type': 'application/x-www-form-urlencoded' };
  return ok(target, 'POST', path, headers, new URLSearchParams(fields).toString());
}

export async function grant(target: Measured, client: string, fields: Record<string, string>): Promise<Tokens> {
  return JSON.parse(await asApp(target, client, target.paths.token, fields)) as Tokens;
}
