import { InvalidInput } from '@edutrust/platform/errors';
import { record } from '@edutrust/platform/events';
import { uuidv7 } from '@edutrust/platform/ids';
import { findByEducationId, personClaims } from '@edutrust/registry/people';
import type { FastifyRequest } from 'fastify';
import { findAccount } from '../accounts/account.ts';
import { type AssertionJson, verifyAssertion } from '../passkeys/passkeys.ts';
import { normalizePassword } from '../password/policy.ts';
import { readCookie } from '../sessions/cookies.ts';
import { idpOf } from '../tables.ts';
import type { IdpTools } from '../tools.ts';

/** How somebody proved who they are: `acr` and `amr` of their session (RFC 8176). */
export interface Proof {
  readonly personId: string;
  readonly acr: 'pwd' | 'passkey';
  readonly amr: readonly string[];
  /** Of the account when the proof was judged: a session begins only while it is still the same (S9). */
  readonly epoch: string;
}

/**
 * Whose password this is. Unknown, never activated, suspended and mistyped get the same answer after the same work (A3).
 *
 * @throws InvalidInput `sign-in/wrong`; TooManyRequests `sign-in/slow-down`; Unavailable `passwords/busy`
 */
export async function provePassword(
  { context, hasher, guessing, cookies }: IdpTools,
  request: FastifyRequest,
  { identifier, password }: { readonly identifier: string; readonly password: string },
): Promise<Proof> {
  const { db } = context;
  const canonical = identifier
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s.-]/g, '');
  const person = await findByEducationId(db, identifier).catch((error: unknown) => {
    if (error instanceof InvalidInput) return undefined; // no ID at all: nobody has it
    throw error;
  });
  // The same work for an ID that nobody has.
  const account = await findAccount(db, person?.id ?? uuidv7());
  const device = readCookie(request.headers.cookie, cookies.device);
  const guesser = {
    canonical: person?.id ?? canonical.slice(0, 200),
    knownDevice: guessing.isDeviceOf(device, person?.id ?? canonical),
    address: request.ip,
  };
  await guessing.begin(guesser);
  const normal = normalizePassword(password);
  const stored = account?.password_hash ?? null;
  const matches = await hasher.verify(stored, normal);
  if (!matches || account?.status !== 'active' || person?.status !== 'active' || stored === null) {
    await guessing.failed(guesser);
    throw wrong();
  }
  await guessing.succeeded(guesser);
  if (hasher.isOutdated(stored)) {
    const password_hash = await hasher.hash(normal);
    await idpOf(db)
      .updateTable('idp.account')
      .set({ password_hash })
      .where('person_id', '=', account.person_id)
      .where('password_hash', '=', stored) // unless it was changed meanwhile
      .execute();
  }
  return { personId: account.person_id, acr: 'pwd', amr: ['pwd'], epoch: account.epoch };
}

/**
 * Whose passkey this is. Staff must have been verified by the authenticator; a pupil's touch is enough (UX, L3 §7.2).
 *
 * @throws InvalidInput `passkeys/refused`, `sign-in/wrong`
 */
export async function provePasskey(
  { context }: IdpTools,
  credential: AssertionJson,
  ceremony: { readonly boundTo: string; readonly personId?: string },
): Promise<Proof> {
  const { account, userVerified } = await verifyAssertion(context, credential, ceremony);
  const { affiliations } = await personClaims(context.db, account.person_id);
  const isPupil = affiliations.length > 0 && affiliations.every(({ role }) => role === 'learner');
  if (account.status !== 'active' || (!userVerified && !isPupil)) throw wrong();
  return {
    personId: account.person_id,
    acr: userVerified ? 'passkey' : 'pwd',
    amr: userVerified ? ['pop', 'user', 'mfa'] : ['pop', 'user'],
    epoch: account.epoch,
  };
}

/** Keeps that the person signed in. */
export async function recordSignIn({ context }: IdpTools, { personId, acr }: Proof): Promise<void> {
  const at = context.clock.now();
  await context.db.transaction().execute(async (transaction) => {
    await idpOf(transaction)
      .updateTable('idp.account')
      .set({ last_sign_in_at: at })
      .where('person_id', '=', personId)
      .execute();
    await record(transaction, {
      type: 'account.signed-in',
      actor: { kind: 'person', personId, sessionId: '', roles: [], acr, authenticatedAt: at },
      subject: { kind: 'person', id: personId },
      data: { method: acr },
    });
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
