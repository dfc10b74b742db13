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
const Merging = Type.Object(
  { duplicate: Record, into: Record, organisationId: Type.Union([Uuid, Type.Null()]) },
  strict,
);
type Merging = Type.Static<typeof Merging>;

const both = (text: string) => ({ vi: text, en: text });

/** Two records become one for ever: by two people. */
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
          vi: 'Không tách lại được. Mã giáo dục cũ thành bí danh mãi mãi.',
          en: 'It cannot be undone. The old education ID stays as an alias for ever.',
        },
      },
    ],
  }),
  concerns: ({ into }) => into.id,
  apply: async (transaction, { duplicate, into }, { approver, context }) => {
    const now = await describeMerging(transaction, duplicate.id, into.id);
    if (now.duplicate.version !== duplicate.version || now.into.version !== into.version) throw changed();
    await merge(transaction, duplicate.id, into.id, { actor: approver, today: dateInVietnam(context.clock.now()) });
    return undefined;
  },
};

/** What merging covers, as the registry has it now; both records are locked, in one order. @throws NotFound */
export async function describeMerging(transaction: Transaction, duplicateId: string, intoId: string): Promise<Merging> {
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

function changed(): Conflict {
  return new Conflict(
    'people/changed',
    {
      vi: 'Một trong hai hồ sơ đã được sửa sau khi lập đề nghị.',
      en: 'One of the two records was changed after this was proposed.',
    },
    { remedy: { vi: 'Xem lại hai hồ sơ rồi lập lại.', en: 'Look at both records and propose it again.' } },
  );
}
