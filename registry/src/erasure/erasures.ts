import type { Transaction } from '@edutrust/platform/database';
import { eraseFromMail } from '@edutrust/platform/mail';
import type { KeptData, PersonalErasure } from '@edutrust/platform/personal';
import { type RawBuilder, sql } from 'kysely';
import { record } from '../events.ts';
import { rolesErasure } from '../permissions/own-data.ts';

const rowsOf = async (transaction: Transaction, statement: RawBuilder<unknown>): Promise<number> =>
  Number((await statement.execute(transaction)).numAffectedRows ?? 0n);

/** Deletes the rows of tables whose column names one of these people. */
async function deleteFrom(
  transaction: Transaction,
  ids: readonly string[],
  columns: readonly (readonly [table: string, column: string])[],
): Promise<number> {
  let count = 0;
  for (const [table, column] of columns)
    count += await rowsOf(
      transaction,
      sql`DELETE FROM ${sql.table(table)} WHERE ${sql.ref(column)} = ANY(${[...ids]}::uuid[])`,
    );
  return count;
}

/** As it stands inside JSON text. */
const inJson = (text: string) => JSON.stringify(text).slice(1, -1);

/**
 * Their own notices go. In those of others their education ID is taken out wherever it stands, and their name where nobody
 * else has it, or where the reader had to do with them: guardians, class teachers, who decided about them.
 */
const notices: PersonalErasure = {
  code: 'notices',
  tables: ['registry.notice'],
  erase: async (transaction, { ids, names, educationIds, addresses }) => {
    let count = await deleteFrom(transaction, ids, [['registry.notice', 'person_id']]);
    const unique: string[] = [];
    for (const name of names) {
      const text = inJson(name);
      const { rows } = await sql`SELECT FROM registry.person WHERE full_name = ${name} LIMIT 1`.execute(transaction);
      if (rows.length === 0) unique.push(name);
      count += await rowsOf(
        transaction,
        sql`UPDATE registry.notice SET data = replace(data::text, ${text}, '…')::jsonb
          WHERE position(${text} IN data::text) > 0 AND (${rows.length === 0} OR person_id IN (
            SELECT guardian_id FROM registry.guardianship WHERE child_id = ANY(${[...ids]}::uuid[])
            UNION SELECT c.homeroom_teacher_id FROM registry.enrolment AS e JOIN registry.class AS c ON c.id = e.class_id
              WHERE e.person_id = ANY(${[...ids]}::uuid[])
            UNION SELECT unnest(ARRAY[a.maker_id, a.approver_id]) FROM registry.approval AS a
              WHERE a.concerns_id = ANY(${[...ids]}::uuid[])))`,
      );
    }
    for (const educationId of educationIds)
      count += await rowsOf(
        transaction,
        sql`UPDATE registry.notice SET data = replace(data::text, ${educationId}, '…')::jsonb
          WHERE position(${educationId} IN data::text) > 0`,
      );
    return count + (await eraseFromMail(transaction, { addresses, texts: [...unique, ...educationIds] }));
  },
};

/**
 * What two people agreed to names people. Its text goes; the digest, both assertions and the entry of the log stay, and
 * still prove that two people agreed to something. What a signature or a certificate stands on is evidence and stays.
 */
const approvals: PersonalErasure = {
  code: 'approvals',
  tables: ['registry.approval', 'registry.approval_collect'],
  erase: async (transaction, { ids, educationIds, evidenceKinds }) => {
    const collected = await deleteFrom(transaction, ids, [['registry.approval_collect', 'person_id']]);
    const { rows } = await sql<{ id: string; kind: string; digest: string; organisation: string }>`
      UPDATE registry.approval AS a SET envelope = '', erased_at = now(), reason = NULL
      WHERE a.erased_at IS NULL AND a.state NOT IN ('proposed', 'confirmed') AND a.kind <> ALL(${[...evidenceKinds]}::text[])
        AND (a.concerns_id = ANY(${[...ids]}::uuid[]) OR EXISTS (
          SELECT FROM unnest(${[...ids, ...educationIds]}::text[]) AS named WHERE position(named IN a.envelope) > 0))
      RETURNING id, kind, encode(digest, 'hex') AS digest, organisation_id AS organisation`.execute(transaction);
    for (const { id, kind, digest, organisation } of rows)
      await record(transaction, {
        type: 'approval.erased',
        actor: { kind: 'system', name: 'erasure' },
        subject: { kind: 'approval', id },
        organisationId: organisation,
        data: { kind, digest },
      });
    return collected + rows.length;
  },
};

const rosters: PersonalErasure = {
  code: 'rosters',
  tables: [
    'registry.roster_change',
    'registry.roster_row',
    'registry.roster_undo',
    'registry.roster_in_step',
    'registry.roster_refusal',
    'registry.match_question',
    'registry.roster_upload',
  ],
  erase: async (transaction, { ids, names, educationIds }) => {
    const refused = await rowsOf(
      transaction,
      sql`DELETE FROM registry.roster_refusal WHERE value = ANY(${[...names, ...educationIds]}::text[])`,
    );
    return (
      refused +
      (await deleteFrom(transaction, ids, [
        ['registry.roster_change', 'person_id'],
        ['registry.roster_change', 'child_id'],
        ['registry.roster_row', 'person_id'],
        ['registry.roster_row', 'guardian_id'],
        ['registry.roster_undo', 'person_id'],
        ['registry.roster_in_step', 'person_id'],
        ['registry.match_question', 'person_id'],
        ['registry.roster_upload', 'person_id'],
      ]))
    );
  },
};

const belonging: PersonalErasure = {
  code: 'belonging',
  tables: [
    'registry.affiliation',
    'registry.enrolment',
    'registry.guardianship',
    'registry.local_code',
    'registry.class',
    'registry.transfer',
    'registry.merge',
  ],
  erase: async (transaction, { ids }) => {
    const taught = await rowsOf(
      transaction,
      sql`UPDATE registry.class SET homeroom_teacher_id = NULL WHERE homeroom_teacher_id = ANY(${[...ids]}::uuid[])`,
    );
    return (
      taught +
      (await deleteFrom(transaction, ids, [
        ['registry.transfer', 'person_id'],
        ['registry.merge', 'duplicate_id'],
        ['registry.merge', 'into_id'],
        ['registry.enrolment', 'person_id'],
        ['registry.guardianship', 'child_id'],
        ['registry.guardianship', 'guardian_id'],
        ['registry.local_code', 'person_id'],
        ['registry.affiliation', 'person_id'],
      ]))
    );
  },
};

/** The tombstone was made when two people agreed; what the desk and the family wrote goes last, with what this job needed. */
const requests: PersonalErasure = {
  code: 'requests',
  tables: ['registry.person', 'registry.education_id_alias', 'registry.data_request'],
  erase: async (transaction, { ids }) =>
    (await deleteFrom(transaction, ids, [['registry.education_id_alias', 'person_id']])) +
    (await rowsOf(
      transaction,
      sql`UPDATE registry.data_request SET wish = '', answer = NULL, extension_reason = NULL
        WHERE subject_id = ANY(${[...ids]}::uuid[]) AND (wish <> '' OR answer IS NOT NULL OR extension_reason IS NOT NULL)`,
    )),
};

/** In this order: notices are found by relations and approvals, which go after them. */
export const registryErasures: readonly PersonalErasure[] = [
  notices,
  approvals,
  rosters,
  rolesErasure,
  belonging,
  requests,
];

export const registryKept: readonly KeptData[] = [
  {
    code: 'looks',
    what: { vi: 'sổ ai đã xem hồ sơ, chỉ ghi mã nội bộ', en: 'the book of who looked, by internal ids only' },
    why: {
      vi: 'nhật ký phải giữ ít nhất 12 tháng (QCVN 12:2026/BCA), rồi tự xoá',
      en: 'logs are kept for at least 12 months (QCVN 12:2026/BCA), then erased',
    },
    tables: ['registry.access'],
  },
  {
    code: 'acts',
    what: { vi: 'chữ ký passkey trên việc cần hai người', en: 'passkey assertions of acts of two people' },
    why: {
      vi: 'bằng chứng rằng hai người đã đồng ý; không có họ tên',
      en: 'evidence that two people agreed; they hold no name',
    },
    tables: ['registry.approval_act', 'registry.credential_act'],
  },
];
