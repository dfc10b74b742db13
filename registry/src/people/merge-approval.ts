import { dateInVietnam } from '@edutrust/platform/calendar';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, NotFound } from '@edutrust/platform/errors';
import { strict, Uuid } from '@edutrust/platform/schemas';
import { sql } from 'kysely';
import Type from 'typebox';
import type { ApprovalKind } from '../approvals/approvals.ts';
import { merge } from './merge.ts';

const Record = Type.Object(
  { id: Uuid, fullName: Type.String(), educationId: Type.String(), version: Type.Integer() },
  strict,
);
export const Merging = Type.Object(
  { duplicate: Record, into: Record, organisationId: Type.Union([Uuid, Type.Null()]) },
  strict,
);
export type Merging = Type.Static<typeof Merging>;

const both = (text: string) => ({ vi: text, en: text });

/** Two records become one: by two people. */
export const mergeKind: ApprovalKind<Merging> = {
  kind: 'person.merge',
  content: Merging,
  approve: 'approvals.approve',
  describe: ({ duplicate, into }) => ({
    title: {
      vi: `Gộp hồ sơ ${duplicate.educationId} của ${duplicate.fullName} vào ${into.educationId}`,
      en: `Merge record ${duplicate.educationId} of ${duplicate.fullName} into ${into.educationId}`,
    },
    facts: [
      {
        label: { vi: 'Hồ sơ bị gộp', en: 'Record that goes' },
        value: both(`${duplicate.fullName} · ${duplicate.educationId}`),
      },
      {
        label: { vi: 'Hồ sơ còn lại', en: 'Record that stays' },
        value: both(`${into.fullName} · ${into.educationId}`),
      },
      {
        label: { vi: 'Hậu quả', en: 'Consequence' },
        value: {
          vi: 'Mã giáo dục cũ thành bí danh. Gộp nhầm thì hai người của Sở tách lại được.',
          en: 'The old education ID becomes an alias. A wrong merge is taken apart by two people of the department.',
        },
      },
    ],
  }),
  concerns: ({ into }) => into.id,
  apply: async (transaction, { duplicate, into }, { approver, context }) => {
    const now = await describeRecords(transaction, duplicate.id, into.id);
    if (now.duplicate.version !== duplicate.version || now.into.version !== into.version) throw changed();
    await merge(transaction, duplicate.id, into.id, { actor: approver, today: dateInVietnam(context.clock.now()) });
    return undefined;
  },
};

/** Two records as the registry has them now; both are locked, in one order. @throws NotFound */
export async function describeRecords(transaction: Transaction, duplicateId: string, intoId: string): Promise<Merging> {
  const { rows } = await sql<Merging['into'] & { organisationId: string | null }>`
    SELECT id, full_name AS "fullName", education_id AS "educationId", version, home_organisation_id AS "organisationId"
    FROM registry.person WHERE id IN (${duplicateId}, ${intoId}) ORDER BY id FOR UPDATE`.execute(transaction);
  const record = (id: string) => {
    const found = rows.find((row) => row.id === id);
    if (!found) throw new NotFound('people/not-found', { vi: 'Không có người này.', en: 'There is no such person.' });
    const { organisationId: _home, ...named } = found;
    return named;
  };
  const duplicate = record(duplicateId);
  const into = record(intoId);
  return { duplicate, into, organisationId: rows.find(({ id }) => id === intoId)?.organisationId ?? null };
}

/** One of two records is another than was seen. */
export function changed(): Conflict {
  return new Conflict(
    'people/changed',
    {
      vi: 'Một trong hai hồ sơ đã được sửa sau khi lập đề nghị.',
      en: 'One of the two records was changed after this was proposed.',
    },
    { remedy: { vi: 'Xem lại hai hồ sơ rồi lập lại.', en: 'Look at both records and propose it again.' } },
  );
}
