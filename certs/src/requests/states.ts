import { defineMoves } from '@edutrust/platform/moves';

export type CertificateRequestState = 'waiting' | 'approved' | 'issued' | 'failed' | 'refused' | 'withdrawn';

/**
 * Every move that a request for a certificate may make. `approved`: a second officer agreed and the certificate is being
 * issued; `failed`: it can never be, and the reason says why.
 */
export const certificateRequestMoves = defineMoves<CertificateRequestState>('certificate-requests/not-now', {
  waiting: { vi: 'chờ duyệt', en: 'waiting for approval', to: ['approved', 'refused', 'withdrawn'] },
  approved: {
    vi: 'đã duyệt, đang cấp chứng thư',
    en: 'approved, the certificate is being issued',
    to: ['issued', 'failed'],
  },
  issued: { vi: 'đã cấp', en: 'issued', to: [] },
  failed: { vi: 'không cấp được', en: 'could not be issued', to: [] },
  refused: { vi: 'bị từ chối', en: 'refused', to: [] },
  withdrawn: { vi: 'đã rút', en: 'withdrawn', to: [] },
});
