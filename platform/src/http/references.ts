import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Resource } from './access.ts';

/** What an id in a path, a query or a body can name; the HTTP base decides on it before the handler runs (T9). */
export type ReferredKind = 'person' | 'organisation' | 'class';

const keyword = 'x-refers-to';
/** Ajv has to know the word, or it refuses the schema. */
export const referenceKeywords: string[] = [keyword];

const uuid = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';

/**
 * The schema of an id that names a person, an organisation or a class. The caller has to be allowed the action on that
 * thing: the route's own, unless another is named. Unknown and foreign ids are refused alike.
 */
export function refersTo(kind: ReferredKind, action?: string) {
  return Type.String({ pattern: uuid, [keyword]: action ? `${kind} ${action}` : kind });
}

/** One id-bearing field of a route's schemas. */
export interface Reference {
  readonly part: 'params' | 'querystring' | 'body';
  /** From the part's root; `*` is every item of an array. */
  readonly path: readonly string[];
  readonly kind: ReferredKind;
  readonly action: string | undefined;
}

const parts = ['params', 'querystring', 'body'] as const;

/** The annotated fields of a route's schemas. */
export function referencesOf(schema: object | undefined): Reference[] {
  const found: Reference[] = [];
  for (const part of parts) {
    visit((schema as Record<string, unknown> | undefined)?.[part], [], (node, path) => {
      const text = node[keyword];
      if (typeof text !== 'string') return;
      const [kind = '', action] = text.split(' ');
      found.push({ part, path, kind: kind as ReferredKind, action });
    });
  }
  return found;
}

/** Calls `see` for every schema within a schema: properties, items and alternatives. */
export function visit(
  schema: unknown,
  path: readonly string[],
  see: (node: Record<string, unknown>, path: readonly string[]) => void,
): void {
  if (typeof schema !== 'object' || schema === null) return;
  const node = schema as Record<string, unknown>;
  see(node, path);
  for (const [name, child] of Object.entries((node.properties as object | undefined) ?? {})) {
    visit(child, [...path, name], see);
  }
  visit(node.items, [...path, '*'], see);
  for (const one of [node.anyOf, node.oneOf, node.allOf].flat()) visit(one, path, see);
}

const known = new WeakMap<object, readonly Reference[]>();

/** The things that the request's fields name, each with the action that is asked for it. */
export function referredBy(
  request: FastifyRequest,
): { readonly resource: Resource; readonly action: string | undefined }[] {
  const { schema } = request.routeOptions;
  if (!schema) return [];
  const references = known.get(schema) ?? referencesOf(schema);
  known.set(schema, references);
  return references.flatMap(({ part, path, kind, action }) => {
    const root = part === 'params' ? request.params : part === 'querystring' ? request.query : request.body;
    return valuesAt(root, path).map((id) => ({ resource: { [`${kind}Id`]: id }, action }));
  });
}

function valuesAt(value: unknown, path: readonly string[]): string[] {
  const [name, ...rest] = path;
  if (name === undefined) return typeof value === 'string' ? [value] : [];
  if (name === '*') return Array.isArray(value) ? value.flatMap((item) => valuesAt(item, rest)) : [];
  if (typeof value !== 'object' || value === null) return [];
  return valuesAt((value as Record<string, unknown>)[name], rest);
}
