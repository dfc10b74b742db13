import type { Transaction } from '@edutrust/platform/database';
import type { Text } from '@edutrust/platform/messages';
import type { Selectable, Updateable } from 'kysely';
import { type SigningTables, signingOf } from '../tables.ts';
import type { Artefact } from '../templates/template.ts';
import { type ItemState, itemMoves } from './states.ts';

/** One file of a session: a document, or the same data as XML. Those of one request are signed together or not at all. */
export type Item = Omit<Selectable<SigningTables['signing.session_item']>, 'prepared'>;

/** Everything of an item but its file, which is as large as all else of a thousand. */
export const itemColumns = [
  'session_id',
  'request_id',
  'artefact',
  'step',
  'position',
  'state',
  'digest',
  'signed_attributes',
  'path',
  'must_open',
  'base_document_id',
  'signature',
  'time_stamp',
  'ledger_entry_id',
  'leaf',
  'error',
] as const;

/** Why one document of a session was not signed. */
export interface ItemError {
  readonly code: string;
  readonly detail: Text;
}

/**
 * Moves an item on from the state in which it was read; whether it did. False: somebody else has moved it since, and
 * this transaction has nothing to add.
 */
async function moveItem(
  transaction: Transaction,
  item: Item,
  to: ItemState,
  values: Updateable<SigningTables['signing.session_item']> = {},
): Promise<boolean> {
  itemMoves.mustMove(item.state, to);
  const moved = await signingOf(transaction)
    .updateTable('signing.session_item')
    .set({ ...values, state: to })
    .where('session_id', '=', item.session_id)
    .where('request_id', '=', item.request_id)
    .where('artefact', '=', item.artefact)
    .where('state', '=', item.state)
    .executeTakeFirst();
  return moved.numUpdatedRows === 1n;
}

/** The document is not signed, and says why; its prepared file is released. */
export function failItem(transaction: Transaction, item: Item, { code, detail }: ItemError): Promise<boolean> {
  return moveItem(transaction, item, 'failed', { error: JSON.stringify({ code, detail }), prepared: null });
}

/** Which file of a session something is about. */
export const fileKey = (requestId: string, artefact: Artefact): string => `${requestId} ${artefact}`;

/** The files of a session by request, in their order. */
export function byRequest<File extends Pick<Item, 'request_id'>>(items: readonly File[]): File[][] {
  const groups = new Map<string, File[]>();
  for (const item of items) groups.set(item.request_id, [...(groups.get(item.request_id) ?? []), item]);
  return [...groups.values()];
}
