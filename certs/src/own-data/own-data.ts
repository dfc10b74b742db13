import type { PersonalData } from '@edutrust/platform/personal';
import { sql } from 'kysely';

/** What the authority has about a person. */
export const certsPersonal: PersonalData = {
  parts: [
    {
      code: 'certificates',
      what: { vi: 'Chứng thư', en: 'Certificates' },
      tables: ['certs.certificate', 'certs.request'],
      fields: {
        serial: { vi: 'Số', en: 'Serial' },
        subject: { vi: 'Chủ thể', en: 'Subject' },
        state: { vi: 'Tình trạng', en: 'State' },
        notBefore: { vi: 'Từ', en: 'From' },
        notAfter: { vi: 'Đến', en: 'Until' },
        revokedAt: { vi: 'Thu hồi lúc', en: 'Revoked' },
      },
      read: async ({ db }, personId) => {
        const { rows } = await sql<Record<string, unknown>>`
          SELECT serial, subject, state, not_before AS "notBefore", not_after AS "notAfter", revoked_at AS "revokedAt"
          FROM certs.certificate WHERE person_id = ${personId}
          UNION ALL SELECT certificate_serial, NULL, 'request: ' || state, requested_at, NULL, NULL
          FROM certs.request WHERE person_id = ${personId} AND certificate_serial IS NULL ORDER BY 4`.execute(db);
        return rows;
      },
    },
  ],
  leftOut: {},
  erasures: [],
  kept: [
    {
      code: 'certificates',
      what: { vi: 'chứng thư đã cấp cho người này', en: 'certificates issued to this person' },
      why: {
        vi: 'chữ ký đã ký chỉ kiểm tra được khi còn chứng thư và trạng thái của nó',
        en: 'signatures can be checked only while certificate and status are kept',
      },
      tables: ['certs.certificate', 'certs.request'],
      count: async (db, ids) => {
        const { rows } = await sql<{ count: number }>`
          SELECT count(*)::int AS count FROM certs.certificate WHERE person_id = ANY(${[...ids]}::uuid[])`.execute(db);
        return rows[0]?.count ?? 0;
      },
    },
  ],
};
