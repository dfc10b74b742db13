import { formatDate, formatEducationId, isoDay, t } from '../../design/language.ts';
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

/** Whom somebody could be taken for. */
interface Among {
  readonly learners: readonly Pick<Learner, 'id' | 'fullName' | 'birthDate' | 'educationId'>[];
}

/** What tells one from others of the same name: the birthday, of twins the education ID; nothing where the name is enough. */
export function markOf(data: Among, person: { readonly id: string; readonly fullName: string }): string | undefined {
  const one = data.learners.find(({ id }) => id === person.id);
  const namesakes = data.learners.filter(({ id, fullName }) => id !== person.id && fullName === person.fullName);
  if (!one || namesakes.length === 0) return undefined;
  const isTwin = namesakes.some(({ birthDate }) => birthDate === one.birthDate);
  return isTwin || !one.birthDate ? formatEducationId(one.educationId) : formatDate(one.birthDate);
}

/** Who is meant, in the list and on paper that is handed out. */
export const fullLine = (data: Among, person: { readonly id: string; readonly fullName: string }): string =>
  [person.fullName, markOf(data, person)].filter(Boolean).join(' · ');
