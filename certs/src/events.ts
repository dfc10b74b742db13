import { defineEvents, type EventOf } from '@edutrust/platform/events';
import { SerialHex, Sha256Hex, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';

const Reason = Type.String({ maxLength: 40 });

/** What can happen to certificates, and how people read it. */
export const certsEvents = defineEvents({
  'authority.created': {
    subject: 'authority',
    data: { sha256: Sha256Hex },
    vi: 'lập cơ quan cấp chứng thư',
    en: 'certificate authority created',
  },
  'authority.requested': {
    subject: 'authority',
    vi: 'yêu cầu lập cơ quan cấp chứng thư',
    en: 'certificate authority requested',
  },
  'certificate.issued': {
    subject: 'certificate',
    data: { profile: Type.String(), issuer: Type.String() },
    vi: 'cấp chứng thư',
    en: 'certificate issued',
  },
  'certificate.released': {
    subject: 'certificate',
    data: { restoredFrom: Type.Optional(Type.String()) },
    vi: 'mở lại chứng thư',
    en: 'certificate released',
  },
  'certificate.revoked': {
    subject: 'certificate',
    data: { reason: Reason, restoredFrom: Type.Optional(Type.String()) },
    vi: 'thu hồi chứng thư',
    en: 'certificate revoked',
  },
  'certificate.suspended': {
    subject: 'certificate',
    data: { reason: Reason, restoredFrom: Type.Optional(Type.String()) },
    vi: 'tạm dừng chứng thư',
    en: 'certificate suspended',
  },
  'certificate-request.approved': {
    subject: 'certificate-request',
    data: { keySha256: Sha256Hex },
    vi: 'duyệt yêu cầu chứng thư',
    en: 'certificate request approved',
  },
  'certificate-request.created': {
    subject: 'certificate-request',
    data: {
      profile: Type.String(),
      custody: Type.String(),
      personId: Type.Optional(Uuid),
      keySha256: Type.Optional(Sha256Hex),
      renews: Type.Optional(SerialHex),
    },
    vi: 'xin chứng thư',
    en: 'certificate requested',
  },
  'certificate-request.failed': {
    subject: 'certificate-request',
    data: { code: Type.String() },
    vi: 'không cấp được chứng thư đã duyệt',
    en: 'approved certificate could not be issued',
  },
  'certificate-request.issued': {
    subject: 'certificate-request',
    data: { serial: SerialHex, renews: Type.Optional(SerialHex) },
    vi: 'cấp chứng thư theo yêu cầu',
    en: 'requested certificate issued',
  },
  'certificate-request.refused': {
    subject: 'certificate-request',
    vi: 'từ chối yêu cầu chứng thư',
    en: 'certificate request refused',
  },
  'certificate-request.renewed': {
    subject: 'certificate-request',
    data: { renews: SerialHex },
    vi: 'tự cấp tiếp con dấu',
    en: 'seal renewed automatically',
  },
  'certificate-request.withdrawn': {
    subject: 'certificate-request',
    vi: 'rút yêu cầu chứng thư',
    en: 'certificate request withdrawn',
  },
  'trust-anchor.added': {
    subject: 'trust-anchor',
    data: { sha256: Sha256Hex, purposes: Type.Array(Type.String()) },
    vi: 'tin thêm một gốc',
    en: 'root trusted',
  },
  'trust-anchor.ended': { subject: 'trust-anchor', vi: 'thôi tin một gốc', en: 'root no longer trusted' },
});

export const { record } = certsEvents;

/** Any event of certificates. */
export type CertsEvent = EventOf<typeof certsEvents.table>;
