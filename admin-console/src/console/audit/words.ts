import { t } from '../../design/language.ts';

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
    app: t('ứng dụng', 'app'),
    approval: t('việc hai người', 'act of two people'),
    authority: t('cơ quan cấp chứng thư', 'certificate authority'),
    certificate: t('chứng thư', 'certificate'),
    'certificate-request': t('yêu cầu chứng thư', 'certificate request'),
    class: t('lớp', 'class'),
    installation: t('hệ thống', 'installation'),
    organisation: t('đơn vị', 'organisation'),
    person: t('một người', 'a person'),
    'roster-plan': t('kế hoạch nhập', 'import plan'),
    'signing-enrolment': t('điện thoại ký', 'signing phone'),
    'signing-key': t('khoá ký', 'signing key'),
    'signing-request': t('tài liệu trình ký', 'document to sign'),
    'sealing-machine': t('máy đóng dấu', 'sealing machine'),
    'signing-delegation': t('giao ký', 'delegation'),
    'signing-export': t('danh sách văn bản', 'list of documents'),
    'signing-session': t('phiên ký', 'signing session'),
    'sync-client': t('hệ thống vào lấy', 'client system'),
    'sync-source': t('nguồn danh sách', 'roster source'),
    'sync-target': t('đích đồng bộ', 'sync target'),
    'trust-anchor': t('gốc tin cậy', 'trust anchor'),
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

/** The two logs that the server keeps. */
export function logName(log: string): string {
  const names: Record<string, string> = {
    audit: t('Nhật ký', 'The audit log'),
    signatures: t('Sổ công khai các chữ ký', 'The public log of signatures'),
  };
  return names[log] ?? log;
}
