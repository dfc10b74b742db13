import type { ServiceContext } from '@edutrust/platform/context';
import type { FastifyRequest } from 'fastify';
import { isLevelThree } from '../level-three/rules.ts';
import { listPasskeys } from '../passkeys/passkeys.ts';
import { isStrongEnough } from '../provider/assurance.ts';
import { acrAsked } from '../provider/claims-parameter.ts';
import { mailCode, proveMailedCode } from '../risk/mailed-code.ts';
import { keepQuestioned } from '../risk/questioned.ts';
import type { Signal } from '../risk/words.ts';
import { findSecondFactor, proveSecondFactor } from '../second-factor/second-factor.ts';
import type { IdpTools } from '../tools.ts';
import { doubtsOf, type Interaction, signInExpired } from './flow.ts';
import type { Proof } from './proof.ts';

/** From the right password to the code. */
const pendingSeconds = 300;

/** A right password that waits for its code, in the sign-in where it was typed. */
export interface Pending {
  readonly proof: Proof;
  readonly isShared: boolean;
  /** Why it was asked for, beside that an authenticator app was added. */
  readonly doubts: readonly Signal[];
  /** The code is one that was mailed; absent: of the authenticator app. */
  readonly mailed?: string;
}

const keyOf = (uid: string) => `idp:second-step:${uid}`;

/**
 * Whether the proof waits for a code first, and keeps it until then: a password, where an authenticator app was added, and
 * one from an unusual place of somebody who has neither app nor passkey, by mail. Only the browser of this sign-in can go
 * on with it. What is unusual and cannot be asked for here is refused at the end (`finishSignIn`).
 */
export async function waitsForCode(
  tools: IdpTools,
  request: FastifyRequest,
  interaction: Interaction,
  { proof, isShared }: Pick<Pending, 'proof' | 'isShared'>,
): Promise<boolean> {
  const { context } = tools;
  const { acr, personId, hasSecondFactor } = proof;
  if (acr !== 'pwd') return false;
  const doubts = await doubtsOf(tools, request, interaction, proof);
  const hasApp = hasSecondFactor ?? (await findSecondFactor(context.db, personId)) !== undefined;
  const mailed = hasApp ? undefined : await mailedFor(context, interaction, personId, doubts);
  if (!hasApp && mailed === undefined) return false;
  if (doubts.length > 0) await keepQuestioned(context, personId, hasApp ? 'app' : 'mail', doubts);
  await holdForSecondStep(context, interaction.uid, { proof, isShared, doubts, ...(mailed ? { mailed } : {}) });
  return true;
}

async function mailedFor(
  context: ServiceContext,
  interaction: Interaction,
  personId: string,
  doubts: readonly Signal[],
): Promise<string | undefined> {
  if (doubts.length === 0 || isLevelThree(context) || !isStrongEnough('pwd', acrAsked(interaction.params)))
    return undefined;
  if ((await listPasskeys(context.db, personId)).length > 0) return undefined;
  return mailCode(context, interaction.uid, personId);
}

async function holdForSecondStep(
  { store }: Pick<ServiceContext, 'store'>,
  uid: string,
  pending: Pending,
): Promise<void> {
  await store.put(keyOf(uid), pending, pendingSeconds);
}

/** What waits in this sign-in. @throws NotFound `sign-in/expired` */
export async function pendingOf({ store }: Pick<ServiceContext, 'store'>, uid: string): Promise<Pending> {
  const pending = await store.get<Pending>(keyOf(uid));
  if (!pending) throw signInExpired();
  return pending;
}

/**
 * The whole proof, when the code is right.
 *
 * @throws NotFound `sign-in/expired`; InvalidInput `second-factor/wrong-code`; TooManyRequests `second-factor/slow-down`
 */
export async function takeSecondStep(context: ServiceContext, uid: string, typed: string): Promise<Pending> {
  const pending = await pendingOf(context, uid);
  const { proof, mailed } = pending;
  const by = mailed === undefined ? await proveSecondFactor(context, proof.personId, typed) : 'mail';
  if (mailed !== undefined) await proveMailedCode(context, uid, mailed, typed);
  if (!(await context.store.take<Pending>(keyOf(uid)))) throw signInExpired();
  if (by === 'mail') return { ...pending, proof: { ...proof, amr: [...proof.amr, 'otp'], isUsual: true } };
  const amr = [...proof.amr, by === 'app' ? 'otp' : 'kba', 'mfa'];
  return { ...pending, proof: { ...proof, acr: 'mfa', amr } };
}
