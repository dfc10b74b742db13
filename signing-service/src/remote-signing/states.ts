import { defineMoves } from '@edutrust/platform/moves';

export type AuthorisationState = 'waiting' | 'authorised' | 'used' | 'refused' | 'expired';

/** What may become of hashes that an app asks a person to sign: confirmed once, then signed once. */
export const authorisationMoves = defineMoves<AuthorisationState>('signing/not-now', {
  waiting: { vi: 'chờ xác nhận', en: 'waiting', to: ['authorised', 'refused', 'expired'] },
  authorised: { vi: 'đã xác nhận', en: 'authorised', to: ['used', 'expired'] },
  used: { vi: 'đã ký xong', en: 'signed', to: [] },
  refused: { vi: 'bị từ chối', en: 'refused', to: [] },
  expired: { vi: 'đã quá hạn', en: 'expired', to: [] },
});
