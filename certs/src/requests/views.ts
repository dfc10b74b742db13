import type { ServiceContext } from '@edutrust/platform/context';
import { Conflict } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import type Type from 'typebox';
import { subjectName } from '../authority/authority.ts';
import { encodeName, formatName } from '../certificate/certificate.ts';
import { readName } from '../certificate/names.ts';
import { readDer } from '../der/der.ts';
import { keyKind } from './key.ts';
import { noRequest } from './requests.ts';
import type { CertificateRequestView } from './schemas.ts';
import type { CertificateRequestState } from './states.ts';
import { type CertifiedParty, findSubject } from './subject.ts';

type View = Type.Static<typeof CertificateRequestView>;

export interface RequestFilter {
  /** Only of these organisations and below. */
  readonly scope?: readonly string[];
  readonly id?: string;
  readonly state?: CertificateRequestState;
  readonly limit: number;
  readonly cursor?: string;
}

interface Row
  extends Pick<
    View,
    | 'id'
    | 'profile'
    | 'custody'
    | 'state'
    | 'approvalId'
    | 'organisation'
    | 'person'
    | 'renews'
    | 'requestedBy'
    | 'decidedBy'
    | 'reason'
  > {
  readonly publicKey: Buffer | null;
  readonly keyHash: Buffer | null;
  readonly requested: Date;
  readonly decided: Date | null;
  readonly serial: string | null;
  readonly notAfter: Date | null;
}

type Tools = Pick<ServiceContext, 'db' | 'secrets'>;

/** Requests, newest first. */
export async function listRequests(tools: Tools, filter: RequestFilter): Promise<View[]> {
  const conditions = [sql`true`];
  if (filter.scope) conditions.push(sql`o.path && ${[...filter.scope]}::uuid[]`);
  if (filter.id) conditions.push(sql`r.id = ${filter.id}`);
  if (filter.state) conditions.push(sql`r.state = ${filter.state}`);
  if (filter.cursor) conditions.push(sql`r.id < ${filter.cursor}::uuid`);
  const named = (table: string) =>
    sql`CASE WHEN ${sql.ref(`${table}.id`)} IS NULL THEN NULL
      ELSE jsonb_build_object('id', ${sql.ref(`${table}.id`)}, 'fullName', ${sql.ref(`${table}.full_name`)}) END`;
  const { rows } = await sql<Row>`
    SELECT r.id, r.profile, r.custody, r.state, r.approval_id AS "approvalId", r.renews, r.reason, r.public_key AS "publicKey",
      r.public_key_sha256 AS "keyHash", r.requested_at AS requested, r.decided_at AS decided,
      r.certificate_serial AS serial, c.not_after AS "notAfter",
      jsonb_build_object('id', o.id, 'name', o.name, 'code', o.code) AS organisation,
      ${named('p')} AS person, ${named('q')} AS "requestedBy", ${named('d')} AS "decidedBy"
    FROM certs.request AS r JOIN registry.organisation AS o ON o.id = r.organisation_id
    LEFT JOIN registry.person AS p ON p.id = r.person_id
    LEFT JOIN registry.person AS q ON q.id = r.requested_by
    LEFT JOIN registry.person AS d ON d.id = r.decided_by
    LEFT JOIN certs.certificate AS c ON c.serial = r.certificate_serial
    WHERE ${sql.join(conditions, sql` AND `)} ORDER BY r.id DESC LIMIT ${filter.limit}`.execute(tools.db);
  return Promise.all(rows.map((row) => viewOf(tools, row)));
}

async function viewOf(
  tools: Tools,
  { publicKey, keyHash, requested, decided, serial, notAfter, ...row }: Row,
): Promise<View> {
  const isOpen = row.state === 'waiting' || row.state === 'approved';
  return {
    ...row,
    subject: isOpen
      ? await subjectText(tools, { organisationId: row.organisation.id, personId: row.person?.id ?? null })
      : null,
    key: publicKey && keyHash ? { kind: keyKind(publicKey), sha256: keyHash.toString('hex') } : null,
    requestedAt: requested.toISOString(),
    decidedAt: decided?.toISOString() ?? null,
    certificate: serial && notAfter ? { serial, notAfter: notAfter.toISOString() } : null,
  };
}

async function subjectText(tools: Tools, party: CertifiedParty): Promise<string | null> {
  try {
    return formatName(readName(readDer(encodeName(subjectName(await findSubject(tools, party))))));
  } catch (error) {
    if (error instanceof Conflict) return null; // no signer any more: it cannot be approved either
    throw error;
  }
}

/** @throws NotFound */
export async function findRequest(tools: Tools, id: string): Promise<View> {
  const [found] = await listRequests(tools, { id, limit: 1 });
  if (found) return found;
  throw noRequest();
}
