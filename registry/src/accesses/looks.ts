import { sqlDateInVietnam } from '@edutrust/platform/calendar';
import type { Database } from '@edutrust/platform/database';
import type { Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import { type Role, roleNames } from '../permissions/roles.ts';
import { type AccessRow, accessDigest } from './entry.ts';
import { operationOf } from './operations.ts';

/** Somebody looked: one entry of the book, as the person it is about or their family reads it. */
export interface Look {
  readonly id: string;
  readonly at: Date;
  /** By duty and place; the name of the class teacher only (ADR 0188). */
  readonly who: Text;
  readonly what: Text;
  /** The entry is not what the ledger has: it was changed afterwards, or never went through it. */
  readonly isAltered: boolean;
}

type Row = AccessRow & {
  readonly leaf: Buffer | null;
  readonly name: string | null;
  readonly organisation: string | null;
  readonly home: string | null;
  readonly classCode: string | null;
  readonly relation: string | null;
};

/** Those who looked at the person's record, or at one that was merged into it; newest first, paged by entry. */
export async function listLooks(
  db: Database,
  personId: string,
  { limit, before }: { readonly limit: number; readonly before?: string | undefined },
): Promise<Look[]> {
  const { rows: merged } = await sql<{ id: string }>`
    SELECT id FROM registry.person WHERE merged_into = ${personId}`.execute(db);
  const ids = [personId, ...merged.map(({ id }) => id)];
  const older = before ? sql`AND a.id < ${before}::uuid` : sql``;
  const day = sqlDateInVietnam('a.at');
  const { rows } = await sql<Row>`
    SELECT a.*, e.leaf, p.full_name AS name, o.name AS organisation, home.name AS home, (
        SELECT c.code FROM registry.enrolment AS n JOIN registry.class AS c ON c.id = n.class_id
        WHERE n.person_id = ANY(${ids}::uuid[]) AND c.homeroom_teacher_id = p.id AND n.valid_from <= ${day}
          AND (n.valid_until IS NULL OR n.valid_until >= ${day}) ORDER BY c.school_year DESC LIMIT 1) AS "classCode", (
        SELECT g.relation FROM registry.guardianship AS g
        WHERE g.child_id = ANY(${ids}::uuid[]) AND g.guardian_id = p.id LIMIT 1) AS relation
    FROM (SELECT * FROM registry.access AS a WHERE a.people && ${ids}::uuid[] ${older}
      ORDER BY a.id DESC LIMIT ${limit}) AS a
    LEFT JOIN platform.ledger_entry AS e ON e.id = a.id AND e.log = 'accesses'
    LEFT JOIN registry.person AS p ON p.id = CASE WHEN a.reader_kind = 'person' THEN a.reader_id::uuid END
    LEFT JOIN registry.organisation AS o ON o.id = a.organisation_id
    LEFT JOIN registry.organisation AS home ON home.id = p.home_organisation_id
    ORDER BY a.id DESC`.execute(db);
  return rows.map((row) => ({
    id: row.id,
    at: row.at,
    who: readerName(row),
    what: operationOf(row.operation) ?? { vi: 'đã xem', en: 'looked' },
    isAltered: row.leaf === null || !accessDigest(row).equals(row.leaf),
  }));
}

const relations: Readonly<Record<string, Text>> = {
  mother: { vi: 'Mẹ', en: 'Mother' },
  father: { vi: 'Cha', en: 'Father' },
  guardian: { vi: 'Người giám hộ', en: 'Guardian' },
};

function readerName({ reader_kind: kind, reader_id: id, name, role, ...row }: Row): Text {
  if (kind === 'public') return { vi: 'Người có mã in trên văn bản', en: 'Somebody with the code of a document' };
  if (kind === 'app') return { vi: `Ứng dụng ${id}`, en: `The app ${id}` };
  if (kind === 'system') return { vi: 'Hệ thống', en: 'The system' };
  if (row.classCode !== null)
    return {
      vi: `Giáo viên chủ nhiệm lớp ${row.classCode}, ${name}`,
      en: `Class teacher of ${row.classCode}, ${name}`,
    };
  const relation = row.relation === null ? undefined : relations[row.relation];
  if (relation) return relation;
  const duty = role === null ? undefined : roleNames[role as Role]; // of the table, or of a role of before
  const place = row.organisation ?? row.home;
  if (duty === undefined)
    return place === null
      ? { vi: 'Một người đã đăng nhập', en: 'Somebody signed in' }
      : { vi: `Một người của ${place}`, en: `Somebody at ${place}` };
  const at = place === null ? '' : ` · ${place}`;
  return { vi: `${duty.vi}${at}`, en: `${duty.en}${at}` };
}
