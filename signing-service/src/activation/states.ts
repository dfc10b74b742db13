import type { Moves } from '../requests/states.ts';

export type SessionState = 'open' | 'authorised' | 'completed' | 'refused' | 'expired';

/** `open` is left once, whatever the answer was: a challenge is answered a single time (W2). */
export const sessionMoves: Moves<SessionState> = {
  open: ['authorised', 'refused', 'expired'],
  authorised: ['completed'],
  completed: [],
  refused: [],
  expired: [],
};

export type ItemState = 'waiting' | 'authorised' | 'logged' | 'signed' | 'failed';

/** `logged`: stamped and in the ledger, the file not yet whole. */
export const itemMoves: Moves<ItemState> = {
  waiting: ['authorised', 'failed'],
  authorised: ['logged', 'failed'],
  logged: ['signed', 'failed'],
  signed: [],
  failed: [],
};
