import { isoDay, t } from '../../design/language.ts';
import type { paths } from '../../generated/api.d.ts';

export type ClassView = paths['/api/v1/classes/{id}']['get']['responses']['200']['content']['application/json'];
export type Learner = ClassView['learners'][number];
export type Account =
  paths['/api/v1/classes/{id}/accounts']['get']['responses']['200']['content']['application/json']['items'][number];

export const schoolYearName = (year: number): string => `${year}–${year + 1}`;

/** Whether it was on the day that Vietnam has now. */
export const isToday = (at: string | null | undefined): boolean =>
  typeof at === 'string' && isoDay(new Date(at)) === isoDay(new Date());

/** What the teacher's button says. */
export const helpName = (account: Account | undefined): string =>
  account?.status === 'active' ? t('Quên mật khẩu', 'Forgot the password') : t('Cho mã', 'Give a code');
