import { InvalidInput, Unavailable } from '@edutrust/platform/errors';
import Type, { type Static } from 'typebox';
import { type Change, membersOf } from '../../model/change.ts';
import type { Connection, Connector, Held, Holding, Opening } from '../connector.ts';
import { examineScim } from './examine.ts';
import { ask, type Body, Refused, unreachable } from './http.ts';
import { type Profile, profileIds, profiles } from './profiles.ts';
import { listOf, merged, pathsOf, text, toFields, toUser } from './user.ts';

const Settings = Type.Object(
  {
    /** Up to and with `/v2` or whatever stands before `/Users`. */
    url: Type.String({ maxLength: 300 }),
    /** How the server answers; as the standard has it when absent. */
    profile: Type.Optional(Type.Enum([...profileIds])),
    /** By which attribute the server finds our users, when not as its profile says. */
    matchBy: Type.Optional(Type.Enum(['externalId', 'userName'])),
    /** False: the groups that it has are left alone. */
    groups: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
type Settings = Static<typeof Settings>;

const pageSize = 100;
const urn = {
  user: 'urn:ietf:params:scim:schemas:core:2.0:User',
  group: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  patch: 'urn:ietf:params:scim:api:messages:2.0:PatchOp',
} as const;
const safe = /^https:\/\/[^\s/@?#]+(\/[^\s?#]*)?$|^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/[^\s?#]*)?$/;

/**
 * A SCIM 2.0 server (RFC 7643, 7644) that keeps our people as users and our groups as groups. Its one secret is a bearer
 * token. Roles, organisations and classes go as groups: as attributes few servers keep them, and what is not kept would
 * be sent again every night.
 */
export const scimConnector: Connector<typeof Settings> = {
  kind: 'scim',
  title: { vi: 'Máy chủ SCIM 2.0', en: 'SCIM 2.0 server' },
  settings: Settings,
  needs: ['name'],
  check: (settings, token) => {
    const { url, profile = 'rfc' } = settings;
    const { hasGroups, keepsExternalId } = profiles[profile];
    if ((settings.groups && !hasGroups) || (settings.matchBy === 'externalId' && !keepsExternalId)) {
      throw new InvalidInput('sync/profile-cannot', {
        vi: 'Loại máy chủ đã chọn không có nhóm hoặc không giữ mã ngoài (externalId): hãy bỏ phần đó.',
        en: 'Servers of this profile have no groups or keep no externalId: leave that out.',
      });
    }
    if (!safe.test(url)) {
      throw new InvalidInput('sync/bad-address', {
        vi: 'Địa chỉ SCIM phải bắt đầu bằng https:// (http:// chỉ dùng cho chính máy này).',
        en: 'A SCIM address begins with https:// (http:// is for this machine only).',
      });
    }
    if (!/^[\x21-\x7e]+$/.test(token)) {
      throw new InvalidInput('sync/no-password', {
        vi: 'Mã truy cập (token) trống hoặc có ký tự lạ.',
        en: 'The token is empty or has invalid characters.',
      });
    }
  },
  open: async (opening) => {
    const connection = new ScimConnection(opening);
    await connection.find('Users', 'nobody'); // says now whether the place and the token are right
    return connection;
  },
  examine: ({ settings, secret }) => examineScim(placeOf(settings, secret)),
};

/** The profile of a server, with what was set otherwise for this one. */
function profileOf({ profile = 'rfc', matchBy, groups }: Settings): Profile {
  const usual = profiles[profile];
  return { ...usual, matchBy: matchBy ?? usual.matchBy, hasGroups: groups ?? usual.hasGroups };
}

const placeOf = ({ url }: Settings, token: string) => ({ base: url.replace(/\/$/, ''), token });

class ScimConnection implements Connection {
  readonly inFlight: number;
  readonly carries: ReadonlySet<string>;
  readonly #profile: Profile;
  readonly #opening: Opening<Settings>;
  readonly #place: { readonly base: string; readonly token: string };

  constructor(opening: Opening<Settings>) {
    this.#opening = opening;
    const kept = ['isActive', 'educationId', 'fullName', 'familyName', 'givenName'];
    this.#profile = profileOf(opening.settings);
    this.inFlight = this.#profile.inFlight;
    this.carries = new Set(this.#profile.hasGroups ? [...kept, 'groups'] : kept);
    this.#place = placeOf(opening.settings, opening.secret);
  }

  /** `userName` has no case (RFC 7643 §4.1.1), our keys have none either: digits, and codes that we write alike. */
  fold(key: string): string {
    return key;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing is kept open.
  }

  async prepare(): Promise<void> {
    // A server has its collections.
  }

  async *inventory(): AsyncGenerator<Held> {
    for await (const page of this.#pages('Users')) {
      const users = page.flatMap((user) => {
        const key = this.#keyOf(user);
        return key === undefined ? [] : [{ key, id: String(user.id), user }];
      });
      await this.#opening.references.put('person', new Map(users.map(({ key, id }) => [key, id])));
      for (const { key, user } of users) yield { kind: 'person', key, fields: toFields(user) };
    }
    if (!this.#profile.hasGroups) return;
    for await (const page of this.#pages('Groups')) {
      for (const group of page) {
        const key = text(group.externalId) ?? text(group.displayName);
        if (key === undefined) continue;
        await this.#opening.references.put('group', new Map([[key, String(group.id)]]));
        yield { kind: 'group', key };
        const ids = listOf(group.members).map((member) => String(member.value));
        const keys = await this.#opening.references.keysOf('person', ids);
        yield { kind: 'membership', group: key, people: [...keys.values()] };
      }
    }
  }

  /** Every page; as many as the server says that there are, the same number at each page, and none twice (D4). */
  async *#pages(type: 'Users' | 'Groups'): AsyncGenerator<Body[]> {
    const ids = new Set<string>();
    let promised: number | undefined;
    for (let startIndex = 1; ; ) {
      const answer = await ask(this.#place, 'GET', `/${type}?startIndex=${startIndex}&count=${pageSize}`);
      const [resources, total] = [listOf(answer.Resources), Number(answer.totalResults)];
      promised ??= total;
      for (const { id } of resources) ids.add(String(id));
      startIndex += resources.length;
      if (!Number.isInteger(total) || total !== promised || ids.size !== startIndex - 1) throw incomplete();
      yield resources;
      if (ids.size === total) return;
      if (resources.length === 0) throw incomplete();
    }
  }

  #keyOf(user: Body): string | undefined {
    return text(this.#profile.matchBy === 'externalId' ? user.externalId : user.userName);
  }

  /** The resource of this key, as the server has it now. */
  async find(type: 'Users' | 'Groups', key: string): Promise<Body | undefined> {
    const by = type === 'Users' ? this.#profile.matchBy : 'displayName';
    const filter = encodeURIComponent(`${by} eq ${JSON.stringify(key)}`);
    const without = type === 'Groups' ? '&excludedAttributes=members' : '';
    const answer = await ask(this.#place, 'GET', `/${type}?filter=${filter}${without}`);
    // A server that does not know the filter and answers with everybody is not believed.
    return listOf(answer.Resources).find((one) => text(one[by])?.toLowerCase() === key.toLowerCase());
  }

  async lookUp(keys: readonly string[]): Promise<Map<string, Holding>> {
    const found = new Map<string, Holding>();
    for (const key of keys) {
      const user = await this.find('Users', key);
      if (!user) continue;
      await this.#opening.references.put('person', new Map([[key, String(user.id)]]));
      found.set(key, { fields: toFields(user), groups: await this.#groupsOf(user) });
    }
    return found;
  }

  async #groupsOf(user: Body): Promise<string[]> {
    if (!this.#profile.hasGroups) return [];
    if (this.#profile.groupsOf === 'user') return this.#groupsNamedIn(user);
    const filter = encodeURIComponent(`members.value eq ${JSON.stringify(String(user.id))}`);
    const path = `/Groups?filter=${filter}&excludedAttributes=members&count=${pageSize}`;
    const answer = await ask(this.#place, 'GET', path).catch((error: unknown) => {
      // It does not filter by members: the nightly comparison reads them whole.
      throw error instanceof Refused ? unreachable(`no filter by members (${error.message})`) : error;
    });
    return listOf(answer.Resources).flatMap((group) => text(group.externalId) ?? text(group.displayName) ?? []);
  }

  /** Of those whose id is not known the name that is shown; who says nothing of groups is in none that we know. */
  async #groupsNamedIn({ groups }: Body): Promise<string[]> {
    if (groups === undefined) throw unreachable('users without their groups');
    const all = listOf(groups);
    const known = await this.#opening.references.keysOf(
      'group',
      all.map(({ value }) => String(value)),
    );
    return all.flatMap(({ value, display }) => known.get(String(value)) ?? text(display) ?? []);
  }

  async apply(change: Change): Promise<void> {
    if (change.kind === 'person') return this.#applyPerson(change);
    if (!this.#profile.hasGroups) return;
    const id = await this.#groupId(change.key);
    const ids = await this.#personIds(membersOf(change));
    const { membersAtOnce } = this.#profile;
    for (let from = 0; from < ids.length; from += membersAtOnce) {
      const part = ids.slice(from, from + membersAtOnce);
      // Who goes is named in the path: some read a remove of `members` with values as a remove of all.
      const operations =
        change.action === 'add'
          ? [{ op: this.#op('add'), path: 'members', value: part.map((value) => ({ value })) }]
          : part.map((value) => ({ op: this.#op('remove'), path: `members[value eq ${JSON.stringify(value)}]` }));
      await this.#patch(`/Groups/${encodeURIComponent(id)}`, operations);
    }
  }

  #op(op: 'add' | 'remove' | 'replace'): string {
    return this.#profile.op === 'add' ? op : op.charAt(0).toUpperCase() + op.slice(1);
  }

  async #applyPerson({ action, key, after }: Change): Promise<void> {
    let id = (await this.#opening.references.get('person', [key])).get(key);
    if (action === 'add') {
      try {
        const made = await ask(this.#place, 'POST', '/Users', {
          schemas: [urn.user],
          ...toUser(key, after, this.#profile),
        });
        await this.#opening.references.put('person', new Map([[key, String(made.id)]]));
        return;
      } catch (error) {
        if (!(error instanceof Refused && error.status === 409)) throw error;
        id = undefined; // made before the process died; found by our key, and by nothing else (D7)
      }
    }
    id ??= text((await this.find('Users', key))?.id);
    if (id === undefined) throw new Refused(404, `there is no user ${key}`);
    await this.#opening.references.put('person', new Map([[key, id]]));
    await this.#changeUser(`/Users/${encodeURIComponent(id)}`, toUser(key, after, this.#profile));
  }

  async #changeUser(path: string, change: Readonly<Record<string, unknown>>): Promise<void> {
    switch (this.#profile.change) {
      case 'patch':
        return this.#patch(
          path,
          pathsOf(change).map(([path, value]) => ({ op: this.#op('replace'), path, value })),
        );
      case 'patch-value': {
        // A part of a name may be read as all of it.
        const name = change.name ? { name: merged(await ask(this.#place, 'GET', path), change).name } : {};
        return this.#patch(path, [{ op: this.#op('replace'), value: { ...change, ...name } }]);
      }
      case 'put': {
        const now = await ask(this.#place, 'GET', path);
        await ask(this.#place, 'PUT', path, merged(now, change));
      }
    }
  }

  async #patch(path: string, operations: readonly object[]): Promise<void> {
    await ask(this.#place, 'PATCH', path, { schemas: [urn.patch], Operations: operations });
  }

  /** The server's id of a group, which is made when it is not there. */
  async #groupId(key: string): Promise<string> {
    const known = (await this.#opening.references.get('group', [key])).get(key);
    if (known !== undefined) return known;
    const group =
      (await this.find('Groups', key)) ??
      (await ask(this.#place, 'POST', '/Groups', {
        schemas: [urn.group],
        displayName: key,
        ...(this.#profile.keepsExternalId ? { externalId: key } : {}),
      }));
    await this.#opening.references.put('group', new Map([[key, String(group.id)]]));
    return String(group.id);
  }

  async #personIds(keys: readonly string[]): Promise<string[]> {
    const known = await this.#opening.references.get('person', keys);
    const ids: string[] = [];
    for (const key of keys) {
      const id = known.get(key) ?? text((await this.find('Users', key))?.id);
      if (id !== undefined) ids.push(id);
    }
    return ids;
  }
}

function incomplete(): Unavailable {
  return new Unavailable('sync/incomplete-read', {
    vi: 'Không đọc được trọn vẹn máy chủ SCIM.',
    en: 'The SCIM server could not be read completely.',
  });
}
