import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict } from '@edutrust/platform/errors';
import type { KeptData, PersonalErasure } from '@edutrust/platform/personal';
import { type RawBuilder, sql } from 'kysely';

const ofPeople = (ids: readonly string[]) => sql`ANY(${[...ids]}::uuid[])`;
const rowsOf = async (transaction: Transaction, statement: RawBuilder<unknown>): Promise<number> =>
  Number((await statement.execute(transaction)).numAffectedRows ?? 0n);

/** What the law keeps for ever, and what is on its way there: every person of its order has signed. */
const keptStates = sql`('signed', 'issued', 'replaced')`;

/** Documents about the person that came to nothing, with their files; those under way are withdrawn by it. */
const documents: PersonalErasure = {
  code: 'documents',
  tables: ['signing.request', 'signing.transcript_run_item'],
  erase: async (transaction, { ids }) => {
    const items = await rowsOf(
      transaction,
      sql`DELETE FROM signing.transcript_run_item WHERE person_id = ${ofPeople(ids)}`,
    );
    const { rows: open } = await sql`
      SELECT FROM signing.session AS s JOIN signing.session_item AS i ON i.session_id = s.id
      JOIN signing.request AS r ON r.id = i.request_id
      WHERE r.subject_id = ${ofPeople(ids)} AND r.state NOT IN ${keptStates} AND s.completed_at IS NULL
        AND s.authorised_at IS NOT NULL AND s.state NOT IN ('failed', 'expired') LIMIT 1`.execute(transaction);
    if (open.length > 0) throw beingSigned(); // the job comes again when that is over
    const { rows } = await sql<{ id: string }>`
      SELECT id FROM signing.request WHERE subject_id = ${ofPeople(ids)} AND state NOT IN ${keptStates} FOR UPDATE`.execute(
      transaction,
    );
    if (rows.length === 0) return items;
    const requests = ofPeople(rows.map(({ id }) => id));
    const { rows: files } = await sql<{ id: string }>`
      SELECT unnest(ARRAY[r.unsigned_document_id, r.signed_document_id, r.unsigned_data_id, r.signed_data_id]) AS id
      FROM signing.request AS r WHERE r.id = ${requests}
      UNION SELECT unnest(ARRAY[s.document_id, s.data_id]) FROM signing.step AS s WHERE s.request_id = ${requests}`.execute(
      transaction,
    );
    for (const table of ['session_item', 'correction', 'archive', 'step'])
      await sql`DELETE FROM ${sql.table(`signing.${table}`)} WHERE request_id = ${requests}`.execute(transaction);
    await sql`DELETE FROM signing.request WHERE id = ${requests}`.execute(transaction);
    await sql`DELETE FROM signing.document AS d WHERE d.id = ${ofPeople(files.map(({ id }) => id).filter(Boolean))}
      AND NOT EXISTS (SELECT FROM signing.request AS r WHERE d.id IN (
        r.unsigned_document_id, r.signed_document_id, r.unsigned_data_id, r.signed_data_id))`.execute(transaction);
    return items + rows.length;
  },
};

const marks: PersonalErasure = {
  code: 'marks',
  tables: ['signing.marks', 'signing.grade'],
  erase: async (transaction, { ids, names }) => {
    const { rows: plans } = await sql<{ id: string; changes: unknown[]; report: Record<string, unknown> }>`
      SELECT id, changes, report FROM signing.marks_plan WHERE class_id IN (
        SELECT class_id FROM signing.marks WHERE person_id = ${ofPeople(ids)}) FOR UPDATE`.execute(transaction);
    const isOfOthers = (row: unknown) => {
      const text = JSON.stringify(row);
      return ![...ids, ...names.map((name) => JSON.stringify(name))].some((named) => text.includes(named));
    };
    let count = 0;
    for (const { id, changes, report } of plans) {
      if (isOfOthers([changes, report])) continue;
      const left = Object.entries(report).map(([key, value]) => [
        key,
        Array.isArray(value) ? value.filter(isOfOthers) : value,
      ]);
      await sql`
        UPDATE signing.marks_plan SET changes = ${JSON.stringify(changes.filter(isOfOthers))}::jsonb,
          report = ${JSON.stringify(Object.fromEntries(left))}::jsonb WHERE id = ${id}`.execute(transaction);
      count += 1;
    }
    return (
      count +
      (await rowsOf(transaction, sql`DELETE FROM signing.marks WHERE person_id = ${ofPeople(ids)}`)) +
      (await rowsOf(transaction, sql`DELETE FROM signing.grade WHERE person_id = ${ofPeople(ids)}`))
    );
  },
};

/** Which subjects of which classes somebody teaches. */
const subjects: PersonalErasure = {
  code: 'subjects',
  tables: ['signing.subject_teacher'],
  erase: (transaction, { ids }) =>
    rowsOf(transaction, sql`DELETE FROM signing.subject_teacher WHERE person_id = ${ofPeople(ids)}`),
};

/** What tells a signer that something waits. */
const reminders: PersonalErasure = {
  code: 'reminders',
  tables: ['signing.reminder', 'signing.push_subscription'],
  erase: async (transaction, { ids }) =>
    (await rowsOf(transaction, sql`DELETE FROM signing.reminder WHERE person_id = ${ofPeople(ids)}`)) +
    (await rowsOf(transaction, sql`DELETE FROM signing.push_subscription WHERE person_id = ${ofPeople(ids)}`)),
};

/** Their own hand; a picture of a seal is the organisation's. */
const pictures: PersonalErasure = {
  code: 'pictures',
  tables: ['signing.picture'],
  erase: (transaction, { ids }) =>
    rowsOf(transaction, sql`DELETE FROM signing.picture WHERE person_id = ${ofPeople(ids)}`),
};

export const signingErasures: readonly PersonalErasure[] = [documents, marks, subjects, reminders, pictures];

const countOf = async (db: Database | Transaction, from: RawBuilder<unknown>): Promise<number> => {
  const { rows } = await sql<{ count: number }>`SELECT count(*)::int AS count FROM ${from}`.execute(db);
  return rows[0]?.count ?? 0;
};

export const signingKept: readonly KeptData[] = [
  {
    code: 'documents',
    what: { vi: 'học bạ, văn bản đã phát hành', en: 'issued school reports and documents' },
    why: {
      vi: 'lưu vĩnh viễn (Nghị định 88/2026, Điều 8)',
      en: 'kept for ever (Decree 88/2026, article 8)',
    },
    tables: [],
    count: (db, ids) =>
      countOf(db, sql`signing.request WHERE subject_id = ${ofPeople(ids)} AND state IN ${keptStates}`),
  },
  {
    code: 'signatures',
    what: { vi: 'bằng chứng của chữ ký mà người này đã ký', en: 'evidence of signatures that this person made' },
    why: {
      vi: 'giữ lâu như văn bản đã ký (Luật Giao dịch điện tử 2023)',
      en: 'kept as long as what was signed (Law on Electronic Transactions 2023)',
    },
    tables: [
      'signing.step',
      'signing.session',
      'signing.enrolment',
      'signing.sealing_machine',
      'signing.delegation',
      'signing.remote_authorisation',
    ],
    count: (db, ids) =>
      countOf(
        db,
        sql`(SELECT 1 FROM signing.step WHERE signer_id = ${ofPeople(ids)} AND state = 'done'
        UNION ALL SELECT 1 FROM signing.enrolment WHERE person_id = ${ofPeople(ids)}
        UNION ALL SELECT 1 FROM signing.remote_authorisation WHERE person_id = ${ofPeople(ids)} AND state = 'used'
        UNION ALL SELECT 1 FROM signing.sealing_machine WHERE person_id = ${ofPeople(ids)}) AS one`,
      ),
  },
];

function beingSigned(): Conflict {
  return new Conflict('signing/being-signed', {
    vi: 'Một văn bản của người này đang được ký.',
    en: 'A document of this person is being signed.',
  });
}
