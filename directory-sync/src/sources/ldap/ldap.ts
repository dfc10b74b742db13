import { createHash } from 'node:crypto';
import { InvalidInput, Unavailable } from '@edutrust/platform/errors';
import { type RosterKindId, rosterFields, type SheetRow } from '@edutrust/registry/roster';
import type { Client, Entry, SearchOptions } from 'ldapts';
import Type, { type Static } from 'typebox';
import { mustBeSafe, openClient, Server } from '../../connectors/ldap/client.ts';
import { type Attributes, allValues } from '../../connectors/ldap/ranges.ts';
import { incomplete } from '../incomplete.ts';
import type { RowSnapshot, SourceKind } from '../source.ts';

const pageSize = 500;
const timeLimitSeconds = 120;
const Attribute = Type.String({ pattern: '^[A-Za-z][A-Za-z0-9-]{0,63}$' });

export const LdapSourceSettings = Type.Object(
  {
    ...Server.properties,
    /** Which entries below the base are people; `(objectClass=person)` otherwise. */
    filter: Type.Optional(Type.String({ minLength: 3, maxLength: 500, pattern: '^\\(.*\\)$' })),
    /** Which attribute has what, by the ids of the roster's columns. */
    attributes: Type.Record(Type.String({ pattern: '^[A-Za-z]{2,40}$' }), Attribute, { maxProperties: 30 }),
    /** Below it each group is a class, by its `cn`, of the learners who are its members. */
    classesDn: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
  },
  { additionalProperties: false },
);
type Settings = Static<typeof LdapSourceSettings>;

/** An LDAP server or Active Directory as the place where staff or learners are kept. It is read, never written. */
export const ldapSource: SourceKind<typeof LdapSourceSettings, RowSnapshot> = {
  kind: 'ldap',
  title: { vi: 'LDAP, Active Directory', en: 'LDAP, Active Directory' },
  settings: LdapSourceSettings,
  rosters: ['staff', 'learners'],
  check({ attributes, classesDn: _, filter: __, ...server }, secret) {
    mustBeSafe(server, secret);
    const known = new Set(['staff', 'learners'].flatMap((kind) => rosterFields(kind).map(({ id }) => id)));
    const unknown = Object.keys(attributes).find((field) => !known.has(field));
    if (unknown !== undefined)
      throw new InvalidInput('roster/bad-columns', {
        vi: `Không có trường dữ liệu «${unknown}».`,
        en: `There is no field "${unknown}".`,
      });
  },
  async open({ settings, secret, isWhole }) {
    const { url, baseDn, bindDn } = settings;
    const client = await openClient({ url, baseDn, bindDn }, secret).catch((cause: unknown) => {
      throw unreachable(cause);
    });
    return new LdapSnapshot(client, settings, isWhole);
  },
};

/** The mark that a server changes whenever an entry is touched: of Active Directory, of OpenLDAP, of any (RFC 4512 §3.4.3). */
const marks = ['uSNChanged', 'entryCSN', 'modifyTimestamp'] as const;
/** `ACCOUNTDISABLE` of `userAccountControl` (MS-ADTS §2.2.16). */
const disabled = 2;

class LdapSnapshot implements RowSnapshot {
  readonly #client: Client;
  readonly #settings: Settings;
  readonly #isWhole: boolean;

  constructor(client: Client, settings: Settings, isWhole: boolean) {
    this.#client = client;
    this.#settings = settings;
    this.#isWhole = isWhole;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.unbind().catch(() => undefined);
  }

  get #filter(): string {
    return this.#settings.filter ?? '(objectClass=person)';
  }

  async mark(): Promise<string> {
    const { baseDn, classesDn } = this.#settings;
    const lines: string[] = [];
    for (const [base, filter] of [
      [baseDn, this.#filter],
      ...(classesDn ? [[classesDn, '(cn=*)'] as const] : []),
    ] as const)
      for await (const { dn, attributes } of this.#read(base, filter, [...marks])) {
        const mark = marks.map((name) => attributes[name]?.[0]).find(Boolean);
        lines.push(`${dn.toLowerCase()}\n${mark ?? Math.random()}`);
      }
    const hash = createHash('sha256');
    for (const line of lines.sort()) hash.update(`${line}\n`);
    return hash.digest('hex');
  }

  async *rows(kind: RosterKindId): AsyncGenerator<SheetRow> {
    const { baseDn, attributes, classesDn } = this.#settings;
    const fields = rosterFields(kind).filter(({ id }) => attributes[id] !== undefined || id === 'status');
    const hasClasses = kind === 'learners' && classesDn !== undefined;
    const classes = hasClasses ? await this.#classes(classesDn) : new Map<string, string>();
    const header = fields.map(({ label }) => label);
    yield { row: 1, cells: hasClasses ? [...header, 'Mã lớp'] : header };
    let row = 1;
    const wanted = [...new Set([...Object.values(attributes), 'userAccountControl'])];
    for await (const entry of this.#read(baseDn, this.#filter, wanted)) {
      row += 1;
      const of = (name: string) => entry.attributes[name]?.[0] ?? '';
      const isGone = (Number(of('userAccountControl')) & disabled) !== 0;
      const cells = fields.map(({ id }) =>
        id === 'status' && isGone ? (kind === 'staff' ? 'Nghỉ việc' : 'Thôi học') : of(attributes[id] ?? ''),
      );
      yield { row, cells: hasClasses ? [...cells, classes.get(entry.dn.toLowerCase()) ?? ''] : cells };
    }
    if (row === 1 && this.#isWhole) throw incomplete('0 entries');
  }

  /** The class of each member, by distinguished names in lower case. */
  async #classes(base: string): Promise<ReadonlyMap<string, string>> {
    const classes = new Map<string, string>();
    for await (const { dn, attributes } of this.#read(base, '(cn=*)', ['cn', 'member'])) {
      const [code] = attributes.cn ?? [];
      const members = await allValues('member', attributes, (attribute) => this.#one(dn, attribute)).catch((cause) => {
        throw incomplete(`${dn}: ${cause instanceof Error ? cause.message : cause}`, cause);
      });
      if (code) for (const member of members) classes.set(member.toLowerCase(), code);
    }
    return classes;
  }

  async #one(dn: string, attribute: string): Promise<Attributes> {
    const { searchEntries } = await this.#client
      .search(dn, { scope: 'base', timeLimit: timeLimitSeconds, attributes: [attribute] })
      .catch((cause: unknown) => {
        throw unreachable(cause);
      });
    return searchEntries[0] ? listsOf(searchEntries[0]) : {};
  }

  /**
   * Every entry that fits, below the base, and then their number by a second, independent reading: a page that is lost, a
   * branch that is kept elsewhere (a referral) or an entry that came meanwhile is an error, never a shorter list.
   */
  async *#read(
    base: string,
    filter: string,
    attributes: readonly string[],
  ): AsyncGenerator<{ dn: string; attributes: Attributes }> {
    const options: SearchOptions = { scope: 'sub', filter, timeLimit: timeLimitSeconds, paged: { pageSize } };
    try {
      const read = new Set<string>();
      for await (const page of this.#client.searchPaginated(base, { ...options, attributes: [...attributes] })) {
        if (page.searchReferences.length > 0) throw incomplete(`a referral to ${page.searchReferences[0]}`);
        for (const entry of page.searchEntries) {
          read.add(entry.dn.toLowerCase());
          yield { dn: entry.dn, attributes: listsOf(entry) };
        }
      }
      let count = 0;
      for await (const page of this.#client.searchPaginated(base, {
        ...options,
        paged: { pageSize: 333 },
        attributes: ['1.1'],
      }))
        count += page.searchEntries.length;
      if (count !== read.size) throw incomplete(`${read.size} of ${count} entries`);
    } catch (cause) {
      if (cause instanceof Unavailable) throw cause;
      throw incomplete(cause instanceof Error ? cause.message : String(cause), cause);
    }
  }
}

/** ldapts gives one value as a string, none as an empty array. */
function listsOf({ dn: _, ...attributes }: Entry): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, (Array.isArray(value) ? value : [value]).map(String)]),
  );
}

function unreachable(cause: unknown): Unavailable {
  if (cause instanceof Unavailable) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Unavailable(
    'sync/unreachable',
    {
      vi: `Máy chủ nguồn không trả lời hoặc từ chối: ${reason}`,
      en: `The source does not answer or refuses: ${reason}`,
    },
    { cause },
  );
}
