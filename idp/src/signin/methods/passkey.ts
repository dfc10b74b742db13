import { getPerson, hasLeft } from '@edutrust/registry/people';
import Type from 'typebox';
import { requestOptions, verifyAssertion } from '../../passkeys/passkeys.ts';
import { AssertionBody } from '../../passkeys/schemas.ts';
import { proofOf, suspendedAccount, wrongCredential } from '../proof.ts';
import { obstacleOf } from '../standing.ts';
import type { Attempt, SignInMethod } from './method.ts';

const PasskeyAnswer = Type.Object({ credential: AssertionBody });

const ceremonyOf = ({ uid, personId }: Attempt) => ({ boundTo: `signin:${uid}`, ...(personId ? { personId } : {}) });

/** A discoverable credential (WebAuthn level 3 §7.2), also from the browser's autofill. */
export const passkeyMethod: SignInMethod<typeof PasskeyAnswer> = {
  name: 'passkey',
  acr: 'passkey',
  by: 'script',
  answer: PasskeyAnswer,
  offer: async ({ context }, attempt, action) => ({
    passkey: {
      options: await requestOptions(context, ceremonyOf(attempt)),
      optionsPath: `${action}/passkey/options`,
      verifyPath: `${action}/passkey`,
    },
  }),
  begin: {
    asks: Type.Object({}),
    options: ({ context }, attempt) => requestOptions(context, ceremonyOf(attempt)),
  },
  /**
   * Staff must have been verified by the authenticator; a pupil's touch is enough.
   *
   * @throws InvalidInput `passkeys/refused`, `sign-in/wrong`, `sign-in/suspended`
   */
  prove: async ({ context }, attempt, { credential }) => {
    const { account, userVerified } = await verifyAssertion(context, credential, ceremonyOf(attempt));
    const person = await getPerson(context.db, account.person_id);
    const obstacle = obstacleOf(person, account);
    if (obstacle === 'suspended') throw await suspendedAccount(context.db, account.person_id);
    const proof = await proofOf(context.db, account, {
      acr: userVerified ? 'passkey' : 'pwd',
      amr: userVerified ? ['pop', 'user', 'mfa'] : ['pop', 'user'],
    });
    if (obstacle || (!userVerified && !proof.isPupil)) throw wrongCredential();
    return { ...proof, hasLeft: hasLeft(person) };
  },
};
