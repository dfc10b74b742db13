import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Gate } from './access.ts';
import type { HttpServer } from './server.ts';

/** Ajv has to know the words that `schemas` marks fields with, or it refuses a body that has one. */
export const disclosureKeywords: readonly string[] = ['x-personal', 'x-person', 'x-official'];

/** Adds the ids of the people of whom a value says something; `of` is the person of the object around it. */
type Collect = (value: unknown, of: string | undefined, into: Set<string>) => void;
type Schema = Readonly<Record<string, unknown>>;

const alternativesOf = (schema: Schema): Schema[] =>
  ([schema.anyOf, schema.oneOf, schema.allOf] as (Schema[] | undefined)[]).flatMap((some) => some ?? []); // as JSON Schema has them

/** Whether the schema or one of its alternatives has the keyword. */
const has = (schema: Schema, keyword: string): boolean =>
  schema[keyword] === true || alternativesOf(schema).some((one) => has(one, keyword));

/**
 * How to find whom an answer of the schema is about; undefined when it holds nothing personal.
 *
 * @throws TypeError when a personal field has no person
 */
export function collectorOf(schemaOrType: object, isNamed = false, path = ''): Collect | undefined {
  const schema = schemaOrType as Schema; // TypeBox's types say less than JSON Schema has
  const parts: Collect[] = [];
  if (schema.properties) parts.push(...collectorsOfObject(schema, isNamed, path));
  const items = schema.items ? collectorOf(schema.items as Schema, isNamed, `${path}/*`) : undefined;
  if (items)
    parts.push((value, of, into) => {
      if (Array.isArray(value)) for (const item of value) items(item, of, into);
    });
  parts.push(...alternativesOf(schema).flatMap((one) => collectorOf(one, isNamed, path) ?? []));
  if (parts.length === 0) return undefined;
  return (value, of, into) => {
    if (typeof value === 'object' && value !== null) for (const part of parts) part(value, of, into);
  };
}

function collectorsOfObject(schema: Schema, isNamed: boolean, path: string): Collect[] {
  const properties = Object.entries(schema.properties as Readonly<Record<string, Schema>>);
  const idPath = idPathOf(properties);
  const idIn = (value: unknown, of: string | undefined) =>
    idPath ? (idPath.reduce<unknown>((at, name) => (at as Schema | null | undefined)?.[name], value) as string) : of;
  const facts = properties.filter(([, property]) => has(property, 'x-personal')).map(([name]) => name);
  if (facts.length > 0 && !idPath && !isNamed) throw new TypeError(`${path}/${facts[0]} is personal: of whom?`);
  const below = properties.flatMap(([name, property]) => {
    const collect = collectorOf(property, isNamed || idPath !== undefined, `${path}/${name}`);
    return collect ? [{ name, collect }] : [];
  });
  if (facts.length === 0 && below.length === 0) return [];
  return [
    (value, of, into) => {
      const object = value as Schema; // the caller looked
      const id = idIn(object, of);
      if (id && facts.some((name) => isSomething(object[name]))) into.add(id);
      for (const { name, collect } of below) collect(object[name], id, into);
    },
  ];
}

/** Where an object has the id of its person: in a field of its own, or in its `person`. */
function idPathOf(properties: readonly (readonly [string, Schema])[]): readonly string[] | undefined {
  const own = properties.find(([, property]) => has(property, 'x-person'));
  if (own) return [own[0]];
  const person = properties.find(([name]) => name === 'person')?.[1];
  for (const one of person ? [person, ...alternativesOf(person)] : []) {
    const inner = Object.entries((one.properties ?? {}) as Readonly<Record<string, Schema>>);
    const id = inner.find(([, property]) => has(property, 'x-person'));
    if (id) return ['person', id[0]];
  }
  return undefined;
}

function isSomething(value: unknown): boolean {
  return value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0);
}

/** The schemas of a route's good answers. */
export function answersOf(schema: object | undefined): Schema[] {
  const responses = (schema as { response?: Readonly<Record<string, Schema>> } | undefined)?.response ?? {};
  return Object.entries(responses).flatMap(([status, answer]) => (/^2/.test(status) ? [answer] : []));
}

/** The handler of a file or a page says of whom its answer tells; it may say so in parts. */
export function disclose(request: FastifyRequest, people: Iterable<string>): void {
  const told = request.disclosed instanceof Set ? request.disclosed : new Set<string>();
  for (const id of people) told.add(id);
  request.disclosed = told;
}

/** Of routes that tell nothing of others: nothing of anybody, or of the caller alone, which is looked at. */
const tellsNoOther: ReadonlySet<string> = new Set(['nothing', 'own']);

/**
 * Who got to know what of whom is kept before the answer leaves, or it does not leave (N7). A route whose answer holds
 * personal fields and that does not say what it discloses stops the start, and so does one for people who signed in whose
 * answer has no schema (a file): its handler says whom it is about (`disclose`).
 */
export function keepDisclosures(app: HttpServer, { disclosures }: Gate): void {
  const collectors = new WeakMap<object, Collect[]>();
  app.decorateRequest('disclosed', null);
  app.addHook('onRoute', ({ method, url, schema, config }) => {
    const name = `${method} ${url}`;
    const answers = answersOf(schema);
    const found = answers.flatMap((answer) => collectorOf(answer, false, name) ?? []);
    if (found.length > 0 && schema) collectors.set(schema, found);
    const isDescribed = answers.length > 0 && answers.every(({ type }) => type === 'object' || type === 'null');
    const isForPeople = config?.access?.kind === 'action' || config?.access?.kind === 'signed-in';
    const operation = config?.discloses;
    if (found.length > 0 && (!operation || operation === 'nothing'))
      throw new Error(`${name} answers with personal data and does not say what it discloses`);
    if (isForPeople && !isDescribed && !operation)
      throw new Error(`${name} answers with what no schema describes: what does it disclose?`);
    if (operation && !tellsNoOther.has(operation) && !disclosures?.has(operation))
      throw new Error(`${name} discloses by ${operation}, of which nobody could read anything`);
  });
  app.addHook('preSerialization', async (request, reply, payload) => {
    const found = collectors.get(request.routeOptions.schema ?? {});
    if (!found || isBad(reply)) return payload;
    const people = new Set<string>();
    for (const collect of found) collect(payload, undefined, people);
    disclose(request, people);
    return payload;
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const { access, discloses: operation } = request.routeOptions.config;
    const told = request.disclosed;
    if (!operation || operation === 'nothing' || told === null || isBad(reply)) return payload;
    if (told === 'unsaid') throw new Error(`${operation} did not say whom its answer is about`);
    if (operation !== 'own') {
      const action = access?.kind === 'action' ? access.action : undefined;
      await disclosures?.keep({ actor: request.actor, operation, action, people: [...told] });
    } else if ([...told].some((id) => request.actor?.kind !== 'person' || id !== request.actor.personId))
      throw new Error(`${request.routeOptions.url} tells of others what is said to be the caller's own`);
    return payload;
  });
}

const isBad = ({ statusCode }: FastifyReply) => statusCode >= 300;
