import { isIP } from 'node:net';
import type { Actor } from '@edutrust/platform/actor';
import { type Database, statement, type Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput, NotFound } from '@edutrust/platform/errors';
import { isUuid, uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import { record } from '../events.ts';

/** The largest network that one organisation registers: more would make half the internet a school. */
const smallestPrefix = { 4: 22, 6: 44 } as const;

/** Addresses from which an organisation reaches us: its computers are shared, and its own people are not slowed there. */
export interface SchoolNetwork {
  readonly id: string;
  readonly organisationId: string;
  /** CIDR notation: `203.0.113.0/28`. */
  readonly range: string;
  readonly name: string;
}

/** The networks of an organisation. */
export async function listNetworks(db: Database, organisationId?: string): Promise<SchoolNetwork[]> {
  const only = organisationId ? sql`WHERE organisation_id = ${organisationId}` : sql``;
  const { rows } = await sql<SchoolNetwork>`
    SELECT id, organisation_id AS "organisationId", range::text, name FROM idp.network ${only} ORDER BY id`.execute(db);
  return rows;
}

/**
 * Registers a network of an organisation.
 *
 * @throws InvalidInput `networks/bad-range`; NotFound; Conflict `networks/known`
 */
export async function registerNetwork(
  transaction: Transaction,
  { organisationId, range, name }: Omit<SchoolNetwork, 'id'>,
  actor: Actor,
): Promise<string> {
  const id = uuidv7();
  const canonical = canonicalRange(range);
  const { rows } = await sql`SELECT 1 FROM registry.organisation WHERE id = ${organisationId}`.execute(transaction);
  if (rows.length === 0) throw new NotFound('organisations/not-found', noOrganisation);
  const { numAffectedRows } = await sql`
    INSERT INTO idp.network (id, organisation_id, range, name, created_at)
    VALUES (${id}, ${organisationId}, ${canonical}::cidr, ${name.normalize('NFC').trim()}, now()) ON CONFLICT DO NOTHING`.execute(
    transaction,
  );
  if (numAffectedRows !== 1n) {
    throw new Conflict('networks/known', {
      vi: 'Mạng này đã được khai báo cho đơn vị.',
      en: 'This network is registered for the organisation already.',
    });
  }
  await record(transaction, {
    type: 'network.registered',
    actor,
    subject: { kind: 'network', id },
    organisationId,
    data: { range: canonical },
  });
  return id;
}

/** @throws NotFound */
export async function removeNetwork(
  transaction: Transaction,
  { id, organisationId }: { readonly id: string; readonly organisationId?: string },
  actor: Actor,
): Promise<void> {
  const of = organisationId ? sql`AND organisation_id = ${organisationId}` : sql``;
  const { rows } = isUuid(id)
    ? await sql<{ organisation_id: string; range: string }>`
        DELETE FROM idp.network WHERE id = ${id} ${of} RETURNING organisation_id, range::text`.execute(transaction)
    : { rows: [] };
  const removed = rows[0];
  if (!removed) throw new NotFound('networks/not-found', { vi: 'Không có mạng này.', en: 'There is no such network.' });
  await record(transaction, {
    type: 'network.removed',
    actor,
    subject: { kind: 'network', id },
    organisationId: removed.organisation_id,
    data: { range: removed.range },
  });
}

/** The organisations whose network holds the address, a parameter, as one array; for a statement that reads something else too. */
export const organisationsOfNetwork = (address: string) => `
  ARRAY(SELECT DISTINCT organisation_id::text FROM idp.network WHERE range >>= ${address}::inet)`;

/** The address as {@link organisationsOfNetwork} takes it; null for none. */
export function networkAddress(address: string | undefined): string | null {
  return address && isIP(address) !== 0 ? withoutMapping(address) : null;
}

const networksAt = statement<{ organisation_id: string }, [address: string]>(
  'idp.network-at',
  'SELECT DISTINCT organisation_id FROM idp.network WHERE range >>= $1::inet',
);

/** The organisations whose registered network holds the address; empty for any other address. */
export async function organisationsAt(db: Database, address: string | undefined): Promise<string[]> {
  const asked = networkAddress(address);
  if (!asked) return [];
  return (await networksAt(db, asked)).map(({ organisation_id }) => organisation_id);
}

/** Whether the address is in a registered network of some school. */
export async function isSchoolNetwork(db: Database, address: string | undefined): Promise<boolean> {
  return (await organisationsAt(db, address)).length > 0;
}

/** Whether the person belongs to one of the organisations, or below. */
export async function belongsTo(db: Database, personId: string, organisationIds: readonly string[]): Promise<boolean> {
  const { rows } = await sql`
    SELECT 1 FROM registry.affiliation AS f JOIN registry.organisation AS o ON o.id = f.organisation_id
    WHERE f.person_id = ${personId} AND f.valid_until IS NULL AND o.path && ${[...organisationIds]}::uuid[] LIMIT 1`.execute(
    db,
  );
  return rows.length > 0;
}

/** An IPv4 address in IPv6 clothes is the IPv4 address (RFC 4291 §2.5.5.2). */
function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** @throws InvalidInput `networks/bad-range` */
function canonicalRange(text: string): string {
  const [address = '', prefix, more] = withoutMapping(text.trim()).split('/');
  const family = isIP(address);
  const longest = family === 4 ? 32 : 128;
  const bits = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (family !== 4 && family !== 6) throw badRange();
  if (more !== undefined || !(bits >= smallestPrefix[family] && bits <= longest)) throw badRange();
  return `${network(address, family, bits)}/${bits}`;
}

/** The first address of the range: what `cidr` wants; a host address with a prefix is how people write it. */
function network(address: string, family: 4 | 6, bits: number): string {
  if (family === 4) {
    const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    const first = Math.floor(value / 2 ** (32 - bits)) * 2 ** (32 - bits);
    return [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.');
  }
  const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
  const start = head ? head.split(':') : [];
  const end = tail ? tail.split(':') : [];
  const groups =
    tail === undefined ? start : [...start, ...Array<string>(8 - start.length - end.length).fill('0'), ...end];
  return groups
    .map((group, index) => {
      const kept = Math.min(16, Math.max(0, bits - index * 16));
      return (Number.parseInt(group, 16) & (0xffff << (16 - kept)) & 0xffff).toString(16);
    })
    .join(':');
}

const noOrganisation = { vi: 'Không có đơn vị này.', en: 'There is no such organisation.' };

function badRange(): InvalidInput {
  const detail = {
    vi: 'Khai báo mạng bằng địa chỉ hoặc dải CIDR, ví dụ 203.0.113.5 hoặc 203.0.113.0/28; rộng nhất là /22 (IPv4) hoặc /44 (IPv6).',
    en: 'Give an address or a CIDR range such as 203.0.113.5 or 203.0.113.0/28; /22 (IPv4) and /44 (IPv6) are the largest.',
  };
  return new InvalidInput('networks/bad-range', detail, { fields: [{ pointer: '/range', detail }] });
}
