import { createHash } from 'node:crypto';
import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { type ProvenEntry, proveEntry } from '@edutrust/platform/ledger-entry';
import { scopeOf } from '@edutrust/registry/permissions';
import { toCsv } from '@edutrust/registry/spreadsheets';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { formatVerificationCode, type VerificationCode } from '../requests/code.ts';
import { type RequestFilter, whichRequests } from '../requests/views.ts';

/** A longer list is taken in parts, by its time. */
const mostRows = 20_000;

interface Row {
  readonly code: VerificationCode;
  readonly kind: string;
  readonly title: string;
  readonly organisation: string;
  readonly className: string | null;
  readonly state: string;
  readonly signer: string;
  readonly signerTitle: string;
  readonly createdAt: Date;
  readonly closedAt: Date | null;
  readonly sha256: string;
  readonly subjectId: string | null;
}

const heads = [
  'Mã',
  'Loại',
  'Văn bản',
  'Đơn vị',
  'Lớp',
  'Tình trạng',
  'Người ký',
  'Chức vụ',
  'Lập lúc',
  'Phát hành lúc',
  'SHA-256 của tệp',
] as const;

export interface Exported {
  readonly bytes: Buffer;
  readonly fileName: string;
  /** Whom the list tells of. */
  readonly subjectIds: readonly string[];
}

const takenType = 'signing-export.taken';

/** What the log calls a list: a UUID of its own bytes (RFC 9562 §5.8), so that whoever has the list finds its entry. */
function idOfList(sha256: Buffer): string {
  const id = Buffer.from(sha256.subarray(0, 16));
  id[6] = ((id[6] ?? 0) & 0x0f) | 0x80;
  id[8] = ((id[8] ?? 0) & 0x3f) | 0x80;
  return id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** The proof that a list of this digest was taken here ({@link ProvenEntry}); undefined when none was. */
export function proveList(
  context: Pick<ServiceContext, 'db' | 'ledger'>,
  sha256: string,
): Promise<ProvenEntry | undefined> {
  return proveEntry(context, { type: takenType, subjectId: idOfList(Buffer.from(sha256, 'hex')) });
}

/**
 * The documents that an auditor looks for as a file, each with the digest of its own. That it was taken is in the log, with the digest of the very
 * bytes: who is handed the list finds it there, and takes the proof along.
 */
export async function exportDocuments(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  filter: Omit<RequestFilter, 'scope' | 'limit' | 'cursor'>,
  form: 'csv' | 'json',
  actor: PersonActor,
): Promise<Exported> {
  const scope = scopeOf(actor, 'audit.read');
  const rows = await rowsOf(db, { ...filter, scope, limit: mostRows });
  const bytes = form === 'csv' ? csvOf(rows) : jsonOf(rows);
  const sha256 = createHash('sha256').update(bytes).digest();
  await db.transaction().execute((transaction) =>
    record(transaction, {
      type: takenType,
      actor,
      subject: { kind: 'signing-export', id: idOfList(sha256) },
      ...(scope[0] ? { organisationId: filter.organisationId ?? scope[0] } : {}),
      data: { sha256: sha256.toString('hex'), form, rows: rows.length },
    }),
  );
  const day = clock.now().toISOString().slice(0, 10);
  return {
    bytes,
    fileName: `van-ban-${day}.${form}`,
    subjectIds: [...new Set(rows.flatMap(({ subjectId }) => subjectId ?? []))],
  };
}

async function rowsOf(db: ServiceContext['db'], filter: RequestFilter): Promise<Row[]> {
  const { rows } = await sql<Row>`
    SELECT r.code, r.kind, r.title, o.name AS organisation, c.code AS "className", r.state, signer.full_name AS signer,
      r.signer_title AS "signerTitle", r.created_at AS "createdAt", r.closed_at AS "closedAt",
      encode(d.sha256, 'hex') AS sha256, r.subject_id AS "subjectId"
    FROM signing.request AS r JOIN registry.organisation AS o ON o.id = r.organisation_id
    JOIN signing.document AS d ON d.id = coalesce(r.signed_document_id, r.unsigned_document_id)
    JOIN registry.person AS signer ON signer.id = r.signer_id
    LEFT JOIN registry.class AS c ON c.id = r.class_id
    WHERE ${whichRequests(filter)} ORDER BY r.id LIMIT ${filter.limit}`.execute(db);
  return rows;
}

const told = ({ code, createdAt, closedAt, subjectId: _, ...row }: Row) => ({
  code: formatVerificationCode(code),
  ...row,
  createdAt: createdAt.toISOString(),
  closedAt: closedAt?.toISOString() ?? null,
});

const jsonOf = (rows: readonly Row[]): Buffer => Buffer.from(`${JSON.stringify(rows.map(told), null, 1)}\n`);

const csvOf = (rows: readonly Row[]): Buffer =>
  toCsv([heads, ...rows.map((row) => Object.values(told(row)).map((cell) => cell ?? ''))]);
