import { t } from '../design/language.ts';
import type { Me } from './me.ts';

/** A room of the console, shown to those who may enter; `also` are pages that lie in it. */
export interface Room {
  readonly path: string;
  readonly also?: readonly string[];
  /** Absent: open to everybody who has a role. */
  readonly permission?: string;
  /** Only to who holds this role, whatever it permits. */
  readonly role?: string;
  readonly label: () => string;
}

interface Group {
  readonly label: () => string;
  readonly rooms: readonly Room[];
}

const groups: readonly Group[] = [
  { label: () => '', rooms: [{ path: '/admin', label: () => t('Hôm nay', 'Today') }] },
  {
    label: () => t('Người và trường', 'People and schools'),
    rooms: [
      { path: '/teach', role: 'teacher', label: () => t('Lớp của tôi', 'My class') },
      { path: '/admin/people', permission: 'people.read', label: () => t('Người', 'People') },
      {
        path: '/admin/schools',
        also: ['/admin/classes', '/admin/wards'],
        permission: 'organisations.read',
        label: () => t('Trường', 'Schools'),
      },
      { path: '/admin/import', permission: 'roster.import', label: () => t('Nhập danh sách', 'Import') },
    ],
  },
  {
    label: () => t('Kết nối', 'Connections'),
    rooms: [
      { path: '/admin/apps', permission: 'apps.read', label: () => t('Ứng dụng', 'Apps') },
      { path: '/admin/sync', permission: 'sync.read', label: () => t('Đồng bộ', 'Sync') },
    ],
  },
  {
    label: () => t('Tin cậy', 'Trust'),
    rooms: [
      { path: '/sign', permission: 'signing.seal', label: () => t('Đóng dấu', 'Sealing') },
      { path: '/admin/signing', permission: 'signing.read', label: () => t('Trình ký', 'Signing') },
      {
        path: '/admin/certificates',
        also: ['/admin/anchors'],
        permission: 'certificates.read',
        label: () => t('Chứng thư', 'Certificates'),
      },
      { path: '/admin/approvals', label: () => t('Hai người', 'Two people') },
      { path: '/admin/audit', permission: 'audit.read', label: () => t('Nhật ký', 'Audit') },
      { path: '/admin/mail', permission: 'mail.read', label: () => t('Thư đi', 'Mail') },
    ],
  },
];

/** What this person may enter, empty groups left out. */
export function openGroups({ permissions, roles }: Me): readonly Group[] {
  return groups
    .map(({ label, rooms }) => ({
      label,
      rooms: rooms.filter(
        ({ permission, role }) =>
          (permission === undefined || permissions.includes(permission)) &&
          (role === undefined || roles.some((held) => held.role === role)),
      ),
    }))
    .filter(({ rooms }) => rooms.length > 0);
}

export function isIn(path: string, { path: home, also = [] }: Room): boolean {
  if (home === '/admin') return /^\/admin\/?$/.test(path);
  return [home, ...also].some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
}
