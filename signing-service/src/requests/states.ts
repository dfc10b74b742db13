import { Conflict } from '@edutrust/platform/errors';

export type RequestState = 'waiting' | 'signed' | 'rejected' | 'withdrawn';

/** Every move that a signing request may make. Only a signature that was authorised makes `signed`. */
export const requestMoves: Moves<RequestState> = {
  waiting: ['signed', 'rejected', 'withdrawn'],
  signed: [],
  rejected: [],
  withdrawn: [],
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
  signed: { vi: 'đã ký', en: 'signed' },
  rejected: { vi: 'bị từ chối', en: 'rejected' },
  withdrawn: { vi: 'đã rút', en: 'withdrawn' },
  'awaiting-approval': { vi: 'chờ duyệt', en: 'awaiting approval' },
  ready: { vi: 'đã duyệt, đang cấp chứng thư', en: 'approved, certificate on its way' },
  enrolled: { vi: 'đã đăng ký', en: 'enrolled' },
  refused: { vi: 'bị từ chối', en: 'refused' },
  revoked: { vi: 'đã thu hồi', en: 'revoked' },
};
