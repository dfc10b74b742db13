import { InvalidInput } from '@edutrust/platform/errors';
import { type PackageTables, packageRows, type RosterKindId, type SheetRow } from '@edutrust/registry/roster';
import Type, { type Static } from 'typebox';
import { incomplete } from '../incomplete.ts';
import type { RowSnapshot, SourceKind } from '../source.ts';
import { OneRosterServer } from './http.ts';
import { toTables } from './tables.ts';

const atOnce = 500;
/** A server that always has one more page has no end. */
const mostItems = 2_000_000;

export const OneRosterSourceSettings = Type.Object(
  {
    /** With the version: `https://…/ims/oneroster/rostering/v1p2`, `https://…/ims/oneroster/v1p1`. */
    url: Type.String({ maxLength: 300 }),
    tokenUrl: Type.String({ maxLength: 300 }),
    clientId: Type.String({ minLength: 1, maxLength: 200 }),
  },
  { additionalProperties: false },
);
type Settings = Static<typeof OneRosterSourceSettings>;

/** A OneRoster 1.1 or 1.2 server over HTTP. */
export const oneRosterSource: SourceKind<typeof OneRosterSourceSettings, RowSnapshot> = {
  kind: 'oneroster',
  title: { vi: 'OneRoster (REST)', en: 'OneRoster (REST)' },
  settings: OneRosterSourceSettings,
  rosters: ['learners', 'staff', 'guardians', 'schools'],
  check({ url, tokenUrl }, secret) {
    for (const address of [url, tokenUrl]) mustBeSafe(address);
    if (secret === '')
      throw new InvalidInput('sync/no-password', {
        vi: 'Thiếu mật khẩu của ứng dụng.',
        en: 'The client secret is missing.',
      });
  },
  open: async ({ settings, secret, isWhole }) => new OneRosterSnapshot(settings, secret, isWhole),
};

function mustBeSafe(address: string): void {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isLoopback = url?.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url && (url.protocol === 'https:' || isLoopback) && url.username === '') return;
  throw new InvalidInput('sync/bad-address', {
    vi: 'Địa chỉ phải bắt đầu bằng https:// (http:// chỉ dùng cho chính máy này).',
    en: 'An address begins with https:// (http:// is for this machine only).',
  });
}

class OneRosterSnapshot implements RowSnapshot {
  readonly #server: OneRosterServer;
  readonly #isWhole: boolean;
  #tables: Promise<PackageTables> | undefined;

  constructor({ url, tokenUrl, clientId }: Settings, secret: string, isWhole: boolean) {
    this.#server = new OneRosterServer({ base: url.replace(/\/$/, ''), tokenUrl, clientId, secret });
    this.#isWhole = isWhole;
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async *rows(kind: RosterKindId): AsyncGenerator<SheetRow> {
    this.#tables ??= this.#read();
    yield* packageRows(await this.#tables, kind, { isDeclaredComplete: this.#isWhole });
  }

  async #read(): Promise<PackageTables> {
    const read = {
      orgs: await this.#all('orgs'),
      users: await this.#all('users'),
      classes: await this.#all('classes'),
      enrollments: await this.#all('enrollments'),
      demographics: await this.#allIfAllowed('demographics'),
    };
    // Who came or went meanwhile would be in one collection and not in the other.
    for (const [name, items] of Object.entries(read)) {
      const { total } = (await this.#server.pageIfAllowed(`/${name}?limit=1&offset=0`)) ?? {};
      if (total !== undefined && total !== items.length)
        throw incomplete(`${name} changed while it was read: ${items.length}, then ${total}`);
    }
    return toTables(read);
  }

  async #allIfAllowed(name: string): Promise<readonly Item[]> {
    return (await this.#server.pageIfAllowed(`/${name}?limit=1&offset=0`)) ? this.#all(name) : [];
  }

  /**
   * A whole collection, by offsets of our own: links that a server writes are not followed. As many different items as the
   * server says that there are, or nothing: a page that comes twice, is short or is empty too early shows.
   */
  async #all(name: string): Promise<readonly Item[]> {
    const items = new Map<string, Item>();
    let read = 0;
    for (let total: number | undefined; ; ) {
      const page = await this.#server.page(`/${name}?limit=${atOnce}&offset=${read}`);
      if (total !== undefined && page.total !== undefined && page.total !== total)
        throw incomplete(`${name} changed while it was read: ${total}, then ${page.total}`);
      total ??= page.total;
      for (const item of page.items) {
        const id = String(item.sourcedId ?? '');
        if (id === '') throw incomplete(`${name} without a sourcedId`);
        if (items.has(id)) throw incomplete(`${name} gives ${id} twice: a page came again`);
        items.set(id, item);
      }
      read += page.items.length;
      if (read > mostItems) throw incomplete(`${name} has no end`);
      const isEnd = total === undefined ? page.items.length === 0 : read >= total;
      if (!isEnd && page.items.length === 0) throw incomplete(`${name} ends after ${read} of ${total}`);
      if (isEnd) {
        if (total !== undefined && read !== total) throw incomplete(`${name}: ${read} of ${total}`);
        return [...items.values()];
      }
    }
  }
}

type Item = Readonly<Record<string, unknown>>;
