import type { ServiceContext } from '@edutrust/platform/context';
import { findSecondFactor, proveSecondFactor } from '../second-factor/second-factor.ts';
import { signInExpired } from './flow.ts';
import type { Proof } from './proof.ts';

/** From the right password to the code. */
const pendingSeconds = 300;

/** A right password that waits for its code, in the sign-in where it was typed. */
interface Pending {
  readonly proof: Proof;
  readonly isShared: boolean;
}

const keyOf = (uid: string) => `idp:second-step:${uid}`;

/** Whether the proof is not enough for this account: a password, where an authenticator app was added. */
export async function needsSecondStep({ db }: Pick<ServiceContext, 'db'>, proof: Proof): Promise<boolean> {
  const { acr, personId, hasSecondFactor } = proof;
  if (acr !== 'pwd') return false;
  return hasSecondFactor ?? (await findSecondFactor(db, personId)) !== undefined;
}

/** Keeps the proof until its code comes; only the browser of this sign-in can go on with it. */
export async function holdForSecondStep(
  { store }: Pick<ServiceContext, 'store'>,
  uid: string,
  pending: Pending,
): Promise<void> {
  await store.put(keyOf(uid), pending, pendingSeconds);
}

/**
 * The whole proof, when the code is right.
 *
 * @throws NotFound `sign-in/expired`; InvalidInput `second-factor/wrong-code`; TooManyRequests `second-factor/slow-down`
 */
export async function takeSecondStep(context: ServiceContext, uid: string, typed: string): Promise<Pending> {
  const pending = await context.store.get<Pending>(keyOf(uid));
  if (!pending) throw signInExpired();
  const by = await proveSecondFactor(context, pending.proof.personId, typed);
  if (!(await context.store.take<Pending>(keyOf(uid)))) throw signInExpired();
  const amr = [...pending.proof.amr, by === 'app' ? 'otp' : 'kba', 'mfa'];
  return { ...pending, proof: { ...pending.proof, acr: 'mfa', amr } };
}
