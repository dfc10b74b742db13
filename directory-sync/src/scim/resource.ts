import { isUuid } from '@edutrust/platform/ids';
import { scimError } from './errors.ts';
import { type AttributePath, type Filter, parseAttributePath } from './filter.ts';
import { limits, urn } from './schemas.ts';

/** A resource as it is sent. */
export interface Resource {
  readonly schemas: readonly string[];
  readonly id: string;
  readonly meta: { readonly location: string; readonly version: string; readonly [name: string]: string };
  readonly [name: string]: unknown;
}

export interface Page {
  readonly filter: Filter | undefined;
  /** From 1. */
  readonly startIndex: number;
  readonly count: number;
  /** By index only: the attribute to order by, and whether from its end (RFC 7644 §3.4.2.3). */
  readonly sort?: Sort | undefined;
  /** By cursor: those whose id comes after this one, whatever the index. */
  readonly after?: string;
}

export interface Sort {
  readonly path: AttributePath;
  readonly descending: boolean;
}

/** What a page holds. */
export interface Listed {
  /** By cursor undefined where it would have to be counted (RFC 9865 §2 lets it out). */
  readonly total: number | undefined;
  readonly resources: Resource[];
  /** The id to go on after, by cursor; undefined when there is nothing more. */
  readonly next: string | undefined;
}

/** A full page may be followed by another. */
export const nextAfter = (rows: readonly { readonly id: string }[], count: number): string | undefined =>
  count > 0 && rows.length === count ? rows.at(-1)?.id : undefined;

/** Which version the client knows (RFC 9110 §13.1). */
export interface Preconditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
}

/** @throws scimError 412: somebody else changed it meanwhile (D11) */
export function mustMatch({ ifMatch }: Preconditions, version: string): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  if (!ifMatch.split(',').some((tag) => tag.trim() === version))
    throw scimError(412, `The resource is at version ${version} now.`);
}

/** `startIndex` and `count` (RFC 7644 §3.4.2.4): below 1 is 1, below 0 is 0. */
export function pageOf(query: Readonly<Record<string, unknown>>): Pick<Page, 'startIndex' | 'count'> {
  const number = (name: string, absent: number) => {
    const value = query[name];
    if (value === undefined || value === '') return absent;
    const read = Number(value);
    if (!Number.isInteger(read)) throw scimError(400, `${name} is a number.`, 'invalidValue');
    return read;
  };
  return {
    startIndex: Math.min(Math.max(1, number('startIndex', 1)), 100_000_000),
    count: Math.min(Math.max(0, number('count', limits.results)), limits.results),
  };
}

/** `sortBy` and `sortOrder` (RFC 7644 §3.4.2.3). @throws scimError 400 `invalidPath`, `invalidValue` */
export function sortOf({ sortBy, sortOrder }: Readonly<Record<string, unknown>>): Sort | undefined {
  if (sortBy === undefined || sortBy === '') return undefined;
  const order = String(sortOrder ?? 'ascending').toLowerCase();
  if (order !== 'ascending' && order !== 'descending')
    throw scimError(400, 'sortOrder is ascending or descending.', 'invalidValue');
  return { path: parseAttributePath(String(sortBy), 'invalidPath'), descending: order === 'descending' };
}

/**
 * `cursor` (RFC 9865 §2): empty for the first page, then what `nextCursor` was. Undefined when pages go by index. It names
 * the last resource, so that those that are added or gone meanwhile move nothing.
 *
 * @throws scimError 400 `invalidCursor`
 */
export function cursorOf(query: Readonly<Record<string, unknown>>): string | undefined {
  const { cursor } = query;
  if (cursor === undefined) return undefined;
  if (cursor === '') return firstCursor;
  const id = typeof cursor === 'string' ? Buffer.from(cursor, 'base64url').toString('latin1') : '';
  if (!isUuid(id) || query.startIndex !== undefined)
    throw scimError(400, 'The cursor is none that was given, or stands beside a startIndex.', 'invalidCursor');
  return id;
}

/** Before every id. */
const firstCursor = '00000000-0000-0000-0000-000000000000';
export const cursorAfter = (id: string): string => Buffer.from(id, 'latin1').toString('base64url');

export const listResponse = (resources: readonly object[], total: number | undefined, startIndex: number) => ({
  schemas: [urn.list],
  ...(total === undefined ? {} : { totalResults: total }),
  startIndex,
  itemsPerPage: resources.length,
  Resources: resources,
});

/**
 * `attributes` and `excludedAttributes` (RFC 7644 §3.9): what is always returned stays. Names have no case; a URN before
 * an attribute of the core is passed over.
 */
export function project(resource: Resource, query: Readonly<Record<string, unknown>>): object {
  const only = namesIn(query.attributes);
  const without = namesIn(query.excludedAttributes);
  if (only.length === 0 && without.length === 0) return resource;
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(resource)) {
    const isAlways = name === 'id' || name === 'schemas';
    const part = isAlways ? value : partOf(name.toLowerCase(), value, only, without);
    if (part !== undefined) kept[name] = part;
  }
  return kept;
}

function partOf(name: string, value: unknown, only: readonly string[], without: readonly string[]): unknown {
  if (only.length > 0) {
    if (only.includes(name)) return value;
    const subs = only.filter((one) => one.startsWith(`${name}.`)).map((one) => one.slice(name.length + 1));
    return subs.length > 0 ? pick(value, (sub) => subs.includes(sub)) : undefined;
  }
  if (without.includes(name)) return undefined;
  const subs = without.filter((one) => one.startsWith(`${name}.`)).map((one) => one.slice(name.length + 1));
  return subs.length > 0 ? pick(value, (sub) => !subs.includes(sub)) : value;
}

function pick(value: unknown, keeps: (sub: string) => boolean): unknown {
  if (Array.isArray(value)) return value.map((one) => pick(one, keeps));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => keeps(name.toLowerCase())));
}

/** In the form of {@link partOf}: `name.familyname`, `urn:…:enterprise:2.0:user.employeenumber`. */
function namesIn(value: unknown): string[] {
  const texts = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [];
  return texts.map((text) => {
    const name = String(text).trim().toLowerCase();
    for (const core of [urn.user, urn.group])
      if (name.startsWith(`${core.toLowerCase()}:`)) return name.slice(core.length + 1);
    for (const extension of [urn.enterprise.toLowerCase(), urn.education.toLowerCase()])
      if (name.startsWith(`${extension}:`)) return `${extension}.${name.slice(extension.length + 1)}`;
    return name;
  });
}
