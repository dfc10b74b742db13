import type { Database } from '@edutrust/platform/database';
import { sql } from 'kysely';

export { listWaiting } from '../requests/waiting.ts';

import { formatVerificationCode } from '../requests/code.ts';

/** A document with all its signatures, and whom it is about. */
export interface IssuedDocument {
  readonly id: string;
  readonly personId: string;
  readonly title: string;
  readonly issuedAt: Date;
  /** As printed. */
  readonly code: string;
}

/** What was issued about these people, newest first: nothing that still waits for a signature. */
export async function listIssuedDocuments(db: Database, personIds: readonly string[]): Promise<IssuedDocument[]> {
  if (personIds.length === 0) return [];
  const { rows } = await sql<IssuedDocument>`
    SELECT id, subject_id AS "personId", title, closed_at AS "issuedAt", code FROM signing.request
    WHERE subject_id = ANY(${[...personIds]}::uuid[]) AND state = 'issued' ORDER BY closed_at DESC, id DESC`.execute(
    db,
  );
  return rows.map(({ code, ...document }) => ({ ...document, code: formatVerificationCode(code) }));
}

/** Whom an issued document is about; undefined when there is none. */
export async function subjectOfIssued(db: Database, id: string): Promise<string | undefined> {
  const { rows } = await sql<{ subjectId: string | null }>`
    SELECT subject_id AS "subjectId" FROM signing.request WHERE id = ${id} AND state IN ('issued', 'replaced')`.execute(
    db,
  );
  return rows[0]?.subjectId ?? undefined;
}

/** Titles of documents of these organisations, and whom each is about. */
export async function documentNames(
  db: Database,
  ids: readonly string[],
  within: readonly string[],
): Promise<{ id: string; name: string; about: string | null }[]> {
  const { rows } = await sql<{ id: string; name: string; about: string | null }>`
    SELECT r.id, r.title AS name, r.subject_id AS about FROM signing.request AS r
    JOIN registry.organisation AS o ON o.id = r.organisation_id
    WHERE r.id = ANY(${[...ids]}::uuid[]) AND o.path && ${[...within]}::uuid[]`.execute(db);
  return rows;
}
