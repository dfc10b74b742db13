import { type Database, statement, type Transaction } from '@edutrust/platform/database';
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

/** A {@link DirectoryPerson} within the organisations `o` of which `below` says so. */
const within = (below: string) => `
  SELECT p.id, p.education_id AS "educationId", p.full_name AS "fullName", p.birth_date AS "birthDate", p.gender, p.status,
    CASE WHEN p.status <> 'active' THEN '[]' ELSE coalesce((SELECT json_agg(json_build_object('role', f.role, 'title', f.title,
        'organisation', json_build_object('id', o.id, 'name', o.name, 'code', o.code, 'kind', o.kind),
        'className', (SELECT c.code FROM registry.enrolment AS e JOIN registry.class AS c ON c.id = e.class_id
          WHERE e.person_id = p.id AND e.valid_until IS NULL AND c.organisation_id = f.organisation_id
          ORDER BY c.school_year DESC LIMIT 1)) ORDER BY f.valid_from, f.id)
      FROM registry.affiliation AS f JOIN registry.organisation AS o ON o.id = f.organisation_id
      WHERE f.person_id = p.id AND f.valid_until IS NULL AND ${below}), '[]') END AS affiliations
  FROM registry.person AS p`;
const below = (organisationId: string) => `o.path @> ARRAY[${organisationId}::uuid]`;

/** From the person up: a live change asks about a few, and the organisation may be the city. */
const whoBelongedBelow = (organisationId: string) => `EXISTS (
     SELECT FROM registry.affiliation AS f JOIN registry.organisation AS o ON o.id = f.organisation_id
     WHERE f.person_id = p.id AND ${below(organisationId)})`;

const ofPersons = statement<DirectoryPerson, [organisationId: string, personIds: readonly string[]]>(
  'registry.directory-of-persons',
  `${within(below('$1'))} WHERE p.id = ANY($2::uuid[]) AND ${whoBelongedBelow('$1')} ORDER BY p.id`,
);

/**
 * One whom {@link listDirectoryPeople} would give by `personId`, as a JSON value in a statement of the caller's that
 * {@link readDirectoryPerson} reads; null for others. Row by row by their keys, whatever the planner believes of how many
 * there are, and without names of fields: a queue brings thousands.
 */
export const directoryPersonText = ({
  organisationId,
  personId,
}: Readonly<Record<'organisationId' | 'personId', string>>) => `
  (SELECT json_build_array(p.id, p.education_id, p.full_name, p.birth_date, p.gender, p.status,
     CASE WHEN p.status = 'active' THEN places.now END)
   FROM registry.person AS p CROSS JOIN LATERAL (
     SELECT count(*) AS ever, json_agg(json_build_array(f.role, f.title, o.id, o.name, o.code, o.kind, (
         SELECT c.code FROM registry.enrolment AS e CROSS JOIN LATERAL (
           SELECT code, school_year FROM registry.class WHERE id = e.class_id AND organisation_id = f.organisation_id OFFSET 0) AS c
         WHERE e.person_id = p.id AND e.valid_until IS NULL ORDER BY c.school_year DESC LIMIT 1))
       ORDER BY f.valid_from, f.id) FILTER (WHERE f.valid_until IS NULL) AS now
     FROM registry.affiliation AS f CROSS JOIN LATERAL (
       SELECT id, name, code, kind FROM registry.organisation AS o WHERE o.id = f.organisation_id AND ${below(organisationId)} OFFSET 0) AS o
     WHERE f.person_id = p.id) AS places
   WHERE p.id = ${personId} AND places.ever > 0)`;

/** What {@link directoryPersonText} gives. */
export type DirectoryPersonRow = readonly [
  ...of: [
    id: string,
    educationId: string,
    fullName: string,
    birthDate: string | null,
    gender: Gender | null,
    status: PersonStatus,
  ],
  affiliations:
    | readonly (readonly [
        role: AffiliationRole,
        title: string | null,
        organisationId: string,
        name: string,
        code: string,
        kind: OrganisationKind,
        className: string | null,
      ])[]
    | null,
];

export function readDirectoryPerson(row: DirectoryPersonRow): DirectoryPerson {
  const [id, educationId, fullName, birthDate, gender, status, affiliations] = row;
  return {
    id,
    educationId,
    fullName,
    birthDate,
    gender,
    status,
    affiliations: (affiliations ?? []).map(([role, title, organisationId, name, code, kind, className]) => ({
      role,
      title,
      organisation: { id: organisationId, name, code, kind },
      className,
    })),
  };
}

const ofEducationIds = statement<DirectoryPerson, [organisationId: string, educationIds: readonly string[]]>(
  'registry.directory-of-education-ids',
  `${within(below('$1'))} WHERE p.education_id = ANY($2::text[]) ORDER BY p.education_id`,
);

const aboveAll = statement<{ isSo: boolean }, [organisationId: string]>(
  'registry.directory-above-all',
  'SELECT parent_id IS NULL AS "isSo" FROM registry.organisation WHERE id = $1',
);

/**
 * People as a directory of the organisation and everything below it keeps them. Without names: those who belong there
 * now. By person ids: those of them who belong or ever belonged there. By education IDs: each that exists, merged
 * records too, so that a directory can tell who left from what it never got from us.
 */
export async function listDirectoryPeople(
  db: Database | Transaction,
  query: DirectoryQuery,
): Promise<DirectoryPerson[]> {
  const { organisationId } = query;
  if ('personIds' in query) return ofPersons(db, organisationId, query.personIds);
  if ('educationIds' in query) return ofEducationIds(db, organisationId, query.educationIds);
  const after = query.after ? sql`AND p.id > ${query.after}::uuid` : sql``;
  const [organisation] = await aboveAll(db, organisationId);
  // A school's from the school down, so that it does not read the city; the city's from the person up, so that a page does not.
  const who = organisation?.isSo
    ? sql`EXISTS (SELECT FROM registry.affiliation AS f WHERE f.person_id = p.id AND f.valid_until IS NULL)`
    : sql`p.id IN (SELECT f.person_id FROM registry.affiliation AS f WHERE f.organisation_id = ANY(
        ARRAY(SELECT o.id FROM registry.organisation AS o WHERE o.path @> ARRAY[${organisationId}::uuid]))
      AND f.valid_until IS NULL)`;
  const { rows } = await sql<DirectoryPerson>`
    WITH asked AS (SELECT ${organisationId}::uuid AS id)
    ${sql.raw(within('o.path @> ARRAY[(SELECT id FROM asked)]'))}
    WHERE p.status = 'active' ${after} AND ${who} ORDER BY p.id LIMIT ${query.limit}`.execute(db);
  return rows;
}
