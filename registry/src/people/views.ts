import { type Database, statement, type Transaction } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { isUuid } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import { hasWords } from '../search.ts';
import type { AffiliationRole, Gender, OrganisationKind, PersonStatus } from '../tables.ts';

export interface AffiliationView {
  readonly role: AffiliationRole;
  readonly title: string | null;
  readonly organisation: {
    readonly id: string;
    readonly name: string;
    readonly code: string;
    readonly kind: OrganisationKind;
  };
  readonly className: string | null;
  readonly validFrom: string;
  readonly validUntil: string | null;
}

export interface PersonSummary {
  readonly id: string;
  readonly educationId: string;
  readonly fullName: string;
  readonly birthDate: string | null;
  readonly gender: Gender | null;
  readonly status: PersonStatus;
  /** Those of now. */
  readonly affiliations: AffiliationView[];
}

export interface PersonView extends PersonSummary {
  readonly aliases: string[];
  readonly history: AffiliationView[];
  readonly enrolments: {
    readonly schoolYear: number;
    readonly className: string;
    readonly organisation: string;
    readonly validFrom: string;
    readonly validUntil: string | null;
  }[];
  readonly guardians: Relative[];
  readonly wards: Relative[];
}

export interface Relative {
  readonly id: string;
  readonly fullName: string;
  readonly relation: string;
  readonly guardianshipId: string;
  readonly scope: 'full' | 'documents' | 'none';
}

/** An affiliation as JSON; `className` is the person's class of now in that school. */
const affiliationJsonText = `jsonb_build_object(
  'role', f.role, 'title', f.title, 'validFrom', f.valid_from, 'validUntil', f.valid_until,
  'organisation', jsonb_build_object('id', o.id, 'name', o.name, 'code', o.code, 'kind', o.kind),
  'className', (SELECT c.code FROM registry.enrolment AS e JOIN registry.class AS c ON c.id = e.class_id
                WHERE e.person_id = f.person_id AND e.valid_until IS NULL AND c.organisation_id = f.organisation_id
                ORDER BY c.school_year DESC LIMIT 1))`;
const affiliationJson = sql.raw(affiliationJsonText);

/**
 * What a {@link PersonSummary} has, of `registry.person` as `p`, for a statement that reads it beside something else. The
 * affiliations cost as much as all the rest: they are read where the condition `needed` holds, and are none elsewhere.
 */
export const personSummaryColumns = (needed = 'true') => `
  p.id, p.education_id AS "educationId", p.full_name AS "fullName", p.birth_date AS "birthDate", p.gender, p.status,
  coalesce((SELECT jsonb_agg(${affiliationJsonText} ORDER BY f.valid_from, f.id)
    FROM registry.affiliation AS f JOIN registry.organisation AS o ON o.id = f.organisation_id
    WHERE ${needed} AND f.person_id = p.id AND f.valid_until IS NULL), '[]') AS affiliations`;
const summaryColumns = sql.raw(personSummaryColumns());

/** Asked by every app for everybody who enters it. */
const summary = statement<PersonSummary, [personId: string]>(
  'registry.person-summary',
  `SELECT ${personSummaryColumns()} FROM registry.person AS p WHERE p.id = $1`,
);

export interface PeopleFilter {
  /** Only people who belong (or, when they belong nowhere now, belonged) in or below these organisations. */
  readonly scope: readonly string[];
  /** Where the reader sees birth dates of staff too; elsewhere of learners only. */
  readonly detailScope: readonly string[];
  /** An education ID or its beginning, or words of the name with or without marks. */
  readonly query?: string;
  readonly organisationId?: string;
  readonly classId?: string;
  readonly role?: AffiliationRole;
  readonly status?: PersonStatus;
  readonly limit: number;
  readonly cursor?: string;
}

/** A scope of up to so many organisations is searched from its members; a wider one from the people. */
const narrowScope = 200;

/** People by the order in which they came to the registry, paged by key. */
export async function listPeople(db: Database, filter: PeopleFilter): Promise<PersonSummary[]> {
  const { rows } = await sql<PersonSummary & { seesDetails: boolean }>`
    SELECT ${summaryColumns}, EXISTS (SELECT FROM registry.affiliation AS f JOIN registry.organisation AS o ON o.id = f.organisation_id
        WHERE f.person_id = p.id AND o.path && ${[...filter.detailScope]}::uuid[])
      OR NOT EXISTS (SELECT FROM registry.affiliation AS f
        WHERE f.person_id = p.id AND f.valid_until IS NULL AND f.role <> 'learner') AS "seesDetails"
    FROM (${(await found(db, filter)).people}) AS p
    ORDER BY p.id`.execute(db);
  return rows.map(({ seesDetails, ...person }) => ({ ...person, birthDate: seesDetails ? person.birthDate : null }));
}

/** Counting stops here: a list of more is narrowed down by who looks at it, not counted. */
export const peopleCountedUpTo = 2_000;

/** How many the list holds, and of each role; exact below {@link peopleCountedUpTo}, and of no role above. */
export async function countPeople(
  db: Database,
  filter: Omit<PeopleFilter, 'limit' | 'cursor' | 'role'>,
): Promise<{ readonly all: number; readonly roles: Readonly<Partial<Record<AffiliationRole, number>>> }> {
  const { people, at } = await found(db, { ...filter, limit: peopleCountedUpTo });
  const { rows } = await sql<{ role: AffiliationRole | null; count: number }>`
    WITH p AS MATERIALIZED (${people})
    SELECT NULL AS role, count(*)::int AS count FROM p
    UNION ALL SELECT f.role, count(DISTINCT p.id)::int FROM p JOIN registry.affiliation AS f ON f.person_id = p.id
      WHERE ${at} AND (f.valid_until IS NULL OR p.status IN ('left', 'archived')) GROUP BY f.role`.execute(db);
  const all = rows.find(({ role }) => role === null)?.count ?? 0;
  const isWhole = all < peopleCountedUpTo;
  return {
    all,
    roles: Object.fromEntries(isWhole ? rows.flatMap(({ role, count }) => (role ? [[role, count]] : [])) : []),
  };
}

/** The rows of `registry.person` that a list holds, and of which affiliations `f` they are: for the list and its counts. */
async function found(db: Database, filter: PeopleFilter) {
  const query = filter.query?.normalize('NFC').trim();
  const digits = query?.replaceAll(/[\s.-]/g, '') ?? '';
  const { at, from, within, order } = await withinScope(db, filter, query !== undefined && query !== '');
  const conditions = [sql`p.status NOT IN ('merged', 'erased')`, within];
  if (query && /^\d{3,10}$/.test(digits)) conditions.push(withEducationId(digits));
  else if (query) conditions.push(hasWords(sql`p.folded_name`, query));
  if (filter.status) conditions.push(sql`p.status = ${filter.status}`);
  else if (!query) conditions.push(sql`p.status <> 'archived'`); // found by who looks for them, in nobody's way else
  if (filter.cursor) conditions.push(sql`p.id > ${filter.cursor}::uuid`);
  if (filter.classId) {
    conditions.push(
      sql`p.id IN (SELECT e.person_id FROM registry.enrolment AS e WHERE e.class_id = ${filter.classId}::uuid AND e.valid_until IS NULL)`,
    );
  }
  const people = sql`SELECT p.* FROM ${from} WHERE ${sql.join(conditions, sql` AND `)} ORDER BY ${order} LIMIT ${filter.limit}`;
  return { people, at };
}

/** A whole education ID, the beginning of one, or one from before a merge: each by its index. */
function withEducationId(digits: string) {
  return digits.length === 10
    ? sql`p.id = ANY(ARRAY(SELECT id FROM registry.person WHERE education_id = ${digits}
        UNION ALL SELECT person_id FROM registry.education_id_alias WHERE education_id = ${digits}))`
    : sql`p.education_id LIKE ${`${digits}%`}`;
}

/**
 * The organisations in and below the scope, and below one of them when it is given. Who reaches what is above all reaches all:
 * then they are neither counted nor listed.
 */
const organisationsWithin = statement<
  { ids: string[]; isEverything: boolean },
  [scope: readonly string[], below: string | null]
>(
  'registry.organisations-within',
  `SELECT every.so AS "isEverything", CASE WHEN every.so THEN '{}' ELSE ARRAY(
     SELECT id FROM registry.organisation WHERE path && $1::uuid[] AND ($2::uuid IS NULL OR path @> ARRAY[$2::uuid])) END AS ids
   FROM (SELECT NOT EXISTS (SELECT FROM registry.organisation
     WHERE parent_id IS NULL AND (id <> ALL ($1::uuid[]) OR $2::uuid <> id)) AS so) AS every`,
);

/**
 * That `p` belongs to the reader's organisations; a person who left is still found by those who administered them last.
 * A school is read from its members, the city from its people, a role of few from those who have it: what is read grows
 * with the page and not with the city.
 */
async function withinScope(db: Database, { scope, organisationId, role, cursor }: PeopleFilter, hasQuery: boolean) {
  const [{ ids, isEverything } = { ids: [], isEverything: false }] = await organisationsWithin(
    db,
    scope,
    organisationId ?? null,
  );
  const at = isEverything ? sql`true` : sql`f.organisation_id = ANY(${ids}::uuid[])`;
  const members = sql`registry.affiliation AS f WHERE ${at} ${role ? sql`AND f.role = ${role}` : sql``} AND (f.valid_until IS NULL
    OR EXISTS (SELECT FROM registry.person AS h WHERE h.id = f.person_id AND h.status IN ('left', 'archived')))`;
  if (!isEverything && ids.length <= narrowScope)
    return {
      at,
      from: sql`registry.person AS p`,
      within: sql`p.id = ANY(ARRAY(SELECT f.person_id FROM ${members}))`,
      order: sql`p.id`,
    };
  if (role && role !== 'learner' && !hasQuery) {
    const after = cursor ? sql`AND f.person_id > ${cursor}::uuid` : sql``;
    return {
      at,
      // The offset keeps the planner from walking through everybody to meet those few in order.
      from: sql`(SELECT DISTINCT f.person_id AS id FROM ${members} ${after} ORDER BY 1) AS m
        CROSS JOIN LATERAL (SELECT * FROM registry.person WHERE id = m.id OFFSET 0) AS p`,
      within: sql`true`,
      order: sql`m.id`,
    };
  }
  return {
    at,
    from: sql`registry.person AS p`,
    within: sql`EXISTS (SELECT FROM registry.affiliation AS f
      WHERE f.person_id = p.id AND (f.valid_until IS NULL OR p.status IN ('left', 'archived')) AND ${at} ${role ? sql`AND f.role = ${role}` : sql``})`,
    order: sql`p.id`,
  };
}

const noPerson = () => new NotFound('people/not-found', { vi: 'Không có người này.', en: 'There is no such person.' });

/** @throws NotFound */
export async function findSummary(db: Database | Transaction, id: string): Promise<PersonSummary> {
  if (!isUuid(id)) throw noPerson();
  const [found] = await summary(db, id);
  if (!found) throw noPerson();
  return found;
}

/** Everything that the registry shows of one person. @throws NotFound */
export async function findPerson(db: Database | Transaction, id: string): Promise<PersonView> {
  if (!isUuid(id)) throw noPerson();
  const { rows } = await sql<PersonView>`
    SELECT ${summaryColumns},
      coalesce((SELECT jsonb_agg(a.education_id ORDER BY a.since) FROM registry.education_id_alias AS a WHERE a.person_id = p.id), '[]') AS aliases,
      coalesce((SELECT jsonb_agg(${affiliationJson} ORDER BY f.valid_from DESC, f.id DESC)
        FROM registry.affiliation AS f JOIN registry.organisation AS o ON o.id = f.organisation_id
        WHERE f.person_id = p.id), '[]') AS history,
      coalesce((SELECT jsonb_agg(jsonb_build_object('schoolYear', c.school_year, 'className', c.code, 'organisation', o.name,
          'validFrom', e.valid_from, 'validUntil', e.valid_until) ORDER BY c.school_year DESC, e.valid_from DESC)
        FROM registry.enrolment AS e JOIN registry.class AS c ON c.id = e.class_id
        JOIN registry.organisation AS o ON o.id = c.organisation_id WHERE e.person_id = p.id), '[]') AS enrolments,
      ${relatives(sql`g.child_id = p.id`, sql`g.guardian_id`)} AS guardians,
      ${relatives(sql`g.guardian_id = p.id`, sql`g.child_id`)} AS wards
    FROM registry.person AS p WHERE p.id = ${id}`.execute(db);
  if (!rows[0]) throw noPerson();
  return rows[0];
}

function relatives(which: ReturnType<typeof sql>, other: ReturnType<typeof sql>) {
  return sql`coalesce((SELECT jsonb_agg(jsonb_build_object('id', r.id, 'fullName', r.full_name, 'relation', g.relation, 'guardianshipId', g.id, 'scope', g.scope) ORDER BY r.full_name)
    FROM registry.guardianship AS g JOIN registry.person AS r ON r.id = ${other} WHERE ${which} AND g.valid_until IS NULL), '[]')`;
}
