import { createHash } from 'node:crypto';
import type { Transaction } from '@edutrust/platform/database';
import { uuidv7 } from '@edutrust/platform/ids';
import { signingOf } from '../tables.ts';

/** Keeps a file's bytes, unchanged for ever; gives its id. */
export async function storeDocument(
  transaction: Transaction,
  bytes: Buffer,
  { pages, now }: { readonly pages: number; readonly now: Date },
): Promise<string> {
  const id = uuidv7();
  await signingOf(transaction)
    .insertInto('signing.document')
    .values({
      id,
      bytes,
      sha256: createHash('sha256').update(bytes).digest(),
      size_bytes: bytes.length,
      pages,
      created_at: now,
    })
    .execute();
  return id;
}
