import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { governedPeople } from '../permissions/bulk.ts';
import { scopeOf } from '../permissions/permissions.ts';

/** What a person said: the row is this person, somebody else, or nothing yet. */
export const answers = ['open', 'same', 'other'] as const;
export type Answer = (typeof answers)[number];

/** One side of a question: what the row says, or what the record has. */
export interface Side {
  readonly fullName: string | null;
  readonly birthDate: string | null;
  readonly gender: 'female' | 'male' | null;
  readonly className: string | null;
  readonly localCode: string | null;
  readonly hasMinistryId: boolean;
  readonly hasPersonalNumber: boolean;
}

/** A row of a roster that may be somebody whom the registry has. */
export interface Question {
  readonly id: string;
  /** Questions about one row have one. */
  readonly fingerprint: string;
  readonly organisationId: string;
  readonly organisation: string;
  readonly kind: 'learner' | 'staff';
  /** The refusal that the row got for it. */
  readonly rule: string;
  readonly score: number;
  readonly reasons: readonly string[];
  readonly row: Side & { readonly row: number };
  readonly fileName: string | null;
  readonly personId: string;
  readonly educationId: string;
  readonly record: Side;
  readonly state: Answer;
  readonly askedAt: Date;
}

const classOf = sql`(SELECT min(k.code) FROM registry.enrolment AS e JOIN registry.class AS k ON k.id = e.class_id
  WHERE e.person_id = p.id AND e.valid_until IS NULL)`;

/** Questions about rows of the actor's schools and people whom the actor governs, the likeliest first; a page by position. */
export async function listQuestions(
  db: Database,
  actor: PersonActor,
  { isOpen, limit, offset }: { readonly isOpen: boolean; readonly limit: number; readonly offset: number },
): Promise<Question[]> {
  const { rows } = await sql<Question>`
    SELECT m.id, encode(m.fingerprint, 'hex') AS fingerprint, m.organisation_id AS "organisationId", o.name AS organisation, m.kind, m.rule, m.score,
      m.reasons, m.facts AS row, rp.file_name AS "fileName", p.id AS "personId", p.education_id AS "educationId", m.state, m.asked_at AS "askedAt",
      jsonb_build_object('fullName', p.full_name, 'birthDate', p.birth_date, 'gender', p.gender, 'className', ${classOf},
        'localCode', (SELECT min(l.code) FROM registry.local_code AS l WHERE l.person_id = p.id AND l.organisation_id = m.organisation_id),
        'hasMinistryId', p.moet_id_index IS NOT NULL, 'hasPersonalNumber', p.personal_number_index IS NOT NULL) AS record
    FROM registry.match_question AS m JOIN registry.organisation AS o ON o.id = m.organisation_id
    JOIN registry.person AS p ON p.id = m.person_id AND p.status <> 'merged' LEFT JOIN registry.roster_plan AS rp ON rp.id = m.plan_id
    WHERE m.facts <> '{}' AND ${isOpen ? sql`m.state = 'open'` : sql`m.state <> 'open'`} AND o.path && ${scopeOf(actor, 'roster.import')}::uuid[]
      AND ${governedPeople(actor, 'roster.import')}
    ORDER BY ${isOpen ? sql`m.score DESC` : sql`m.answered_at DESC`}, m.fingerprint, m.id LIMIT ${limit} OFFSET ${offset}`.execute(
    db,
  );
  return rows;
}

/** What a question is about; nothing for one that is not there: refused as another's would be. */
export async function placeOfQuestion(
  db: Database,
  id: string,
): Promise<{ readonly organisationId?: string; readonly personId?: string }> {
  const { rows } = await sql<{ organisationId: string; personId: string }>`
    SELECT organisation_id AS "organisationId", person_id AS "personId" FROM registry.match_question WHERE id = ${id}`.execute(
    db,
  );
  return rows[0] ?? {};
}

/**
 * Keeps what a person says of a question; it holds for every later row that says the same. A row is one person: saying so
 * says of the other candidates that it is not they. `open` takes the answer back.
 *
 * @throws NotFound `roster/no-question`
 */
export async function answerQuestion(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  id: string,
  answer: Answer,
  actor: PersonActor,
): Promise<void> {
  const now = clock.now().toISOString();
  await db.transaction().execute(async (transaction) => {
    const { rows } = await sql<{
      person_id: string;
      organisation_id: string;
      kind: string;
      fingerprint: Buffer;
      rule: string;
    }>`
      UPDATE registry.match_question SET state = ${answer}, answered_at = ${answer === 'open' ? null : now}::timestamptz
      WHERE id = ${id} AND state <> ${answer} RETURNING person_id, organisation_id, kind, fingerprint, rule`.execute(
      transaction,
    );
    const [question] = rows;
    if (!question) {
      const { rows: there } = await sql`SELECT FROM registry.match_question WHERE id = ${id}`.execute(transaction);
      if (there.length > 0) return;
      throw new NotFound('roster/no-question', { vi: 'Không có câu hỏi này.', en: 'There is no such question.' });
    }
    if (answer === 'same')
      await sql`
        UPDATE registry.match_question SET state = 'other', answered_at = ${now}
        WHERE organisation_id = ${question.organisation_id} AND kind = ${question.kind} AND fingerprint = ${question.fingerprint} AND id <> ${id}`.execute(
        transaction,
      );
    await record(transaction, {
      type: 'match.answered',
      actor,
      subject: { kind: 'person', id: question.person_id },
      organisationId: question.organisation_id,
      data: { answer, rule: question.rule },
    });
  });
}
