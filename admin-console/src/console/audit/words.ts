import { t } from '../../design/language.ts';
import type { Verdict } from './views.ts';

/** The actor: a person by name, the program by what it was doing. */
export function actorName({
  kind,
  id,
  name,
}: {
  readonly kind: string;
  readonly id: string;
  readonly name: string | null;
}): string {
  if (name) return name;
  if (kind === 'app') return t(`Ứng dụng ${id}`, `App ${id}`);
  if (kind === 'person') return t('Một người', 'Somebody');
  const programs: Record<string, string> = {
    activation: t('Phiếu kích hoạt', 'Activation slip'),
    certs: t('Cơ quan chứng thực', 'Certificate authority'),
    cli: t('Người vận hành, dòng lệnh', 'Operator, command line'),
    idp: t('Cổng đăng nhập', 'Sign-in service'),
    registry: t('Sổ đăng ký', 'Registry'),
    setup: t('Lần khởi động đầu', 'First start'),
    signing: t('Dịch vụ ký', 'Signing service'),
    sync: t('Đồng bộ', 'Directory sync'),
  };
  return programs[id] ?? t('Hệ thống', 'The system');
}

interface Subject {
  readonly kind: string;
  readonly id: string;
  readonly name: string | null;
}

/** What it was done to, in words. */
export function subjectName({ kind, name }: Subject): string {
  if (name) return name;
  const kinds: Record<string, string> = {
    address: t('địa chỉ mạng', 'network address'),
    app: t('ứng dụng', 'app'),
    approval: t('việc hai người', 'act of two people'),
    authority: t('cơ quan cấp chứng thư', 'certificate authority'),
    certificate: t('chứng thư', 'certificate'),
    'certificate-request': t('yêu cầu chứng thư', 'certificate request'),
    class: t('lớp', 'class'),
    'data-breach': t('vụ vi phạm dữ liệu', 'data breach'),
    'data-request': t('yêu cầu về dữ liệu', 'data request'),
    export: t('tệp làm sẵn', 'export'),
    installation: t('hệ thống', 'installation'),
    network: t('mạng của trường', 'network of a school'),
    organisation: t('đơn vị', 'organisation'),
    person: t('một người', 'a person'),
    'registration-token': t('mã đăng ký ứng dụng', 'registration token'),
    'remote-authorisation': t('yêu cầu ký từ ứng dụng', 'request of an app for a signature'),
    'room-computer': t('máy dùng thẻ', 'computer for badges'),
    'roster-plan': t('kế hoạch nhập', 'import plan'),
    'scim-group': t('nhóm', 'group'),
    'signing-enrolment': t('điện thoại ký', 'signing phone'),
    'signing-key': t('khoá ký', 'signing key'),
    'signing-request': t('tài liệu trình ký', 'document to sign'),
    'sealing-machine': t('máy đóng dấu', 'sealing machine'),
    'signing-delegation': t('giao ký', 'delegation'),
    'signing-export': t('danh sách văn bản', 'list of documents'),
    'signing-session': t('phiên ký', 'signing session'),
    'signing-upload': t('tệp tải lên để ký', 'file sent to be signed'),
    'sync-client': t('hệ thống vào lấy', 'client system'),
    'sync-source': t('nguồn danh sách', 'roster source'),
    'sync-target': t('đích đồng bộ', 'sync target'),
    'trust-anchor': t('gốc tin cậy', 'trust anchor'),
    webhook: t('nơi nhận báo tin', 'webhook'),
    'year-plan': t('kế hoạch lên lớp', 'plan of the new year'),
  };
  return kinds[kind] ?? t('đối tượng khác', 'something else');
}

/** Where it can be looked at; undefined where it has no page. */
export function subjectAddress({ kind, id, name }: Subject): string | undefined {
  const pages: Record<string, string> = {
    app: `/admin/apps/${id}`,
    approval: `/admin/approvals/${id}`,
    certificate: `/admin/certificates/${id}`,
    'certificate-request': '/admin/certificates/requests',
    class: `/admin/classes/${id}`,
    organisation: `/admin/schools/${id}`,
    person: `/admin/people/${id}`,
    'roster-plan': `/admin/import?plan=${id}`,
    'signing-enrolment': '/admin/signing',
    // A document has no page: its title finds it in the list.
    'signing-request': name ? `/admin/signing?q=${encodeURIComponent(name)}` : '/admin/signing',
    'sync-client': `/admin/sync/clients/${id}`,
    'sync-source': '/admin/import/sources',
    'sync-target': `/admin/sync/${id}`,
    'trust-anchor': '/admin/anchors',
  };
  return pages[kind];
}

/** The logs that the server keeps. */
export function logName(log: Verdict['log']): string {
  const names: Readonly<Record<Verdict['log'], string>> = {
    audit: t('Nhật ký', 'The audit log'),
    signatures: t('Sổ công khai các chữ ký', 'The public log of signatures'),
    accesses: t('Sổ ai đã xem hồ sơ', 'The log of who looked at records'),
  };
  return names[log];
}
