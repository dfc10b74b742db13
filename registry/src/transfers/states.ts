import { defineMoves } from '@edutrust/platform/moves';

export type TransferState = 'waiting' | 'accepted' | 'declined' | 'withdrawn' | 'lapsed';

/** `lapsed`: the clock ended it, or the learner is no longer where it was asked from. */
export const transferMoves = defineMoves<TransferState>('transfers/not-now', {
  waiting: { vi: 'chờ trả lời', en: 'waiting', to: ['accepted', 'declined', 'withdrawn', 'lapsed'] },
  accepted: { vi: 'đã nhận', en: 'accepted', to: [] },
  declined: { vi: 'không nhận, có lý do', en: 'declined with a reason', to: [] },
  withdrawn: { vi: 'bên đề nghị đã rút', en: 'withdrawn by who asked', to: [] },
  lapsed: { vi: 'hết hạn', en: 'lapsed', to: [] },
});

/** The school where the learner is, or the one that they would go to. */
export const transferSides = ['from', 'to'] as const;
export type TransferSide = (typeof transferSides)[number];

/** Days for an answer, the day of the question not counted; after them nothing has happened. */
export const answerDays = 14;
