import type { Database } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { registerNumber } from '../copies/number.ts';
import type { PublicDocument } from '../pages.ts';
import { formatVerificationCode, type VerificationCode } from '../requests/code.ts';
import type { RequestState } from '../requests/states.ts';
import type { DocumentKind } from '../templates/template.ts';
import { templateOf } from '../templates/templates.ts';

interface Row {
  readonly code: string;
  readonly kind: DocumentKind;
  readonly title: string;
  readonly school_year: number | null;
  readonly holder: string | null;
  readonly issuer: string;
  readonly signer: string;
  readonly signer_title: string;
  readonly signatures: PublicDocument['signatures'];
  readonly state: PublicDocument['state'];
  readonly created_at: Date;
  readonly signed_at: Date | null;
  readonly sha256: Buffer | null;
  readonly data_sha256: Buffer | null;
  readonly replaced_by: string | null;
  readonly copy: CopyRow | null;
}

interface CopyRow {
  readonly form: 'extract' | 'print';
  readonly number: number;
  readonly year: number;
  readonly made_at: string;
  readonly of: string;
  readonly of_state: RequestState;
}

const copyFacts = (copy: CopyRow): NonNullable<PublicDocument['copy']> => ({
  form: copy.form,
  number: registerNumber(copy.form, copy.number),
  year: copy.year,
  madeAt: new Date(copy.made_at).toISOString(),
  of: formatVerificationCode(copy.of),
  isOriginalInForce: copy.of_state === 'issued',
});

/** What anyone may see of a document whose code they hold; undefined when there is none. */
async function find(db: Database, condition: ReturnType<typeof sql<boolean>>): Promise<PublicDocument | undefined> {
  const { rows } = await sql<Row>`
    SELECT r.code, r.kind, r.title, c.school_year, holder.full_name AS holder, o.name AS issuer, signer.full_name AS signer,
      r.signer_title, r.state, r.created_at, CASE WHEN r.state IN ('issued', 'replaced', 'revoked') THEN r.closed_at END AS signed_at,
      CASE WHEN r.state IN ('issued', 'replaced', 'revoked') THEN d.sha256 END AS sha256,
      CASE WHEN r.state IN ('issued', 'replaced', 'revoked') THEN x.sha256 END AS data_sha256,
      CASE WHEN r.state = 'replaced' THEN (SELECT n.code FROM signing.request AS n
        WHERE n.replaces_id = r.id AND n.state IN ('issued', 'replaced')) END AS replaced_by,
      (SELECT jsonb_build_object('form', k.form, 'number', k.number, 'year', k.year, 'made_at', k.made_at, 'of', source.code,
        'of_state', source.state) FROM signing.copy AS k JOIN signing.request AS source ON source.id = k.request_id
        WHERE k.extract_id = r.id) AS copy,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('role', s.role, 'title', s.signer_title,
        'name', CASE s.role WHEN 'school-seal' THEN o.name ELSE p.full_name END,
        'isDone', s.state = 'done', 'at', s.closed_at) ORDER BY s.position), '[]')
        FROM signing.step AS s LEFT JOIN registry.person AS p ON p.id = s.signer_id WHERE s.request_id = r.id) AS signatures
    FROM signing.request AS r
    JOIN registry.organisation AS o ON o.id = r.organisation_id
    JOIN registry.person AS signer ON signer.id = r.signer_id
    LEFT JOIN registry.person AS holder ON holder.id = r.subject_id
    LEFT JOIN registry.class AS c ON c.id = r.class_id
    LEFT JOIN signing.document AS d ON d.id = r.signed_document_id
    LEFT JOIN signing.document AS x ON x.id = r.signed_data_id
    WHERE ${condition}`.execute(db);
  const row = rows[0];
  if (!row) return undefined;
  return {
    code: formatVerificationCode(row.code),
    title: templateOf(row.kind).publicTitle({ title: row.title, schoolYear: row.school_year }),
    holder: row.holder === null ? null : initials(row.holder),
    issuer: row.issuer,
    signer: { name: row.signer, title: row.signer_title },
    signatures: row.signatures.map(({ at, ...one }) => ({
      ...one,
      at: at && one.isDone ? new Date(at).toISOString() : null,
    })),
    state: row.state,
    createdAt: row.created_at.toISOString(),
    signedAt: row.signed_at?.toISOString() ?? null,
    sha256: row.sha256?.toString('hex') ?? null,
    dataSha256: row.data_sha256?.toString('hex') ?? null,
    replacedBy: row.replaced_by && formatVerificationCode(row.replaced_by),
    copy: row.copy && copyFacts(row.copy),
  };
}

/** The document that a code names: of a print's own code what was printed, and which print it is. @throws NotFound `verify/no-code` */
export async function documentByCode(db: Database, code: VerificationCode): Promise<PublicDocument> {
  const found = (await find(db, sql<boolean>`r.code = ${code}`)) ?? (await printedByCode(db, code));
  if (found) return found;
  throw new NotFound(
    'verify/no-code',
    { vi: 'Không có văn bản nào mang mã này.', en: 'No document has this code.' },
    {
      remedy: {
        vi: 'So lại từng ký tự với bản in. Nếu vẫn không có, hãy hỏi nơi đã đưa văn bản này.',
        en: 'Compare each character with the paper. If it is right, ask the person who gave you the document.',
      },
    },
  );
}

async function printedByCode(db: Database, code: VerificationCode): Promise<PublicDocument | undefined> {
  const { rows } = await sql<CopyRow & { request_id: string }>`
    SELECT k.form, k.number, k.year, k.made_at, k.request_id, r.code AS of, r.state AS of_state
    FROM signing.copy AS k JOIN signing.request AS r ON r.id = k.request_id
    WHERE k.code = ${code} AND k.form = 'print'`.execute(db);
  const [copy] = rows;
  const printed = copy && (await find(db, sql<boolean>`r.id = ${copy.request_id}`));
  return printed && { ...printed, code: formatVerificationCode(code), copy: copyFacts(copy) };
}

/** The document whose signed file is exactly these bytes: as it is now, as it was issued, or as an archive before. */
export function documentBySha256(db: Database, sha256: Buffer): Promise<PublicDocument | undefined> {
  return find(
    db,
    sql<boolean>`d.sha256 = ${sha256} OR x.sha256 = ${sha256} OR (r.state IN ('issued', 'replaced', 'revoked') AND r.id IN (
      SELECT s.request_id FROM signing.document AS f JOIN signing.step AS s ON f.id IN (s.document_id, s.data_id)
        WHERE f.sha256 = ${sha256} AND NOT EXISTS (
          SELECT FROM signing.step AS t WHERE t.request_id = s.request_id AND t.closed_at > s.closed_at)
      UNION SELECT a.request_id FROM signing.document AS f JOIN signing.archive AS a ON f.id IN (a.document_id, a.data_id)
        WHERE f.sha256 = ${sha256}))`,
  );
}

/** `Đặng Thị Ánh Nguyệt` → `Đ. T. Á. Nguyệt`. */
export function initials(fullName: string): string {
  const words = fullName.normalize('NFC').trim().split(/\s+/);
  const given = words.pop() ?? '';
  return [...words.map((word) => `${[...word][0] ?? ''}.`), given].join(' ');
}
