import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { useOnce } from '../provider/models/replay.ts';

/** W2: a challenge answers once, within five minutes. */
export const challengeSeconds = 300;

/** What a challenge belongs to: its ceremony, the browser's session or ticket, and the person when known. */
export interface Ceremony {
  readonly kind: 'create' | 'get';
  /** Interaction, session or ticket: only the browser that was given the challenge answers it. */
  readonly boundTo: string;
  readonly personId?: string;
}

const nonceBytes = 12;
const timeBytes = 4;
const tagBytes = 16;
const form = /^[\w-]{43}$/;

function tagOf(secrets: ServiceContext['secrets'], head: Buffer, { kind, boundTo, personId }: Ceremony): Buffer {
  return createHmac('sha256', secrets.derive('idp/webauthn-challenge/v1'))
    .update(head)
    .update(JSON.stringify([kind, boundTo, personId ?? null]))
    .digest()
    .subarray(0, tagBytes);
}

/**
 * A challenge for the ceremony: random, when it ends, and a keyed hash over both and the ceremony. So every sign-in page
 * that is shown has one and nothing is kept of it; what is kept is which ones were used.
 */
export function newChallenge(
  { secrets, clock }: Pick<ServiceContext, 'secrets' | 'clock'>,
  ceremony: Ceremony,
): string {
  const head = Buffer.concat([randomBytes(nonceBytes), Buffer.alloc(timeBytes)]);
  head.writeUInt32BE(Math.floor(clock.now().getTime() / 1000) + challengeSeconds, nonceBytes);
  return Buffer.concat([head, tagOf(secrets, head, ceremony)]).toString('base64url');
}

/**
 * Uses up the challenge that the answer names: of many answers at once, in any process, one passes.
 *
 * @throws Error when it is not of this very ceremony, too old, or used
 */
export async function takeChallenge(
  { db, secrets, clock }: Pick<ServiceContext, 'db' | 'secrets' | 'clock'>,
  clientDataJson: string,
  expected: Ceremony,
): Promise<string> {
  const data: unknown = JSON.parse(Buffer.from(clientDataJson, 'base64url').toString('utf8'));
  const { challenge, crossOrigin, topOrigin } = (data ?? {}) as Record<string, unknown>;
  if (crossOrigin === true || topOrigin !== undefined) throw new Error('the ceremony ran inside another site');
  if (typeof challenge !== 'string' || !form.test(challenge)) throw new Error('not a challenge of ours');
  const bytes = Buffer.from(challenge, 'base64url');
  const head = bytes.subarray(0, nonceBytes + timeBytes);
  if (!timingSafeEqual(bytes.subarray(head.length), tagOf(secrets, head, expected))) {
    throw new Error('the challenge is not ours, or belongs to another ceremony');
  }
  const secondsLeft = head.readUInt32BE(nonceBytes) - clock.now().getTime() / 1000;
  if (secondsLeft <= 0) throw new Error('the challenge has expired');
  // By its bytes: base64url has four spellings of the last character. Kept for longer than any clock is wrong.
  if (!(await useOnce(db, `webauthn:${bytes.toString('base64url')}`, 2 * challengeSeconds))) {
    throw new Error('the challenge was used');
  }
  return challenge;
}
