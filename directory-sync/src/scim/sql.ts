import { escapeLike } from '@edutrust/registry/search';
import { type RawBuilder, sql } from 'kysely';
import { scimError } from './errors.ts';
import type { AttributePath, Comparator, Filter } from './filter.ts';
import type { Sort } from './resource.ts';

/** An attribute that can be filtered by, and what it is in SQL. */
export interface Column {
  readonly type: 'text' | 'boolean' | 'time';
  readonly value: RawBuilder<unknown>;
  /** Text only: whether letters' case counts (`caseExact`). */
  readonly caseExact?: boolean;
  /** Text only: nobody is without one, so that an index over the value alone finds it. */
  readonly isAlways?: boolean;
  /** Text only: the same order by an index that stands. */
  readonly order?: RawBuilder<unknown>;
  /** Found by an index: what equality is then. */
  readonly equals?: (value: string) => RawBuilder<boolean>;
}

/** The attributes of one resource type, by path in lower case. */
export interface Columns {
  readonly schemas: readonly string[];
  readonly columns: Readonly<Record<string, Column>>;
  /** Multi-valued: given the condition on one value, whether any value meets it. */
  readonly values?: Readonly<Record<string, (of: Columns, filter: Filter) => RawBuilder<boolean>>>;
}

/** A filter as a condition. Values are parameters, never text of the statement. @throws scimError 400 `invalidFilter` */
export function conditionOf(filter: Filter, of: Columns): RawBuilder<boolean> {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return sql`(${sql.join(
        filter.of.map((part) => conditionOf(part, of)),
        filter.kind === 'and' ? sql` AND ` : sql` OR `,
      )})`;
    case 'not':
      return sql`(NOT coalesce(${conditionOf(filter.filter, of)}, false))`;
    case 'present':
      return isPresent(columnOf(filter.path, of));
    case 'values': {
      const any = of.values?.[filter.path.name];
      if (!any) throw unknown(filter.path);
      return any(of, filter.filter);
    }
    case 'compare':
      return compare(filter.path, filter.comparator, filter.value, of);
  }
}

const unknown = ({ name }: AttributePath) => scimError(400, `No attribute to filter by: ${name}`, 'invalidFilter');

function columnOf(path: AttributePath, { schemas, columns }: Columns): Column {
  const column = columns[path.name];
  const isOurs = path.schema === undefined || schemas.some((schema) => schema.toLowerCase() === path.schema);
  if (!column || !isOurs) throw unknown(path);
  return column;
}

/** The form in which two values that are one are the same text, in an order that every PostgreSQL has. */
const folded = (value: RawBuilder<unknown>, caseExact = false) =>
  caseExact ? sql`${value} COLLATE "C"` : sql`lower(${value}) COLLATE "C"`;

/** By what a list is sorted. */
export interface Order {
  readonly value: RawBuilder<unknown>;
  readonly descending: boolean;
  readonly isText: boolean;
  /** Text that everybody has: a page can begin after a value and an id. */
  readonly isAlways: boolean;
}

/**
 * How a list is ordered; equal ones by their id, in the same direction. Those without a value come last, from the end first
 * (RFC 7644 §3.4.2.3).
 *
 * @throws scimError 400 `invalidPath`
 */
export function orderOf(sort: Sort, of: Columns): Order {
  const { name } = sort.path;
  const column = of.columns[name] ?? of.columns[`${name}.formatted`];
  if (!column) throw scimError(400, `No attribute to sort by: ${name}`, 'invalidPath');
  const isText = column.type === 'text';
  const value = column.order ?? (isText ? folded(column.value, column.caseExact) : column.value);
  return { value, descending: sort.descending, isText, isAlways: column.isAlways === true };
}

/**
 * The order of a list that names none, when its filter asks for a beginning: that attribute's own. Whoever begins so lies
 * together there, so that a page reads no further than it is long; by id a page would walk through everybody who begins
 * otherwise. RFC 7644 §3.4.2.3 leaves the order to us.
 */
export function orderAskedFor(filter: Filter | undefined): Sort | undefined {
  if (filter?.kind === 'and') return filter.of.map(orderAskedFor).find((sort) => sort !== undefined);
  if (filter?.kind !== 'compare' || filter.comparator !== 'sw' || !indexed.has(filter.path.name)) return undefined;
  return { path: filter.path, descending: false };
}

/** Of everybody, in an order that an index has. */
const indexed: ReadonlySet<string> = new Set([
  'username',
  'educationid',
  'displayname',
  'name.formatted',
  'name.familyname',
  'name.givenname',
]);

const isPresent = ({ type, value }: Column): RawBuilder<boolean> =>
  type === 'text' ? sql`(coalesce(${value}, '') <> '')` : sql`(${value} IS NOT NULL)`;

const order = { gt: sql`>`, ge: sql`>=`, lt: sql`<`, le: sql`<=` } as const;

function compare(
  path: AttributePath,
  comparator: Comparator,
  given: string | number | boolean | null,
  of: Columns,
): RawBuilder<boolean> {
  const [multi = '', sub = 'value'] = path.name.split('.');
  const any = of.values?.[multi];
  // `members.value eq "…"`, or the attribute alone: any of its values.
  if (any && !of.columns[path.name])
    return any(of, { kind: 'compare', path: { schema: undefined, name: sub }, comparator, value: given });
  const column = columnOf(path, of);
  if (given === null) {
    if (comparator === 'eq') return sql`(NOT ${isPresent(column)})`;
    if (comparator === 'ne') return isPresent(column);
    throw wrongValue(path);
  }
  if (column.type === 'boolean') return compareBoolean(path, comparator, given, column);
  if (typeof given !== 'string') throw wrongValue(path);
  if (column.type === 'time') return compareTime(path, comparator, given, column);
  if (comparator === 'eq' && column.equals) return column.equals(given);
  const left = folded(column.isAlways ? column.value : sql`coalesce(${column.value}, '')`, column.caseExact);
  const right = (text: string) => (column.caseExact ? sql`${text}::text` : sql`lower(${text}::text)`);
  switch (comparator) {
    case 'eq':
      return sql`(${left} = ${right(given)})`;
    case 'ne':
      return sql`(${left} <> ${right(given)})`;
    case 'co':
      return sql`(${left} LIKE ${right(`%${escapeLike(given)}%`)})`;
    case 'sw':
      return sql`(${left} LIKE ${right(`${escapeLike(given)}%`)})`;
    case 'ew':
      return sql`(${left} LIKE ${right(`%${escapeLike(given)}`)})`;
    default:
      return sql`(${left} ${order[comparator]} ${right(given)})`;
  }
}

const wrongValue = ({ name }: AttributePath) => scimError(400, `No value to compare ${name} with`, 'invalidFilter');

function compareBoolean(
  path: AttributePath,
  comparator: Comparator,
  given: string | number | boolean,
  { value }: Column,
): RawBuilder<boolean> {
  // Some clients write "True".
  const wanted = typeof given === 'string' ? { true: true, false: false }[given.toLowerCase()] : given;
  if (typeof wanted !== 'boolean' || (comparator !== 'eq' && comparator !== 'ne')) throw wrongValue(path);
  return comparator === 'eq' ? sql`(${value} = ${wanted})` : sql`(${value} <> ${wanted})`;
}

function compareTime(
  path: AttributePath,
  comparator: Comparator,
  given: string,
  { value }: Column,
): RawBuilder<boolean> {
  const at = /^\d{4}-\d{2}-\d{2}T/.test(given) ? new Date(given) : undefined;
  if (!at || Number.isNaN(at.getTime())) throw wrongValue(path);
  if (comparator === 'eq') return sql`(${value} = ${at})`;
  if (comparator === 'ne') return sql`(${value} <> ${at})`;
  if (comparator === 'co' || comparator === 'sw' || comparator === 'ew') throw wrongValue(path);
  return sql`(${value} ${order[comparator]} ${at})`;
}
