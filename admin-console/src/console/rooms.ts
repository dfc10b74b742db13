import type { IconName } from '../design/icons.ts';
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
  readonly icon: IconName;
  /** What waits in it, counted beside its name. */
  readonly counts?: CountName;
  readonly label: () => string;
  /** In one short word, for the foot of a phone. */
  readonly short?: () => string;
}

/** What is counted beside the rooms. */
export type CountName = 'home' | 'approvals' | 'sign' | 'import' | 'sync';

interface Group {
  readonly label: () => string;
  readonly rooms: readonly Room[];
}

const groups: readonly Group[] = [
  { label: () => '', rooms: [{ path: '/admin', icon: 'house', counts: 'home', label: () => t('Hôm nay', 'Today') }] },
  {
    label: () => t('Người và trường', 'People and schools'),
    rooms: [
      {
        path: '/teach',
        icon: 'grid-3x3',
        role: 'teacher',
        label: () => t('Lớp của tôi', 'My class'),
        short: () => t('Lớp', 'Class'),
      },
      {
        path: '/admin/subjects',
        icon: 'book-open',
        role: 'teacher',
        label: () => t('Môn tôi dạy', 'My subjects'),
        short: () => t('Môn', 'Subjects'),
      },
      {
        path: '/admin/people',
        icon: 'users',
        also: ['/admin/transfers'],
        permission: 'people.read',
        label: () => t('Người', 'People'),
      },
      {
        path: '/admin/schools',
        icon: 'school',
        also: ['/admin/classes', '/admin/wards'],
        permission: 'organisations.read',
        label: () => t('Trường', 'Schools'),
      },
      {
        path: '/admin/import',
        icon: 'file-spreadsheet',
        counts: 'import',
        permission: 'roster.import',
        label: () => t('Nhập danh sách', 'Import'),
        short: () => t('Nhập', 'Import'),
      },
    ],
  },
  {
    label: () => t('Kết nối', 'Connections'),
    rooms: [
      { path: '/admin/apps', icon: 'layout-grid', permission: 'apps.read', label: () => t('Ứng dụng', 'Apps') },
      {
        path: '/admin/sync',
        icon: 'refresh-cw',
        counts: 'sync',
        permission: 'sync.read',
        label: () => t('Đồng bộ', 'Sync'),
      },
    ],
  },
  {
    label: () => t('Tin cậy', 'Trust'),
    rooms: [
      {
        path: '/sign',
        icon: 'stamp',
        counts: 'sign',
        permission: 'signing.seal',
        label: () => t('Đóng dấu', 'Sealing'),
      },
      {
        path: '/admin/sealing',
        icon: 'key-round',
        permission: 'signing.seal',
        label: () => t('Máy đóng dấu', 'Sealing machines'),
        short: () => t('Máy', 'Machines'),
      },
      { path: '/admin/signing', icon: 'signature', permission: 'signing.read', label: () => t('Trình ký', 'Signing') },
      {
        path: '/admin/certificates',
        icon: 'shield-check',
        also: ['/admin/anchors'],
        permission: 'certificates.read',
        label: () => t('Chứng thư', 'Certificates'),
      },
      { path: '/admin/approvals', icon: 'user-check', counts: 'approvals', label: () => t('Hai người', 'Two people') },
      { path: '/admin/audit', icon: 'scroll-text', permission: 'audit.read', label: () => t('Nhật ký', 'Audit') },
      {
        path: '/admin/security',
        icon: 'lock',
        permission: 'security.read',
        label: () => t('An ninh', 'Security'),
      },
      {
        path: '/admin/data-desk',
        icon: 'shield-alert',
        permission: 'data-requests.read',
        label: () => t('Dữ liệu cá nhân', 'Personal data'),
        short: () => t('Dữ liệu', 'Data'),
      },
      { path: '/admin/mail', icon: 'mail', permission: 'mail.read', label: () => t('Thư đi', 'Mail') },
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

/** The room that an address lies in; the same for every caller. */
export function roomOf(path: string): Room | undefined {
  return groups.flatMap(({ rooms }) => rooms).find((room) => isIn(path, room));
}

export function isIn(path: string, { path: home, also = [] }: Room): boolean {
  if (home === '/admin') return /^\/admin\/?$/.test(path);
  return [home, ...also].some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
}
