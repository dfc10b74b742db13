import { X509Certificate } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { Conflict } from '@edutrust/platform/errors';
import { currentEnrolment } from '../enrolment/certificate.ts';
import type { EnrolmentRow } from '../enrolment/enrolment.ts';

/** An enrolment with which signing is possible now. */
export interface ReadyEnrolment extends EnrolmentRow {
  readonly certificate: Buffer;
  readonly certificate_serial: string;
}

/**
 * The person's enrolment, if a signature made now would be good.
 *
 * @throws Conflict `signing/not-enrolled`, `signing/certificate-expired`.
 */
export async function readyEnrolment(context: ServiceContext, personId: string): Promise<ReadyEnrolment> {
  const enrolment = await currentEnrolment(context, personId);
  const { certificate, certificate_serial } = enrolment ?? {};
  if (enrolment?.state !== 'enrolled' || !certificate || !certificate_serial) {
    throw new Conflict(
      'signing/not-enrolled',
      { vi: 'Anh/chị chưa có chứng thư ký số đang dùng được.', en: 'You have no signing certificate in use.' },
      {
        remedy: {
          vi: 'Mở «Đăng ký ký số» trên điện thoại, rồi nhờ cán bộ an toàn thông tin duyệt.',
          en: 'Open "Enrol" on the phone, then ask the security officer to approve.',
        },
      },
    );
  }
  const { validFromDate, validToDate } = new X509Certificate(certificate);
  const now = context.clock.now();
  if (now < validFromDate || now >= validToDate) {
    throw new Conflict(
      'signing/certificate-expired',
      { vi: 'Chứng thư ký số đã hết hạn.', en: 'Your signing certificate has expired.' },
      { remedy: { vi: 'Thu hồi đăng ký cũ rồi đăng ký lại.', en: 'Revoke the old enrolment and enrol again.' } },
    );
  }
  return { ...enrolment, certificate, certificate_serial };
}
