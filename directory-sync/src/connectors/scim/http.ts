import { setTimeout as pause } from 'node:timers/promises';
import { Unavailable } from '@edutrust/platform/errors';

const answerWithinMs = 30_000;
const mostTries = 4;
const longestPauseMs = 60_000;
const mostBytes = 32 * 1024 * 1024;

/** What a SCIM server answered, when it did not refuse. */
export type Body = Readonly<Record<string, unknown>>;

/** A refusal of one request; the next may be accepted. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, detail: string) {
    super(`${status}: ${detail}`);
    this.status = status;
  }
}

/**
 * Asks a SCIM server. A busy one (429, 503) is asked again when it says so (`Retry-After`), a few times. Redirects are
 * not followed: the token is for this place only.
 *
 * @throws Unavailable `sync/unreachable` for no answer, for a token that is not accepted and for faults of the server;
 * Refused for everything else that is no success.
 */
export async function ask(
  { base, token }: { readonly base: string; readonly token: string },
  method: string,
  path: string,
  body?: object,
): Promise<Body> {
  for (let tries = 1; ; tries += 1) {
    const answer = await fetch(`${base}${path}`, {
      method,
      redirect: 'error',
      signal: AbortSignal.timeout(answerWithinMs),
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/scim+json',
        ...(body ? { 'content-type': 'application/scim+json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    }).catch((cause: unknown) => {
      throw unreachable(cause instanceof Error ? cause.message : String(cause), cause);
    });
    const text = await readText(answer);
    if ((answer.status === 429 || answer.status === 503) && tries < mostTries) {
      await pause(pauseOf(answer.headers.get('retry-after'), tries));
      continue;
    }
    if (answer.ok) return text === '' ? {} : parse(text);
    const detail = detailOf(text);
    if (answer.status === 401 || answer.status === 403 || answer.status === 429 || answer.status >= 500)
      throw unreachable(`${answer.status} ${detail}`, new Refused(answer.status, detail));
    throw new Refused(answer.status, detail);
  }
}

async function readText(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > mostBytes) throw unreachable(`an answer of more than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Seconds or a date (RFC 9110 §10.2.3); without either a growing pause. */
function pauseOf(retryAfter: string | null, tries: number): number {
  const seconds = Number(retryAfter);
  const until = Date.parse(retryAfter ?? '');
  const asked = retryAfter && Number.isFinite(seconds) ? seconds * 1_000 : until - Date.now();
  return Math.min(longestPauseMs, Math.max(100, Number.isFinite(asked) ? asked : 500 * 2 ** tries));
}

function parse(text: string): Body {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Body; // just looked at
  } catch {
    // said below
  }
  throw unreachable('an answer that is no JSON object');
}

function detailOf(text: string): string {
  try {
    return String((JSON.parse(text) as { detail?: unknown }).detail ?? '').slice(0, 200);
  } catch {
    return '';
  }
}

export function unreachable(reason: string, cause?: unknown): Unavailable {
  return new Unavailable(
    'sync/unreachable',
    {
      vi: `Máy chủ SCIM không trả lời hoặc từ chối: ${reason}`,
      en: `The SCIM server does not answer or refuses: ${reason}`,
    },
    cause === undefined ? {} : { cause },
  );
}
