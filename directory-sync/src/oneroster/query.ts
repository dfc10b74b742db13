import { isUuid } from '@edutrust/platform/ids';
import { type RawBuilder, sql } from 'kysely';

/** A refusal in the form of OneRoster (imsx_StatusInfo). Its words are for the maker of the client, and in English. */
export class OneRosterError extends Error {
  readonly status: number;
  readonly codeMinor: string;

  constructor(status: number, codeMinor: string, description: string) {
    super(description);
    this.status = status;
    this.codeMinor = codeMinor;
  }

  toJSON() {
    return {
      imsx_codeMajor: 'failure',
      imsx_severity: 'error',
      imsx_description: this.message,
      imsx_CodeMinor: {
        imsx_codeMinorField: [{ imsx_codeMinorFieldName: 'TargetEndSystem', imsx_codeMinorFieldValue: this.codeMinor }],
      },
    };
  }
}

/** A field by which a collection can be filtered and sorted, as SQL. */
export interface Field {
  /** `digits`: text that is the same in any case, and found by an index as it is. */
  readonly type: 'text' | 'digits' | 'uuid' | 'boolean' | 'time';
  readonly value: RawBuilder<unknown>;
  /** Nobody is without one: an index over the value finds it, and a page can begin after it. */
  readonly isAlways?: boolean;
}
export type Fields = Readonly<Record<string, Field>>;

/** An id that somebody gave against one of ours, so that an index finds it. */
export const isId = (value: RawBuilder<unknown>, id: string | undefined): RawBuilder<boolean> =>
  id !== undefined && isUuid(id) ? sql`(${value} = ${id.toLowerCase()}::uuid)` : sql`false`;

/** By what a collection is sorted. */
export interface Order {
  readonly value: RawBuilder<unknown>;
  readonly descending: boolean;
  readonly isAlways: boolean;
}

/** One page of a collection: what was asked for (OneRoster 1.2 REST binding §3). */
export interface Listing {
  readonly limit: number;
  readonly offset: number;
  readonly where: RawBuilder<boolean> | undefined;
  readonly order: Order | undefined;
  /** Members of the answer that are wanted; all when absent. */
  readonly fields: readonly string[] | undefined;
}

const most = { limit: 1_000, offset: 100_000_000, characters: 2_000, terms: 20 } as const;
const termPattern = /\s*([A-Za-z][\w.]*)\s*(!=|>=|<=|=|>|<|~)\s*'((?:[^'\\]|\\.|'')*)'\s*/y;
const operators = { '=': sql`=`, '!=': sql`<>`, '>': sql`>`, '>=': sql`>=`, '<': sql`<`, '<=': sql`<=` } as const;

/** @throws OneRosterError 400 for what is not understood: nothing is left out in silence */
export function readListing(query: Readonly<Record<string, unknown>>, fields: Fields): Listing {
  const text = (name: string) => {
    const value = query[name];
    if (value === undefined || value === '') return undefined;
    if (typeof value !== 'string') throw invalid('invaliddata', `${name} is given twice.`);
    return value;
  };
  const number = (name: string, absent: number, least: number, largest: number) => {
    const value = Number(text(name) ?? absent);
    if (!Number.isInteger(value) || value < least) throw invalid('invaliddata', `${name} is a number from ${least}.`);
    return Math.min(value, largest);
  };
  const filter = text('filter');
  const sort = text('sort');
  const direction = text('orderBy')?.toLowerCase() ?? 'asc';
  if (direction !== 'asc' && direction !== 'desc') throw invalid('invaliddata', 'orderBy is asc or desc.');
  return {
    limit: number('limit', 100, 1, most.limit),
    offset: number('offset', 0, 0, most.offset),
    where: filter === undefined ? undefined : conditionOf(filter, fields),
    order:
      sort === undefined
        ? undefined
        : orderOf(fieldOf(sort, fields, 'invalid_sort_field'), { descending: direction === 'desc' }),
    fields: text('fields')
      ?.split(',')
      .map((name) => name.trim()),
  };
}

const invalid = (codeMinor: string, description: string) => new OneRosterError(400, codeMinor, description);

/** Letters without their case, in an order that every PostgreSQL has. */
const folded = (value: RawBuilder<unknown>) => sql`lower(${value}) COLLATE "C"`;

const orderOf = ({ type, value, isAlways = false }: Field, { descending }: { descending: boolean }): Order => ({
  value: type === 'text' ? folded(value) : value,
  descending,
  isAlways: isAlways && (type === 'text' || type === 'digits'),
});

function fieldOf(name: string, fields: Fields, codeMinor: string): Fields[string] {
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (!field) throw invalid(codeMinor, `There is no field ${name.slice(0, 60)} to do that by.`);
  return field;
}

/** `familyName='Trần' AND role='student'`: comparisons joined by one word; values are parameters of the statement. */
function conditionOf(filter: string, fields: Fields): RawBuilder<boolean> {
  const wrong = () => invalid('invalid_filter_field', 'The filter is not understood.');
  if (filter.length > most.characters) throw wrong();
  const terms: RawBuilder<boolean>[] = [];
  let word: string | undefined;
  for (let at = 0; ; ) {
    termPattern.lastIndex = at;
    const match = termPattern.exec(filter);
    if (!match || terms.length >= most.terms) throw wrong();
    const [whole, name = '', operator = '', quoted = ''] = match;
    const value = quoted.replaceAll("''", "'").replaceAll(/\\(.)/g, '$1');
    terms.push(compare(fieldOf(name, fields, 'invalid_filter_field'), operator, value));
    at += whole.length;
    if (at >= filter.length) break;
    const joined = /^(AND|OR)\b/i.exec(filter.slice(at))?.[1]?.toUpperCase();
    if (!joined || (word !== undefined && joined !== word)) throw wrong(); // what a mixture means is said nowhere
    word = joined;
    at += joined.length;
  }
  return sql`(${sql.join(terms, word === 'OR' ? sql` OR ` : sql` AND `)})`;
}

function compare({ type, value, isAlways }: Field, operator: string, given: string): RawBuilder<boolean> {
  const order = operators[operator as keyof typeof operators]; // `~` alone has none
  if (type === 'boolean') {
    const wanted = { true: true, false: false }[given.toLowerCase()];
    if (wanted === undefined || (operator !== '=' && operator !== '!='))
      throw invalid('invaliddata', 'This field is true or false.');
    return sql`(${value} ${order} ${wanted})`;
  }
  if (type === 'time') {
    const at = new Date(given);
    if (Number.isNaN(at.getTime()) || !order) throw invalid('invaliddata', 'This field is a time.');
    return sql`(${value} ${order} ${at})`;
  }
  if (type === 'digits' && operator === '=') return sql`(${value} = ${given})`;
  if (type === 'uuid' && operator === '=') return isId(value, given);
  const left = folded(type === 'uuid' ? sql`${value}::text` : isAlways ? value : sql`coalesce(${value}, '')`);
  if (!order) return sql`(${left} LIKE lower(${`%${given.replaceAll(/[\\%_]/g, '\\$&')}%`}::text))`;
  return sql`(${left} ${order} lower(${given}::text))`;
}

/** The members that were asked for. @throws OneRosterError 400 `invalid_selection_field` */
export function select(resource: Readonly<Record<string, unknown>>, { fields }: Pick<Listing, 'fields'>): object {
  if (!fields) return resource;
  return Object.fromEntries(
    fields.map((name) => {
      if (!known.has(name)) throw invalid('invalid_selection_field', `There is no field ${name.slice(0, 60)}.`);
      return [name, resource[name]];
    }),
  );
}

/** Members of all our resources. */
const known = new Set([
  ...['sourcedId', 'status', 'dateLastModified', 'title', 'type', 'startDate', 'endDate', 'parent', 'children'],
  ...['schoolYear', 'name', 'identifier', 'grades', 'courseCode', 'org', 'classCode', 'classType', 'course', 'school'],
  ...['terms', 'role', 'primary', 'user', 'class', 'enabledUser', 'username', 'givenName', 'familyName', 'middleName'],
  ...['userMasterIdentifier', 'roles', 'primaryOrg', 'birthDate', 'sex'],
]);
