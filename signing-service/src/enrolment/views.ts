import { X509Certificate } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { findSigners } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import type Type from 'typebox';
import { signingOf } from '../tables.ts';
import { currentEnrolment } from './certificate.ts';
import type { EnrolmentRow } from './enrolment.ts';
import { renewalOf } from './renewal.ts';
import type { Enrolment, OwnEnrolment } from './schemas.ts';
import { type EnrolmentState, enrollingRoles } from './states.ts';

export type EnrolmentView = Type.Static<typeof Enrolment>;
type OwnView = Type.Static<typeof OwnEnrolment>;

/** The caller's own enrolment, with what the phone shows of it. */
export async function ownEnrolment(context: ServiceContext, personId: string): Promise<OwnView> {
  const current = await currentEnrolment(context, personId);
  if (current) {
    const { certificate } = current;
    return {
      state: current.state as OwnView['state'], // one of the current states
      id: current.id,
      approvalCode: current.state === 'awaiting-approval' ? current.approval_code : null,
      approval: current.state === 'awaiting-approval' ? await approvalOf(context, current) : null,
      certificate: certificate ? describeCertificate(certificate) : null,
      renewal: certificate ? await ownRenewal(context, current, certificate) : null,
      device: {
        name: current.device_name,
        custody: current.custody,
        isSynced: current.is_synced,
        registeredAt: current.created_at.toISOString(),
        lastUsedAt: current.last_used_at?.toISOString() ?? null,
      },
      previous: null,
    };
  }
  const last = await signingOf(context.db)
    .selectFrom('signing.enrolment')
    .select(['state', 'ended_at', 'created_at', 'reason'])
    .where('person_id', '=', personId)
    .orderBy('id', 'desc')
    .executeTakeFirst();
  return {
    state: 'none',
    id: null,
    approvalCode: null,
    approval: null,
    certificate: null,
    renewal: null,
    device: null,
    previous: last
      ? {
          state: last.state as 'refused' | 'revoked', // whatever is not current has ended in one of these
          at: (last.ended_at ?? last.created_at).toISOString(),
          reason: last.reason,
        }
      : null,
  };
}

/** What the phone has to confirm, or has. */
async function approvalOf({ db }: ServiceContext, { approval_id }: EnrolmentRow): Promise<OwnView['approval']> {
  if (approval_id === null) return null;
  const { rows } = await sql<{ id: string; isConfirmed: boolean }>`
    SELECT id, state <> 'proposed' AS "isConfirmed" FROM registry.approval WHERE id = ${approval_id}`.execute(db);
  return rows[0] ?? null;
}

async function ownRenewal({ db, secrets, clock }: ServiceContext, enrolment: EnrolmentRow, certificate: Buffer) {
  const { person_id: personId, organisation_id: organisationId, decided_at, created_at } = enrolment;
  const isSigner = (await findSigners({ db, secrets }, { personId, organisationId, roles: enrollingRoles })).length > 0;
  const notAfter = new X509Certificate(certificate).validToDate;
  return renewalOf({ approvedAt: decided_at ?? created_at, notAfter, isSigner }, clock.now());
}

function describeCertificate(der: Buffer) {
  const certificate = new X509Certificate(der);
  return {
    serial: certificate.serialNumber,
    subject: certificate.subject.replaceAll('\n', ', '),
    notBefore: certificate.validFromDate.toISOString(),
    notAfter: certificate.validToDate.toISOString(),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
  };
}

export interface EnrolmentFilter {
  readonly scope?: readonly string[];
  readonly id?: string;
  readonly state?: EnrolmentState;
  readonly limit: number;
  readonly cursor?: string;
}

/** Enrolments as officers see them, newest first. */
export async function listEnrolments(db: Database, filter: EnrolmentFilter): Promise<EnrolmentView[]> {
  const conditions = [sql`true`];
  if (filter.scope) conditions.push(sql`o.path && ${[...filter.scope]}::uuid[]`);
  if (filter.id) conditions.push(sql`e.id = ${filter.id}`);
  if (filter.state) conditions.push(sql`e.state = ${filter.state}`);
  if (filter.cursor) conditions.push(sql`e.id < ${filter.cursor}::uuid`);
  const { rows } = await sql<
    Omit<EnrolmentView, 'createdAt' | 'decidedAt' | 'validUntil'> & {
      created: Date;
      decided: Date | null;
      until: Date | null;
    }
  >`
    SELECT e.id, e.title, e.custody, e.device_name AS "deviceName", e.approval_id AS "approvalId", e.state, e.reason,
      e.created_at AS created, e.decided_at AS decided, e.certificate_serial AS "certificateSerial",
      (SELECT not_after FROM certs.certificate WHERE serial = e.certificate_serial) AS until,
      jsonb_build_object('id', p.id, 'fullName', p.full_name, 'educationId', p.education_id) AS person,
      jsonb_build_object('id', o.id, 'name', o.name) AS organisation,
      CASE WHEN d.id IS NULL THEN NULL
        ELSE jsonb_build_object('id', d.id, 'fullName', d.full_name, 'educationId', d.education_id) END AS "decidedBy"
    FROM signing.enrolment AS e JOIN registry.person AS p ON p.id = e.person_id
    JOIN registry.organisation AS o ON o.id = e.organisation_id
    LEFT JOIN registry.person AS d ON d.id = e.decided_by
    WHERE ${sql.join(conditions, sql` AND `)} ORDER BY e.id DESC LIMIT ${filter.limit}`.execute(db);
  return rows.map(({ created, decided, until, ...row }) => ({
    ...row,
    createdAt: created.toISOString(),
    decidedAt: decided?.toISOString() ?? null,
    validUntil: until?.toISOString() ?? null,
  }));
}
