import type { Text } from '@edutrust/platform/messages';
import { defineMoves } from '@edutrust/platform/moves';

export type YearPlanState = 'preparing' | 'ready' | 'applying' | 'applied' | 'undoing' | 'undone' | 'discarded';

export const yearPlanMoves = defineMoves<YearPlanState>('year-plan/not-now', {
  preparing: { vi: 'đang lập', en: 'being made', to: ['ready', 'discarded'] },
  ready: { vi: 'chờ duyệt', en: 'ready', to: ['preparing', 'applying', 'discarded'] },
  applying: { vi: 'đang áp dụng', en: 'being applied', to: ['applied'] },
  applied: { vi: 'đã áp dụng', en: 'applied', to: ['undoing'] },
  undoing: { vi: 'đang hoàn tác', en: 'being undone', to: ['undone'] },
  undone: { vi: 'đã hoàn tác', en: 'undone', to: [] },
  discarded: { vi: 'đã bỏ', en: 'discarded', to: [] },
});

/** `empty`: every learner has a class of the year already. `stopped`: the plan goes on without it until somebody looks. */
export const schoolStates = ['waiting', 'ready', 'stopped', 'empty', 'applied', 'failed', 'undone'] as const;
export type SchoolState = (typeof schoolStates)[number];

/** Why a school is left out, and what its people do about it. */
export const stops = {
  'no-classes': {
    vi: 'có học sinh nhưng không em nào có lớp năm học trước; trường nhập danh sách lớp của năm mới',
    en: 'has learners, but none is in a class of last year; the school imports the class lists of the new year',
  },
  clash: {
    vi: 'hai lớp sẽ thành một, hoặc lớp mới đã có học sinh; trường xem lại tên lớp ở trang Lên lớp',
    en: 'two classes would become one, or a new class has learners already; the school names them under roll-over',
  },
  transfers: {
    vi: 'có đề nghị chuyển trường chưa trả lời; hai trường trả lời rồi lập lại',
    en: 'transfers wait for an answer; the schools answer, then it is made again',
  },
  'other-plan': {
    vi: 'một danh sách khác của trường đang chờ duyệt hoặc đang áp dụng; xong rồi lập lại',
    en: 'another roster of the school waits or is being applied; when it is done, it is made again',
  },
} as const satisfies Readonly<Record<string, Text>>;
export type Stop = keyof typeof stops;
