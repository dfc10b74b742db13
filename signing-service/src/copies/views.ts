import type { Database } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { type RawBuilder, sql } from 'kysely';
import type Type from 'typebox';
import { formatVerificationCode } from '../requests/code.ts';
import { type DocumentFile, noRequest } from '../requests/requests.ts';
import { signingOf } from '../tables.ts';
import { readReport } from '../templates/school-report/read-xml.ts';
import { registerNumber } from './number.ts';
import type { Copy } from './schemas.ts';

export type CopyView = Type.Static<typeof Copy>;

/** Copies of one document, newest first. */
export const copiesOf = (db: Database, requestId: string): Promise<CopyView[]> =>
  list(db, sql<boolean>`k.request_id = ${requestId}`, 500);

/** The register of an organisation, newest first, paged by key. */
export const registerOf = (
  db: Database,
  organisationId: string,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<CopyView[]> =>
  list(
    db,
    sql<boolean>`k.organisation_id = ${organisationId} AND ${cursor ? sql<boolean>`(k.year, k.number) < (SELECT year, number FROM signing.copy WHERE id = ${cursor})` : sql<boolean>`true`}`,
    limit,
  );

/** @throws NotFound `copies/no-copy` */
export async function findCopy(db: Database, id: string): Promise<CopyView> {
  const [found] = await list(db, sql<boolean>`k.id = ${id}`, 1);
  if (!found) throw noCopy();
  return found;
}

async function list(db: Database, condition: RawBuilder<boolean>, limit: number): Promise<CopyView[]> {
  const { rows } = await sql<Omit<CopyView, 'number' | 'madeAt'> & { number: number; made: Date }>`
    SELECT k.id, k.form, k.number, k.year, k.code, r.id AS "requestId", r.title, r.code AS "sourceCode",
      CASE WHEN subject.id IS NULL THEN NULL ELSE jsonb_build_object(
        'id', subject.id, 'fullName', subject.full_name, 'educationId', subject.education_id) END AS subject,
      k.requester, k.purpose, jsonb_build_object(
        'id', maker.id, 'fullName', maker.full_name, 'educationId', maker.education_id) AS "madeBy",
      k.made_at AS made, k.extract_id AS "extractId", coalesce(x.state, 'issued') AS state
    FROM signing.copy AS k
    JOIN signing.request AS r ON r.id = k.request_id
    JOIN registry.person AS maker ON maker.id = k.made_by
    LEFT JOIN registry.person AS subject ON subject.id = r.subject_id
    LEFT JOIN signing.request AS x ON x.id = k.extract_id
    WHERE ${condition} ORDER BY k.year DESC, k.number DESC LIMIT ${limit}`.execute(db);
  return rows.map(({ number, made, code, sourceCode, ...row }) => ({
    ...row,
    number: registerNumber(row.form, number),
    code: formatVerificationCode(code),
    sourceCode: formatVerificationCode(sourceCode),
    madeAt: made.toISOString(),
  }));
}

/** The subjects that an extract can hold; none of a document without data. */
export async function subjectsIn(db: Database, requestId: string): Promise<string[]> {
  const found = await signingOf(db)
    .selectFrom('signing.request as r')
    .leftJoin('signing.document as d', 'd.id', 'r.unsigned_data_id')
    .select(['r.kind', 'd.bytes'])
    .where('r.id', '=', requestId)
    .executeTakeFirst();
  if (!found) throw noRequest();
  return found.bytes ? readReport(found.bytes).subjects.map(({ name }) => name) : [];
}

/** The file to print of a copy of that document. @throws NotFound `copies/no-copy` also of an extract, which is a document of its own */
export async function printOf(
  db: Database,
  { id, requestId }: { readonly id: string; readonly requestId: string },
): Promise<DocumentFile> {
  const found = await signingOf(db)
    .selectFrom('signing.copy as k')
    .innerJoin('signing.document as d', 'd.id', 'k.document_id')
    .select(['d.bytes', 'd.sha256', 'k.code'])
    .where('k.id', '=', id)
    .where('k.request_id', '=', requestId)
    .where('k.form', '=', 'print')
    .executeTakeFirst();
  if (!found) throw noCopy();
  const { bytes, sha256, code } = found;
  return { bytes, sha256, mediaType: 'application/pdf', fileName: `ban-in-${formatVerificationCode(code)}.pdf` };
}

function noCopy(): NotFound {
  return new NotFound('copies/no-copy', { vi: 'Không có bản sao này.', en: 'There is no such copy.' });
}
