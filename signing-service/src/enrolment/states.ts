import { defineMoves } from '@edutrust/platform/moves';
import type { SigningRole } from '@edutrust/registry/permissions';

export type EnrolmentState = 'awaiting-approval' | 'ready' | 'enrolled' | 'refused' | 'revoked';

/** `ready`: a second officer agreed and the certificate is being issued. */
export const enrolmentMoves = defineMoves<EnrolmentState>('signing/not-now', {
  'awaiting-approval': { vi: 'chờ duyệt', en: 'awaiting approval', to: ['ready', 'refused', 'revoked'] },
  ready: {
    vi: 'đã duyệt, đang cấp chứng thư',
    en: 'approved, the certificate is being issued',
    to: ['enrolled', 'revoked'],
  },
  enrolled: { vi: 'đã đăng ký', en: 'enrolled', to: ['revoked'] },
  refused: { vi: 'bị từ chối', en: 'refused', to: [] },
  revoked: { vi: 'đã thu hồi', en: 'revoked', to: [] },
});

/** The states of which a person has at most one enrolment. */
export const currentStates = ['awaiting-approval', 'ready', 'enrolled'] as const satisfies readonly EnrolmentState[];

/** Those who may have a phone here: they confirm signatures, or the seal. */
export const enrollingRoles: readonly SigningRole[] = ['signer', 'clerk'];
