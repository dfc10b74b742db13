import type { Database } from '@edutrust/platform/database';
import { readSayable } from '@edutrust/platform/ids';
import { hasWords } from '@edutrust/registry/search';
import { type RawBuilder, sql } from 'kysely';
import type Type from 'typebox';
import { formatVerificationCode } from './code.ts';
import { noRequest } from './requests.ts';
import type { SigningRequest, Sought } from './schemas.ts';

export type RequestView = Type.Static<typeof SigningRequest>;

export interface RequestFilter {
  /** Those that belong below these organisations, or what they name; at least one is given. */
  readonly scope?: readonly string[];
  /** With `scope`: also what is this person's own: of their class, or theirs to sign. */
  readonly ofPerson?: string;
  /** Those whose due signature is this person's. */
  readonly dueFor?: string;
  /** Those that this person has signed or sealed. */
  readonly signedBy?: string;
  /** Those that this person asked signatures for. */
  readonly requestedBy?: string;
  readonly kind?: RequestView['kind'];
  readonly classId?: string;
  readonly ids?: readonly string[];
  readonly state?: RequestView['state'];
  readonly organisationId?: string;
  /** Closed, or while open made, from then on and before then. */
  readonly from?: Date;
  readonly until?: Date;
  /** Words of the title, the education ID of whose document it is, or the code printed on it. */
  readonly query?: string;
  readonly limit: number;
  readonly cursor?: string;
}

const person = (alias: string) => {
  const table = sql.ref(alias);
  return sql`CASE WHEN ${table}.id IS NULL THEN NULL ELSE jsonb_build_object(
    'id', ${table}.id, 'fullName', ${table}.full_name, 'educationId', ${table}.education_id) END`;
};

/** Every signature of the order with who gives it, by position. */
const steps = sql`(
  SELECT coalesce(jsonb_agg(jsonb_build_object('role', s.role, 'title', s.signer_title, 'state', s.state,
    'person', ${person('step_person')}, 'closedAt', s.closed_at) ORDER BY s.position), '[]')
  FROM signing.step AS s LEFT JOIN registry.person AS step_person ON step_person.id = s.signer_id
  WHERE s.request_id = r.id)`;

/** The condition of a filter, over `signing.request` as `r`, its organisation as `o` and its class as `c`. */
export function whichRequests(filter: RequestFilter): RawBuilder<boolean> {
  const conditions = [sql`true`];
  if (filter.scope) {
    const own = filter.ofPerson ?? null;
    conditions.push(
      sql`(o.path && ${[...filter.scope]}::uuid[] OR r.signer_id = ${own}::uuid OR c.homeroom_teacher_id = ${own}::uuid)`,
    );
  }
  if (filter.dueFor) {
    conditions.push(sql`EXISTS (SELECT FROM signing.step AS s
      WHERE s.request_id = r.id AND s.signer_id = ${filter.dueFor} AND s.state = 'due' AND s.session_id IS NULL)`);
  }
  if (filter.signedBy) {
    conditions.push(sql`EXISTS (SELECT FROM signing.step AS s
      WHERE s.request_id = r.id AND s.signer_id = ${filter.signedBy} AND s.state = 'done')`);
  }
  if (filter.requestedBy) conditions.push(sql`r.requested_by = ${filter.requestedBy}`);
  if (filter.kind) conditions.push(sql`r.kind = ${filter.kind}`);
  if (filter.classId) conditions.push(sql`r.class_id = ${filter.classId}`);
  if (filter.ids) conditions.push(sql`r.id = ANY(${[...filter.ids]}::uuid[])`);
  if (filter.state) conditions.push(sql`r.state = ${filter.state}`);
  if (filter.organisationId) conditions.push(sql`o.path @> ARRAY[${filter.organisationId}::uuid]`);
  if (filter.query) conditions.push(isNamedBy(filter.query));
  if (filter.cursor) conditions.push(sql`r.id < ${filter.cursor}::uuid`);
  if (filter.from) conditions.push(sql`coalesce(r.closed_at, r.created_at) >= ${filter.from}`);
  if (filter.until) conditions.push(sql`coalesce(r.closed_at, r.created_at) < ${filter.until}`);
  return sql<boolean>`(${sql.join(conditions, sql` AND `)})`;
}

/** Signing requests as people see them, newest first, paged by key. */
export async function listRequests(db: Database, filter: RequestFilter, now: Date): Promise<RequestView[]> {
  const { rows } = await sql<
    Omit<RequestView, 'createdAt' | 'dueAt' | 'issuedAt'> & { created: Date; due: Date | null; issued: Date | null }
  >`
    SELECT r.id, r.kind, r.format, r.title, r.state, r.reason, r.code,
      jsonb_build_object('id', o.id, 'name', o.name) AS organisation, c.code AS "className",
      CASE WHEN subject.id IS NULL THEN NULL
        ELSE jsonb_build_object('id', subject.id, 'fullName', subject.full_name, 'educationId', subject.education_id, 'birthDate', subject.birth_date)
      END AS subject, ${person('signer')} AS signer, ${person('asker')} AS "requestedBy",
      r.created_at AS created, r.due_at AS due, CASE WHEN r.state = 'issued' THEN r.closed_at END AS issued,
      r.class_id AS "classId", ${steps} AS steps, d.size_bytes AS "sizeBytes", d.pages, r.unsigned_data_id IS NOT NULL AS "hasData",
      (SELECT s.code4 FROM signing.session_item AS i JOIN signing.session AS s ON s.id = i.session_id
       WHERE i.request_id = r.id AND s.state IN ('open', 'authorised') AND r.state IN ('waiting', 'signed') AND s.expires_at > ${now}
       ORDER BY s.id DESC LIMIT 1) AS code4
    FROM signing.request AS r
    JOIN registry.organisation AS o ON o.id = r.organisation_id
    JOIN signing.document AS d ON d.id = coalesce(r.signed_document_id, r.unsigned_document_id)
    LEFT JOIN registry.class AS c ON c.id = r.class_id
    LEFT JOIN registry.person AS subject ON subject.id = r.subject_id
    LEFT JOIN registry.person AS asker ON asker.id = r.requested_by
    JOIN registry.person AS signer ON signer.id = r.signer_id
    WHERE ${whichRequests(filter)}
    ORDER BY r.id DESC LIMIT ${filter.limit}`.execute(db);
  return rows.map(({ created, due, issued, code, steps: order, ...row }) => ({
    ...row,
    code: formatVerificationCode(code),
    createdAt: created.toISOString(),
    dueAt: due?.toISOString() ?? null,
    issuedAt: issued?.toISOString() ?? null,
    steps: order.map((step) => ({ ...step, closedAt: step.closedAt ? new Date(step.closedAt).toISOString() : null })),
  }));
}

/** Each way by its index. */
function isNamedBy(typed: string): RawBuilder<boolean> {
  const digits = typed.replaceAll(/[\s.-]/g, '');
  if (/^\d{10}$/.test(digits))
    return sql`r.subject_id IN (SELECT id FROM registry.person WHERE education_id = ${digits})`;
  return sql`(r.code = ${readSayable(typed)} OR ${hasWords(sql`registry.fold(r.title)`, typed)})`;
}

/** @throws NotFound */
export async function findRequest(db: Database, id: string, now: Date): Promise<RequestView> {
  const [found] = await listRequests(db, { ids: [id], limit: 1 }, now);
  if (!found) throw noRequest();
  return found;
}

/** What a query looks for, as a filter has it. */
export function soughtOf({
  kind,
  signer,
  from,
  until,
}: Type.Static<typeof Sought>): Pick<RequestFilter, 'kind' | 'signedBy' | 'from' | 'until'> {
  return {
    ...(kind ? { kind } : {}),
    ...(signer ? { signedBy: signer } : {}),
    ...(from ? { from: new Date(from) } : {}),
    ...(until ? { until: new Date(until) } : {}),
  };
}
