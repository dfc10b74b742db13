import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a SCIM server of somebody else behaves. */
export interface Ways {
  /** Of users: by path, without one, or not at all. */
  readonly patch: 'paths' | 'values' | 'none';
  /** Refuses `op` that is not written so. */
  readonly op?: 'lower' | 'capital';
  readonly active: 'boolean' | 'text';
  readonly keepsExternalId: boolean;
  /** What lists are filtered by; anything else is 400. */
  readonly filters: readonly string[];
  readonly groups: 'many' | 'one-by-one' | 'none';
  /** A user comes with the groups that they are in. */
  readonly namesGroups: boolean;
  /** One request in so many is refused as one too many. */
  readonly busyEvery?: number;
}

type Json = Record<string, unknown>;

interface Group {
  readonly id: string;
  readonly displayName: string;
  readonly externalId?: string;
  readonly members: Set<string>;
}

/** Such a server on loopback, with what it keeps and what it was asked. */
export class ScimServer implements AsyncDisposable {
  readonly users = new Map<string, Json>();
  readonly groups = new Map<string, Group>();
  readonly asked: { readonly method: string; readonly path: string; readonly body: Json }[] = [];
  readonly #ways: Ways;
  readonly #busyFor = new Set<string>();
  // Patient: on a busy machine a connection that rests is not closed under the next request.
  readonly #server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    void this.#answer(request).then(({ status, body, headers = {} }) => {
      response.writeHead(status, { 'content-type': 'application/scim+json', ...headers });
      response.end(body === undefined ? '' : JSON.stringify(body));
    });
  });

  private constructor(ways: Ways) {
    this.#ways = ways;
  }

  static async start(ways: Ways): Promise<ScimServer> {
    const server = new ScimServer(ways);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/scim/v2`; // a TCP server's
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  user(userName: string): Json | undefined {
    return [...this.users.values()].find((user) => user.userName === userName);
  }

  groupsOf(id: unknown): Group[] {
    return [...this.groups.values()].filter(({ members }) => members.has(String(id)));
  }

  async #answer(
    request: IncomingMessage,
  ): Promise<{ status: number; body?: object; headers?: Record<string, string> }> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    const method = request.method ?? '';
    const body = (text === '' ? {} : JSON.parse(text)) as Json;
    this.asked.push({ method, path: pathname, body });
    // Whoever asks the same again is answered: how often one of several in flight meets a count is the machine's chance.
    const isAgain = this.#busyFor.delete(`${method} ${pathname} ${text}`);
    if (this.#ways.busyEvery && !isAgain && this.asked.length % this.#ways.busyEvery === 0) {
      this.#busyFor.add(`${method} ${pathname} ${text}`);
      return { status: 429, headers: { 'retry-after': '0' } };
    }
    const [, type = '', id = ''] = /^\/scim\/v2\/(\w+)(?:\/(.+))?$/.exec(pathname) ?? [];
    try {
      if (type === 'Users') return this.#ofUsers(method, id, body, searchParams);
      if (type === 'Groups' && this.#ways.groups !== 'none') return this.#ofGroups(method, id, body, searchParams);
    } catch (error) {
      return { status: 400, body: { detail: String(error) } };
    }
    return { status: 404, body: { detail: 'nothing here' } };
  }

  #ofUsers(method: string, id: string, body: Json, query: URLSearchParams) {
    const before = this.users.get(id);
    if (id && !before) return { status: 404, body: { detail: 'no user' } };
    switch (method) {
      case 'GET':
        return before ? { status: 200, body: this.#shown(before) } : this.#list([...this.users.values()], query);
      case 'POST': {
        if (this.user(String(body.userName))) return { status: 409, body: { scimType: 'uniqueness' } };
        const made = this.#kept({ ...body, id: `u${this.users.size + 1}` });
        return { status: 201, body: this.#shown(made) };
      }
      case 'PUT':
        return { status: 200, body: this.#shown(this.#kept({ ...body, id })) };
      case 'PATCH': {
        if (this.#ways.patch === 'none') return { status: 501, body: { detail: 'no PATCH' } };
        let user = { ...before };
        for (const { path, value } of this.#operations(body)) {
          if ((path === undefined) !== (this.#ways.patch === 'values')) throw new Error('not such a PATCH');
          if (path === undefined)
            user = { ...user, ...(value as Json) }; // a name as a whole
          else {
            const [name = '', part] = path.split('.');
            user[name] = part ? { ...(user[name] as Json), [part]: value } : value;
          }
        }
        return { status: 200, body: this.#shown(this.#kept(user)) };
      }
    }
    return { status: 405 };
  }

  #kept(user: Json): Json {
    const { externalId, ...rest } = user;
    const isActive = String(user.active).toLowerCase() === 'true';
    const kept = {
      ...(this.#ways.keepsExternalId && externalId ? { externalId } : {}),
      ...rest,
      active: this.#ways.active === 'boolean' ? isActive : isActive ? 'True' : 'False',
    };
    this.users.set(String(user.id), kept);
    return kept;
  }

  #shown(user: Json): Json {
    if (!this.#ways.namesGroups) return user;
    return {
      ...user,
      groups: this.groupsOf(user.id).map(({ id, displayName }) => ({ value: id, display: displayName })),
    };
  }

  #operations(body: Json) {
    const operations = body.Operations as { op: string; path?: string; value?: unknown }[];
    for (const { op } of operations)
      if (this.#ways.op && /^[A-Z]/.test(op) !== (this.#ways.op === 'capital')) throw new Error(`unknown op ${op}`);
    return operations;
  }

  #ofGroups(method: string, id: string, body: Json, query: URLSearchParams) {
    const group = this.groups.get(id);
    if (method === 'GET')
      return this.#list(
        [...this.groups.values()].map((one) => this.#group(one, query)),
        query,
      );
    if (method === 'POST') {
      const made: Group = { id: `g${this.groups.size + 1}`, displayName: String(body.displayName), members: new Set() };
      this.groups.set(made.id, made);
      return { status: 201, body: this.#group(made, query) };
    }
    if (method !== 'PATCH' || !group) return { status: 404, body: { detail: 'no group' } };
    const operations = this.#operations(body);
    if (this.#ways.groups === 'one-by-one' && operations.length > 1) throw new Error('one at a time');
    for (const { op, path = '', value } of operations) {
      const added = (value as { value: string }[] | undefined) ?? [];
      if (this.#ways.groups === 'one-by-one' && added.length > 1) throw new Error('one at a time');
      const [, member] = /^members\[value eq "(.+)"\]$/.exec(path) ?? [];
      if (op.toLowerCase() === 'add') for (const one of added) group.members.add(one.value);
      else if (member !== undefined) group.members.delete(member);
      else group.members.clear(); // as RFC 7644 §3.5.2.2 has it
    }
    return { status: 204 };
  }

  #group({ members, ...group }: Group, query: URLSearchParams): Json {
    if (query.get('excludedAttributes') === 'members') return group;
    return { ...group, members: [...members].map((value) => ({ value })) };
  }

  #list(all: Json[], query: URLSearchParams) {
    const [, name = '', given = ''] = /^(\S+) eq "(.*)"$/.exec(query.get('filter') ?? '') ?? [];
    if (name && !this.#ways.filters.includes(name)) return { status: 400, body: { scimType: 'invalidFilter' } };
    const found = all.filter((one) =>
      name === 'members.value' ? this.groups.get(String(one.id))?.members.has(given) : !name || one[name] === given,
    );
    const from = Number(query.get('startIndex') ?? 1) - 1;
    const page = found.slice(from, from + Number(query.get('count') ?? 100));
    return {
      status: 200,
      body: { totalResults: found.length, Resources: page.map((one) => (one.userName ? this.#shown(one) : one)) },
    };
  }
}
