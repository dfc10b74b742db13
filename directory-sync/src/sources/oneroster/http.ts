import { Unavailable } from '@edutrust/platform/errors';
import { incomplete } from '../incomplete.ts';

const answerWithinMs = 60_000;
const mostTries = 4;
const longestPauseMs = 60_000;
const mostBytes = 32 * 1024 * 1024;

export interface Page {
  /** Of an answer `{ users: [...] }` the list. */
  readonly items: readonly Readonly<Record<string, unknown>>[];
  /** `x-total-count` (OneRoster REST binding 1.2 §3.5); absent when the server does not say. */
  readonly total: number | undefined;
}

interface Credentials {
  readonly base: string;
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly secret: string;
}

/** A OneRoster server with the token that it gave, renewed once when it is no longer taken. Redirects are not followed. */
export class OneRosterServer {
  readonly #of: Credentials;
  #token: string | undefined;

  constructor(of: Credentials) {
    this.#of = of;
  }

  /** One page of a collection. @throws Unavailable `sync/unreachable`, `sync/incomplete-read` */
  async page(path: string): Promise<Page> {
    const answer = await this.#get(path);
    if (!answer.ok) throw await refused(answer, path);
    return pageOf(answer, path);
  }

  /** As {@link page}; undefined for what the server does not let us have: a scope that was not given, a collection that it lacks. */
  async pageIfAllowed(path: string): Promise<Page | undefined> {
    const answer = await this.#get(path);
    if (answer.ok) return pageOf(answer, path);
    const error = await refused(answer, path);
    if (answer.status === 403 || answer.status === 404) return undefined;
    throw error;
  }

  async #get(path: string): Promise<Response> {
    for (let tries = 1; ; tries += 1) {
      const isNew = this.#token === undefined;
      this.#token ??= await this.#newToken();
      const answer = await ask(`${this.#of.base}${path}`, {
        headers: { authorization: `Bearer ${this.#token}`, accept: 'application/json' },
      });
      const isBusy = answer.status === 429 || answer.status === 503;
      const isRefused = answer.status === 401 && !isNew;
      if ((!isBusy && !isRefused) || tries >= mostTries) return answer;
      await answer.body?.cancel();
      if (isRefused) this.#token = undefined;
      else await pause(answer.headers.get('retry-after'), tries);
    }
  }

  /** Client credentials (RFC 6749 §4.4). */
  async #newToken(): Promise<string> {
    const { tokenUrl, clientId, secret } = this.#of;
    const answer = await ask(tokenUrl, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'grant_type=client_credentials',
    });
    const text = await readText(answer);
    try {
      const { access_token: token } = JSON.parse(text) as { access_token?: unknown };
      if (answer.ok && typeof token === 'string' && token !== '') return token;
    } catch {
      // said below
    }
    throw unreachable(`${answer.status} ${new URL(tokenUrl).pathname}`);
  }
}

async function refused(answer: Response, path: string): Promise<Unavailable> {
  await answer.body?.cancel();
  return unreachable(`${answer.status} ${path.split('?')[0]}`);
}

async function pageOf(answer: Response, path: string): Promise<Page> {
  const name = path.split('?')[0];
  const text = await readText(answer);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw incomplete(`an answer that is no JSON (${name})`, cause);
  }
  const lists = typeof body === 'object' && body !== null ? Object.values(body).filter(Array.isArray) : [];
  if (lists.length !== 1) throw incomplete(`an answer without one list (${name})`);
  const total = Number(answer.headers.get('x-total-count') ?? 'none');
  return {
    items: (lists[0] ?? []).filter((one: unknown) => typeof one === 'object' && one !== null) as Page['items'],
    total: Number.isSafeInteger(total) && total >= 0 ? total : undefined,
  };
}

function ask(url: string, init: RequestInit): Promise<Response> {
  return fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(answerWithinMs) }).catch(
    (cause: unknown) => {
      throw unreachable(cause instanceof Error ? cause.message : String(cause), cause);
    },
  );
}

async function readText(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of answer.body ?? []) {
      size += chunk.length;
      if (size > mostBytes) throw incomplete(`an answer of more than ${mostBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    throw cause instanceof Unavailable ? cause : incomplete('an answer that broke off', cause);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Seconds (RFC 9110 §10.2.3), or a growing pause. */
function pause(retryAfter: string | null, tries: number): Promise<void> {
  const seconds = Number(retryAfter ?? 'none');
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : 500 * 2 ** tries;
  return new Promise((resolve) => setTimeout(resolve, Math.min(longestPauseMs, Math.max(0, ms))));
}

function unreachable(reason: string, cause?: unknown): Unavailable {
  return new Unavailable(
    'sync/unreachable',
    {
      vi: `Máy chủ nguồn không trả lời hoặc từ chối: ${reason}`,
      en: `The source does not answer or refuses: ${reason}`,
    },
    cause === undefined ? {} : { cause },
  );
}
