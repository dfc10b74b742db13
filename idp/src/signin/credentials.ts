import { InvalidInput } from '@edutrust/platform/errors';
import { record } from '@edutrust/platform/events';
import { uuidv7 } from '@edutrust/platform/ids';
import { notify } from '@edutrust/registry/notices';
import { findByEducationId, getPerson, personClaims } from '@edutrust/registry/people';
import type { FastifyRequest } from 'fastify';
import { type Account, findAccount } from '../accounts/account.ts';
import { type AssertionJson, verifyAssertion } from '../passkeys/passkeys.ts';
import { normalizePassword } from '../password/policy.ts';
import { readCookie } from '../sessions/cookies.ts';
import { deviceOf } from '../sessions/device.ts';
import { idpOf } from '../tables.ts';
import type { Origin } from '../throttling/throttle.ts';
import type { IdpTools } from '../tools.ts';
import { closedTo, obstacleOf } from './standing.ts';

/** How somebody proved who they are: `acr` and `amr` of their session (RFC 8176). */
export interface Proof {
  readonly personId: string;
  readonly acr: 'pwd' | 'passkey';
  readonly amr: readonly string[];
  /** Of the account when the proof was judged: a session begins only while it is still the same (S9). */
  readonly epoch: string;
  /** A learner and nothing else: their session is that of a shared computer. */
  readonly isPupil: boolean;
}

/** Where a request comes from, for the throttle. */
export function originOf(request: FastifyRequest, deviceCookieName: string): Origin {
  const { ip, isBehindUndeclaredProxy } = request;
  return { ip, isBehindUndeclaredProxy, deviceCookie: readCookie(request.headers.cookie, deviceCookieName) };
}

/**
 * Whose password this is. Unknown, never activated, suspended and mistyped get the same answer after the same work (A3);
 * the suspended learn it with the right password.
 *
 * @throws InvalidInput `sign-in/wrong`, `sign-in/suspended`, `sign-in/left`; TooManyRequests `sign-in/slow-down`;
 *   Unavailable `passwords/busy`
 */
export async function provePassword(
  { context, hasher, throttle, cookies }: IdpTools,
  request: FastifyRequest,
  { identifier, password }: { readonly identifier: string; readonly password: string },
): Promise<Proof> {
  const { db } = context;
  const person = await findByEducationId(db, identifier).catch((error: unknown) => {
    if (error instanceof InvalidInput) return undefined; // no ID at all: nobody has it
    throw error;
  });
  // The same work for an ID that nobody has.
  const account = await findAccount(db, person?.id ?? uuidv7());
  const origin = originOf(request, cookies.device);
  const guesser = await throttle.guesserOf(origin, person?.id ?? canonicalOf(identifier), person?.id);
  await throttle.begin(guesser);
  const normal = normalizePassword(password);
  const stored = account?.password_hash ?? null;
  const matches = await hasher.verify(stored, normal);
  if (!matches || !person || !account || stored === null) {
    await throttle.failed(guesser);
    throw wrong();
  }
  const obstacle = obstacleOf(person, account);
  if (obstacle === 'suspended' || obstacle === 'left') {
    await throttle.succeeded(guesser);
    throw await closed(db, account.person_id, obstacle);
  }
  if (obstacle) {
    await throttle.failed(guesser);
    throw wrong();
  }
  await throttle.succeeded(guesser);
  if (hasher.isOutdated(stored)) {
    const password_hash = await hasher.hash(normal);
    await idpOf(db)
      .updateTable('idp.account')
      .set({ password_hash })
      .where('person_id', '=', account.person_id)
      .where('password_hash', '=', stored) // unless it was changed meanwhile
      .execute();
  }
  return proofOf(db, account, { acr: 'pwd', amr: ['pwd'] });
}

/** Every spelling of an ID that nobody has shares one counter. */
function canonicalOf(identifier: string): string {
  return identifier
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s.-]/g, '')
    .slice(0, 200);
}

/**
 * Whose passkey this is. Staff must have been verified by the authenticator; a pupil's touch is enough (UX, L3 §7.2).
 *
 * @throws InvalidInput `passkeys/refused`, `sign-in/wrong`, `sign-in/suspended`, `sign-in/left`
 */
export async function provePasskey(
  { context }: IdpTools,
  credential: AssertionJson,
  ceremony: { readonly boundTo: string; readonly personId?: string },
): Promise<Proof> {
  const { account, userVerified } = await verifyAssertion(context, credential, ceremony);
  const obstacle = obstacleOf(await getPerson(context.db, account.person_id), account);
  if (obstacle === 'suspended' || obstacle === 'left') throw await closed(context.db, account.person_id, obstacle);
  const proof = await proofOf(context.db, account, {
    acr: userVerified ? 'passkey' : 'pwd',
    amr: userVerified ? ['pop', 'user', 'mfa'] : ['pop', 'user'],
  });
  if (obstacle || (!userVerified && !proof.isPupil)) throw wrong();
  return proof;
}

/** The proof of somebody who has just chosen credentials with an activation code. */
export async function proofOfActivation(
  { context }: IdpTools,
  personId: string,
  how: Pick<Proof, 'acr' | 'amr'>,
): Promise<Proof> {
  const account = await findAccount(context.db, personId);
  if (!account) throw wrong();
  return proofOf(context.db, account, how);
}

type Db = IdpTools['context']['db'];

async function proofOf(db: Db, { person_id, epoch }: Account, how: Pick<Proof, 'acr' | 'amr'>): Promise<Proof> {
  const { affiliations } = await personClaims(db, person_id);
  const isPupil = affiliations.length > 0 && affiliations.every(({ role }) => role === 'learner');
  return { personId: person_id, ...how, epoch, isPupil };
}

async function closed(db: Db, personId: string, obstacle: 'suspended' | 'left'): Promise<InvalidInput> {
  const { affiliations } = await personClaims(db, personId);
  return closedTo(obstacle, affiliations[0]?.school ?? null);
}

/**
 * Keeps that the person signed in. Staff are told when a browser that never saw them does (W7): not of the first sign-in
 * of an account, nor when they have just chosen its credentials there.
 */
export async function recordSignIn(
  { context, throttle, cookies }: IdpTools,
  request: FastifyRequest,
  { personId, acr, isPupil }: Proof,
  { isActivation }: { readonly isActivation: boolean },
): Promise<void> {
  const at = context.clock.now();
  const isKnown = throttle.devices.deviceOf(readCookie(request.headers.cookie, cookies.device), personId) !== undefined;
  await context.db.transaction().execute(async (transaction) => {
    const before = await findAccount(transaction, personId);
    await idpOf(transaction)
      .updateTable('idp.account')
      .set({ last_sign_in_at: at })
      .where('person_id', '=', personId)
      .execute();
    await record(transaction, {
      type: 'account.signed-in',
      actor: { kind: 'person', personId, sessionId: '', roles: [], acr, authenticatedAt: at },
      subject: { kind: 'person', id: personId },
      data: { method: acr, newDevice: !isKnown },
    });
    if (!isKnown && !isPupil && !isActivation && before?.last_sign_in_at) {
      const device = deviceOf(request.headers['user-agent'] ?? '');
      const data: Record<string, string> = device === 'unknown' ? {} : { device };
      await notify(transaction, { personId, kind: 'sign-in.new-device', data });
    }
  });
}

function wrong(): InvalidInput {
  const detail = {
    vi: 'Mã giáo dục hoặc mật khẩu không đúng.',
    en: 'The education ID or the password is wrong.',
  };
  return new InvalidInput('sign-in/wrong', detail, {
    fields: [{ pointer: '/password', detail }],
    remedy: {
      vi: 'Kiểm tra mã 10 chữ số trên phiếu hoặc thẻ. Nếu chưa từng đăng nhập, hãy kích hoạt bằng mã trên phiếu trước.',
      en: 'Check the 10-digit ID on your sheet or badge. If you never signed in, activate with the code on the sheet first.',
    },
  });
}
