import { defineMoves } from '@edutrust/platform/moves';

export type MachineState = 'awaiting-approval' | 'paired' | 'refused' | 'revoked';

/** What may become of a school's computer that seals with the school's own token. */
export const machineMoves = defineMoves<MachineState>('sealing/not-now', {
  'awaiting-approval': { vi: 'chờ duyệt', en: 'awaiting approval', to: ['paired', 'refused', 'revoked'] },
  paired: { vi: 'đã ghép', en: 'paired', to: ['revoked'] },
  refused: { vi: 'bị từ chối', en: 'refused', to: [] },
  revoked: { vi: 'đã ngừng', en: 'revoked', to: [] },
});
