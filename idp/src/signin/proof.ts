import type { Transaction } from '@edutrust/platform/database';
import { InvalidInput } from '@edutrust/platform/errors';
import { getPerson, hasLeft, personClaims } from '@edutrust/registry/people';
import { type Account, findAccount } from '../accounts/account.ts';
import type { RoomPlace } from '../badges/rooms.ts';
import type { Strength } from '../provider/assurance.ts';
import type { IdpTools } from '../tools.ts';
import { suspended } from './standing.ts';

/** How somebody proved who they are: `acr` and `amr` of their session (RFC 8176). */
export interface Proof {
  readonly personId: string;
  readonly acr: Strength;
  readonly amr: readonly string[];
  /** Of the account when the proof was judged: a session begins only while it is still the same (S9). */
  readonly epoch: string;
  /** A learner and nothing else: their session is that of a shared computer. */
  readonly isPupil: boolean;
  /** Belongs nowhere any longer: the session opens their own pages alone. A proof that does not say it opens nothing to them. */
  readonly hasLeft?: boolean;
  /** Of a password: whether an authenticator app was added, where that is known already. */
  readonly hasSecondFactor?: boolean;
  /** Of a password: whether the class is in a lesson, where that is known already. */
  readonly hasLesson?: boolean;
  /** The owner's mailbox spoke for a password from an unusual place: nothing of that is asked again. */
  readonly isUsual?: boolean;
  /** Of a badge: the school's computer where it was shown. */
  readonly room?: RoomPlace;
  /** Counters of tries that are forgotten with this one (`throttling/throttle.ts`). */
  readonly counters?: readonly string[];
}

type Db = IdpTools['context']['db'];

/** The proof of the account's owner, who has just shown `how`. */
export async function proofOf(db: Db, { person_id, epoch }: Account, how: Pick<Proof, 'acr' | 'amr'>): Promise<Proof> {
  return { personId: person_id, ...how, epoch, isPupil: await isPupil(db, person_id) };
}

/** Whether the person is a learner and nothing else. */
export async function isPupil(db: Db | Transaction, personId: string): Promise<boolean> {
  const { affiliations } = await personClaims(db, personId);
  return affiliations.length > 0 && affiliations.every(({ role }) => role === 'learner');
}

/** The proof of somebody who has just chosen credentials with an activation code. @throws InvalidInput `sign-in/wrong` */
export async function proofOfActivation(
  { context }: IdpTools,
  personId: string,
  how: Pick<Proof, 'acr' | 'amr'>,
): Promise<Proof> {
  const account = await findAccount(context.db, personId);
  if (!account) throw wrongCredential();
  return {
    ...(await proofOf(context.db, account, how)),
    hasLeft: hasLeft(await getPerson(context.db, personId)),
  };
}

/** Why the right credential of this person does not open: said with whom to ask at their school. */
export async function suspendedAccount(db: Db, personId: string): Promise<InvalidInput> {
  const { affiliations } = await personClaims(db, personId);
  return suspended(affiliations[0]?.school ?? null);
}

/** The one answer to unknown, never activated and mistyped (A3). */
export function wrongCredential(): InvalidInput {
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

/** The credential is right, and the app asks for a stronger one (`acr_values`). */
export function passkeyNeeded(): InvalidInput {
  return new InvalidInput(
    'sign-in/passkey-needed',
    {
      vi: 'Ứng dụng này chỉ nhận đăng nhập bằng passkey.',
      en: 'This app accepts a sign-in with a passkey only.',
    },
    {
      remedy: {
        vi: 'Bấm nút passkey bên dưới. Nếu chưa có, hãy đăng nhập vào EduTrust và thêm passkey ở trang «Tài khoản của tôi».',
        en: 'Press the passkey button below. If you have none yet, sign in to EduTrust and add one on “My account”.',
      },
    },
  );
}
