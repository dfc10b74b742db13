import { createHash } from 'node:crypto';
import type { Transaction } from '@edutrust/platform/database';
import { uuidv7 } from '@edutrust/platform/ids';
import { signingOf } from '../tables.ts';

/** A file that is to be kept. */
export interface NewDocument {
  readonly bytes: Buffer;
  readonly pages: number;
}

/** Keeps a file's bytes, unchanged for ever; gives its id. */
export async function storeDocument(
  transaction: Transaction,
  bytes: Buffer,
  { pages, now }: { readonly pages: number; readonly now: Date },
): Promise<string> {
  const [id = ''] = await storeDocuments(transaction, [{ bytes, pages }], now);
  return id;
}

/** The same for several by one statement; their ids in their order. */
export async function storeDocuments(
  transaction: Transaction,
  documents: readonly NewDocument[],
  now: Date,
): Promise<string[]> {
  const rows = documents.map(({ bytes, pages }) => ({
    id: uuidv7(),
    bytes,
    sha256: createHash('sha256').update(bytes).digest(),
    size_bytes: bytes.length,
    pages,
    created_at: now,
  }));
  if (rows.length > 0) await signingOf(transaction).insertInto('signing.document').values(rows).execute();
  return rows.map(({ id }) => id);
}

/** How many pages each has. */
export async function pagesOfDocuments(transaction: Transaction, ids: readonly string[]): Promise<Map<string, number>> {
  const rows = await signingOf(transaction)
    .selectFrom('signing.document')
    .select(['id', 'pages'])
    .where('id', 'in', [...ids])
    .execute();
  return new Map(rows.map(({ id, pages }) => [id, pages]));
}
