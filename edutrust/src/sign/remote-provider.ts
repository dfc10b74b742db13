import { readFile } from 'node:fs/promises';
import { InvalidInput, Unavailable } from '@edutrust/platform/errors';
import { strict } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { Value } from 'typebox/value';
import { noFile } from '../commands/no-file.ts';
import type { Fetch } from './client.ts';

/** Who keeps the school's key, as the file of `--remote` says it: a provider of remote signing (CSC API v2). */
const Provider = Type.Object(
  {
    /** Base of the API: `https://…/csc/v2`. */
    url: Type.String({ minLength: 1 }),
    credentialId: Type.String({ minLength: 1 }),
    /** The provider knows us as this app (OAuth 2.0 client credentials) … */
    clientId: Type.Optional(Type.String({ minLength: 1 })),
    clientSecretFile: Type.Optional(Type.String({ minLength: 1 })),
    /** … or by a token that somebody fetched. */
    accessTokenFile: Type.Optional(Type.String({ minLength: 1 })),
  },
  strict,
);
export type RemoteProvider = Type.Static<typeof Provider>;

/** @throws InvalidInput `remote/bad-file` */
export async function readProvider(path: string): Promise<RemoteProvider> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw noFile(path, cause);
  });
  const read = parse(text);
  const byApp = read?.clientId !== undefined && read.clientSecretFile !== undefined;
  if (read && isAddress(read.url) && byApp !== (read.accessTokenFile !== undefined)) return read;
  throw new InvalidInput('remote/bad-file', {
    vi: `${path} phải là JSON có url (https), credentialId, và clientId với clientSecretFile, hoặc accessTokenFile.`,
    en: `${path} has to be JSON with url (https), credentialId, and clientId with clientSecretFile, or accessTokenFile.`,
  });
}

function parse(text: string): RemoteProvider | undefined {
  try {
    const read: unknown = JSON.parse(text);
    return Value.Check(Provider, read) ? read : undefined;
  } catch {
    return undefined;
  }
}

/** TLS, but for a provider on this very computer. */
function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1'].includes(hostname));
}

/** For one answer; a provider that asks a person elsewhere says 202 and is asked again. */
const answersWithinMs = 30_000;
const longestAnswerBytes = 1024 * 1024;

/** The provider's API for one sitting: it is asked for a token when it is first called. */
export interface RemoteCalls {
  /** @throws Unavailable `remote/no-answer`; InvalidInput `remote/refused`, `remote/bad-answer` */
  call(
    method: string,
    body: object,
  ): Promise<{ readonly status: number; readonly json: Readonly<Record<string, unknown>> }>;
}

export function callsOf(provider: RemoteProvider, fetch: Fetch): RemoteCalls {
  const base = provider.url.replace(/\/+$/, '');
  let token: Promise<string> | undefined;
  const post = (url: string, headers: Record<string, string>, body: string) => send(fetch, url, headers, body);
  const call: RemoteCalls['call'] = async (method, body) => {
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (method !== 'info') {
      token ??= tokenOf(provider, post, async () => (await call('info', {})).json);
      headers.authorization = `Bearer ${await token}`;
    }
    return post(`${base}/${method}`, headers, JSON.stringify(body));
  };
  return { call };
}

type Post = (url: string, headers: Record<string, string>, body: string) => ReturnType<RemoteCalls['call']>;

/** A token of the service: from the file, or by client credentials at the server that the provider names (CSC API §8.4). */
async function tokenOf(
  { accessTokenFile, clientId = '', clientSecretFile = '' }: RemoteProvider,
  post: Post,
  info: () => Promise<Readonly<Record<string, unknown>>>,
): Promise<string> {
  if (accessTokenFile) return (await readFile(accessTokenFile, 'utf8')).trim();
  const { oauth2, oauth2Issuer } = await info();
  const server = typeof oauth2 === 'string' ? oauth2 : oauth2Issuer;
  if (typeof server !== 'string' || !isAddress(server)) throw badAnswer('info');
  const secret = (await readFile(clientSecretFile, 'utf8')).trim();
  const basic = [clientId, secret].map(encodeURIComponent).join(':'); // RFC 6749 §2.3.1
  const { json } = await post(
    `${server.replace(/\/+$/, '')}/oauth2/token`,
    {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(basic).toString('base64')}`,
    },
    new URLSearchParams({ grant_type: 'client_credentials', scope: 'service' }).toString(),
  );
  if (typeof json.access_token !== 'string' || !/^[\x21-\x7e]+$/.test(json.access_token))
    throw badAnswer('oauth2/token');
  return json.access_token;
}

async function send(fetch: Fetch, url: string, headers: Record<string, string>, body: string) {
  try {
    const signal = AbortSignal.timeout(answersWithinMs);
    const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'error', signal });
    const { status } = answer;
    const json = readAnswer(url, await bounded(answer), status);
    if (status >= 500) throw noAnswer(url, new Error(`HTTP ${status}`));
    if (status >= 400) throw refused(json, status);
    return { status, json };
  } catch (error) {
    if (error instanceof InvalidInput || error instanceof Unavailable) throw error;
    throw noAnswer(url, error);
  }
}

async function bounded(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer.body ?? []) {
    length += chunk.length;
    if (length > longestAnswerBytes) throw badAnswer(answer.url);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readAnswer(url: string, text: string, status: number): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(text);
    if (json !== null && typeof json === 'object' && !Array.isArray(json)) return json as Record<string, unknown>;
  } catch {
    // below
  }
  if (status >= 400) return {};
  throw badAnswer(url);
}

export function badAnswer(where: string): InvalidInput {
  return new InvalidInput('remote/bad-answer', {
    vi: `Nhà cung cấp ký số từ xa trả lời không đúng chuẩn (${where}). Chưa có gì được ký.`,
    en: `The remote-signing provider’s answer is not as the standard says (${where}). Nothing was signed.`,
  });
}

function refused({ error, error_description: description }: Readonly<Record<string, unknown>>, status: number) {
  const said = [error, description].filter((part) => typeof part === 'string').join(': ') || `HTTP ${status}`;
  const words = said.replaceAll(/\p{C}/gu, '').slice(0, 500); // another's words, on a terminal
  return new InvalidInput('remote/refused', {
    vi: `Nhà cung cấp ký số từ xa từ chối: ${words}`,
    en: `The remote-signing provider refuses: ${words}`,
  });
}

function noAnswer(url: string, cause: unknown): Unavailable {
  const { host } = new URL(url);
  return new Unavailable(
    'remote/no-answer',
    {
      vi: `Nhà cung cấp ký số từ xa (${host}) không trả lời.`,
      en: `The remote-signing provider (${host}) does not answer.`,
    },
    { remedy: { vi: 'Chưa có gì được ký; thử lại sau.', en: 'Nothing was signed; try again later.' }, cause },
  );
}
