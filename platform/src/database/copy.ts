import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CompiledQuery } from 'kysely';
import { from as copyFrom } from 'pg-copy-streams';
import type { Transaction } from './handle.ts';

/**
 * What Kysely may run on a connection that it shows to nobody, in the place of a cursor: rows go to the server instead of
 * coming from it.
 */
export class CopyIn {
  constructor(text: string, [chunks]: [AsyncIterable<Buffer>]) {
    const stream = copyFrom(text);
    // pg sends whatever has a `submit`; Kysely reads it as the cursor that it asked for.
    // biome-ignore lint/correctness/noConstructorReturn: what is constructed is pg's own stream, with what a cursor has
    return Object.assign(stream, {
      read: async () => {
        await pipeline(chunks as AsyncIterable<Buffer> | Readable, stream);
        return [];
      },
      close: async () => undefined,
    }) as unknown as CopyIn; // a cursor to Kysely, a query to pg
  }
}

/**
 * Copies what `chunks` hold into a table, by `COPY … FROM STDIN`, inside the transaction and as slowly as the server
 * takes it.
 *
 * @throws the server's error for data that it refuses; the transaction has failed then.
 */
export async function copyInto(transaction: Transaction, text: string, chunks: AsyncIterable<Buffer>): Promise<void> {
  const copying = transaction.getExecutor().stream(CompiledQuery.raw(text, [chunks]), 1);
  for await (const _rows of copying);
}
