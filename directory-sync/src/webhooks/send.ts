import type { ServiceContext } from '@edutrust/platform/context';
import { uuidv7 } from '@edutrust/platform/ids';
import { post } from '@edutrust/platform/public-address';
import type { SendFailure } from '../tables.ts';
import { signedHeaders } from './signature.ts';
import { secretsOf, type WebhookRow } from './webhooks.ts';

/** For everything up to the head of the answer (Standard Webhooks recommends 15 to 30 seconds). */
const answerMs = 15_000;

/** How one try went. */
export interface Attempt {
  /** Null when there was no answer. */
  readonly status: number | null;
  readonly failure: SendFailure | null;
  readonly durationMs: number;
  readonly retryAfter: string | undefined;
}

/** Sends one message once. It never throws: that an address fails is what it is asked to find out. */
export async function sendOnce(
  context: Pick<ServiceContext, 'secrets' | 'clock' | 'config'>,
  webhook: WebhookRow,
  { id, body }: { readonly id: string; readonly body: string },
  signal?: AbortSignal,
): Promise<Attempt> {
  const started = performance.now();
  const durationMs = () => Math.round(performance.now() - started);
  try {
    const { status, retryAfter } = await post(webhook.url, {
      headers: {
        'content-type': 'application/json',
        'user-agent': 'EduTrust-Webhooks/1',
        ...signedHeaders({ id, at: context.clock.now(), body }, webhook.scheme, secretsOf(context, webhook)),
      },
      body,
      issuer: context.config.url,
      timeoutMs: answerMs,
      ...(signal ? { signal } : {}),
    });
    const failure = status >= 200 && status < 300 ? null : 'status';
    return { status, failure, durationMs: durationMs(), retryAfter };
  } catch (error) {
    return { status: null, failure: failureOf(error), durationMs: durationMs(), retryAfter: undefined };
  }
}

function failureOf(error: unknown): SendFailure {
  const { name, code = '' } = error as { name?: string; code?: string };
  if (code === 'EPRIVATE') return 'private-address';
  if (name === 'TimeoutError' || code === 'ABORT_ERR') return 'timeout';
  if (/CERT|SELF_SIGNED|UNABLE_TO_|TLS|SSL/.test(code)) return 'certificate';
  return 'unreachable';
}

/** Sends a message that says nothing, for a person to see whether it arrives; nothing else is moved by it. */
export function sendTest(context: ServiceContext, webhook: WebhookRow): Promise<Attempt> {
  const body = JSON.stringify({ type: 'webhook.test', timestamp: context.clock.now().toISOString(), data: {} });
  return sendOnce(context, webhook, { id: uuidv7(), body });
}
