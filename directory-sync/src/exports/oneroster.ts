import { createHash } from 'node:crypto';
import type { Database } from '@edutrust/platform/database';
import { writeZip } from '@edutrust/platform/zip';
import { csvLines } from '@edutrust/registry/spreadsheets';
import { sql } from 'kysely';
import type { ClientRow } from '../clients/clients.ts';
import { isOfCity } from '../lists/of-city.ts';
import {
  academicSessions,
  type Collection,
  classes,
  courses,
  demographics,
  enrollments,
  orgs,
  type Seeing,
  users,
} from '../oneroster/collections.ts';
import { selectPage } from '../oneroster/pages.ts';
import type { Release } from '../releases/releases.ts';

type Resource = Readonly<Record<string, unknown>>;

interface File {
  readonly name: string;
  readonly collection: Collection;
  /** After `sourcedId`, `status` and `dateLastModified`; all that the binding has, in its order. */
  readonly headers: readonly string[];
  /** What stands under a header; absent: the member of the resource with that name. */
  readonly cells?: Readonly<Record<string, (resource: Resource) => unknown>>;
}

const idOf = (name: string) => (resource: Resource) =>
  (resource[name] as { sourcedId?: string } | undefined)?.sourcedId;
const idsOf = (name: string) => (resource: Resource) =>
  ((resource[name] ?? []) as { sourcedId: string }[]).map(({ sourcedId }) => sourcedId);

/** The files of the binding that we have something for (OneRoster 1.2 CSV §4). */
const files: readonly File[] = [
  {
    name: 'academicSessions',
    collection: academicSessions,
    headers: ['title', 'type', 'startDate', 'endDate', 'parentSourcedId', 'schoolYear'],
    cells: { parentSourcedId: idOf('parent') },
  },
  {
    name: 'orgs',
    collection: orgs,
    headers: ['name', 'type', 'identifier', 'parentSourcedId'],
    cells: { parentSourcedId: idOf('parent') },
  },
  {
    name: 'courses',
    collection: courses,
    headers: ['schoolYearSourcedId', 'title', 'courseCode', 'grades', 'orgSourcedId', 'subjects', 'subjectCodes'],
    cells: { orgSourcedId: idOf('org') },
  },
  {
    name: 'classes',
    collection: classes,
    headers: [
      ...['title', 'grades', 'courseSourcedId', 'classCode', 'classType', 'location', 'schoolSourcedId'],
      ...['termSourcedIds', 'subjects', 'subjectCodes', 'periods'],
    ],
    cells: { courseSourcedId: idOf('course'), schoolSourcedId: idOf('school'), termSourcedIds: idsOf('terms') },
  },
  {
    name: 'users',
    collection: users,
    headers: [
      ...['enabledUser', 'username', 'userIds', 'givenName', 'familyName', 'middleName', 'identifier', 'email', 'sms'],
      ...['phone', 'agentSourcedIds', 'grades', 'password', 'userMasterIdentifier', 'resourceSourcedIds'],
      ...['preferredGivenName', 'preferredMiddleName', 'preferredFamilyName', 'primaryOrgSourcedId', 'pronouns'],
    ],
    cells: { primaryOrgSourcedId: (user) => (user.roles as { org: { sourcedId: string } }[])[0]?.org.sourcedId },
  },
  {
    name: 'enrollments',
    collection: enrollments,
    headers: ['classSourcedId', 'schoolSourcedId', 'userSourcedId', 'role', 'primary', 'beginDate', 'endDate'],
    cells: { classSourcedId: idOf('class'), schoolSourcedId: idOf('school'), userSourcedId: idOf('user') },
  },
  {
    name: 'demographics',
    collection: demographics,
    headers: [
      ...['birthDate', 'sex', 'americanIndianOrAlaskaNative', 'asian', 'blackOrAfricanAmerican'],
      ...[
        'nativeHawaiianOrOtherPacificIslander',
        'white',
        'demographicRaceTwoOrMoreRaces',
        'hispanicOrLatinoEthnicity',
      ],
      ...['countryOfBirthCode', 'stateOfBirthAbbreviation', 'cityOfBirth', 'publicSchoolResidenceStatus'],
    ],
  },
];
const roleHeaders = [
  'userSourcedId',
  'roleType',
  'role',
  'beginDate',
  'endDate',
  'orgSourcedId',
  'userProfileSourcedId',
];
/** Files of the binding that we have nothing for. */
const absent = [
  ...['categories', 'classResources', 'courseResources', 'lineItemLearningObjectiveIds', 'lineItems'],
  ...['lineItemScoreScales', 'resources', 'resultLearningObjectiveIds', 'results', 'resultScoreScales'],
  ...['scoreScales', 'userProfiles', 'userResources'],
];

/** Lines by their id, under a header. */
interface Lines {
  readonly headers: readonly string[];
  readonly byId: ReadonlyMap<string, readonly string[]>;
}

const pageSize = 1_000;

const cellOf = (value: unknown): string =>
  Array.isArray(value) ? value.join(',') : value == null ? '' : String(value);

/** Everything that the client sees, as files of the CSV binding, and by file and id whom a line tells what about. */
async function linesOf(
  db: Database,
  seeing: Seeing,
): Promise<{ readonly lines: Map<string, Lines>; readonly releases: Map<string, Release> }> {
  const lines = new Map<string, Lines>();
  const releases = new Map<string, Release>();
  const roles = new Map<string, readonly string[]>();
  const { contract } = seeing.client;
  const hasDemographics = [...contract.learners, ...contract.others].some(
    (field) => field === 'birthDate' || field === 'gender',
  );
  for (const { name, collection, headers, cells = {} } of files) {
    if (name === 'demographics' && !hasDemographics) continue;
    const byId = new Map<string, readonly string[]>();
    for await (const { resource, about } of everything(db, seeing, collection)) {
      byId.set(
        String(resource.sourcedId),
        headers.map((header) => cellOf(cells[header] ? cells[header](resource) : resource[header])),
      );
      if (about && about.fields.length > 0) releases.set(`${name} ${String(resource.sourcedId)}`, about);
      if (name === 'users') addRoles(roles, resource);
    }
    lines.set(name, { headers, byId });
    if (name === 'users') lines.set('roles', { headers: roleHeaders, byId: roles });
  }
  return { lines, releases };
}

function addRoles(roles: Map<string, readonly string[]>, { sourcedId, roles: of }: Resource): void {
  for (const { roleType, role, org } of of as { roleType: string; role: string; org: { sourcedId: string } }[])
    roles.set(`${String(sourcedId)}-${role}-${org.sourcedId}`, [
      String(sourcedId),
      roleType,
      role,
      '',
      '',
      org.sourcedId,
      '',
    ]);
}

async function* everything(db: Database, seeing: Seeing, collection: Collection) {
  for (let offset = 0; ; offset += pageSize) {
    const told = await db.transaction().execute(async (transaction) => {
      const page = { place: undefined, order: undefined, limit: pageSize, skip: offset };
      const { rows } = await selectPage({ collection, seeing, condition: sql`true` }, page).execute(transaction);
      return { count: rows.length, told: await collection.tell(transaction, seeing, rows) };
    });
    yield* told.told;
    if (told.count < pageSize) return;
  }
}

/** What a file before held, by file and id: hashes of its lines. */
export type Digests = ReadonlyMap<string, string>;
const digestOf = (line: readonly string[]) => createHash('sha256').update(JSON.stringify(line)).digest('base64url');

export interface OneRosterExport {
  readonly zip: Buffer;
  readonly releases: readonly Release[];
  /** Of everything, for the next delta. */
  readonly digests: Digests;
}

/** A OneRoster 1.2 ZIP: manifest and files; with digests of before a delta against them, whole otherwise. */
export async function oneRosterZip(
  db: Database,
  client: ClientRow,
  { now, name, before }: { readonly now: Date; readonly name: string; readonly before: Digests | undefined },
): Promise<OneRosterExport> {
  const ofCity = await isOfCity(db, client.organisation_id);
  const { lines, releases } = await linesOf(db, { client, now, base: '', isOfCity: ofCity });
  const digests = new Map<string, string>();
  const contents = new Map<string, Buffer>();
  const modified = before ? now.toISOString() : '';
  const changed = new Set<string>();
  for (const [file, { headers, byId }] of lines) {
    const rows = [...byId].flatMap(([id, line]) => {
      const key = `${file} ${id}`;
      const digest = digestOf(line);
      digests.set(key, digest);
      if (before?.get(key) === digest) return [];
      changed.add(key);
      return [[id, before ? 'active' : '', modified, ...line]];
    });
    const gone = [...(before?.keys() ?? [])]
      .filter((key) => key.startsWith(`${file} `) && !digests.has(key))
      .map((key) => [key.slice(file.length + 1), 'tobedeleted', modified, ...headers.map(() => '')]);
    contents.set(`${file}.csv`, csvLines([['sourcedId', 'status', 'dateLastModified', ...headers], ...rows, ...gone]));
  }
  const mode = before ? 'delta' : 'bulk';
  const properties = [
    ['propertyName', 'value'],
    ['manifest.version', '1.0'],
    ['oneroster.version', '1.2'],
    ...[...files.map((file) => file.name), 'roles', ...absent]
      .sort()
      .map((file) => [`file.${file}`, lines.has(file) ? mode : 'absent']),
    ['source.systemName', 'EduTrust'],
    ['source.systemCode', name],
  ];
  return {
    zip: writeZip(new Map([['manifest.csv', csvLines(properties)], ...contents]), { isDeflated: true }),
    releases: [...releases].flatMap(([key, about]) => (changed.has(key) ? [about] : [])),
    digests,
  };
}
