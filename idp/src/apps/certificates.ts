import { X509Certificate } from 'node:crypto';
import { InvalidInput } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import { hasKeys, type Keys, keysOf, mustHoldKeys, type PublicKey, shortestRsaBits } from './keys.ts';
import { type AppKind, keepsSecret } from './protocol.ts';

const keyKinds: ReadonlySet<string> = new Set(['ec', 'ed25519']);

/** Enough for one in use, the next one, and a second machine. */
const mostCertificates = 5;

/** What an app proves itself with in place of a secret. */
export interface Proofs extends Keys {
  readonly certificates: readonly string[];
}

/** Whether the app proves itself with keys or a certificate. */
export const provesItself = (app: Proofs): boolean => hasKeys(app) || app.certificates.length > 0;

/** Both as they are kept. @throws InvalidInput `apps/bad-keys`, `apps/bad-certificate`, `apps/bad-address` */
export function proofsOf(kind: AppKind, given: Partial<Proofs>): Proofs {
  const keys = keysOf(given);
  mustHoldKeys(kind, keys);
  const certificates = certificatesOf(given.certificates ?? [], kind);
  if (certificates.length > 0 && keys.jwksUri) {
    throw badCertificate({
      vi: 'Ứng dụng dùng chứng thư thì dán khóa công khai, không cho địa chỉ của chúng.',
      en: 'An app with certificates gives its public keys by value, not by address.',
    });
  }
  return { ...keys, certificates };
}

/**
 * The certificates that an app proves itself with (RFC 8705 §2.2), as base64 of their DER: it is these certificates and no
 * others that are believed, so who issued them does not matter. Given as PEM or as base64.
 *
 * @throws InvalidInput `apps/bad-certificate`
 */
function certificatesOf(given: readonly string[], kind: AppKind): string[] {
  if (given.length === 0) return [];
  if (!keepsSecret(kind)) {
    throw badCertificate({
      vi: 'Ứng dụng chạy trong trình duyệt hay cài trên máy không giữ kín được khóa.',
      en: 'An app that runs in the browser or is installed cannot keep a key to itself.',
    });
  }
  const read = [...new Set(given.map(derOf))];
  if (read.length > mostCertificates) {
    throw badCertificate({
      vi: `Nhiều nhất ${mostCertificates} chứng thư.`,
      en: `At most ${mostCertificates} certificates.`,
    });
  }
  return read;
}

/** Of a PEM with a chain the first one is the app's. */
function derOf(text: string): string {
  const base64 = /-----BEGIN CERTIFICATE-----([\s\S]+?)-----END CERTIFICATE-----/.exec(text)?.[1] ?? text;
  let read: X509Certificate;
  try {
    read = new X509Certificate(Buffer.from(base64.replaceAll(/\s+/g, ''), 'base64'));
  } catch {
    throw badCertificate({
      vi: 'Đây không phải chứng thư X.509; hãy dán tệp PEM (BEGIN CERTIFICATE).',
      en: 'This is no X.509 certificate; paste the PEM file (BEGIN CERTIFICATE).',
    });
  }
  const { asymmetricKeyType: kind = '', asymmetricKeyDetails } = read.publicKey;
  const isStrong = kind === 'rsa' ? (asymmetricKeyDetails?.modulusLength ?? 0) >= shortestRsaBits : keyKinds.has(kind);
  if (!isStrong) {
    throw badCertificate({
      vi: 'Khóa của chứng thư phải là EC, Ed25519 hoặc RSA từ 2048 bit.',
      en: 'The key of the certificate must be EC, Ed25519 or RSA of 2048 bits or more.',
    });
  }
  return read.raw.toString('base64');
}

/** The certificate as a key of the app's JWKS (RFC 7517 §4.7), where the provider looks for it. */
export function keyOfCertificate(der: string): PublicKey & { readonly x5c: string[] } {
  const key = new X509Certificate(Buffer.from(der, 'base64')).publicKey.export({ format: 'jwk' });
  return { ...(key as unknown as PublicKey), x5c: [der] };
}

/** @throws InvalidInput `apps/bad-certificate` where nobody asks apps for theirs (`EDUTRUST_MTLS_URL`) */
export function mustTakeCertificates(given: readonly string[] | undefined, mtlsUrl: URL | undefined): void {
  if (!given?.length || mtlsUrl) return;
  throw badCertificate({
    vi: 'Hệ thống này chưa nhận chứng thư của ứng dụng; hãy dùng khóa công khai, hoặc hỏi người vận hành.',
    en: 'This installation does not take certificates of apps yet; use public keys, or ask its operator.',
  });
}

function badCertificate(detail: Text): InvalidInput {
  return new InvalidInput('apps/bad-certificate', detail, { fields: [{ pointer: '/certificates', detail }] });
}
