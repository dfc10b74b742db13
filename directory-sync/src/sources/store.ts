import { join } from 'node:path';
import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput, NotFound } from '@edutrust/platform/errors';
import { isUuid, uuidv7 } from '@edutrust/platform/ids';
import type { RosterKindId } from '@edutrust/registry/roster';
import { type Selectable, sql } from 'kysely';
import { Value } from 'typebox/value';
import { record } from '../events.ts';
import { type SyncTables, syncOf } from '../tables.ts';
import { sourceKindOf } from './kinds.ts';
import type { Snapshot } from './source.ts';

export type SourceRow = Selectable<SyncTables['sync.source']>;

export interface NewSource {
  readonly name: string;
  readonly kind: string;
  /** As the kind's schema has them. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly secret: string;
  /** Rows that name no school are this one's; the rows' own schools have to be its owner's. */
  readonly organisationId: string;
  readonly rosters: readonly RosterKindId[];
  readonly isWhole: boolean;
  readonly applies: boolean;
  /** Whose rights its rows are read with, and how strongly they had signed in when they added it. */
  readonly ownerId: string;
  readonly ownerAcr: string;
}

const secretContext = (id: string) => `sync.source/${id}`;

/** @throws InvalidInput for settings that the kind does not take or that are unsafe; Conflict when the name is taken. */
export async function addSource(
  { secrets }: Pick<ServiceContext, 'secrets'>,
  transaction: Transaction,
  { name, kind, settings, secret, organisationId, rosters, isWhole, applies, ownerId, ownerAcr }: NewSource,
  actor: Actor,
): Promise<string> {
  checkSettings(kind, settings, secret);
  checkRosters(kind, rosters);
  const id = uuidv7();
  const { numAffectedRows } = await sql`
    INSERT INTO sync.source (id, name, kind, settings, sealed_secret, organisation_id, rosters, is_whole, applies, owner_id, owner_acr)
    VALUES (${id}, ${name}, ${kind}, ${JSON.stringify(settings)}::jsonb, ${secrets.encrypt(Buffer.from(secret), secretContext(id))},
      ${organisationId}, ${[...rosters]}, ${isWhole}, ${applies}, ${ownerId}, ${ownerAcr})
    ON CONFLICT (name) DO NOTHING`.execute(transaction);
  if (numAffectedRows === 0n)
    throw new Conflict('sync/name-taken', { vi: 'Đã có nguồn mang tên này.', en: 'There is a source of this name.' });
  const data = { kind, isWhole, applies };
  await record(transaction, {
    type: 'sync-source.added',
    actor,
    subject: { kind: 'sync-source', id },
    organisationId,
    data,
  });
  return id;
}

export interface SourceChange
  extends Partial<Pick<NewSource, 'name' | 'settings' | 'secret' | 'rosters' | 'isWhole' | 'applies'>> {
  readonly isPaused?: boolean;
}

/** Where a secret is sent, and as whom: with another of these the old one is not sent along. */
const places = ['url', 'tokenUrl', 'bindDn', 'clientId'] as const;

/**
 * Changes what a source is set by, pauses it or lets it go on. Who changes what it brings answers for it from then on: it is
 * read with their rights. Another address or account asks for its password anew.
 *
 * @throws InvalidInput `sync/secret-again`, and as {@link addSource}; Conflict `sync/name-taken`
 */
export async function changeSource(
  { secrets }: Pick<ServiceContext, 'secrets'>,
  transaction: Transaction,
  id: string,
  { isPaused, name, secret, ...what }: SourceChange,
  actor: Actor,
): Promise<void> {
  const source = await findSource(transaction, id);
  const isSetAnew = Object.values(what).some((value) => value !== undefined);
  if (isSetAnew || secret !== undefined)
    checkChange(secrets, source, { ...what, ...(secret === undefined ? {} : { secret }) });
  if (name !== undefined) await mustBeFree(transaction, id, name);
  await syncOf(transaction)
    .updateTable('sync.source')
    .set({
      ...(isPaused === undefined ? {} : { state: isPaused ? 'paused' : 'on' }),
      ...(secret === undefined ? {} : { sealed_secret: secrets.encrypt(Buffer.from(secret), secretContext(id)) }),
      ...(name === undefined ? {} : { name }),
      ...(what.settings === undefined ? {} : { settings: JSON.stringify(what.settings) as never }), // a column of JSON
      ...(what.rosters === undefined ? {} : { rosters: [...what.rosters] }),
      ...(what.isWhole === undefined ? {} : { is_whole: what.isWhole }),
      ...(what.applies === undefined ? {} : { applies: what.applies }),
      ...(isSetAnew && actor.kind === 'person' ? { owner_id: actor.personId, owner_acr: actor.acr } : {}),
      mark: null,
    })
    .where('id', '=', id)
    .execute();
  const { organisation_id: organisationId } = source;
  await record(transaction, {
    type: 'sync-source.changed',
    actor,
    subject: { kind: 'sync-source', id },
    organisationId,
  });
}

function checkChange(
  secrets: ServiceContext['secrets'],
  source: SourceRow,
  { settings = source.settings, rosters = source.rosters as readonly RosterKindId[], secret }: SourceChange,
): void {
  checkSettings(
    source.kind,
    settings,
    secretFor(secrets, source, { settings, ...(secret === undefined ? {} : { secret }) }),
  );
  checkRosters(source.kind, rosters);
}

/** The secret for these settings: a new one, or the kept one where it goes where it went. @throws InvalidInput `sync/secret-again` */
export function secretFor(
  secrets: ServiceContext['secrets'],
  source: SourceRow,
  { settings, secret }: { readonly settings: Readonly<Record<string, unknown>>; readonly secret?: string },
): string {
  if (secret !== undefined && secret !== '') return secret;
  const before: Readonly<Record<string, unknown>> = source.settings;
  if (places.some((place) => settings[place] !== before[place]))
    throw new InvalidInput('sync/secret-again', {
      vi: 'Địa chỉ hoặc tài khoản đã đổi: hãy nhập lại mật khẩu của tài khoản đó.',
      en: 'The address or the account is another one: enter the password of that account again.',
    });
  return secrets.decrypt(source.sealed_secret, secretContext(source.id)).toString('utf8');
}

async function mustBeFree(transaction: Transaction, id: string, name: string): Promise<void> {
  const { rows } = await sql`SELECT FROM sync.source WHERE name = ${name} AND id <> ${id}`.execute(transaction);
  if (rows.length > 0)
    throw new Conflict('sync/name-taken', { vi: 'Đã có nguồn mang tên này.', en: 'There is a source of this name.' });
}

/** Forgets a source; nobody whom it brought is touched. */
export async function removeSource(transaction: Transaction, id: string, actor: Actor): Promise<void> {
  const { organisation_id: organisationId } = await findSource(transaction, id);
  await syncOf(transaction).deleteFrom('sync.source').where('id', '=', id).execute();
  await record(transaction, {
    type: 'sync-source.removed',
    actor,
    subject: { kind: 'sync-source', id },
    organisationId,
  });
}

function checkRosters(kind: string, rosters: readonly RosterKindId[]): void {
  const given: readonly string[] = sourceKindOf(kind).rosters;
  const wrong = rosters.find((one) => !given.includes(one));
  if (wrong !== undefined)
    throw new InvalidInput('sync/bad-settings', {
      vi: `Loại nguồn này không cho danh sách «${wrong}».`,
      en: `This kind of source gives no roster of ${wrong}.`,
    });
}

/** @throws InvalidInput for settings that the kind does not take or that are unsafe. */
export function checkSettings(kind: string, settings: Readonly<Record<string, unknown>>, secret: string): void {
  const of = sourceKindOf(kind);
  if (!Value.Check(of.settings, settings)) {
    const where = Value.Errors(of.settings, settings)[0]?.instancePath || '/';
    throw new InvalidInput(
      'sync/bad-settings',
      { vi: `Cài đặt của nguồn không đúng ở ${where}.`, en: `The settings of the source are invalid at ${where}.` },
      { fields: [{ pointer: where, detail: { vi: 'Không đúng.', en: 'Not right.' } }] },
    );
  }
  of.check(settings as never, secret); // the schema has just said so
}

/** @throws Unavailable `sync/unreachable` */
export function openSource(
  { secrets, config }: Pick<ServiceContext, 'secrets' | 'config'>,
  source: SourceRow,
): Promise<Snapshot> {
  return sourceKindOf(source.kind).open({
    settings: source.settings as never, // checked when it was added
    secret: secrets.decrypt(source.sealed_secret, secretContext(source.id)).toString('utf8'),
    isWhole: source.is_whole,
    incoming: join(config.dataDirectory, 'incoming'),
  });
}

/** @throws NotFound `sync/no-source` */
export async function findSource(db: Database | Transaction, id: string): Promise<SourceRow> {
  const found = isUuid(id)
    ? await syncOf(db).selectFrom('sync.source').selectAll().where('id', '=', id).executeTakeFirst()
    : undefined;
  if (!found) throw new NotFound('sync/no-source', { vi: 'Không có nguồn này.', en: 'There is no such source.' });
  return found;
}

export function readSources(db: Database | Transaction): Promise<SourceRow[]> {
  return syncOf(db).selectFrom('sync.source').selectAll().orderBy('name').execute();
}

/** Names of sources by their ids, as who set them up called them. */
export async function sourceNames(db: Database, ids: readonly string[]): Promise<{ id: string; name: string }[]> {
  return syncOf(db).selectFrom('sync.source').select(['id', 'name']).where('id', 'in', ids).execute();
}
