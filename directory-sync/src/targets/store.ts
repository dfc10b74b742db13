import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput, NotFound } from '@edutrust/platform/errors';
import { isUuid, uuidv7 } from '@edutrust/platform/ids';
import { type Selectable, sql } from 'kysely';
import { Value } from 'typebox/value';
import type { Connection, Finding, Opening } from '../connectors/connector.ts';
import { connectorOf } from '../connectors/kinds.ts';
import { record } from '../events.ts';
import { type Contract, usualContract } from '../model/contract.ts';
import { type SyncTables, syncOf } from '../tables.ts';
import { numbersOf } from './numbers.ts';
import { referencesOf } from './references.ts';

export type TargetRow = Selectable<SyncTables['sync.target']>;

export interface NewTarget {
  readonly name: string;
  readonly kind: string;
  /** As the kind's schema has them. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Its one secret: a password, a token. */
  readonly secret: string;
  /** Whose people it gets: this organisation's and those below. */
  readonly organisationId: string;
  /** What it gets to know of whom; the least that is usual when absent. */
  readonly contract?: Contract;
}

const secretContext = (id: string) => `sync.target/${id}`;

/** @throws InvalidInput for settings that the kind does not take or that are unsafe; Conflict when the name is taken. */
export async function addTarget(
  context: Pick<ServiceContext, 'secrets'>,
  transaction: Transaction,
  { name, kind, settings, secret, organisationId, contract = usualContract }: NewTarget,
  actor: Actor,
): Promise<string> {
  const connector = connectorOf(kind);
  checkSettings(kind, settings, secret);
  const missing = connector.needs.filter(
    (field) => !contract.learners.includes(field) || !contract.others.includes(field),
  );
  if (missing.length > 0) {
    throw new InvalidInput('sync/contract-too-small', {
      vi: `Loại đích này không giữ được ai nếu thiếu: ${missing.join(', ')}.`,
      en: `This kind of target cannot keep anybody without: ${missing.join(', ')}.`,
    });
  }
  const id = uuidv7();
  const sealed = context.secrets.encrypt(Buffer.from(secret), secretContext(id));
  const { numAffectedRows } = await sql`
    INSERT INTO sync.target (id, name, kind, settings, sealed_secret, contract, organisation_id)
    VALUES (${id}, ${name}, ${kind}, ${JSON.stringify(settings)}::jsonb, ${sealed}, ${JSON.stringify(contract)}::jsonb, ${organisationId})
    ON CONFLICT (name) DO NOTHING`.execute(transaction);
  if (numAffectedRows === 0n) throw nameTaken();
  await record(transaction, {
    type: 'sync-target.added',
    actor,
    subject: { kind: 'sync-target', id },
    organisationId,
  });
  return id;
}

export interface TargetChange {
  readonly name?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly secret?: string;
  readonly isPaused?: boolean;
}

/**
 * Renames a target, moves it, pauses or resumes it; resumed it is compared as a whole, because nothing was noted for it.
 *
 * @throws InvalidInput `sync/secret-missing`: a kept secret never goes to another address; what {@link addTarget} throws
 */
export async function changeTarget(
  context: Pick<ServiceContext, 'secrets'>,
  transaction: Transaction,
  id: string,
  { name, settings, secret, isPaused }: TargetChange,
  actor: Actor,
): Promise<void> {
  const target = await findTarget(transaction, id);
  if (settings && secret === undefined)
    throw new InvalidInput(
      'sync/secret-missing',
      {
        vi: 'Đổi địa chỉ hay tài khoản thì phải nhập lại mật khẩu: mật khẩu đang giữ không được gửi sang nơi khác.',
        en: 'With another address or account the password is entered again: the kept one is not sent elsewhere.',
      },
      { fields: [{ pointer: '/secret', detail: { vi: 'Nhập lại mật khẩu.', en: 'Enter the password again.' } }] },
    );
  if (secret !== undefined) checkSettings(target.kind, settings ?? target.settings, secret);
  const isMoved = settings !== undefined || secret !== undefined;
  const state =
    isPaused === undefined ? undefined : isPaused ? 'paused' : target.state === 'paused' ? 'slow' : undefined;
  const tables = syncOf(transaction);
  const namesake = name && tables.selectFrom('sync.target').select('id').where('name', '=', name).where('id', '<>', id);
  if (namesake && (await namesake.executeTakeFirst())) throw nameTaken();
  await tables
    .updateTable('sync.target')
    .set({
      ...(name === undefined ? {} : { name }),
      ...(settings ? { settings } : {}),
      ...(secret === undefined
        ? {}
        : { sealed_secret: context.secrets.encrypt(Buffer.from(secret), secretContext(id)) }),
      ...(state ? { state } : {}),
      ...(isMoved || state === 'slow' ? { needs_full_run: true } : {}),
    })
    .where('id', '=', id)
    .execute();
  if (isMoved) await tables.deleteFrom('sync.delivered').where('target_id', '=', id).execute(); // another one, perhaps
  const types = [
    ...(name !== undefined || isMoved ? (['sync-target.changed'] as const) : []),
    ...(state ? [state === 'paused' ? ('sync-target.paused' as const) : ('sync-target.resumed' as const)] : []),
  ];
  for (const type of types)
    await record(transaction, {
      type,
      actor,
      subject: { kind: 'sync-target', id },
      organisationId: target.organisation_id,
    });
}

const nameTaken = () =>
  new Conflict('sync/name-taken', { vi: 'Đã có đích mang tên này.', en: 'There is a target of this name.' });

/** @throws InvalidInput for settings that the kind does not take or that are unsafe. */
function checkSettings(kind: string, settings: Readonly<Record<string, unknown>>, secret: string): void {
  const connector = connectorOf(kind);
  if (!Value.Check(connector.settings, settings)) throw badSettings(Value.Errors(connector.settings, settings)[0]);
  connector.check(settings as never, secret); // the schema has just said so
}

function badSettings(first: { readonly instancePath: string; readonly message: string } | undefined): InvalidInput {
  const where = first?.instancePath || '/';
  return new InvalidInput(
    'sync/bad-settings',
    {
      vi: `Cài đặt của đích không đúng ở ${where}.`,
      en: `The settings of the target are invalid at ${where}.`,
    },
    { fields: [{ pointer: where, detail: { vi: first?.message ?? '', en: first?.message ?? '' } }] },
  );
}

type Tools = Pick<ServiceContext, 'db' | 'secrets'>;

/** @throws Unavailable `sync/unreachable` */
export async function openTarget(tools: Tools, target: TargetRow): Promise<Connection> {
  return connectorOf(target.kind).open(openingOf(tools, target));
}

/** What the kind itself can say of a target; nothing is written there. */
export const examineServer = (tools: Tools, target: TargetRow): AsyncIterable<Finding> =>
  connectorOf(target.kind).examine(openingOf(tools, target));

export function openingOf({ db, secrets }: Tools, target: TargetRow): Opening<never> {
  const secret = secrets.decrypt(target.sealed_secret, secretContext(target.id)).toString('utf8');
  const settings = target.settings as never; // checked when it was added
  return { settings, secret, references: referencesOf(db, target.id), numbers: numbersOf(db, target.id) };
}

/** @throws NotFound */
export async function findTarget(db: Database | Transaction, id: string): Promise<TargetRow> {
  const found = isUuid(id)
    ? await syncOf(db).selectFrom('sync.target').selectAll().where('id', '=', id).executeTakeFirst()
    : undefined;
  if (!found)
    throw new NotFound('sync/no-target', { vi: 'Không có đích đồng bộ này.', en: 'There is no such target.' });
  return found;
}

export function readTargets(db: Database | Transaction): Promise<TargetRow[]> {
  return syncOf(db).selectFrom('sync.target').selectAll().orderBy('id').execute();
}
