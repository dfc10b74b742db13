import { Conflict } from '@edutrust/platform/errors';

/**
 * `waiting`: for a person's signature; `signed`: by every person of its order, the seal is due; `issued`: with every
 * signature of its order. What was rejected or withdrawn is over: asking again makes a new document.
 */
export type RequestState = 'waiting' | 'signed' | 'issued' | 'rejected' | 'withdrawn';

/** Every move that a signing request may make. Only signatures that were authorised make `signed` and `issued`. */
export const requestMoves: Moves<RequestState> = {
  waiting: ['signed', 'issued', 'rejected', 'withdrawn'],
  signed: ['issued', 'rejected', 'withdrawn'],
  issued: [],
  rejected: [],
  withdrawn: [],
};

export type StepState = 'pending' | 'due' | 'done' | 'rejected' | 'cancelled';

/** Every move of one step; at most one step of a request is `due`, and it is the first that is not `done`. */
export const stepMoves: Moves<StepState> = {
  pending: ['due', 'cancelled'],
  due: ['done', 'rejected', 'cancelled'],
  done: [],
  rejected: [],
  cancelled: [],
};

/** A state machine: to what each state may go. */
export type Moves<State extends string> = Readonly<Record<State, readonly State[]>>;

/** @throws Conflict `signing/not-now` when the table of moves does not have this one. */
export function mustMove<State extends string>(moves: Moves<State>, from: State, to: State): void {
  if (moves[from].includes(to)) return;
  throw new Conflict('signing/not-now', {
    vi: `Không thực hiện được: trạng thái hiện tại là «${stateNames[from]?.vi ?? from}».`,
    en: `Not possible: the state is "${stateNames[from]?.en ?? from}" now.`,
  });
}

const stateNames: Readonly<Record<string, { vi: string; en: string }>> = {
  waiting: { vi: 'chờ ký', en: 'waiting' },
  signed: { vi: 'đã ký, chờ đóng dấu', en: 'signed, waiting for the seal' },
  issued: { vi: 'đã phát hành', en: 'issued' },
  pending: { vi: 'chưa tới lượt', en: 'not due yet' },
  due: { vi: 'tới lượt', en: 'due' },
  done: { vi: 'đã xong', en: 'done' },
  cancelled: { vi: 'đã huỷ', en: 'cancelled' },
  rejected: { vi: 'bị từ chối', en: 'rejected' },
  withdrawn: { vi: 'đã rút', en: 'withdrawn' },
  'awaiting-approval': { vi: 'chờ duyệt', en: 'awaiting approval' },
  ready: { vi: 'đã duyệt, đang cấp chứng thư', en: 'approved, certificate on its way' },
  enrolled: { vi: 'đã đăng ký', en: 'enrolled' },
  refused: { vi: 'bị từ chối', en: 'refused' },
  revoked: { vi: 'đã thu hồi', en: 'revoked' },
};
