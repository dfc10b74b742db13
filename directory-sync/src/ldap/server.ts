import { InvalidInput, Unavailable } from '@edutrust/platform/errors';
import {
  Attribute,
  Change,
  Client,
  EqualityFilter,
  type Entry as LdapEntry,
  NoSuchObjectError,
  ResultCodeError,
} from 'ldapts';
import { type Entry, groupsDn, peopleDn } from './entry.ts';

/** Where a directory is and who we are there. */
export interface LdapAddress {
  readonly url: string;
  readonly baseDn: string;
  readonly bindDn: string;
  readonly bindPassword: string;
}

/** Who comes into a group and who leaves it, by name. */
export interface MemberChange {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

const pageSize = 500;
const membersAtOnce = 500;
const bindMs = 10_000;
const timeLimitSeconds = 120;
const loopback = /^ldap:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?\/?$/;

/** @throws InvalidInput for an address that would send a password in the clear, or an empty password (RFC 4513 §5.1.2). */
export function mustBeSafeAddress({ url, bindPassword }: Pick<LdapAddress, 'url' | 'bindPassword'>): void {
  if (!/^ldaps:\/\/[^/]+\/?$/.test(url) && !loopback.test(url)) {
    throw new InvalidInput('sync/bad-address', {
      vi: 'Địa chỉ LDAP phải bắt đầu bằng ldaps:// (ldap:// chỉ dùng cho chính máy này).',
      en: 'An LDAP address begins with ldaps:// (ldap:// is for this machine only).',
    });
  }
  if (bindPassword === '') {
    throw new InvalidInput('sync/no-password', {
      vi: 'Mật khẩu trống sẽ thành đăng nhập ẩn danh nên bị từ chối.',
      en: 'An empty password would be an anonymous bind, so it is refused.',
    });
  }
}

/** An open, bound connection. */
export class LdapServer implements AsyncDisposable {
  readonly baseDn: string;
  readonly #client: Client;

  private constructor(client: Client, baseDn: string) {
    this.#client = client;
    this.baseDn = baseDn;
  }

  /** @throws Unavailable `sync/unreachable`; InvalidInput for an unsafe address. */
  static async open(address: LdapAddress): Promise<LdapServer> {
    mustBeSafeAddress(address);
    const client = new Client({ url: address.url, timeout: 30_000, connectTimeout: 5_000 });
    try {
      await inTime(client.bind(address.bindDn, address.bindPassword));
    } catch (cause) {
      await client.unbind().catch(() => undefined);
      throw unreachable(cause);
    }
    return new LdapServer(client, address.baseDn);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.unbind().catch(() => undefined);
  }

  /** Makes the two branches where they are missing. */
  async ensureBranches(): Promise<void> {
    for (const dn of [peopleDn(this.baseDn), groupsDn(this.baseDn)]) {
      await this.#client.add(dn, { objectClass: 'organizationalUnit' }).catch((error: unknown) => {
        if (!(error instanceof ResultCodeError && error.code === 68)) throw error; // entryAlreadyExists
      });
    }
  }

  /**
   * Everything below a branch, by normalised name. A second, independent count has to agree: a page that is lost would
   * otherwise read as people who left (D4).
   *
   * @throws Unavailable `sync/incomplete-read`
   */
  async inventory(dn: string, attributes: readonly string[]): Promise<Map<string, Entry>> {
    try {
      const entries = new Map<string, Entry>();
      const options = { scope: 'one', timeLimit: timeLimitSeconds, paged: { pageSize } } as const;
      for await (const page of this.#client.searchPaginated(dn, { ...options, attributes: [...attributes] })) {
        for (const entry of page.searchEntries) entries.set(normalDn(entry.dn), toEntry(entry));
      }
      let count = 0;
      for await (const page of this.#client.searchPaginated(dn, { ...options, attributes: ['1.1'] }))
        count += page.searchEntries.length;
      if (count !== entries.size) throw new Error(`read ${entries.size} entries of ${count}`);
      return entries;
    } catch (cause) {
      if (cause instanceof NoSuchObjectError) return new Map();
      throw new Unavailable(
        'sync/incomplete-read',
        { vi: 'Không đọc được trọn vẹn máy chủ LDAP.', en: 'The LDAP server could not be read completely.' },
        { cause },
      );
    }
  }

  /** The one entry, or undefined. */
  async read(dn: string, attributes: readonly string[]): Promise<Entry | undefined> {
    try {
      const { searchEntries } = await this.#client.search(dn, {
        scope: 'base',
        timeLimit: timeLimitSeconds,
        attributes: [...attributes],
      });
      return searchEntries[0] ? toEntry(searchEntries[0]) : undefined;
    } catch (error) {
      if (error instanceof NoSuchObjectError) return undefined;
      throw unreachable(error);
    }
  }

  /** The names of the groups of a branch that the entry is a member of, without their members. */
  async groupsOf(memberDn: string, branchDn: string): Promise<string[]> {
    try {
      const filter = new EqualityFilter({ attribute: 'member', value: memberDn });
      const options = { scope: 'one', timeLimit: timeLimitSeconds, filter, paged: { pageSize } } as const;
      const names: string[] = [];
      for await (const page of this.#client.searchPaginated(branchDn, { ...options, attributes: ['cn'] }))
        names.push(...page.searchEntries.map((entry) => toEntry(entry).attributes.cn?.[0] ?? ''));
      return names;
    } catch (error) {
      if (error instanceof NoSuchObjectError) return [];
      throw unreachable(error);
    }
  }

  async exists(dn: string): Promise<boolean> {
    return (await this.read(dn, ['1.1'])) !== undefined;
  }

  /** Adds and removes members one by one, whatever else is in the group; what is so already is no error. */
  async changeMembers(dn: string, { add, remove }: MemberChange): Promise<void> {
    const parts: ['add' | 'delete', readonly string[]][] = [
      ['delete', remove],
      ['add', add],
    ];
    for (const [operation, members] of parts) {
      for (let from = 0; from < members.length; from += membersAtOnce)
        await this.#changeSome(dn, operation, members.slice(from, from + membersAtOnce));
    }
  }

  async #changeSome(dn: string, operation: 'add' | 'delete', values: readonly string[]): Promise<void> {
    const modification = new Attribute({ type: 'member', values: [...values] });
    await this.#client.modify(dn, [new Change({ operation, modification })]).catch(async (error: unknown) => {
      const isSoAlready = error instanceof ResultCodeError && (error.code === 20 || error.code === 16); // attributeOrValueExists, noSuchAttribute
      if (!isSoAlready) throw error;
      // One of several was so already, and none was changed: each by itself.
      if (values.length > 1) for (const value of values) await this.#changeSome(dn, operation, [value]);
    });
  }

  async add({ dn, attributes }: Entry): Promise<void> {
    const filled = Object.entries(attributes).filter(([, values]) => values.length > 0);
    await this.#client.add(dn, Object.fromEntries(filled.map(([type, values]) => [type, [...values]])));
  }

  /** Replaces the named attributes; no value removes one. */
  async replace(dn: string, attributes: Readonly<Record<string, readonly string[]>>): Promise<void> {
    const changes = Object.entries(attributes).map(
      ([type, values]) =>
        new Change({ operation: 'replace', modification: new Attribute({ type, values: [...values] }) }),
    );
    await this.#client.modify(dn, changes);
  }
}

/** A server that accepts a connection and is silent: known before a search's own limit. */
async function inTime(binding: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer to the bind within ${bindMs / 1000} s`)), bindMs);
  });
  try {
    await Promise.race([binding, late]);
  } finally {
    clearTimeout(timer);
    binding.catch(() => undefined); // told by the race already
  }
}

function unreachable(cause: unknown): Unavailable {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Unavailable(
    'sync/unreachable',
    {
      vi: `Máy chủ LDAP không trả lời hoặc từ chối: ${reason}`,
      en: `The LDAP server does not answer or refuses: ${reason}`,
    },
    { cause },
  );
}

/** Names compare without case and without spaces after commas. */
export function normalDn(dn: string): string {
  return dn.toLowerCase().replaceAll(/,\s+/g, ',');
}

/** ldapts gives one value as a string, none as an empty array. */
function toEntry({ dn, ...attributes }: LdapEntry): Entry {
  const lists = Object.entries(attributes).map(
    ([type, value]) => [type, (Array.isArray(value) ? value : [value]).map(String)] as const,
  );
  return { dn, attributes: Object.fromEntries(lists) };
}
