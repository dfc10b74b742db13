import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput, NotFound } from '@edutrust/platform/errors';
import { record } from '@edutrust/platform/events';
import { isUuid, uuidv7 } from '@edutrust/platform/ids';
import type { Selectable } from 'kysely';
import { type LdapAddress, mustBeSafeAddress } from '../ldap/server.ts';
import { type SyncTables, syncOf } from '../tables.ts';

export type TargetRow = Selectable<SyncTables['sync.target']>;

export interface NewTarget extends LdapAddress {
  readonly name: string;
  /** Whose people it gets: this organisation's and those below. */
  readonly organisationId: string;
}

const sealContext = (id: string) => `sync.target/${id}`;

/** @throws InvalidInput for an unsafe address; Conflict when the name is taken. */
export async function addTarget(
  context: ServiceContext,
  transaction: Transaction,
  input: NewTarget,
  actor: Actor,
): Promise<string> {
  mustBeSafeAddress(input);
  if (!/^[a-zA-Z]+=[^,]+(,\s*[a-zA-Z]+=[^,]+)*$/.test(input.baseDn)) {
    throw new InvalidInput('sync/bad-base-dn', {
      vi: 'Base DN có dạng dc=so,dc=edu,dc=vn.',
      en: 'A base DN looks like dc=so,dc=edu,dc=vn.',
    });
  }
  const id = uuidv7();
  const inserted = await syncOf(transaction)
    .insertInto('sync.target')
    .values({
      id,
      name: input.name,
      kind: 'ldap',
      url: input.url,
      base_dn: input.baseDn,
      bind_dn: input.bindDn,
      sealed_bind_password: context.secrets.seal(Buffer.from(input.bindPassword), sealContext(id)),
      organisation_id: input.organisationId,
      last_run_at: null,
    })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows === 0n) {
    throw new Conflict('sync/name-taken', { vi: 'Đã có đích mang tên này.', en: 'There is a target of this name.' });
  }
  await record(transaction, {
    type: 'sync-target.added',
    actor,
    subject: { kind: 'sync-target', id },
    organisationId: input.organisationId,
  });
  return id;
}

export function addressOf({ secrets }: Pick<ServiceContext, 'secrets'>, target: TargetRow): LdapAddress {
  const bindPassword = secrets.open(target.sealed_bind_password, sealContext(target.id)).toString('utf8');
  return { url: target.url, baseDn: target.base_dn, bindDn: target.bind_dn, bindPassword };
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
