import { defineMoves } from '@edutrust/platform/moves';

export type SessionState = 'open' | 'authorised' | 'completed' | 'refused' | 'expired';

/** `open` is left once, whatever the answer was: a challenge is answered a single time (W2). */
export const sessionMoves = defineMoves<SessionState>('signing/not-now', {
  open: { vi: 'chờ xác nhận trên điện thoại', en: 'open', to: ['authorised', 'refused', 'expired'] },
  authorised: { vi: 'đã xác nhận', en: 'authorised', to: ['completed'] },
  completed: { vi: 'đã ký xong', en: 'completed', to: [] },
  refused: { vi: 'bị từ chối', en: 'refused', to: [] },
  expired: { vi: 'đã quá hạn', en: 'expired', to: [] },
});

export type ItemState = 'waiting' | 'authorised' | 'logged' | 'signed' | 'failed';

/** `logged`: stamped and in the ledger, the file not yet whole. */
export const itemMoves = defineMoves<ItemState>('signing/not-now', {
  waiting: { vi: 'chờ ký', en: 'waiting', to: ['authorised', 'failed'] },
  authorised: { vi: 'đã xác nhận', en: 'authorised', to: ['logged', 'failed'] },
  logged: { vi: 'đã ghi sổ', en: 'logged', to: ['signed', 'failed'] },
  signed: { vi: 'đã ký', en: 'signed', to: [] },
  failed: { vi: 'không ký được', en: 'failed', to: [] },
});
