import type { Actor } from '@edutrust/platform/actor';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, NotFound } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import type { ApprovalKind } from '../approvals/approvals.ts';
import { schoolYearAt } from '../classes/classes.ts';
import { parseEducationId } from '../education-id/education-id.ts';
import { record } from '../events.ts';
import { standing } from '../lifecycle/standing.ts';
import type { PersonStatus } from '../tables.ts';
import { tellFamily } from '../transfers/family.ts';
import type { Moved } from './merge.ts';
import { changed, describeRecords, Merging } from './merge-approval.ts';

const both = (text: string) => ({ vi: text, en: text });

/** A merge that was a mistake is taken apart: by two people, as it was made. */
export const splitKind: ApprovalKind<Merging> = {
  kind: 'person.split',
  content: Merging,
  approve: 'approvals.approve',
  describe: ({ duplicate, into }) => ({
    title: {
      vi: `Tách hồ sơ ${duplicate.educationId} của ${duplicate.fullName} khỏi ${into.educationId}`,
      en: `Split record ${duplicate.educationId} of ${duplicate.fullName} off ${into.educationId}`,
    },
    facts: [
      {
        label: { vi: 'Hồ sơ có lại', en: 'Record that comes back' },
        value: both(`${duplicate.fullName} · ${duplicate.educationId}`),
      },
      {
        label: { vi: 'Hồ sơ còn lại', en: 'Record that stays' },
        value: both(`${into.fullName} · ${into.educationId}`),
      },
      {
        label: { vi: 'Hậu quả', en: 'Consequence' },
        value: {
          vi: 'Cả hai mã giáo dục lại là của hai người. Trường, lớp, mã riêng và người giám hộ trở về với ai có trước khi gộp; văn bản đã ký vẫn của người ghi trên đó. Hãy cấp mã kích hoạt mới cho hồ sơ có lại.',
          en: 'Both education IDs are of two people again. School, class, codes and guardians go back to who had them before; signed documents stay with whom they name. Make a new activation code for the record that comes back.',
        },
      },
    ],
  }),
  concerns: ({ into }) => into.id,
  apply: async (transaction, { duplicate, into }, { approver, context }) => {
    const now = await describeRecords(transaction, duplicate.id, into.id);
    if (now.duplicate.version !== duplicate.version || now.into.version !== into.version) throw changed();
    await split(transaction, duplicate.id, into.id, { actor: approver, now: context.clock.now() });
    return undefined;
  },
};

/** What a split covers: `educationId` is the ID of the record that was merged into this one. @throws NotFound */
export async function describeSplit(transaction: Transaction, intoId: string, educationId: string): Promise<Merging> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM registry.person
    WHERE education_id = ${parseEducationId(educationId)} AND merged_into = ${intoId} AND status = 'merged'`.execute(
    transaction,
  );
  if (!rows[0]) throw notMerged();
  return describeRecords(transaction, rows[0].id, intoId);
}

/**
 * The reverse of `merge`, within what is known of it: standing, ID, affiliations, this year's classes, codes and
 * guardianships as far as they are still where the merge put them. What happened to the other record since stays its own.
 *
 * @throws NotFound `people/not-merged`; Conflict `people/merge-not-kept`
 */
async function split(
  transaction: Transaction,
  duplicateId: string,
  intoId: string,
  { actor, now }: { readonly actor: Actor; readonly now: Date },
): Promise<void> {
  const { rows } = await sql<{ merged_on: string; status: PersonStatus; moved: Moved }>`
    DELETE FROM registry.merge WHERE duplicate_id = ${duplicateId} AND into_id = ${intoId}
    RETURNING merged_on::text, status, moved`.execute(transaction);
  const [kept] = rows;
  if (!kept) throw notKept();
  standing.mustMove('merged', kept.status);
  // First: a number is one person's at a time.
  for (const kind of kept.moved.numbers ?? []) {
    const [sealed, index] = [sql.ref(`${kind}_sealed`), sql.ref(`${kind}_index`)];
    await sql`
      UPDATE registry.person AS p SET ${sealed} = NULL, ${index} = NULL FROM registry.person AS d
      WHERE p.id = ${intoId} AND d.id = ${duplicateId} AND p.${index} = d.${index}`.execute(transaction);
  }
  const back = await sql<{ education_id: string; organisation_id: string | null; full_name: string }>`
    UPDATE registry.person SET status = ${kept.status}, merged_into = NULL, version = version + 1
    WHERE id = ${duplicateId} AND status = 'merged' AND merged_into = ${intoId}
    RETURNING education_id, home_organisation_id AS organisation_id, full_name`.execute(transaction);
  const [person] = back.rows;
  if (!person) throw notMerged();
  await sql`DELETE FROM registry.education_id_alias WHERE education_id = ${person.education_id}`.execute(transaction);
  await giveBack(transaction, duplicateId, intoId, kept, schoolYearAt(now));
  await sql`UPDATE registry.person SET version = version + 1 WHERE id = ${intoId}`.execute(transaction);
  const subject = { kind: 'person' as const, id: duplicateId };
  const home = person.organisation_id === null ? {} : { organisationId: person.organisation_id };
  await record(transaction, { type: 'person.split', actor, subject, ...home, data: { from: intoId } });
  // What apps, directories and certificates hear of: somebody is there again.
  if (kept.status === 'active')
    await record(transaction, { type: 'person.returned', actor, subject, ...home, data: {} });
  for (const personId of [duplicateId, intoId]) await tellFamily(transaction, { personId, now }, 'person.split', {});
}

async function giveBack(
  transaction: Transaction,
  duplicateId: string,
  intoId: string,
  { merged_on: day, moved }: { readonly merged_on: string; readonly moved: Moved },
  schoolYear: number,
): Promise<void> {
  await sql`
    UPDATE registry.education_id_alias SET person_id = ${duplicateId}
    WHERE person_id = ${intoId} AND education_id = ANY(${moved.aliases}::text[])`.execute(transaction);
  await sql`
    UPDATE registry.affiliation SET valid_until = NULL
    WHERE id = ANY(${moved.affiliations}::uuid[]) AND person_id = ${duplicateId} AND valid_until = ${day}`.execute(
    transaction,
  );
  await sql`
    UPDATE registry.enrolment AS e SET valid_until = NULL FROM registry.class AS c
    WHERE e.id = ANY(${moved.enrolments}::uuid[]) AND e.person_id = ${duplicateId} AND e.valid_until = ${day}
      AND c.id = e.class_id AND c.school_year = ${schoolYear}`.execute(transaction);
  await sql`
    UPDATE registry.local_code AS k SET person_id = ${duplicateId}
    FROM jsonb_to_recordset(${JSON.stringify(moved.codes)}::jsonb) AS m (organisation_id uuid, kind text, code text)
    WHERE k.organisation_id = m.organisation_id AND k.kind = m.kind AND k.code = m.code AND k.person_id = ${intoId}`.execute(
    transaction,
  );
  for (const side of ['child_id', 'guardian_id'] as const) {
    const other = side === 'child_id' ? 'guardian_id' : 'child_id';
    await sql`
      UPDATE registry.guardianship SET ${sql.ref(side)} = ${duplicateId}
      WHERE ${sql.ref(side)} = ${intoId} AND ${sql.ref(other)} = ANY(${moved.guardianships[side]}::uuid[])`.execute(
      transaction,
    );
    await sql`
      UPDATE registry.guardianship SET valid_until = NULL
      WHERE ${sql.ref(side)} = ${duplicateId} AND valid_until = ${day}
        AND ${sql.ref(other)} = ANY(${moved.ended[side]}::uuid[])`.execute(transaction);
  }
}

function notMerged(): NotFound {
  return new NotFound('people/not-merged', {
    vi: 'Không có hồ sơ nào mang mã này đã gộp vào đây.',
    en: 'No record with this ID was merged into this one.',
  });
}

function notKept(): Conflict {
  return new Conflict(
    'people/merge-not-kept',
    {
      vi: 'Lần gộp này có từ trước khi hệ thống ghi lại đã chuyển những gì, nên không tách được.',
      en: 'This merge is from before it was kept what was moved, so it cannot be taken apart.',
    },
    {
      remedy: {
        vi: 'Lập hồ sơ mới cho người kia, và xem nhật ký của lần gộp.',
        en: 'Add a record for the other person, and look at the log of the merge.',
      },
    },
  );
}
