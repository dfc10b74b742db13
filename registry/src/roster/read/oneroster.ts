import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { readCsv } from './csv.ts';
import { deltaIsNotComplete, oneRosterLacks, type RosterKindId, tooLarge } from './refusals.ts';
import type { SheetRow } from './row.ts';
import { decode } from './text.ts';
import { readZipDirectory, readZipEntry, type ZipEntry } from './zip.ts';

/** One file of the package, a row as an object by its headers in lower case. */
type Entry = Readonly<Record<string, string>>;

/** Users are joined in memory: some hundred bytes each. */
const mostUsers = 300_000;
const largestFile = 512 * 1024 * 1024;

/**
 * A OneRoster package (CSV binding 1.1 or 1.2: a ZIP with a manifest), as the table of a roster: one line a learner in a
 * class, or a member of staff at a school. Removed users (`tobedeleted`) are lines that say so.
 */
export interface OneRosterPackage {
  /** In the words of our own templates, the header first. */
  rows(kind: RosterKindId): AsyncGenerator<SheetRow>;
}

/**
 * The package of a ZIP; undefined for another one.
 *
 * @throws InvalidInput `roster/oneroster-incomplete` when a file is missing that rows need, `roster/delta-not-complete`
 * when changes alone are said to be everybody (D4); TooLarge.
 */
export async function readOneRoster(
  path: string,
  { isDeclaredComplete }: { readonly isDeclaredComplete: boolean },
): Promise<OneRosterPackage | undefined> {
  await using file = await open(path, 'r');
  const entries = new Map(
    [...(await readZipDirectory(file))].map(([name, entry]) => [name.split('/').at(-1)?.toLowerCase() ?? '', entry]),
  );
  const manifest = entries.get('manifest.csv');
  if (!manifest) return undefined;
  const properties = new Map<string, string>();
  for await (const { propertyname = '', value = '' } of entriesOf(file, manifest))
    properties.set(propertyname.toLowerCase(), value);
  const used = ['users', 'roles', 'orgs', 'classes', 'enrollments', 'demographics'];
  if (isDeclaredComplete && used.some((name) => properties.get(`file.${name}`)?.toLowerCase() === 'delta'))
    throw deltaIsNotComplete();
  const read = async (name: string): Promise<Entry[]> => {
    const entry = entries.get(`${name}.csv`);
    if (!entry || properties.get(`file.${name}`)?.toLowerCase() === 'absent') return [];
    const rows: Entry[] = [];
    for await (const row of entriesOf(file, entry)) {
      rows.push(row);
      if (rows.length > mostUsers * 4) throw tooLarge();
    }
    return rows;
  };
  const tables = new Map<string, Entry[]>();
  for (const name of used) tables.set(name, await read(name));
  const all = (name: string) => tables.get(name) ?? [];
  if (all('users').length > mostUsers) throw tooLarge();
  for (const name of ['users', 'orgs'] as const) if (all(name).length === 0) throw oneRosterLacks(`${name}.csv`);
  return { rows: (kind) => rowsOf(kind, joined(all)) };
}

async function* entriesOf(file: FileHandle, entry: ZipEntry): AsyncGenerator<Entry> {
  const chunks: Buffer[] = [];
  await readZipEntry(file, entry, (bytes) => void chunks.push(bytes), largestFile);
  const bytes = Buffer.concat(chunks);
  const rows: (readonly string[])[] = [];
  await readCsv(decode(bytes.subarray(0, 4_096), whole(bytes)), ({ cells }) => void rows.push(cells));
  const [header = [], ...rest] = rows;
  const names = header.map((name) => name.trim().toLowerCase());
  for (const cells of rest) yield Object.fromEntries(names.map((name, index) => [name, (cells[index] ?? '').trim()]));
}

async function* whole(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

/** Where somebody is, as a role there. */
interface Place {
  readonly role: string;
  readonly org: string;
}

interface Joined {
  readonly users: readonly Entry[];
  readonly byId: Readonly<Record<'org' | 'class' | 'demographic', ReadonlyMap<string, Entry>>>;
  /** By user; those that are not removed. */
  readonly enrollments: ReadonlyMap<string, readonly Entry[]>;
  readonly places: ReadonlyMap<string, readonly Place[]>;
}

function joined(all: (name: string) => readonly Entry[]): Joined {
  const byId = (name: string) => new Map(all(name).map((row) => [row.sourcedid ?? '', row]));
  const grouped = <Value>(pairs: readonly (readonly [string, Value])[]) => {
    const groups = new Map<string, Value[]>();
    for (const [key, value] of pairs) {
      const group = groups.get(key);
      if (group) group.push(value);
      else groups.set(key, [value]);
    }
    return groups;
  };
  const isThere = ({ status = '' }: Entry) => status.toLowerCase() !== 'tobedeleted';
  return {
    users: all('users'),
    byId: { org: byId('orgs'), class: byId('classes'), demographic: byId('demographics') },
    enrollments: grouped(
      all('enrollments')
        .filter(isThere)
        .map((row) => [row.usersourcedid ?? '', row]),
    ),
    places: grouped([
      // 1.2 has roles of their own; 1.1 one role of a user, at each of its organisations.
      ...all('roles')
        .filter(isThere)
        .map((row): [string, Place] => [
          row.usersourcedid ?? '',
          { role: row.role ?? '', org: row.orgsourcedid ?? '' },
        ]),
      ...all('users').flatMap(({ sourcedid = '', role = '', orgsourcedids = '' }) =>
        role === ''
          ? []
          : orgsourcedids.split(',').map((org): [string, Place] => [sourcedid, { role, org: org.trim() }]),
      ),
    ]),
  };
}

/** The roster's own header, and what stands under each. */
const columns: readonly string[] = [
  'Mã trường',
  'Mã lớp',
  'Khối',
  'Mã định danh Bộ GD&ĐT',
  'Mã học sinh',
  'Họ và tên',
  'Ngày sinh',
  'Giới tính',
  'Trạng thái',
];
const staffColumns: readonly string[] = [
  'Mã trường',
  'Mã định danh Bộ GD&ĐT',
  'Mã cán bộ',
  'Họ và tên',
  'Ngày sinh',
  'Giới tính',
  'Chức vụ',
  'Lớp chủ nhiệm',
  'Trạng thái',
];

/** Rows are numbered as the users are in `users.csv`, so that a refusal leads to its line. */
async function* rowsOf(kind: RosterKindId, { users, byId, enrollments, places }: Joined): AsyncGenerator<SheetRow> {
  yield { row: 1, cells: kind === 'staff' ? staffColumns : columns };
  for (const [index, user] of users.entries()) {
    const id = user.sourcedid ?? '';
    const at = places.get(id) ?? [];
    const wanted = at.filter(({ role }) => (kind === 'staff' ? isStaff(role) : role === 'student'));
    const [place] = wanted;
    if (!place) continue;
    const enrolled = classOf(
      (enrollments.get(id) ?? []).filter(({ role }) => (role === 'student') === (kind !== 'staff')),
      byId.class,
    );
    const of = byId.class.get(enrolled?.classsourcedid ?? '');
    const org = byId.org.get(of?.schoolsourcedid ?? place.org);
    const demographic = byId.demographic.get(id);
    const className = of?.classcode || of?.title || '';
    const common = [
      moetIdOf(user),
      user.identifier || id,
      nameOf(user),
      demographic?.birthdate ?? '',
      genderOf(demographic?.sex),
    ];
    const school = org?.identifier || org?.sourcedid || place.org;
    const isGone = user.status?.toLowerCase() === 'tobedeleted' || user.enableduser?.toLowerCase() === 'false';
    const cells =
      kind === 'staff'
        ? [school, ...common, titleOf(place.role), isHomeroom(of, enrolled) ? className : '', isGone ? 'Nghỉ việc' : '']
        : [school, className, gradeOf(of?.grades || user.grades || ''), ...common, isGone ? 'Thôi học' : ''];
    yield { row: index + 2, cells };
  }
  yield* unknownUsers(kind, { users, byId, enrollments });
}

/**
 * A delta may move somebody whose user did not change and is therefore not in it: without a name that is nobody, and the
 * line is refused for it instead of passed over. Such lines stand after those of the users.
 */
function* unknownUsers(
  kind: RosterKindId,
  { users, byId, enrollments }: Pick<Joined, 'users' | 'byId' | 'enrollments'>,
): Generator<SheetRow> {
  const known = new Set(users.map(({ sourcedid = '' }) => sourcedid));
  let row = users.length + 2;
  for (const [id, [enrolled]] of enrollments) {
    if (!enrolled || known.has(id) || (enrolled.role === 'student') !== (kind !== 'staff')) continue;
    const of = byId.class.get(enrolled.classsourcedid ?? '');
    const org = byId.org.get(of?.schoolsourcedid ?? enrolled.schoolsourcedid ?? '');
    const school = org?.identifier || org?.sourcedid || '';
    yield {
      row,
      cells:
        kind === 'staff'
          ? [school, '', id, '', '', '', '', '', '']
          : [school, of?.classcode || of?.title || '', '', '', id, '', '', '', ''],
    };
    row += 1;
  }
}

/** One's own class among the courses that one sits in or teaches: a homeroom, else the primary one, else the first. */
const classOf = (enrolled: readonly Entry[], classes: ReadonlyMap<string, Entry>): Entry | undefined =>
  enrolled.find(({ classsourcedid = '' }) => classes.get(classsourcedid)?.classtype === 'homeroom') ??
  enrolled.find(({ primary }) => primary?.toLowerCase() === 'true') ??
  enrolled[0];

const isStaff = (role: string) => !['student', 'guardian', 'parent', 'relative', ''].includes(role);
const isHomeroom = (of: Entry | undefined, enrolled: Entry | undefined) =>
  of?.classtype === 'homeroom' && enrolled?.primary?.toLowerCase() === 'true';
const titleOf = (role: string) => (role === 'teacher' ? 'Giáo viên' : 'Nhân viên');
const genderOf = (sex: string | undefined) => ({ male: 'Nam', female: 'Nữ' })[sex?.toLowerCase() ?? ''] ?? '';

/** Family name first, as names are here; the names of a person are not cut where others have a middle name. */
const nameOf = ({ familyname = '', middlename = '', givenname = '' }: Entry) =>
  [familyname, middlename, givenname].filter((part) => part !== '').join(' ');

/** `{MOET:7988000001}` among the ids of a user. */
const moetIdOf = ({ userids = '' }: Entry) => /\{(?:moet|bgddt)\s*:\s*([^{}]+)\}/i.exec(userids)?.[1]?.trim() ?? '';

/** `04` of the binding's list of grades; the nursery's have no number. */
const gradeOf = (grades: string) => {
  const number = Number(grades.split(',')[0]);
  return number >= 1 && number <= 12 ? String(number) : '';
};
