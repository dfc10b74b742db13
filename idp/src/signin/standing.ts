import { InvalidInput } from '@edutrust/platform/errors';
import type { Person } from '@edutrust/registry/people';
import type { Account } from '../accounts/account.ts';

/** Why an account does not open with the right credential. */
export type Obstacle = 'gone' | 'not-activated' | 'suspended';

/**
 * The one rule of who may sign in, whatever they prove; undefined for nobody's obstacle. Who left may, to their own pages
 * (`sessions/of-left.ts`).
 */
export function obstacleOf(
  person: Pick<Person, 'status'>,
  account: Pick<Account, 'status'> | undefined,
): Obstacle | undefined {
  if (person.status === 'merged' || person.status === 'erased') return 'gone';
  if (account === undefined || account.status === 'invited') return 'not-activated';
  return account.status === 'suspended' ? 'suspended' : undefined;
}

/**
 * What somebody reads who proved who they are and is suspended. Said only after the right credential: to anybody
 * else a suspended account looks like any other (A3). `place` is the person's school.
 */
export function suspended(place: string | null): InvalidInput {
  const school = place ?? '';
  return new InvalidInput(
    'sign-in/suspended',
    { vi: 'Tài khoản này đang bị tạm khoá.', en: 'This account is suspended.' },
    {
      remedy: {
        vi: school
          ? `Học sinh hỏi giáo viên chủ nhiệm; người khác hỏi quản trị viên của ${school}.`
          : 'Hãy hỏi trường cũ, hoặc quản trị viên của Sở.',
        en: school
          ? `Pupils ask their class teacher; others ask the administrator of ${school}.`
          : "Ask your last school, or the department's administrator.",
      },
    },
  );
}

/** Said after the right credential to who left, and asks for an app: no app of a school is theirs any longer. */
export function notForWhoLeft(): InvalidInput {
  return new InvalidInput(
    'sign-in/left',
    {
      vi: 'Anh/chị không còn học hay làm việc ở trường nào, nên không vào được ứng dụng này.',
      en: 'You no longer learn or work at a school, so this app is closed to you.',
    },
    {
      remedy: {
        vi: 'Giấy tờ và dữ liệu của chính mình vẫn mở được: vào thẳng trang đầu của EduTrust bằng mật khẩu hay passkey này.',
        en: 'Your own papers and data still open: go to the first page of EduTrust and sign in there the same way.',
      },
    },
  );
}
