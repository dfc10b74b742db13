import type { Database } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import type Type from 'typebox';
import type { PublicDocument } from '../pages.ts';
import { documentByCode } from '../public-verification/document.ts';
import { formatVerificationCode, type VerificationCode } from '../requests/code.ts';
import type { Form, FormKind } from '../templates/form/form.ts';
import { forms } from '../templates/form/kinds.ts';
import { formNumber } from './make.ts';
import type { LookUpBody, RegisterRow } from './schemas.ts';

type Row = Type.Static<typeof RegisterRow>;

/** The register of an organisation for one kind, newest first, paged by key. */
export async function formRegister(
  db: Database,
  { organisationId, kind }: { readonly organisationId: string; readonly kind: FormKind },
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Row[]> {
  const { rows } = await sql<
    Omit<Row, 'number' | 'madeAt' | 'issuedAt'> & { number: number; made: Date; issued: Date | null }
  >`
    SELECT f.request_id AS "requestId", f.kind, f.number, f.year, r.title, r.code, r.state, f.made_at AS made,
      CASE WHEN r.state IN ('issued', 'replaced', 'revoked') THEN r.closed_at END AS issued,
      CASE WHEN p.id IS NULL THEN NULL ELSE jsonb_build_object('id', p.id, 'fullName', p.full_name, 'educationId', p.education_id) END AS subject,
      CASE WHEN v.request_id IS NULL THEN NULL ELSE jsonb_build_object('form', v.form, 'reason', v.reason, 'decision', v.decision,
        'at', to_char(v.revoked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) END AS revocation
    FROM signing.form AS f JOIN signing.request AS r ON r.id = f.request_id
    LEFT JOIN registry.person AS p ON p.id = r.subject_id LEFT JOIN signing.revocation AS v ON v.request_id = r.id
    WHERE f.organisation_id = ${organisationId} AND f.kind = ${kind} AND ${
      cursor
        ? sql<boolean>`(f.year, f.number) < (SELECT year, number FROM signing.form WHERE request_id = ${cursor})`
        : sql<boolean>`true`
    } ORDER BY f.year DESC, f.number DESC LIMIT ${limit}`.execute(db);
  return rows.map(({ number, made, issued, code, ...row }) => ({
    ...row,
    number: formNumber(forms[row.kind], number),
    code: formatVerificationCode(code),
    madeAt: made.toISOString(),
    issuedAt: issued?.toISOString() ?? null,
  }));
}

/** The forms that a school issues: what is about learners of a grade only where it has, or had, a class of that grade. */
export async function formsOfSchool(db: Database, organisationId: string): Promise<Form[]> {
  const { rows } = await sql<{ grade: number }>`
    SELECT DISTINCT grade FROM registry.class WHERE organisation_id = ${organisationId} AND grade IS NOT NULL`.execute(
    db,
  );
  const grades = new Set(rows.map(({ grade }) => grade));
  return Object.values(forms).filter(({ grade }) => grade === undefined || grades.has(grade));
}

/**
 * The diploma whose number, year, holder and birth date are these. One answer for a wrong number and a wrong name: nobody learns by trying who has a diploma.
 *
 * @throws NotFound `forms/no-diploma`
 */
export async function lookUpDiploma(db: Database, asked: Type.Static<typeof LookUpBody>): Promise<PublicDocument> {
  const number = Number.parseInt(asked.number, 10);
  const { rows } = await sql<{ code: VerificationCode; fullName: string }>`
    SELECT r.code, p.full_name AS "fullName" FROM signing.form AS f JOIN signing.request AS r ON r.id = f.request_id
    JOIN registry.person AS p ON p.id = r.subject_id
    WHERE f.kind = 'diploma' AND f.year = ${asked.year} AND f.number = ${Number.isSafeInteger(number) ? number : 0}
      AND p.birth_date = ${asked.birthDate} AND r.state IN ('issued', 'replaced', 'revoked') LIMIT 50`.execute(db);
  const found = rows.find(({ fullName }) => folded(fullName) === folded(asked.fullName));
  if (found) return documentByCode(db, found.code);
  throw new NotFound(
    'forms/no-diploma',
    { vi: 'Không có bằng nào khớp cả bốn mục.', en: 'No diploma fits all four.' },
    {
      remedy: {
        vi: 'Xem lại từng mục trên bằng. Quét mã QR trên bằng thì không phải gõ.',
        en: 'Compare each with the diploma. Its QR code needs no typing.',
      },
    },
  );
}

const folded = (text: string) => text.normalize('NFC').replace(/\s+/gu, ' ').trim().toLocaleLowerCase('vi');
