import { defineMoves } from '@edutrust/platform/moves';

/**
 * `waiting`: for a person's signature; `signed`: by every person of its order, the seal is due; `issued`: with every
 * signature of its order; `replaced`: issued once, and a corrected one has taken its place; `revoked`: taken back by a decision. What was rejected or withdrawn is over: asking
 * again makes a new document.
 */
export type RequestState = 'waiting' | 'signed' | 'issued' | 'replaced' | 'revoked' | 'rejected' | 'withdrawn';

/** Every move that a signing request may make. Only signatures that were authorised make `signed` and `issued`. */
export const requestMoves = defineMoves<RequestState>('signing/not-now', {
  waiting: { vi: 'chờ ký', en: 'waiting', to: ['signed', 'issued', 'rejected', 'withdrawn'] },
  signed: { vi: 'đã ký, chờ đóng dấu', en: 'signed, waiting for the seal', to: ['issued', 'rejected', 'withdrawn'] },
  issued: { vi: 'đã phát hành', en: 'issued', to: ['replaced', 'revoked'] },
  replaced: { vi: 'bị thay thế', en: 'replaced', to: [] },
  revoked: { vi: 'bị thu hồi hoặc huỷ bỏ', en: 'revoked or cancelled', to: [] },
  rejected: { vi: 'bị từ chối', en: 'rejected', to: [] },
  withdrawn: { vi: 'đã rút', en: 'withdrawn', to: [] },
});

export type StepState = 'pending' | 'due' | 'done' | 'rejected' | 'cancelled';

/** Every move of one step; at most one step of a request is `due`, and it is the first that is not `done`. */
export const stepMoves = defineMoves<StepState>('signing/not-now', {
  pending: { vi: 'chưa tới lượt', en: 'not due yet', to: ['due', 'cancelled'] },
  due: { vi: 'tới lượt', en: 'due', to: ['done', 'rejected', 'cancelled'] },
  done: { vi: 'đã xong', en: 'done', to: [] },
  rejected: { vi: 'bị từ chối', en: 'rejected', to: [] },
  cancelled: { vi: 'đã huỷ', en: 'cancelled', to: [] },
});
