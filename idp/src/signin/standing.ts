import { InvalidInput } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import type { Account } from '../accounts/account.ts';

/** Why an account does not open with the right credential. */
export type Obstacle = 'left' | 'merged' | 'not-activated' | 'suspended';

/** The one rule of who may sign in, whatever they prove; undefined for nobody's obstacle. */
export function obstacleOf(
  person: { readonly status: 'active' | 'left' | 'archived' | 'merged' | 'erased' },
  account: Pick<Account, 'status'> | undefined,
): Obstacle | undefined {
  if (person.status === 'archived' || person.status === 'erased') return 'left'; // long ago, or for ever
  if (person.status !== 'active') return person.status;
  if (account === undefined || account.status === 'invited') return 'not-activated';
  return account.status === 'suspended' ? 'suspended' : undefined;
}

const sentences: Record<Exclude<Obstacle, 'not-activated' | 'merged'>, Text> = {
  suspended: { vi: 'Tài khoản này đang bị tạm khoá.', en: 'This account is suspended.' },
  left: {
    vi: 'Hồ sơ này đã rời trường nên tài khoản đã đóng.',
    en: 'This person has left the school, so the account is closed.',
  },
};

/**
 * What somebody reads who proved who they are and yet does not get in. Said only after the right credential: to anybody
 * else a suspended account looks like any other (A3). `place` is the person's school.
 */
export function closedTo(obstacle: 'suspended' | 'left', place: string | null): InvalidInput {
  const school = place ?? '';
  return new InvalidInput(`sign-in/${obstacle}`, sentences[obstacle], {
    remedy: {
      vi: school
        ? `Học sinh hỏi giáo viên chủ nhiệm; người khác hỏi quản trị viên của ${school}.`
        : 'Hãy hỏi quản trị viên của Sở.',
      en: school
        ? `Pupils ask their class teacher; others ask the administrator of ${school}.`
        : "Ask the department's administrator.",
    },
  });
}
