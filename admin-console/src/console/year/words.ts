import { t } from '../../design/language.ts';
import type { Standing } from '../../design/mark.tsx';
import type { paths } from '../../generated/api.d.ts';

export type YearPlan = paths['/api/v1/year-plans/{id}']['get']['responses']['200']['content']['application/json'];
export type YearSchool =
  paths['/api/v1/year-plans/{id}/schools']['get']['responses']['200']['content']['application/json']['items'][number];

export function stateName(state: YearPlan['state']): string {
  const names: Readonly<Record<YearPlan['state'], string>> = {
    preparing: t('Đang lập, chưa ghi gì', 'Being made, nothing is written'),
    ready: t('Chờ duyệt, chưa ghi gì', 'Ready, nothing is written'),
    applying: t('Đang áp dụng', 'Being applied'),
    applied: t('Đã áp dụng', 'Applied'),
    undoing: t('Đang hoàn tác', 'Being undone'),
    undone: t('Đã hoàn tác', 'Undone'),
    discarded: t('Đã bỏ', 'Discarded'),
  };
  return names[state];
}

export const standingOf: Readonly<Record<YearPlan['state'], Standing>> = {
  preparing: 'now',
  ready: 'warn',
  applying: 'now',
  applied: 'good',
  undoing: 'now',
  undone: 'plain',
  discarded: 'plain',
};

/** How a school stands in the plan, in a word; of one that is as the plan's own heading says, nothing. */
export function schoolState(
  state: YearSchool['state'],
): { readonly state: Standing; readonly word: string; readonly note?: string } | undefined {
  switch (state) {
    case 'stopped':
      return { state: 'warn', word: t('Cần xem', 'Needs a look') };
    case 'failed':
      return { state: 'bad', word: t('Chưa làm được', 'Failed') };
    case 'empty':
      return {
        state: 'plain',
        word: t('Xong từ trước', 'Done already'),
        note: t('Mọi em đã có lớp của năm mới.', 'Every learner has a class of the new year.'),
      };
    default:
      return undefined;
  }
}
