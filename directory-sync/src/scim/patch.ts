import { scimError } from './errors.ts';
import { type AttributePath, type Filter, parseAttributePath, parseFilter } from './filter.ts';
import { type Attribute, commonAttributes, passedOver, userExtensions } from './schemas.ts';

/** What a client may set, by the attribute's own name, an extension by its URN; a complex one is an object of texts. */
export type Settable = Readonly<Record<string, string | boolean | Readonly<Record<string, string>>>>;

/** What happens to the members of a group; ids as the client wrote them. */
export interface MemberEdit {
  readonly kind: 'add' | 'remove' | 'replace';
  readonly ids: readonly string[];
}

export interface Edited {
  readonly resource: Settable;
  /** In the order in which they were asked for. */
  readonly members: readonly MemberEdit[];
}

type Operator = 'add' | 'replace' | 'remove';
type Writable = Record<string, string | boolean | Record<string, string>>;

const mostOperations = 1_000;

/** A whole resource as POST and PUT bring it (RFC 7644 §3.3, §3.5.1); what is read-only is passed over. */
export function readResource(body: unknown, attributes: readonly Attribute[]): Edited {
  if (!isObject(body)) throw scimError(400, 'The body is no object.', 'invalidSyntax');
  const draft = new Draft({}, attributes, { passesOverReadOnly: true });
  draft.setAll('replace', body);
  for (const { name, required, type } of attributes)
    if (required && type === 'string' && (draft.resource[name] ?? '') === '')
      throw scimError(400, `${name} is required.`, 'invalidValue');
  return { resource: draft.resource, members: draft.members };
}

/**
 * The operations of a PATCH (RFC 7644 §3.5.2), all or none. As clients write them: operators with capitals, booleans as
 * texts, paths as keys of a value without a path, and `remove` of members with a list of those to remove.
 *
 * @throws scimError 400
 */
export function applyPatch(before: Settable, body: unknown, attributes: readonly Attribute[]): Edited {
  const operations = isObject(body) ? member(body, 'Operations') : undefined;
  if (!Array.isArray(operations) || operations.length === 0)
    throw scimError(400, 'There are no Operations.', 'invalidSyntax');
  if (operations.length > mostOperations) throw scimError(413, 'There are too many operations.', 'tooMany');
  const draft = new Draft(before, attributes, { passesOverReadOnly: false });
  for (const operation of operations) applyOne(draft, operation);
  return { resource: draft.resource, members: draft.members };
}

function applyOne(draft: Draft, operation: unknown): void {
  const op = isObject(operation) ? String(member(operation, 'op')).toLowerCase() : '';
  if (op !== 'add' && op !== 'replace' && op !== 'remove')
    throw scimError(400, 'There is no such op.', 'invalidSyntax');
  const path = member(operation as object, 'path');
  const value = member(operation as object, 'value');
  if (path === undefined || path === '') {
    if (op === 'remove') throw scimError(400, 'Nothing says what to remove.', 'noTarget');
    if (!isObject(value)) throw scimError(400, 'Without a path the value is an object.', 'invalidValue');
    draft.setAll(op, value);
    return;
  }
  if (typeof path !== 'string') throw scimError(400, 'A path is a text.', 'invalidPath');
  draft.set(op, path, value);
}

/** `attr`, `attr.sub`, `attr[filter]`, `attr[filter].sub`, each with a URN before it or without. */
function parsePatchPath(path: string): { attribute: AttributePath; filter?: Filter; sub?: string } {
  const match = /^([^[\]]+)\[(.+)\](?:\.([A-Za-z$][\w$-]*))?$/s.exec(path);
  if (!match) return { attribute: parseAttributePath(path, 'invalidPath') };
  const attribute = parseAttributePath(match[1] ?? '', 'invalidPath');
  return { attribute, filter: parseFilter(match[2] ?? ''), ...(match[3] ? { sub: match[3].toLowerCase() } : {}) };
}

const extensionOf = (name: string | undefined): Attribute | undefined =>
  userExtensions.find((extension) => extension.name.toLowerCase() === name?.toLowerCase());

/** A resource while it is edited. */
class Draft {
  readonly resource: Writable;
  readonly members: MemberEdit[] = [];
  readonly #attributes: readonly Attribute[];
  readonly #passesOverReadOnly: boolean;

  constructor(before: Settable, attributes: readonly Attribute[], options: { passesOverReadOnly: boolean }) {
    this.resource = structuredClone(before) as Writable; // a copy of our own
    this.#attributes = [...attributes, ...commonAttributes];
    this.#passesOverReadOnly = options.passesOverReadOnly;
  }

  /** Every key of an object, which is an attribute, a path, or the URN of a schema with its own attributes. */
  setAll(op: 'add' | 'replace', value: object): void {
    for (const [key, part] of Object.entries(value)) {
      if (/^urn:/i.test(key) && isObject(part) && !extensionOf(key))
        for (const [name, inner] of Object.entries(part)) this.set(op, `${key}:${name}`, inner);
      else this.set(op, key, part);
    }
  }

  /** What a path names; the URN of an extension alone is all of it (RFC 7644 §3.10). */
  set(op: Operator, path: string, value: unknown): void {
    const whole = extensionOf(path);
    if (whole) {
      this.#editComplex(op, whole, undefined, value);
      return;
    }
    const { attribute, filter, sub } = parsePatchPath(path);
    this.#edit(op, attribute, filter, sub, value);
  }

  #edit(
    op: Operator,
    path: AttributePath,
    filter: Filter | undefined,
    filteredSub: string | undefined,
    value: unknown,
  ): void {
    const [name = '', sub = filteredSub] = path.name.split('.');
    const extension = extensionOf(path.schema);
    if (extension) {
      this.#editComplex(op, extension, name, value);
      return;
    }
    const isOfCore = !path.schema?.includes(':extension:');
    const attribute = this.#attributes.find((known) => isOfCore && known.name.toLowerCase() === name);
    if (!attribute) {
      if (passedOver.has(name)) return;
      throw scimError(400, `There is no attribute ${name}.`, 'invalidPath');
    }
    if (attribute.name === 'members') {
      this.#editMembers(op, filter, sub, value);
      return;
    }
    if (filter) throw scimError(400, `${attribute.name} has one value.`, 'invalidPath');
    if (attribute.type === 'complex') {
      this.#editComplex(op, attribute, sub, value);
      return;
    }
    if (sub !== undefined) throw scimError(400, `${attribute.name} has no parts.`, 'invalidPath');
    if (op === 'remove' || value === null) {
      if (attribute.required) throw scimError(400, `${attribute.name} is required.`, 'mutability');
      delete this.resource[attribute.name];
    } else this.resource[attribute.name] = simpleValue(attribute, value);
  }

  #editComplex(op: Operator, attribute: Attribute, sub: string | undefined, value: unknown): void {
    const now = this.resource[attribute.name];
    const parts: Record<string, string> = isObject(now) ? { ...(now as Record<string, string>) } : {};
    const set = (name: string, part: unknown) => {
      const known = attribute.subAttributes?.find((one) => one.name.toLowerCase() === name.toLowerCase());
      if (!known) {
        if (passedOver.has(name.toLowerCase())) return;
        throw scimError(400, `There is no attribute ${attribute.name}.${name}.`, 'invalidPath');
      }
      if (known.mutability === 'readOnly') {
        if (this.#passesOverReadOnly) return;
        throw scimError(400, `${known.name} is read-only.`, 'mutability');
      }
      if (op === 'remove' || part === null) delete parts[known.name];
      else parts[known.name] = String(simpleValue(known, part));
    };
    if (sub !== undefined) set(sub, value);
    else if (op === 'remove' || value === null) for (const { name } of attribute.subAttributes ?? []) set(name, null);
    else {
      if (!isObject(value)) throw scimError(400, `${attribute.name} is an object.`, 'invalidValue');
      // A complex attribute is replaced part by part: parts that are not named stay (RFC 7644 §3.5.2.3).
      for (const [name, part] of Object.entries(value)) set(name, part);
    }
    if (Object.keys(parts).length > 0) this.resource[attribute.name] = parts;
    else delete this.resource[attribute.name];
  }

  #editMembers(op: Operator, filter: Filter | undefined, sub: string | undefined, value: unknown): void {
    if (op === 'remove') {
      if (sub !== undefined && sub !== 'value') throw scimError(400, 'A member has no such part.', 'mutability');
      if (filter) this.members.push({ kind: 'remove', ids: idsOf(filter) });
      // With a list (Entra): those alone. A strict reading would empty the group.
      else if (value !== undefined && value !== null) this.members.push({ kind: 'remove', ids: memberIds(value) });
      else this.members.push({ kind: 'replace', ids: [] });
      return;
    }
    if (filter) throw scimError(400, 'A member is added and removed, not changed.', 'mutability');
    this.members.push({ kind: op, ids: memberIds(value) });
  }
}

/** `value eq "…"`, alone or several with `or`. */
function idsOf(filter: Filter): string[] {
  if (filter.kind === 'or') return filter.of.flatMap(idsOf);
  const isId = filter.kind === 'compare' && filter.path.name === 'value' && filter.comparator === 'eq';
  if (!isId) throw scimError(400, 'Members are found by their value.', 'invalidFilter');
  return [String(filter.value)];
}

function memberIds(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).map((one: unknown) => {
    const id = isObject(one) ? member(one, 'value') : one;
    if (typeof id !== 'string') throw scimError(400, 'A member is named by its value.', 'invalidValue');
    return id;
  });
}

function simpleValue({ name, type }: Attribute, given: unknown): string | boolean {
  const value = Array.isArray(given) && given.length === 1 ? (given[0] as unknown) : given;
  if (type === 'boolean') {
    if (typeof value === 'boolean') return value;
    const read = typeof value === 'string' ? value.toLowerCase() : '';
    if (read === 'true' || read === 'false') return read === 'true';
    throw scimError(400, `${name} is true or false.`, 'invalidValue');
  }
  if (typeof value !== 'string' || value.length > 500)
    throw scimError(400, `${name} is a text of at most 500 characters.`, 'invalidValue');
  return value;
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A member of an object by its name without case. */
function member(object: object, name: string): unknown {
  const key = Object.keys(object).find((known) => known.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : (object as Record<string, unknown>)[key];
}
