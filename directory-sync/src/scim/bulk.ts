import type { ClientRow } from '../clients/clients.ts';
import { type ScimError, scimError } from './errors.ts';
import { limits, urn } from './schemas.ts';
import type { Endpoint, Scim } from './scim.ts';

interface Answer {
  readonly method: string;
  readonly bulkId?: string;
  readonly location?: string;
  readonly version?: string;
  readonly status: string;
  readonly response?: object;
}

const methods: readonly string[] = ['POST', 'PUT', 'PATCH', 'DELETE'];

/**
 * Several operations in one request (RFC 7644 §3.7), one after another, each by itself: after `failOnErrors` failures the
 * rest is not tried. `bulkId:…` in a path or in data is the id of what an earlier operation made.
 *
 * @throws scimError 413 for more operations than are promised (D11); 400 for no bulk
 */
export async function runBulk(
  scim: Scim,
  client: ClientRow,
  body: unknown,
  refusalOf: (error: unknown) => ScimError | undefined,
): Promise<object> {
  const { Operations: operations, failOnErrors } = (typeof body === 'object' && body !== null ? body : {}) as {
    Operations?: unknown;
    failOnErrors?: unknown;
  }; // parsed here
  if (!Array.isArray(operations)) throw scimError(400, 'There are no Operations.', 'invalidSyntax');
  if (operations.length > limits.operations)
    throw scimError(413, `A bulk has at most ${limits.operations} operations.`, 'tooMany');
  const most = typeof failOnErrors === 'number' && failOnErrors >= 1 ? failOnErrors : Number.POSITIVE_INFINITY;
  const ids = new Map<string, string>();
  const answers: Answer[] = [];
  let failures = 0;
  for (const operation of operations as unknown[]) {
    const answer = await runOne(scim, client, operation, ids, refusalOf);
    answers.push(answer);
    if (Number(answer.status) >= 400) failures += 1;
    if (failures >= most) break;
  }
  return { schemas: [urn.bulkResponse], Operations: answers };
}

async function runOne(
  scim: Scim,
  client: ClientRow,
  operation: unknown,
  ids: Map<string, string>,
  refusalOf: (error: unknown) => ScimError | undefined,
): Promise<Answer> {
  const given = (typeof operation === 'object' && operation !== null ? operation : {}) as Record<string, unknown>;
  const method = String(given.method).toUpperCase();
  const bulkId = typeof given.bulkId === 'string' ? given.bulkId : undefined;
  const base = { method, ...(bulkId === undefined ? {} : { bulkId }) };
  try {
    const match = /^\/?(Users|Groups)(?:\/([^/?#]+))?$/.exec(withIds(String(given.path), ids));
    const [, type, id = ''] = match ?? [];
    if (!methods.includes(method) || !type || (method === 'POST') !== (id === ''))
      throw scimError(400, 'There is no such operation.', 'invalidSyntax');
    if (method === 'POST' && bulkId === undefined) throw scimError(400, 'A POST has a bulkId.', 'invalidSyntax');
    const { status, resource } = await scim.change(client, method as Endpoint, type as 'Users' | 'Groups', {
      id,
      body: resolved(given.data, ids),
      preconditions: { ifMatch: typeof given.version === 'string' ? given.version : undefined },
    });
    if (bulkId !== undefined && resource) ids.set(bulkId, resource.id);
    const location = resource?.meta.location ?? `/scim/v2/${type}/${id}`;
    return {
      ...base,
      location,
      ...(resource ? { version: resource.meta.version } : {}),
      status: String(status),
    };
  } catch (error) {
    const refusal = refusalOf(error);
    if (!refusal) throw error;
    return { ...base, status: String(refusal.status), response: refusal.toJSON() };
  }
}

function withIds(text: string, ids: ReadonlyMap<string, string>): string {
  return text.replaceAll(/bulkId:([^/"]+)/g, (_whole, bulkId: string) => {
    const id = ids.get(bulkId);
    if (id === undefined) throw scimError(409, `Nothing was made as bulkId ${bulkId.slice(0, 60)}.`, 'invalidValue');
    return id;
  });
}

/** References stand for a whole value (RFC 7644 §3.7.2). */
function resolved(data: unknown, ids: ReadonlyMap<string, string>): unknown {
  if (typeof data === 'string') return data.startsWith('bulkId:') ? withIds(data, ids) : data;
  if (Array.isArray(data)) return data.map((part) => resolved(part, ids));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([name, part]) => [name, resolved(part, ids)]));
}
