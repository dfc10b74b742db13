import { randomUUID } from 'node:crypto';
import { InvalidInput, Unavailable } from '@edutrust/platform/errors';
import {
  Attribute,
  type Client,
  EqualityFilter,
  Change as LdapChange,
  type Entry as LdapEntry,
  NoSuchObjectError,
  ResultCodeError,
} from 'ldapts';
import { type Change, membersOf, type Values } from '../../model/change.ts';
import type { Connection, Connector, Held, Holding, Mark, Marks, Numbers } from '../connector.ts';
import { mustBeSafe, openClient, profileOf, Settings } from './client.ts';
import { foldValue } from './dn.ts';
import { examineLdap } from './examine.ts';
import { ldifOf } from './ldif.ts';
import { groupDn, groupsDn, keyOf, Mapping, peopleDn } from './mapping.ts';
import { allValues } from './ranges.ts';

const pageSize = 500;
const membersAtOnce = 500;
const timeLimitSeconds = 120;
/** LDAP result codes (RFC 4511 §4.1.9). */
const code = {
  noSuchAttribute: 16,
  attributeOrValueExists: 20,
  noSuchObject: 32,
  busy: 51,
  unavailable: 52,
  entryAlreadyExists: 68,
} as const;
const isCode = (error: unknown, ...codes: readonly number[]) =>
  error instanceof ResultCodeError && codes.includes(error.code);

/** An LDAP server that holds people and groups in the shape of its profile. Its one secret is the bind password. */
export const ldapConnector: Connector<typeof Settings> = {
  kind: 'ldap',
  title: { vi: 'Máy chủ LDAP', en: 'LDAP server' },
  settings: Settings,
  needs: ['name'],
  check: (settings, secret) => {
    mustBeSafe(settings, secret);
    if (profileOf(settings).needsDomain && settings.domain === undefined)
      throw new InvalidInput(
        'sync/no-domain',
        {
          vi: 'Kiểu tài khoản này cần một tên miền, ví dụ so.edu.vn.',
          en: 'Accounts of this kind need a domain, such as so.edu.vn.',
        },
        { fields: [{ pointer: '/domain', detail: { vi: 'Nhập tên miền.', en: 'Enter the domain.' } }] },
      );
  },
  open: async ({ settings, secret, numbers }) => {
    mustBeSafe(settings, secret);
    const client = await openClient(settings, secret).catch((cause: unknown) => {
      throw unreachable(cause);
    });
    return new LdapConnection(client, settings, numbers);
  },
  loadFile: ldifOf,
  examine: examineLdap,
};

class LdapConnection implements Connection {
  readonly inFlight = 8;
  readonly fold = foldValue;
  readonly carries: ReadonlySet<string>;
  readonly marks: Marks = { list: () => this.#listMarks(), membersOf: (group) => this.#membersOf(group) };
  readonly #client: Client;
  readonly #baseDn: string;
  readonly #mapping: Mapping;
  readonly #numbers: Numbers;

  constructor(client: Client, settings: Settings, numbers: Numbers) {
    this.#client = client;
    this.#baseDn = settings.baseDn;
    this.#mapping = new Mapping(profileOf(settings), settings);
    this.#numbers = numbers;
    this.carries = this.#mapping.carries;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.unbind().catch(() => undefined);
  }

  /**
   * The client while it is bound. One that lost its server would connect again by itself, and the requests that are under
   * way together would each do so and wait for ever: whoever opened this opens another.
   *
   * @throws Unavailable
   */
  get #bound(): Client {
    if (this.#client.isConnected) return this.#client;
    throw unreachable(new Error('the server closed the connection'));
  }

  async prepare(): Promise<void> {
    for (const dn of [peopleDn(this.#baseDn), groupsDn(this.#baseDn)]) {
      await this.#bound.add(dn, { objectClass: 'organizationalUnit' }).catch((error: unknown) => {
        if (!isCode(error, code.entryAlreadyExists)) throw unreachable(error);
      });
    }
  }

  async *inventory(): AsyncGenerator<Held> {
    const [people, groups] = [peopleDn(this.#baseDn), groupsDn(this.#baseDn)];
    for await (const page of this.#readBranch(people, [...this.#mapping.attributes, ...markAttributes])) {
      const ours = page.flatMap(({ dn, attributes }) => {
        const key = this.#mapping.keyOfPerson(dn);
        return key === undefined ? [] : [{ key, attributes }];
      });
      const numbers = await this.#numbersOf(ours.map(({ key }) => key));
      for (const { key, attributes } of ours) {
        const fields = this.#mapping.toFields(key, attributes, numbers.get(key));
        yield { kind: 'person', key, fields, mark: markOf(attributes) };
      }
    }
    for await (const page of this.#readBranch(groups, ['cn', 'member', ...markAttributes])) {
      for (const { dn, attributes } of page) {
        const group = keyOf(dn, 'cn', groups);
        if (group === undefined) continue;
        yield { kind: 'group', key: group, mark: markOf(attributes) };
        const members = await this.#allMembers(dn, attributes);
        for (let from = 0; from < members.length; from += 5_000) {
          const part = members.slice(from, from + 5_000).map((member) => this.#mapping.keyOfPerson(member));
          yield { kind: 'membership', group, people: part.filter((key) => key !== undefined) };
        }
      }
    }
  }

  async #numbersOf(keys: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#mapping.hasNumbers && keys.length > 0 ? this.#numbers.known(keys) : new Map();
  }

  /** Every member of a group, also where the server gives them in parts. */
  #allMembers(dn: string, first: Values): Promise<readonly string[]> {
    return allValues('member', first, async (attribute) => {
      const { searchEntries } = await this.#bound
        .search(dn, { scope: 'base', timeLimit: timeLimitSeconds, attributes: [attribute] })
        .catch((error: unknown) => {
          throw unreachable(error);
        });
      return searchEntries[0] ? toValues(searchEntries[0]).attributes : {};
    });
  }

  /** Names with their marks, and nothing else of them. */
  async *#listMarks(): AsyncGenerator<Mark> {
    const branches = [
      { kind: 'person', type: this.#mapping.profile.person.naming, branch: peopleDn(this.#baseDn) },
      { kind: 'group', type: 'cn', branch: groupsDn(this.#baseDn) },
    ] as const;
    for (const { kind, type, branch } of branches) {
      for await (const page of this.#readBranch(branch, markAttributes)) {
        for (const { dn, attributes } of page) {
          const key = keyOf(dn, type, branch);
          if (key !== undefined) yield { kind, key, mark: markOf(attributes) };
        }
      }
    }
  }

  async #membersOf(group: string): Promise<string[]> {
    const { searchEntries } = await this.#bound
      .search(groupDn(group, this.#baseDn), { scope: 'base', timeLimit: timeLimitSeconds, attributes: ['member'] })
      .catch(nothingThere)
      .catch((error: unknown) => {
        throw unreachable(error);
      });
    if (!searchEntries[0]) return [];
    const { dn, attributes } = toValues(searchEntries[0]);
    const members = await this.#allMembers(dn, attributes);
    return members.flatMap((member) => this.#mapping.keyOfPerson(member) ?? []);
  }

  /** Every entry below a branch, and then their number by a second, independent read: a page that is lost is an error. */
  async *#readBranch(dn: string, attributes: readonly string[]): AsyncGenerator<{ dn: string; attributes: Values }[]> {
    const options = { scope: 'one', timeLimit: timeLimitSeconds, paged: { pageSize } } as const;
    try {
      let read = 0;
      for await (const page of this.#bound.searchPaginated(dn, { ...options, attributes: [...attributes] })) {
        read += page.searchEntries.length;
        yield page.searchEntries.map(toValues);
      }
      let count = 0;
      for await (const page of this.#bound.searchPaginated(dn, { ...options, attributes: ['1.1'] }))
        count += page.searchEntries.length;
      if (count !== read) throw new Error(`read ${read} entries of ${count}`);
    } catch (cause) {
      if (cause instanceof NoSuchObjectError) return; // the branch is not made yet
      throw new Unavailable(
        'sync/incomplete-read',
        {
          vi: `Không đọc được trọn vẹn máy chủ LDAP: ${reasonOf(cause)}`,
          en: `The LDAP server could not be read completely: ${reasonOf(cause)}`,
        },
        { cause },
      );
    }
  }

  async lookUp(keys: readonly string[]): Promise<Map<string, Holding>> {
    const found = new Map<string, Holding>();
    const numbers = await this.#numbersOf(keys);
    await Promise.all(
      keys.map(async (key) => {
        const holding = await this.#lookUpOne(key, numbers.get(key));
        if (holding) found.set(key, holding);
      }),
    );
    return found;
  }

  /** The groups of a person are found by the member, so that no group is read: in a city one holds every pupil. */
  async #lookUpOne(key: string, number: number | undefined): Promise<Holding | undefined> {
    const dn = this.#mapping.personDn(key);
    try {
      const [entries, groups] = await Promise.all([
        this.#bound
          .search(dn, { scope: 'base', timeLimit: timeLimitSeconds, attributes: [...this.#mapping.attributes] })
          .catch(nothingThere),
        this.#bound
          .search(groupsDn(this.#baseDn), {
            scope: 'one',
            timeLimit: timeLimitSeconds,
            filter: new EqualityFilter({ attribute: 'member', value: dn }),
            attributes: ['cn'],
          })
          .catch(nothingThere),
      ]);
      const [entry] = entries.searchEntries;
      if (!entry) return undefined;
      const names = groups.searchEntries.map((group) => keyOf(group.dn, 'cn', groupsDn(this.#baseDn)));
      return {
        fields: this.#mapping.toFields(key, toValues(entry).attributes, number),
        groups: names.filter((name) => name !== undefined),
      };
    } catch (error) {
      throw unreachable(error);
    }
  }

  async apply(change: Change): Promise<void> {
    try {
      await this.#apply(change);
    } catch (error) {
      if (error instanceof ResultCodeError && !isCode(error, code.busy, code.unavailable)) throw error;
      throw unreachable(error);
    }
  }

  async #apply(change: Change): Promise<void> {
    if (change.kind === 'person') return this.#applyPerson(change);
    const people = membersOf(change);
    if (change.kind === 'group') return this.#makeGroup(change.key, people);
    const operation = change.action === 'remove' ? 'delete' : 'add';
    for (let from = 0; from < people.length; from += membersAtOnce) {
      const members = people.slice(from, from + membersAtOnce).map((key) => this.#mapping.personDn(key));
      await this.#changeMembers(change.key, operation, members);
    }
  }

  async #applyPerson({ action, key, after }: Change): Promise<void> {
    const dn = this.#mapping.personDn(key);
    const isNumbered = this.#mapping.hasNumbers && after.educationId !== undefined;
    const number = isNumbered ? (await this.#numbers.take([key])).get(key) : undefined;
    if (action !== 'add') return this.#changePerson(dn, key, after, number);
    try {
      return await this.#bound.add(dn, this.#mapping.newPerson(key, after, number));
    } catch (added) {
      if (!isCode(added, code.entryAlreadyExists)) throw added;
      // Added before the process died; or, in a domain, the account name is taken elsewhere, which is what there is to say.
      await this.#changePerson(dn, key, after, number).catch((error: unknown) => {
        throw isCode(error, code.noSuchObject) ? added : error;
      });
    }
  }

  async #changePerson(dn: string, key: string, after: Values, number: number | undefined): Promise<void> {
    const attributes = { ...this.#mapping.changed(key, after, number), ...(await this.#bitsOf(dn, after)) };
    const changes = Object.entries(attributes).map(
      ([type, values]) =>
        new LdapChange({ operation: 'replace', modification: new Attribute({ type, values: [...values] }) }),
    );
    await this.#bound.modify(dn, changes);
  }

  /** What decides whether an account may be used hangs on how it stands: it is asked for. */
  async #bitsOf(dn: string, { isActive }: Values): Promise<Values> {
    const { control } = this.#mapping.profile.person;
    if (!control || !isActive) return {};
    const { attribute, passwordSet } = control;
    const { searchEntries } = await this.#bound.search(dn, {
      scope: 'base',
      timeLimit: timeLimitSeconds,
      attributes: [attribute, passwordSet],
    });
    const held = searchEntries[0] ? toValues(searchEntries[0]).attributes : {};
    return { [attribute]: [String(this.#mapping.bitsOf(control, held, isActive[0] === 'true'))] };
  }

  /** Whether it was made: one that is there stays as it is. */
  async #addGroup(key: string, members: readonly string[]): Promise<boolean> {
    try {
      await this.#bound.add(groupDn(key, this.#baseDn), this.#mapping.newGroup(key, members));
      return true;
    } catch (error) {
      if (!isCode(error, code.entryAlreadyExists)) throw error;
      return false;
    }
  }

  /** A group with its first members; one that somebody made meanwhile gets them. */
  async #makeGroup(key: string, people: readonly string[]): Promise<void> {
    const members = people.map((person) => this.#mapping.personDn(person));
    if ((await this.#addGroup(key, members)) || members.length === 0) return;
    for (let from = 0; from < members.length; from += membersAtOnce)
      await this.#changeMembers(key, 'add', members.slice(from, from + membersAtOnce));
  }

  /** Adds and removes values one by one, whoever else is in the group; what is so already is no error. */
  async #changeMembers(
    key: string,
    operation: 'add' | 'delete',
    values: readonly string[],
    isThere = false,
  ): Promise<void> {
    const modification = new Attribute({ type: 'member', values: [...values] });
    try {
      await this.#bound.modify(groupDn(key, this.#baseDn), [new LdapChange({ operation, modification })]);
    } catch (error) {
      if (isCode(error, code.noSuchObject)) {
        if (operation === 'delete') return;
        if (!isThere) {
          if (await this.#addGroup(key, values)) return;
          return this.#changeMembers(key, operation, values, true);
        }
        // The group is there, so it is a member that is not (Active Directory), or the name is taken elsewhere in its domain.
        if (values.length === 1) throw error;
      } else if (!isCode(error, code.attributeOrValueExists, code.noSuchAttribute)) throw error;
      if (values.length === 1) return;
      // One of several was so already, or is not there, and none was changed: each by itself.
      let refused: unknown;
      for (const value of values)
        await this.#changeMembers(key, operation, [value], isThere).catch((reason: unknown) => {
          if (!(reason instanceof ResultCodeError)) throw reason; // the server is gone
          refused = reason;
        });
      if (refused) throw refused;
    }
  }
}

/** The change sequence number of OpenLDAP and of Active Directory, elsewhere the time (RFC 4512 §3.4.3). */
const markAttributes = ['entryCSN', 'uSNChanged', 'modifyTimestamp'];
/** One without a mark is one that was always touched. */
const markOf = ({ entryCSN, uSNChanged, modifyTimestamp }: Values) =>
  entryCSN?.[0] ?? uSNChanged?.[0] ?? modifyTimestamp?.[0] ?? randomUUID();

function nothingThere(error: unknown): { readonly searchEntries: LdapEntry[] } {
  if (error instanceof NoSuchObjectError) return { searchEntries: [] };
  throw error;
}

const reasonOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));

function unreachable(cause: unknown): Unavailable {
  if (cause instanceof Unavailable) return cause;
  const reason = reasonOf(cause);
  return new Unavailable(
    'sync/unreachable',
    {
      vi: `Máy chủ LDAP không trả lời hoặc từ chối: ${reason}`,
      en: `The LDAP server does not answer or refuses: ${reason}`,
    },
    { cause },
  );
}

/** ldapts gives one value as a string, none as an empty array. */
function toValues({ dn, ...attributes }: LdapEntry): { dn: string; attributes: Values } {
  const lists = Object.entries(attributes).map(
    ([type, value]) => [type, (Array.isArray(value) ? value : [value]).map(String)] as const,
  );
  return { dn, attributes: Object.fromEntries(lists) };
}
