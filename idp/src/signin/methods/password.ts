import { getPerson, hasLeft } from '@edutrust/registry/people';
import Type from 'typebox';
import { findAccount } from '../../accounts/account.ts';
import { normalizePassword } from '../../password/policy.ts';
import { rehash } from '../../password/rehash.ts';
import { originOf } from '../../throttling/origin.ts';
import { realAddress } from '../../throttling/throttle.ts';
import type { IdpTools } from '../../tools.ts';
import { findCandidate } from '../candidate.ts';
import { type Proof, suspendedAccount, wrongCredential } from '../proof.ts';
import { obstacleOf } from '../standing.ts';
import type { Attempt, SignInMethod } from './method.ts';

/** Longer than any password or name that we take: what is longer is refused before it costs anything. */
const Text = Type.String({ maxLength: 1_024 });

const PasswordAnswer = Type.Object({ identifier: Type.Optional(Text), password: Text });

/** Education ID and password (NIST SP 800-63B-4 §3.1.1). */
export const passwordMethod: SignInMethod<typeof PasswordAnswer> = {
  name: 'password',
  acr: 'pwd',
  by: 'form',
  answer: PasswordAnswer,
  offer: async ({ context }, { personId }) => {
    if (!personId) return { hasPassword: true };
    const account = await findAccount(context.db, personId);
    return { hasPassword: account?.password_hash != null };
  },
  prove: async (tools, { request, personId }, { identifier = '', password }) => {
    const name = personId ? (await getPerson(tools.context.db, personId)).educationId : identifier;
    return provePassword(tools, request, { identifier: name, password });
  },
};

/**
 * Whose password this is. Unknown, never activated, suspended and mistyped get the same answer after the same work (A3);
 * the suspended learn it with the right password.
 *
 * @throws InvalidInput `sign-in/wrong`, `sign-in/suspended`; TooManyRequests `sign-in/slow-down`;
 *   Unavailable `passwords/busy`
 */
export async function provePassword(
  { context, hasher, throttle, cookies }: IdpTools,
  request: Attempt['request'],
  { identifier, password }: { readonly identifier: string; readonly password: string },
): Promise<Proof> {
  const { db } = context;
  const origin = originOf(request, cookies.device);
  const { candidate, networkOf } = await findCandidate(context, identifier, realAddress(origin));
  const account = candidate?.account;
  const named = candidate?.personId ?? canonicalOf(identifier);
  const guesser = await throttle.guesserOf(origin, named, candidate?.personId, networkOf);
  const begun = await throttle.begin(guesser);
  const normal = normalizePassword(password);
  const stored = account?.passwordHash ?? null;
  const matches = await hasher.verify(stored, normal);
  if (!matches || !candidate || !account || stored === null) {
    await throttle.failed(guesser);
    throw wrongCredential();
  }
  const { personId, personStatus, isPupil, hasSecondFactor, hasLesson } = candidate;
  const obstacle = obstacleOf({ status: personStatus }, account);
  if (obstacle === 'suspended') {
    await throttle.succeeded(guesser, begun);
    throw await suspendedAccount(db, personId);
  }
  if (obstacle) {
    await throttle.failed(guesser);
    throw wrongCredential();
  }
  await throttle.entered(guesser, begun);
  if (hasher.isOutdated(stored)) await rehash(context, hasher, { personId, stored, password: normal });
  const { counters } = begun;
  const known = { isPupil, hasSecondFactor, hasLesson };
  return {
    personId,
    acr: 'pwd',
    amr: ['pwd'],
    epoch: account.epoch,
    hasLeft: hasLeft({ status: personStatus }),
    ...known,
    counters,
  };
}

/** Every spelling of an ID that nobody has shares one counter. */
function canonicalOf(identifier: string): string {
  return identifier
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s.-]/g, '')
    .slice(0, 200);
}
