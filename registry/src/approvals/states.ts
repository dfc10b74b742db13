import { defineMoves } from '@edutrust/platform/moves';

export type ApprovalState =
  | 'proposed'
  | 'confirmed'
  | 'approved'
  | 'applied'
  | 'refused'
  | 'withdrawn'
  | 'expired'
  | 'failed';

/**
 * Every move of an act that takes two people. `proposed`: written down, nothing proved yet; `confirmed`: the maker's
 * passkey has confirmed it, and it waits for a second person; `approved`: the second passkey has, and the effect is under
 * way; `failed`: what the digest covers can no longer be done as it stands.
 */
export const approvalMoves = defineMoves<ApprovalState>('approvals/not-now', {
  proposed: {
    vi: 'chờ người lập xác nhận',
    en: 'waiting for its maker to confirm',
    to: ['confirmed', 'withdrawn', 'expired', 'failed'],
  },
  confirmed: {
    vi: 'chờ người thứ hai',
    en: 'waiting for a second person',
    to: ['approved', 'applied', 'refused', 'withdrawn', 'expired', 'failed'],
  },
  approved: { vi: 'đã duyệt, đang thực hiện', en: 'approved and under way', to: ['applied', 'failed'] },
  applied: { vi: 'đã xong', en: 'done', to: [] },
  refused: { vi: 'bị từ chối', en: 'refused', to: [] },
  withdrawn: { vi: 'đã rút', en: 'withdrawn', to: [] },
  expired: { vi: 'đã quá hạn', en: 'expired', to: [] },
  failed: { vi: 'không còn thực hiện được', en: 'no longer possible', to: [] },
});
