import type { PersonalData, PersonalPart } from '@edutrust/platform/personal';
import { sql } from 'kysely';
import { syncErasures, syncKept } from './erasure.ts';
import { listReleases } from './releases.ts';

const system = { vi: 'Hệ thống', en: 'System' };

const releases: PersonalPart = {
  code: 'releases',
  what: { vi: 'Hệ thống nào đã nhận gì', en: 'Which system got what' },
  tables: ['sync.release'],
  fields: {
    recipient: system,
    fields: { vi: 'Thông tin', en: 'Fields' },
    firstAt: { vi: 'Lần đầu', en: 'First' },
    lastAt: { vi: 'Lần cuối', en: 'Last' },
    times: { vi: 'Số lần', en: 'Times' },
  },
  read: async ({ db }, personId) => (await listReleases(db, personId)).map((one) => ({ ...one })),
};

const kept: PersonalPart = {
  code: 'keptForSystems',
  what: { vi: 'Hệ thống khác đã ghi', en: 'Written by other systems' },
  tables: ['sync.scim_user'],
  fields: {
    system,
    userName: { vi: 'Tên đăng nhập', en: 'User name' },
    externalId: { vi: 'Mã ở hệ thống đó', en: 'ID there' },
    createdAt: { vi: 'Từ', en: 'Since' },
  },
  read: async ({ db }, personId) => {
    const { rows } = await sql<Record<string, unknown>>`
      SELECT c.name AS system, u.user_name AS "userName", u.external_id AS "externalId", u.created_at AS "createdAt"
      FROM sync.scim_user AS u JOIN sync.client AS c ON c.id = u.client_id
      WHERE u.person_id = ${personId} ORDER BY u.created_at`.execute(db);
    return rows;
  },
};

/** What this service has about a person. */
export const syncPersonal: PersonalData = {
  parts: [releases, kept],
  leftOut: {
    'sync.change': 'what a run sent; it is erased, and which fields went out stays in the releases',
    'sync.delivered': 'a digest of what a target took last; which fields went out stays in the releases',
    'sync.disabled': 'that a target was told of somebody’s leaving, until they are back',
    'sync.feed': 'that a record changed, not how',
    'sync.pending': 'that a target waits for somebody’s change',
    'sync.scim_group_member': 'groups of another system, which answers for them',
  },
  erasures: syncErasures,
  kept: syncKept,
};
