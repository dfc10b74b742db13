/** One line of a file, by its headers in lower case. */
export type Entry = Readonly<Record<string, string>>;

/** The files of a package that rows are made of, in OneRoster's words: other formats are said in these. */
export const tableNames = ['orgs', 'users', 'roles', 'classes', 'enrollments', 'demographics'] as const;
export type TableName = (typeof tableNames)[number];

/** What another system holds of schools and people, in OneRoster's words (CSV binding 1.2 §5). */
export interface PackageTables {
  /** As people call the format. */
  readonly format: string;
  readonly tables: Readonly<Record<TableName, readonly Entry[]>>;
  /** Changes alone, not everybody. */
  readonly isDelta: boolean;
}

export const isRemoved = ({ status = '' }: Entry): boolean => status.toLowerCase() === 'tobedeleted';

/** A line of `tables` that names something which is not there. */
export interface Dangling {
  readonly table: TableName;
  readonly names: TableName;
  readonly count: number;
}

/** Which file names what, under which header. */
const references: readonly (readonly [TableName, string, TableName])[] = [
  ['roles', 'usersourcedid', 'users'],
  ['roles', 'orgsourcedid', 'orgs'],
  ['classes', 'schoolsourcedid', 'orgs'],
  ['enrollments', 'usersourcedid', 'users'],
  ['enrollments', 'classsourcedid', 'classes'],
  ['demographics', 'sourcedid', 'users'],
];

/**
 * Lines that name a user, a class or a school which is in no file, and users that are nowhere anything: of a whole package
 * there are none, of one that lost a page, a part of a file or a file there are some (D4). What is removed names nobody
 * any longer.
 */
export function danglingIn({ tables }: Pick<PackageTables, 'tables'>): readonly Dangling[] {
  const known = new Map(tableNames.map((name) => [name, new Set(tables[name].map(({ sourcedid = '' }) => sourcedid))]));
  const placed = new Set(tables.roles.map(({ usersourcedid = '' }) => usersourcedid));
  const placeless = tables.users.filter(
    // A guardian whom a relationship names has no place of its own.
    (user) => !isRemoved(user) && !user.role && !user.relation && !placed.has(user.sourcedid ?? ''),
  ).length;
  const lost: readonly Dangling[] = references.map(([table, header, names]) => ({
    table,
    names,
    count: tables[table].filter((row) => {
      const id = row[header] ?? '';
      return !isRemoved(row) && id !== '' && known.get(names)?.has(id) === false;
    }).length,
  }));
  return [...lost, { table: 'users' as const, names: 'roles' as const, count: placeless }].filter(
    ({ count }) => count > 0,
  );
}
