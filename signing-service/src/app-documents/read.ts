import type { Database } from '@edutrust/platform/database';
import { Conflict } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import type { Static } from 'typebox';
import type { FormatName } from '../formats/format.ts';
import { formatNamed } from '../formats/formats.ts';
import { formatVerificationCode } from '../requests/code.ts';
import { type DocumentFile, documentOf, noRequest } from '../requests/requests.ts';
import type { RequestState } from '../requests/states.ts';
import type { AppDocument } from './schemas.ts';

export type AppDocumentView = Static<typeof AppDocument>;

/** States in which every signature of the order is there. */
const finished: readonly RequestState[] = ['issued', 'replaced', 'revoked'];

interface Found {
  readonly id: string;
  readonly key: string;
  readonly askedSha256: Buffer;
  readonly organisationId: string;
  readonly state: RequestState;
  readonly reason: string | null;
  readonly signatures: AppDocumentView['signatures'];
  readonly createdAt: Date;
  readonly dueAt: Date | null;
  readonly closedAt: Date | null;
  readonly replacedById: string | null;
  readonly code: string;
  readonly format: FormatName;
  readonly sha256: Buffer;
  readonly sizeBytes: number;
}

/** A document of this app by one of its two names; undefined for none, and for one of others. */
export async function findOwn(
  db: Database,
  clientId: string,
  which: { readonly id: string } | { readonly key: string },
): Promise<Found | undefined> {
  const { rows } = await sql<Found>`
    SELECT r.id, r.app_key AS key, r.app_asked_sha256 AS "askedSha256", r.organisation_id AS "organisationId", r.state, r.reason,
      (SELECT jsonb_agg(jsonb_build_object('purpose', CASE s.role WHEN 'school-seal' THEN 'seal' ELSE 'sign' END,
         'state', s.state, 'closedAt', s.closed_at) ORDER BY s.position)
       FROM signing.step AS s WHERE s.request_id = r.id) AS signatures,
      r.created_at AS "createdAt", r.due_at AS "dueAt", r.closed_at AS "closedAt", r.code, r.format, d.sha256,
      d.size_bytes AS "sizeBytes",
      (SELECT n.id FROM signing.request AS n WHERE n.replaces_id = r.id AND r.state = 'replaced' AND n.state IN ('issued', 'replaced')
       LIMIT 1) AS "replacedById"
    FROM signing.request AS r JOIN signing.document AS d ON d.id = coalesce(r.signed_document_id, r.unsigned_document_id)
    WHERE r.app_id = ${clientId} AND ${'id' in which ? sql`r.id = ${which.id}` : sql`r.app_key = ${which.key}`}`.execute(
    db,
  );
  return rows[0];
}

/** How far a document of this app is. @throws NotFound `signing/no-request` for none, and for one of others */
export async function readOwn(
  db: Database,
  { clientId, origin }: { readonly clientId: string; readonly origin: string },
  id: string,
): Promise<AppDocumentView> {
  const found = await findOwn(db, clientId, { id });
  if (!found) throw noRequest();
  const { askedSha256: _, code, format, sha256, sizeBytes, createdAt, dueAt, closedAt, signatures, ...rest } = found;
  return {
    ...rest,
    signatures: signatures.map((one) => ({
      ...one,
      closedAt: one.closedAt ? new Date(one.closedAt).toISOString() : null,
    })),
    createdAt: createdAt.toISOString(),
    dueAt: dueAt?.toISOString() ?? null,
    closedAt: closedAt?.toISOString() ?? null,
    verifyUrl: new URL(`/verify/${formatVerificationCode(code)}`, origin).href,
    file: finished.includes(found.state)
      ? { sha256: sha256.toString('hex'), sizeBytes, mediaType: formatNamed(format).mediaType }
      : null,
  };
}

/** The finished file of a document of this app. @throws NotFound `signing/no-request`; Conflict `signing/not-finished` */
export async function fileOfOwn(db: Database, clientId: string, id: string): Promise<DocumentFile> {
  const found = await findOwn(db, clientId, { id });
  if (!found) throw noRequest();
  if (finished.includes(found.state)) return documentOf(db, id);
  throw new Conflict('signing/not-finished', {
    vi: 'Văn bản chưa phát hành: chưa có đủ chữ ký.',
    en: 'The document is not issued: signatures are missing.',
  });
}
