import type { Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';
import type { Connection, Mark } from '../connectors/connector.ts';
import { syncOf } from '../tables.ts';
import { SetDigest } from './digest.ts';

/** Digests of the target's own marks by bucket: people by the first digits of their ID, every group by itself. */
export type MarkDigests = ReadonlyMap<string, Buffer>;

const prefixLength = 3;
/** Before the name of a group where that is a bucket. */
export const groupPrefix = 'group ';
/** Adds up marks as they come. */
export class MarkReader {
  readonly #fold: (key: string) => string;
  readonly #digests = new Map<string, SetDigest>();

  constructor(fold: (key: string) => string) {
    this.#fold = fold;
  }

  add({ kind, key, mark }: Mark): void {
    const name = this.#fold(key);
    const bucket = kind === 'group' ? `${groupPrefix}${name}` : name.slice(0, prefixLength);
    const digest = this.#digests.get(bucket) ?? new SetDigest();
    this.#digests.set(bucket, digest);
    digest.add(`${name} ${mark}`);
  }

  end(): MarkDigests {
    return new Map([...this.#digests].map(([bucket, { value }]) => [bucket, value]));
  }
}

/** How everything at the target is marked now; undefined where it does not mark. @throws Unavailable */
export async function readMarks({ marks, fold }: Connection): Promise<MarkDigests | undefined> {
  if (!marks) return undefined;
  const reader = new MarkReader(fold);
  for await (const mark of marks.list()) reader.add(mark);
  return reader.end();
}

/** Keeps how a target is marked while it is in step. */
export async function keepMarks(transaction: Transaction, targetId: string, marks: MarkDigests): Promise<void> {
  await syncOf(transaction).deleteFrom('sync.mark').where('target_id', '=', targetId).execute();
  await sql`
    INSERT INTO sync.mark (target_id, bucket, digest)
    SELECT ${targetId}, * FROM unnest(${[...marks.keys()]}::text[], ${[...marks.values()]}::bytea[])`.execute(
    transaction,
  );
}
