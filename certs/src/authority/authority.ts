/** The door of the authority: who issues, what is issued, what is trusted, what is revoked. */
export { currentAuthority, findAuthority, listAuthorities } from './authorities.ts';
export { chainAbove, trustMaterial } from './chain.ts';
export { ensureAuthorities } from './hierarchy.ts';
export {
  type CertificateRequest,
  type CertificateSubject,
  issueCertificate,
  mustBeCertifiable,
  subjectName,
} from './issuance.ts';
export { type RevocationReason, revocationReasons } from './reasons.ts';
export { releaseCertificate, revokeCertificate } from './revoke.ts';
