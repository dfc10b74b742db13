import type { Transaction } from '@edutrust/platform/database';
import { type DirectoryPerson, listDirectoryPeople } from '@edutrust/registry/people';
import { type RawBuilder, sql } from 'kysely';
import type { ClientRow } from '../clients/clients.ts';
import { type ReleasedPerson, release } from '../model/contract.ts';
import type { Fields } from './query.ts';

/** What a client sees, and when: nothing of ours says when it changed, so everything is as of now (ADR 0108). */
export interface Seeing {
  readonly client: ClientRow;
  readonly now: Date;
  /** `https://…/ims/oneroster/rostering/v1p2` */
  readonly base: string;
  /** The client's organisation is the one above all. */
  readonly isOfCity: boolean;
}

type Row = Readonly<Record<string, unknown>>;
type Resource = Readonly<Record<string, unknown>>;

/** A kind of thing: where its rows are, by what they are filtered, and how one is told. */
export interface Collection {
  /** The key of one in an answer; of several it has an s, but for `classes`. */
  readonly single: string;
  readonly plural: string;
  readonly from: (seeing: Seeing) => RawBuilder<unknown>;
  /** Where the other half of its rows are, of a collection that two tables make: each is found by its own index. */
  readonly alsoFrom?: (seeing: Seeing) => RawBuilder<unknown>;
  readonly id: RawBuilder<unknown>;
  /** Of many: a uuid by whose order pages go on one after another. */
  readonly key?: RawBuilder<unknown>;
  readonly columns: RawBuilder<unknown>;
  readonly fields: Fields;
  tell(transaction: Transaction, seeing: Seeing, rows: readonly Row[]): Promise<Told[]>;
}

/** A resource, and whom it tells something about. */
export interface Told {
  readonly resource: Resource;
  readonly about?: { readonly personId: string; readonly fields: readonly string[] };
}

const text = (value: RawBuilder<unknown>) => ({ type: 'text', value }) as const;
const uuid = (value: RawBuilder<unknown>) => ({ type: 'uuid', value }) as const;
const always = (value: RawBuilder<unknown>) => ({ type: 'text', value, isAlways: true }) as const;
const status = { status: text(sql`'active'`), dateLastModified: { type: 'time', value: sql`now()` } } as const;
const below = ({ client }: Seeing) => sql`o.path @> ARRAY[${client.organisation_id}::uuid]`;
const head = (sourcedId: unknown, { now }: Seeing) => ({
  sourcedId,
  status: 'active',
  dateLastModified: now.toISOString(),
});
const ref = ({ base }: Seeing, collection: string, type: string, sourcedId: unknown) => ({
  href: `${base}/${collection}/${String(sourcedId)}`,
  sourcedId,
  type,
});
const plain =
  (tell: (row: Row, seeing: Seeing) => Resource): Collection['tell'] =>
  async (_transaction, seeing, rows) =>
    rows.map((row) => ({ resource: tell(row, seeing) }));

const orgTypes = { department: 'district', ward: 'local', school: 'school', centre: 'school' } as const;

export const orgs: Collection = {
  single: 'org',
  plural: 'orgs',
  from: (seeing) => sql`registry.organisation AS o WHERE ${below(seeing)}`,
  id: sql`o.id`,
  columns: sql`o.id, o.name, o.code, o.kind, o.parent_id,
    ARRAY(SELECT c.id FROM registry.organisation AS c WHERE c.parent_id = o.id ORDER BY c.id) AS children`,
  fields: {
    ...status,
    sourcedId: uuid(sql`o.id`),
    name: text(sql`o.name`),
    identifier: text(sql`o.code`),
    type: text(sql`CASE o.kind WHEN 'department' THEN 'district' WHEN 'ward' THEN 'local' ELSE 'school' END`),
  },
  tell: plain((row, seeing) => ({
    ...head(row.id, seeing),
    name: row.name,
    type: orgTypes[row.kind as keyof typeof orgTypes], // a kind of the registry
    identifier: row.code,
    ...(row.parent_id && row.id !== seeing.client.organisation_id
      ? { parent: ref(seeing, 'orgs', 'org', row.parent_id) }
      : {}),
    children: (row.children as string[]).map((id) => ref(seeing, 'orgs', 'org', id)),
  })),
};

/** A school year and its two terms, as the registry's classes have them. */
export const academicSessions: Collection = {
  single: 'academicSession',
  plural: 'academicSessions',
  from: (seeing) => sql`(SELECT DISTINCT c.school_year AS year FROM registry.class AS c
      JOIN registry.organisation AS o ON o.id = c.organisation_id WHERE ${below(seeing)}) AS y
    CROSS JOIN (VALUES (0, 'schoolYear'), (1, 'term'), (2, 'term')) AS part (number, type) WHERE true`,
  id: sql`'sy-' || y.year || CASE part.number WHEN 0 THEN '' ELSE '-' || part.number END`,
  columns: sql`y.year, part.number, part.type`,
  fields: {
    ...status,
    sourcedId: text(sql`'sy-' || y.year || CASE part.number WHEN 0 THEN '' ELSE '-' || part.number END`),
    type: text(sql`part.type`),
    schoolYear: text(sql`(y.year + 1)::text`),
  },
  tell: plain((row, seeing) => {
    const year = Number(row.year);
    const number = Number(row.number);
    const [from, to] = [
      [`${year}-09-01`, `${year + 1}-05-31`],
      [`${year}-09-01`, `${year + 1}-01-15`],
      [`${year + 1}-01-16`, `${year + 1}-05-31`],
    ][number] ?? ['', ''];
    const part = (which: number) => `sy-${year}${which === 0 ? '' : `-${which}`}`;
    const link = (which: number) => ref(seeing, 'academicSessions', 'academicSession', part(which));
    return {
      ...head(part(number), seeing),
      title: number === 0 ? `Năm học ${year}–${year + 1}` : `Học kỳ ${number}, ${year}–${year + 1}`,
      type: row.type,
      startDate: from,
      endDate: to,
      schoolYear: String(year + 1), // the year in which it ends
      ...(number === 0 ? { children: [link(1), link(2)] } : { parent: link(0) }),
    };
  }),
};

const gradeOf = (grade: unknown) => (Number(grade) >= 1 ? String(grade).padStart(2, '0') : 'PK');

/** What a class learns: the programme of its grade. */
export const courses: Collection = {
  single: 'course',
  plural: 'courses',
  from: (seeing) => sql`(SELECT DISTINCT c.grade FROM registry.class AS c
    JOIN registry.organisation AS o ON o.id = c.organisation_id WHERE ${below(seeing)}) AS g WHERE true`,
  id: sql`'grade-' || g.grade`,
  columns: sql`g.grade`,
  fields: { ...status, sourcedId: text(sql`'grade-' || g.grade`), title: text(sql`'Lớp ' || g.grade`) },
  tell: plain((row, seeing) => ({
    ...head(`grade-${String(row.grade)}`, seeing),
    title: `Lớp ${String(row.grade)}`,
    courseCode: String(row.grade),
    grades: [gradeOf(row.grade)],
    org: ref(seeing, 'orgs', 'org', seeing.client.organisation_id),
  })),
};

export const classes: Collection = {
  single: 'class',
  plural: 'classes',
  from: (seeing) =>
    sql`registry.class AS c JOIN registry.organisation AS o ON o.id = c.organisation_id WHERE ${below(seeing)}`,
  id: sql`c.id`,
  key: sql`c.id`,
  columns: sql`c.id, c.code, c.grade, c.school_year, c.organisation_id`,
  fields: {
    ...status,
    sourcedId: uuid(sql`c.id`),
    title: always(sql`c.code`),
    classCode: always(sql`c.code`),
    'school.sourcedId': uuid(sql`c.organisation_id`),
  },
  tell: plain((row, seeing) => ({
    ...head(row.id, seeing),
    title: row.code,
    classCode: row.code,
    classType: 'homeroom',
    grades: [gradeOf(row.grade)],
    course: ref(seeing, 'courses', 'course', `grade-${String(row.grade)}`),
    school: ref(seeing, 'orgs', 'org', row.organisation_id),
    terms: [1, 2].map((term) =>
      ref(seeing, 'academicSessions', 'academicSession', `sy-${String(row.school_year)}-${term}`),
    ),
  })),
};

const inTheirClasses = (seeing: Seeing, rows: RawBuilder<unknown>) => sql`(${rows}) AS n
  JOIN registry.class AS c ON c.id = n.class_id JOIN registry.organisation AS o ON o.id = c.organisation_id
  JOIN registry.person AS p ON p.id = n.person_id
  WHERE p.status = 'active' AND ${seeing.isOfCity ? sql`true` : below(seeing)} AND EXISTS (
    SELECT FROM registry.affiliation AS f WHERE f.person_id = p.id AND f.organisation_id = c.organisation_id
      AND f.valid_until IS NULL AND f.role = ANY(${[...seeing.client.contract.roles]}::text[]))`;

/** Learners in their classes, and the teacher of each: of people whom the contract counts. */
export const enrollments: Collection = {
  single: 'enrollment',
  plural: 'enrollments',
  from: (seeing) =>
    inTheirClasses(
      seeing,
      sql`SELECT e.id AS key, e.id::text AS id, e.person_id, 'student' AS role, e.class_id
        FROM registry.enrolment AS e WHERE e.valid_until IS NULL`,
    ),
  alsoFrom: (seeing) =>
    inTheirClasses(
      seeing,
      sql`SELECT h.id AS key, h.id || '-teacher' AS id, h.homeroom_teacher_id AS person_id, 'teacher' AS role, h.id AS class_id
        FROM registry.class AS h WHERE h.homeroom_teacher_id IS NOT NULL`,
    ),
  id: sql`n.id`,
  key: sql`n.key`,
  columns: sql`n.id, n.person_id, n.role, n.class_id, c.organisation_id`,
  fields: {
    ...status,
    sourcedId: text(sql`n.id`),
    role: text(sql`n.role`),
    'user.sourcedId': uuid(sql`n.person_id`),
    'class.sourcedId': uuid(sql`n.class_id`),
    'school.sourcedId': uuid(sql`c.organisation_id`),
  },
  tell: async (_transaction, seeing, rows) =>
    rows.map((row) => ({
      resource: {
        ...head(row.id, seeing),
        role: row.role,
        primary: String(row.role === 'teacher'),
        user: ref(seeing, 'users', 'user', row.person_id),
        class: ref(seeing, 'classes', 'class', row.class_id),
        school: ref(seeing, 'orgs', 'org', row.organisation_id),
      },
      about: { personId: String(row.person_id), fields: ['classes'] },
    })),
};

/** A school's are found from the school down, the city's from the person up (ADR 0271). */
const peopleOf = (seeing: Seeing) => {
  const places = sql`registry.affiliation AS f WHERE f.valid_until IS NULL
    AND f.role = ANY(${[...seeing.client.contract.roles]}::text[])`;
  const who = seeing.isOfCity
    ? sql`EXISTS (SELECT FROM ${places} AND f.person_id = p.id)`
    : sql`p.id IN (SELECT f.person_id FROM ${places} AND f.organisation_id = ANY(
        ARRAY(SELECT o.id FROM registry.organisation AS o WHERE ${below(seeing)})))`;
  return sql`registry.person AS p WHERE p.status = 'active' AND ${who}`;
};

const personFields: Fields = {
  ...status,
  sourcedId: uuid(sql`p.id`),
  identifier: { type: 'digits', value: sql`p.education_id`, isAlways: true },
  username: { type: 'digits', value: sql`p.education_id`, isAlways: true },
  familyName: always(sql`split_part(p.full_name, ' ', 1)`),
  givenName: always(sql`split_part(p.full_name, ' ', -1)`),
};

const userRoles = { learner: 'student', teacher: 'teacher', staff: 'aide', guardian: 'guardian' } as const;

/** The people of these rows by what the client's contract allows. */
async function released(
  transaction: Transaction,
  { client }: Seeing,
  rows: readonly Row[],
): Promise<{ readonly person: DirectoryPerson; readonly released: ReleasedPerson }[]> {
  const personIds = rows.map(({ id }) => String(id));
  const people = await listDirectoryPeople(transaction, { organisationId: client.organisation_id, personIds });
  const byId = new Map(people.map((person) => [person.id, person]));
  return personIds.flatMap((id) => {
    const person = byId.get(id);
    return person ? [{ person, released: release(person, client.contract) }] : [];
  });
}

export const users: Collection = {
  single: 'user',
  plural: 'users',
  from: peopleOf,
  id: sql`p.id`,
  key: sql`p.id`,
  columns: sql`p.id`,
  fields: personFields,
  tell: async (transaction, seeing, rows) =>
    (await released(transaction, seeing, rows)).map(({ person, released: { fields, key } }) => {
      const places = person.affiliations.filter(({ role }) => seeing.client.contract.roles.includes(role));
      return {
        resource: {
          ...head(person.id, seeing),
          enabledUser: 'true',
          username: key,
          identifier: key,
          userMasterIdentifier: key,
          familyName: fields.familyName?.[0],
          givenName: fields.givenName?.[0],
          roles: places.map(({ role, organisation }, index) => ({
            roleType: index === 0 ? 'primary' : 'secondary',
            role: userRoles[role],
            org: ref(seeing, 'orgs', 'org', organisation.id),
          })),
        },
        about: { personId: person.id, fields: ['educationId', 'familyName', 'givenName', 'roles', 'organisations'] },
      };
    }),
};

/** Birth date and sex, each when the contract has it. */
export const demographics: Collection = {
  single: 'demographics',
  plural: 'demographics',
  from: peopleOf,
  id: sql`p.id`,
  key: sql`p.id`,
  columns: sql`p.id`,
  fields: { ...status, sourcedId: uuid(sql`p.id`) },
  tell: async (transaction, seeing, rows) =>
    (await released(transaction, seeing, rows)).map(({ person, released: { fields } }) => {
      const [birthDate] = fields.birthDate ?? [];
      const [sex] = fields.gender ?? [];
      const told = { ...(birthDate ? { birthDate } : {}), ...(sex ? { sex } : {}) };
      return {
        resource: { ...head(person.id, seeing), ...told },
        about: { personId: person.id, fields: Object.keys(told).map((name) => (name === 'sex' ? 'gender' : name)) },
      };
    }),
};

/** The collection and those that are part of it: only rows that meet a condition. */
export function part(
  of: Collection,
  names: { single: string; plural: string },
  condition: RawBuilder<boolean>,
): Collection {
  return { ...of, ...names, from: (seeing) => sql`${of.from(seeing)} AND ${condition}` }; // of one table all
}
