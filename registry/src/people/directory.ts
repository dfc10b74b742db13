import type { Database, Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';
import type { AffiliationRole, Gender, OrganisationKind, PersonStatus } from '../tables.ts';

/** A place of now, within the organisation that was asked about. */
export interface DirectoryAffiliation {
  readonly role: AffiliationRole;
  readonly title: string | null;
  readonly organisation: {
    readonly id: string;
    readonly name: string;
    readonly code: string;
    readonly kind: OrganisationKind;
  };
  readonly className: string | null;
}

/** A person as another system may keep one: what they are within one organisation, and nothing of elsewhere. */
export interface DirectoryPerson {
  readonly id: string;
  readonly educationId: string;
  readonly fullName: string;
  readonly birthDate: string | null;
  readonly gender: Gender | null;
  readonly status: PersonStatus;
  /** Those of now; empty for someone who has no place within the organisation any longer. */
  readonly affiliations: DirectoryAffiliation[];
}

/** Which people: all who belong now, page by page in the order of their ids, or named ones whoever they are. */
export type DirectoryQuery =
  | { readonly organisationId: string; readonly after?: string; readonly limit: number }
  | { readonly organisationId: string; readonly personIds: readonly string[] }
  | { readonly organisationId: string; readonly educationIds: readonly string[] };

/**
 * People as a directory of the organisation and everything below it keeps them. Without names: those who belong there
 * now. By person ids: those of them who belong or ever belonged there. By education IDs: each that exists, merged
 * records too, so that a directory can tell who left from what it never got from us.
 */
export async function listDirectoryPeople(
  db: Database | Transaction,
  query: DirectoryQuery,
): Promise<DirectoryPerson[]> {
  const below = sql`o.path @> ARRAY[${query.organisationId}::uuid]`;
  const { rows } = await sql<DirectoryPerson>`
    SELECT p.id, p.education_id AS "educationId", p.full_name AS "fullName", p.birth_date AS "birthDate", p.gender, p.status,
      CASE WHEN p.status <> 'active' THEN '[]' ELSE coalesce((SELECT jsonb_agg(jsonb_build_object('role', f.role, 'title', f.title,
          'organisation', jsonb_build_object('id', o.id, 'name', o.name, 'code', o.code, 'kind', o.kind),
          'className', (SELECT c.code FROM registry.enrolment AS e JOIN registry.class AS c ON c.id = e.class_id
            WHERE e.person_id = p.id AND e.valid_until IS NULL AND c.organisation_id = f.organisation_id
            ORDER BY c.school_year DESC LIMIT 1)) ORDER BY f.valid_from, f.id)
        FROM registry.affiliation AS f JOIN registry.organisation AS o ON o.id = f.organisation_id
        WHERE f.person_id = p.id AND f.valid_until IS NULL AND ${below}), '[]') END AS affiliations
    FROM registry.person AS p WHERE ${which(query, below)}`.execute(db);
  return rows;
}

function which(query: DirectoryQuery, below: ReturnType<typeof sql>) {
  if ('educationIds' in query)
    return sql`p.education_id = ANY(${[...query.educationIds]}::text[]) ORDER BY p.education_id`;
  // From the organisations down, so that a school does not read the city.
  const isOrWas = (more: ReturnType<typeof sql>) => sql`p.id IN (
    SELECT f.person_id FROM registry.affiliation AS f WHERE f.organisation_id = ANY(
      ARRAY(SELECT o.id FROM registry.organisation AS o WHERE ${below})) ${more})`;
  if ('personIds' in query) return sql`p.id = ANY(${[...query.personIds]}::uuid[]) AND ${isOrWas(sql``)} ORDER BY p.id`;
  const after = query.after ? sql`AND p.id > ${query.after}::uuid` : sql``;
  return sql`p.status = 'active' ${after} AND ${isOrWas(sql`AND f.valid_until IS NULL`)} ORDER BY p.id LIMIT ${query.limit}`;
}
