import { parseCertificate } from '@edutrust/certs/certificate';
import { InvalidInput } from '@edutrust/platform/errors';

/** The certificate whose SHA-256 begins so, or the only one there is. @throws InvalidInput `sign/which-certificate` */
export function choose(certificates: readonly Buffer[], sha256 = ''): Buffer {
  const read = certificates
    .map(parseCertificate)
    .filter(({ fingerprint }) => fingerprint.startsWith(sha256.toLowerCase()));
  const [only, ...others] = read;
  if (only && others.length === 0) return only.der;
  const names = read
    .map(({ fingerprint, subject }) => `\n  ${fingerprint.slice(0, 16)}  ${subject.toString()}`)
    .join('');
  throw new InvalidInput(
    'sign/which-certificate',
    only
      ? {
          vi: `Có nhiều chứng thư; chọn một bằng --certificate:${names}`,
          en: `There are several certificates; choose one with --certificate:${names}`,
        }
      : { vi: 'Không có chứng thư nào của trường.', en: 'There is no certificate of the school.' },
  );
}
