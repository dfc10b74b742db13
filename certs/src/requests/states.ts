import { Conflict } from '@edutrust/platform/errors';

export const certificateRequestStates = ['waiting', 'approved', 'issued', 'failed', 'refused', 'withdrawn'] as const;
export type CertificateRequestState = (typeof certificateRequestStates)[number];

/**
 * Every move that a request for a certificate may make. `approved`: a second officer agreed and the certificate is being
 * issued; `failed`: it can never be, and the reason says why.
 */
const moves: Readonly<Record<CertificateRequestState, readonly CertificateRequestState[]>> = {
  waiting: ['approved', 'refused', 'withdrawn'],
  approved: ['issued', 'failed'],
  issued: [],
  failed: [],
  refused: [],
  withdrawn: [],
};

const names: Readonly<Record<CertificateRequestState, { readonly vi: string; readonly en: string }>> = {
  waiting: { vi: 'chờ duyệt', en: 'waiting for approval' },
  approved: { vi: 'đã duyệt, đang cấp chứng thư', en: 'approved, certificate on its way' },
  issued: { vi: 'đã cấp', en: 'issued' },
  failed: { vi: 'không cấp được', en: 'could not be issued' },
  refused: { vi: 'bị từ chối', en: 'refused' },
  withdrawn: { vi: 'đã rút', en: 'withdrawn' },
};

/** @throws Conflict `certificate-requests/not-now` when the table of moves does not have this one. */
export function mustMove(from: CertificateRequestState, to: CertificateRequestState): void {
  if (moves[from].includes(to)) return;
  throw new Conflict('certificate-requests/not-now', {
    vi: `Không thực hiện được: yêu cầu này hiện «${names[from].vi}».`,
    en: `Not possible: the state of this request is "${names[from].en}" now.`,
  });
}
