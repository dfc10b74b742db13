import { Conflict } from '@edutrust/platform/errors';

export const approvalStates = [
  'proposed',
  'confirmed',
  'approved',
  'applied',
  'refused',
  'withdrawn',
  'expired',
  'failed',
] as const;
export type ApprovalState = (typeof approvalStates)[number];

/**
 * Every move of an act that takes two people. `proposed`: written down, nothing proved yet; `confirmed`: the maker's
 * passkey has confirmed it, and it waits for a second person; `approved`: the second passkey has, and the effect is under
 * way; `failed`: what the digest covers can no longer be done as it stands.
 */
export const approvalMoves: Readonly<Record<ApprovalState, readonly ApprovalState[]>> = {
  proposed: ['confirmed', 'withdrawn', 'expired', 'failed'],
  confirmed: ['approved', 'applied', 'refused', 'withdrawn', 'expired', 'failed'],
  approved: ['applied', 'failed'],
  applied: [],
  refused: [],
  withdrawn: [],
  expired: [],
  failed: [],
};

const names: Readonly<Record<ApprovalState, { readonly vi: string; readonly en: string }>> = {
  proposed: { vi: 'chờ người lập xác nhận', en: 'waiting for its maker to confirm' },
  confirmed: { vi: 'chờ người thứ hai', en: 'waiting for a second person' },
  approved: { vi: 'đã duyệt, đang thực hiện', en: 'approved and under way' },
  applied: { vi: 'đã xong', en: 'done' },
  refused: { vi: 'bị từ chối', en: 'refused' },
  withdrawn: { vi: 'đã rút', en: 'withdrawn' },
  expired: { vi: 'đã quá hạn', en: 'expired' },
  failed: { vi: 'không còn thực hiện được', en: 'no longer possible' },
};

/** @throws Conflict `approvals/not-now` when the table of moves does not have this one. */
export function mustMove(from: ApprovalState, to: ApprovalState): void {
  if (approvalMoves[from].includes(to)) return;
  throw new Conflict('approvals/not-now', {
    vi: `Không thực hiện được: việc này hiện «${names[from].vi}».`,
    en: `Not possible: the state of this is "${names[from].en}" now.`,
  });
}
