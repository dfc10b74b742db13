import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput } from '@edutrust/platform/errors';
import { once } from '@edutrust/platform/store';
import { notify } from '@edutrust/registry/notices';
import { record } from '../events.ts';
import { type Signal, why } from './words.ts';

/** The person is told once in this time, however often somebody tries. */
const toldSeconds = 3600;

/**
 * Keeps that a right credential, or a session, was asked for more, with the reasons: in the person's log, the officers'
 * figures, and a notice to the owner, whose password somebody else may know.
 */
export async function keepQuestioned(
  { db, store }: Pick<ServiceContext, 'db' | 'store'>,
  personId: string,
  asked: 'app' | 'mail' | 'refused' | 'session',
  signals: readonly Signal[],
): Promise<void> {
  await db.transaction().execute((transaction) =>
    record(transaction, {
      type: 'sign-in.questioned',
      actor: { kind: 'system', name: 'idp' },
      subject: { kind: 'person', id: personId },
      data: { asked, signals: [...signals] },
    }),
  );
  const data = { vi: why(signals, 'vi'), en: why(signals, 'en') };
  await once(store, `idp:questioned:${personId}`, toldSeconds, () =>
    db.transaction().execute((transaction) => notify(transaction, { personId, kind: 'sign-in.questioned', data })),
  );
}

/**
 * As {@link keepQuestioned}, of a session whose cookie came from where it did not begin: once an hour for each, however
 * often somebody asks with it.
 */
export async function keepDoubted(
  context: Pick<ServiceContext, 'db' | 'store'>,
  { uid, personId }: { readonly uid: string; readonly personId: string },
  signals: readonly Signal[],
): Promise<void> {
  await once(context.store, `idp:doubted:${uid}`, toldSeconds, () =>
    keepQuestioned(context, personId, 'session', signals),
  );
}

/** The credential is right; what else opens the account from here. */
export function unusual(signals: readonly Signal[]): InvalidInput {
  return new InvalidInput(
    'sign-in/unusual',
    {
      vi: `Mật khẩu đúng, nhưng cần chắc là anh/chị: ${why(signals, 'vi')}.`,
      en: `The password is right, but we have to be sure that it is you: ${why(signals, 'en')}.`,
    },
    {
      remedy: {
        vi: 'Vào bằng passkey. Chưa có thì vào từ trình duyệt quen hoặc ở mạng của trường rồi thêm passkey, hoặc xin quản trị viên một mã kích hoạt mới.',
        en: 'Sign in with a passkey. Without one, sign in from a browser that knows you or on the school’s network and add one, or ask your administrator for a new activation code.',
      },
    },
  );
}
