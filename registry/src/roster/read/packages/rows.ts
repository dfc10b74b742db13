import { gradeOfClassCode } from '../../../classes/grade.ts';
import type { RosterKindId } from '../refusals.ts';
import type { SheetRow } from '../row.ts';
import { type Entry, isRemoved, type PackageTables } from './tables.ts';

/** Where somebody is, as a role there. */
interface Place {
  readonly role: string;
  readonly org: string;
  readonly isGone: boolean;
}

interface Joined {
  readonly users: readonly Entry[];
  readonly orgs: ReadonlyMap<string, Entry>;
  readonly classes: ReadonlyMap<string, Entry>;
  readonly demographics: ReadonlyMap<string, Entry>;
  /** By user; those that are not removed. */
  readonly enrollments: ReadonlyMap<string, readonly Entry[]>;
  /** By user. */
  readonly places: ReadonlyMap<string, readonly Place[]>;
}

function joined({ users, orgs, classes, demographics, enrollments, roles }: PackageTables['tables']): Joined {
  const byId = (rows: readonly Entry[]) => new Map(rows.map((row) => [row.sourcedid ?? '', row]));
  const grouped = <Value>(pairs: readonly (readonly [string, Value])[]) => {
    const groups = new Map<string, Value[]>();
    for (const [key, value] of pairs) {
      const group = groups.get(key);
      if (group) group.push(value);
      else groups.set(key, [value]);
    }
    return groups;
  };
  return {
    users,
    orgs: byId(orgs),
    classes: byId(classes),
    demographics: byId(demographics),
    enrollments: grouped(enrollments.filter((row) => !isRemoved(row)).map((row) => [row.usersourcedid ?? '', row])),
    places: grouped([
      // 1.2 has roles of their own; 1.1 one role of a user, at each of its organisations.
      ...roles.map((row): [string, Place] => [
        row.usersourcedid ?? '',
        { role: row.role ?? '', org: row.orgsourcedid ?? '', isGone: isRemoved(row) },
      ]),
      ...users.flatMap(({ sourcedid = '', role = '', orgsourcedids = '' }) =>
        role === ''
          ? []
          : orgsourcedids
              .split(',')
              .map((org): [string, Place] => [sourcedid, { role, org: org.trim(), isGone: false }]),
      ),
    ]),
  };
}

/** The headers of the roster's own template for each kind, in the order of the cells below. */
const headers: Readonly<Record<RosterKindId, readonly string[]>> = {
  learners: [
    'Mã trường',
    'Mã lớp',
    'Khối',
    'Mã định danh Bộ GD&ĐT',
    'Mã học sinh',
    'Họ và tên',
    'Ngày sinh',
    'Giới tính',
    'Trạng thái',
  ],
  staff: [
    'Mã trường',
    'Mã định danh Bộ GD&ĐT',
    'Mã cán bộ',
    'Họ và tên',
    'Ngày sinh',
    'Giới tính',
    'Chức vụ',
    'Lớp chủ nhiệm',
    'Trạng thái',
  ],
  guardians: [
    'Mã trường',
    'Mã định danh học sinh',
    'Mã học sinh',
    'Họ và tên học sinh',
    'Ngày sinh học sinh',
    'Họ và tên người giám hộ',
    'Quan hệ',
    'Ngày sinh người giám hộ',
  ],
  schools: ['Mã đơn vị', 'Tên đơn vị', 'Loại', 'Mã đơn vị cấp trên'],
};

const rowsOfKind: Readonly<Record<RosterKindId, (all: Joined) => Generator<SheetRow>>> = {
  learners: learnerRows,
  staff: staffRows,
  guardians: guardianRows,
  schools: schoolRows,
};

/** The header and the rows, numbered as the people are in their file, so that a refusal leads to its line. */
export function* rowsOf(kind: RosterKindId, tables: PackageTables['tables']): Generator<SheetRow> {
  yield { row: 1, cells: headers[kind] };
  yield* rowsOfKind[kind](joined(tables));
}

function* learnerRows(all: Joined): Generator<SheetRow> {
  const { users, classes, enrollments } = all;
  for (const [index, user] of users.entries()) {
    const id = user.sourcedid ?? '';
    const place = currentOf(placesOf(all, id).filter(({ role }) => role === 'student'));
    if (!place) continue;
    const of = classes.get(classOf(enrolledAs(enrollments, id, true), classes)?.classsourcedid ?? '');
    yield {
      row: index + 2,
      cells: [
        schoolCodeOf(all, of?.schoolsourcedid || place.org),
        classNameOf(of),
        gradeOf(of?.grades || user.grades || ''),
        ...factsOf(all, user),
        isGone(user, place) ? 'Thôi học' : '',
      ],
    };
  }
  yield* unknownUsers(all, true, (school, of, id) => [school, classNameOf(of), '', '', id, '', '', '', '']);
}

/** One line a school: somebody may work at two. */
function* staffRows(all: Joined): Generator<SheetRow> {
  const { users, classes, enrollments } = all;
  for (const [index, user] of users.entries()) {
    const id = user.sourcedid ?? '';
    const places = placesOf(all, id).filter(({ role }) => isStaff(role));
    const taught = enrolledAs(enrollments, id, false);
    for (const org of new Set(places.map((place) => place.org))) {
      const place = currentOf(places.filter((one) => one.org === org));
      if (!place) continue;
      const led = taught.find((enrolled) => isHomeroom(classes.get(enrolled.classsourcedid ?? ''), enrolled));
      const of = classes.get(led?.classsourcedid ?? '');
      yield {
        row: index + 2,
        cells: [
          schoolCodeOf(all, org),
          ...factsOf(all, user),
          titleOf(place.role),
          of && (of.schoolsourcedid || org) === org ? classNameOf(of) : '',
          isGone(user, place) ? 'Nghỉ việc' : '',
        ],
      };
    }
  }
  yield* unknownUsers(all, false, (school, _, id) => [school, '', id, '', '', '', '', '', '']);
}

function* guardianRows(all: Joined): Generator<SheetRow> {
  const byId = new Map(all.users.map((user) => [user.sourcedid ?? '', user]));
  let row = 2;
  for (const child of all.users) {
    const id = child.sourcedid ?? '';
    const place = currentOf(placesOf(all, id).filter(({ role }) => role === 'student'));
    if (!place || isGone(child, place)) continue;
    for (const agent of (child.agentsourcedids ?? '').split(',').map((one) => one.trim())) {
      const guardian = byId.get(agent);
      const role = guardian && (placesOf(all, agent)[0]?.role || guardian.relation || '');
      if (!guardian || role === undefined || isRemoved(guardian)) continue;
      const sex = all.demographics.get(agent)?.sex ?? '';
      yield {
        row,
        cells: [
          schoolCodeOf(all, place.org),
          ...factsOf(all, child).slice(0, 4),
          nameOf(guardian),
          relationOf(role, sex),
          all.demographics.get(agent)?.birthdate ?? '',
        ],
      };
      row += 1;
    }
  }
}

function* schoolRows({ orgs }: Joined): Generator<SheetRow> {
  for (const [index, org] of [...orgs.values()].entries()) {
    const kind = kindOf(org.type ?? '');
    if (kind === undefined || isRemoved(org)) continue;
    const parent = orgs.get(org.parentsourcedid ?? '');
    const isBelow = parent !== undefined && kindOf(parent.type ?? '') !== undefined;
    yield {
      row: index + 2,
      cells: [codeOf(org), org.name ?? '', kind, isBelow ? codeOf(parent) : ''],
    };
  }
}

/**
 * A delta may move somebody whose user did not change and is therefore not in it: without a name that is nobody, and the
 * line is refused for it instead of passed over. Such lines stand after those of the users.
 */
function* unknownUsers(
  all: Joined,
  areLearners: boolean,
  cellsOf: (school: string, of: Entry | undefined, id: string) => readonly string[],
): Generator<SheetRow> {
  const known = new Set(all.users.map(({ sourcedid = '' }) => sourcedid));
  let row = all.users.length + 2;
  for (const [id, [enrolled]] of all.enrollments) {
    if (!enrolled || known.has(id) || (enrolled.role === 'student') !== areLearners) continue;
    const of = all.classes.get(enrolled.classsourcedid ?? '');
    yield { row, cells: cellsOf(schoolCodeOf(all, of?.schoolsourcedid || enrolled.schoolsourcedid || ''), of, id) };
    row += 1;
  }
}

/** Where a user is; in a delta the role may be one that did not change, and then the classes tell it. */
const placesOf = ({ places, enrollments, classes }: Joined, id: string): readonly Place[] =>
  places.get(id) ??
  (enrollments.get(id) ?? []).map(({ role = '', schoolsourcedid = '', classsourcedid = '' }) => ({
    role,
    org: schoolsourcedid || classes.get(classsourcedid)?.schoolsourcedid || '',
    isGone: false,
  }));

const currentOf = (places: readonly Place[]) => places.find((place) => !place.isGone) ?? places[0];
const isGone = (user: Entry, place: Place) =>
  place.isGone || isRemoved(user) || user.enableduser?.toLowerCase() === 'false';

const enrolledAs = (enrollments: Joined['enrollments'], id: string, isStudent: boolean) =>
  (enrollments.get(id) ?? []).filter(({ role }) => (role === 'student') === isStudent);

/**
 * One's own class among the courses that one sits in: a homeroom, else the primary one, else the only one, else the only
 * one that is called as a class of a grade is. Among several that are not told apart none is, and the line says no class.
 */
function classOf(enrolled: readonly Entry[], classes: Joined['classes']): Entry | undefined {
  const of = ({ classsourcedid = '' }: Entry) => classes.get(classsourcedid);
  const named = enrolled.filter((one) => gradeOfClassCode(classNameOf(of(one))) !== undefined);
  return (
    enrolled.find((one) => of(one)?.classtype === 'homeroom') ??
    enrolled.find(({ primary }) => primary?.toLowerCase() === 'true') ??
    [enrolled, named].find((some) => some.length === 1)?.[0]
  );
}

const classNameOf = (of: Entry | undefined) => of?.classcode || of?.title || '';
const codeOf = (org: Entry) => org.identifier || org.sourcedid || '';
const schoolCodeOf = ({ orgs }: Joined, id: string) => {
  const org = orgs.get(id);
  return org ? codeOf(org) : id;
};

/** Ministry's identifier, the source's own number, name, birth date, gender. */
const factsOf = ({ demographics }: Joined, user: Entry): readonly string[] => {
  const demographic = demographics.get(user.sourcedid ?? '');
  return [
    moetIdOf(user),
    user.identifier || user.sourcedid || '',
    nameOf(user),
    demographic?.birthdate ?? '',
    { male: 'Nam', female: 'Nữ' }[demographic?.sex?.toLowerCase() ?? ''] ?? '',
  ];
};

const notStaff = new Set(['student', 'guardian', 'parent', 'relative', 'alumni', 'other', '']);
const isStaff = (role: string) => !notStaff.has(role);
const isHomeroom = (of: Entry | undefined, enrolled: Entry | undefined) =>
  of?.classtype === 'homeroom' && enrolled?.primary?.toLowerCase() === 'true';
/** No role of another system gives more than a teacher's here (D8). */
const titleOf = (role: string) => (role === 'teacher' ? 'Giáo viên' : 'Nhân viên');
const relationOf = (role: string, sex: string) =>
  role.toLowerCase() === 'parent'
    ? ({ male: 'Cha', female: 'Mẹ' }[sex.toLowerCase()] ?? 'Người giám hộ')
    : 'Người giám hộ';

/** Departments and states of other countries are none of ours. */
const kindOf = (type: string) => ({ school: 'Trường', local: 'Phường/xã' })[type.toLowerCase()];

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
