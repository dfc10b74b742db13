import type { PersonalErasure, PersonalPart } from '@edutrust/platform/personal';
import { sql } from 'kysely';
import { roleNames } from './roles.ts';

/** Roles that somebody holds or held. */
export const rolesPart: PersonalPart = {
  code: 'roles',
  what: { vi: 'Vai trò trong hệ thống', en: 'Roles in the system' },
  tables: ['registry.role_assignment'],
  fields: {
    role: { vi: 'Vai trò', en: 'Role' },
    organisation: { vi: 'Đơn vị', en: 'Organisation' },
    from: { vi: 'Từ', en: 'From' },
    until: { vi: 'Đến', en: 'Until' },
  },
  read: async ({ db }, personId) => {
    const { rows } = await sql<{ role: keyof typeof roleNames } & Record<string, unknown>>`
      SELECT r.role, o.name AS organisation, r.granted_at AS "from", r.ended_at AS until
      FROM registry.role_assignment AS r LEFT JOIN registry.organisation AS o ON o.id = r.organisation_id
      WHERE r.person_id = ${personId} ORDER BY r.granted_at`.execute(db);
    return rows.map((row) => ({ ...row, role: roleNames[row.role]?.vi ?? row.role }));
  },
};

export const rolesErasure: PersonalErasure = {
  code: 'roles',
  tables: ['registry.role_assignment'],
  erase: async (transaction, { ids }) => {
    const { numAffectedRows = 0n } = await sql`
      DELETE FROM registry.role_assignment WHERE person_id = ANY(${[...ids]}::uuid[])`.execute(transaction);
    return Number(numAffectedRows);
  },
};
