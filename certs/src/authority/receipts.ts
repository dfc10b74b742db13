import type { ServiceContext } from '@edutrust/platform/context';
import { Unavailable } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { keyStore } from '../key-store/key-store.ts';
import { timeStamp } from '../time-stamp/time-stamp.ts';
import { chainAbove } from './chain.ts';

/** Who signs what the platform itself confirms. */
export interface ReceiptSigner {
  /** DER: the service's own first, then its issuer's, without the root. */
  readonly certificates: readonly Buffer[];
  /** DER `ECDSA-Sig-Value`, with SHA-256. */
  readonly sign: (bytes: Buffer) => Promise<Buffer>;
  /** DER TimeStampToken (RFC 3161) over a SHA-256 digest: receipts outlive the certificate. */
  readonly timeStamp: (digest: Buffer) => Promise<Buffer>;
}

/**
 * The platform's own signer of receipts. It is no seal: nobody's will is in it but that the program kept what the receipt
 * says (Decree 30/2020/NĐ-CP leaves seals to a clerk).
 *
 * @throws Unavailable `receipts/no-certificate`; what the key store and the time stamps throw.
 */
export async function receiptSigner(context: ServiceContext): Promise<ReceiptSigner> {
  const { rows } = await sql<{ keyId: string; issuerId: string; certificate: Buffer }>`
    SELECT r.key_id AS "keyId", r.issuer_id AS "issuerId", r.certificate FROM certs.responder AS r
    JOIN certs.authority AS a ON a.id = r.issuer_id AND a.retired_at IS NULL
    JOIN certs.certificate AS c ON c.der = r.certificate AND c.issuer_id = r.issuer_id
    WHERE r.purpose = 'receipts' AND c.revoked_at IS NULL AND c.not_after > ${context.clock.now()}`.execute(context.db);
  const [service] = rows;
  if (!service) throw noCertificate();
  return {
    certificates: [service.certificate, ...(await chainAbove(context, service.issuerId)).slice(0, -1)],
    sign: (bytes) => keyStore(context).sign(context.db, service.keyId, 'receipts', bytes),
    timeStamp: (digest) => timeStamp(context, digest),
  };
}

function noCertificate(): Unavailable {
  return new Unavailable(
    'receipts/no-certificate',
    {
      vi: 'Chưa có chứng thư để ký giấy xác nhận.',
      en: 'There is no certificate to sign receipts with.',
    },
    {
      remedy: {
        vi: 'Hãy thử lại sau; hệ thống tự cấp chứng thư này khi khởi động và mỗi đêm.',
        en: 'Try again later; the system makes this certificate at its start and every night.',
      },
    },
  );
}
