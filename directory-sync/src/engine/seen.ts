import type { Database } from '@edutrust/platform/database';
import { sql } from 'kysely';
import type { Connection, Held, Holding } from '../connectors/connector.ts';
import type { Values } from '../model/change.ts';
import { type MarkDigests, MarkReader } from './marks.ts';

const batchSize = 2_000;

/**
 * What a target holds, written down beside the registry while a run compares, so that memory stays flat whatever the
 * size. One run of a target at a time; what an earlier one left is taken away first.
 */
export class Seen {
  readonly #db: Database;
  readonly #targetId: string;
  readonly #fold: (key: string) => string;

  #isEmpty = true;

  constructor(db: Database, targetId: string, fold: (key: string) => string) {
    this.#db = db;
    this.#targetId = targetId;
    this.#fold = fold;
  }

  /** Reads everything, and how it is marked where the target marks. @throws Unavailable `sync/incomplete-read` */
  async fill(connection: Connection): Promise<MarkDigests | undefined> {
    await this.clear();
    const marks = connection.marks && new MarkReader(connection.fold);
    let batch: Held[] = [];
    let size = 0;
    let writing = Promise.resolve();
    for await (const held of connection.inventory()) {
      batch.push(held);
      if (held.kind !== 'membership' && held.mark !== undefined) marks?.add({ ...held, mark: held.mark });
      size += held.kind === 'membership' ? held.people.length : 1;
      if (size < batchSize) continue;
      await writing;
      writing = this.#write(batch); // while the next ones are read
      writing.catch(() => undefined); // told when it is waited for
      [batch, size] = [[], 0];
    }
    await writing;
    await this.#write(batch);
    return marks?.end();
  }

  async #write(batch: readonly Held[]): Promise<void> {
    if (batch.length > 0) this.#isEmpty = false;
    const people = batch.filter((held) => held.kind === 'person');
    const groups = batch.filter((held) => held.kind === 'group');
    const pairs = batch.flatMap((held) =>
      held.kind === 'membership' ? held.people.map((person) => [person, held.group] as const) : [],
    );
    const fold = this.#fold;
    if (people.length > 0)
      await sql`
        INSERT INTO sync.seen_person (target_id, key, fields)
        SELECT ${this.#targetId}, * FROM unnest(${people.map(({ key }) => fold(key))}::text[], ${people.map(({ fields }) => JSON.stringify(fields))}::jsonb[])
        ON CONFLICT DO NOTHING`.execute(this.#db);
    if (groups.length > 0)
      await sql`
        INSERT INTO sync.seen_group (target_id, key)
        SELECT ${this.#targetId}, unnest(${groups.map(({ key }) => fold(key))}::text[]) ON CONFLICT DO NOTHING`.execute(
        this.#db,
      );
    if (pairs.length > 0)
      await sql`
        INSERT INTO sync.seen_member (target_id, person_key, group_key)
        SELECT ${this.#targetId}, * FROM unnest(${pairs.map(([person]) => fold(person))}::text[], ${pairs.map(([, group]) => fold(group))}::text[])
        ON CONFLICT DO NOTHING`.execute(this.#db);
  }

  /** What is held of these people; they are looked at once and taken away. */
  async take(keys: readonly string[]): Promise<Map<string, Holding>> {
    if (this.#isEmpty) return new Map();
    const folded = keys.map(this.#fold);
    const { rows: people } = await sql<{ key: string; fields: Values }>`
      DELETE FROM sync.seen_person WHERE target_id = ${this.#targetId} AND key = ANY(${folded}::text[])
      RETURNING key, fields`.execute(this.#db);
    const { rows: members } = await sql<{ key: string; groups: string[] }>`
      WITH gone AS (
        DELETE FROM sync.seen_member WHERE target_id = ${this.#targetId} AND person_key = ANY(${folded}::text[])
        RETURNING person_key, group_key)
      SELECT person_key AS key, array_agg(group_key) AS groups FROM gone GROUP BY 1`.execute(this.#db);
    const groups = new Map(members.map((row) => [row.key, row.groups]));
    return new Map(people.map(({ key, fields }) => [key, { fields, groups: groups.get(key) ?? [] }]));
  }

  /** Keys of people whom nobody has taken, in order. */
  async rest(after: string, limit: number): Promise<string[]> {
    if (this.#isEmpty) return [];
    const { rows } = await sql<{ key: string }>`
      SELECT key FROM sync.seen_person WHERE target_id = ${this.#targetId} AND key > ${after}
      ORDER BY key LIMIT ${limit}`.execute(this.#db);
    return rows.map(({ key }) => key);
  }

  /** Which of these groups are not there. */
  async missingGroups(keys: readonly string[]): Promise<string[]> {
    if (this.#isEmpty) return [...keys];
    const { rows } = await sql<{ key: string }>`
      SELECT key FROM sync.seen_group WHERE target_id = ${this.#targetId} AND key = ANY(${keys.map(this.#fold)}::text[])`.execute(
      this.#db,
    );
    const there = new Set(rows.map(({ key }) => key));
    return keys.filter((key) => !there.has(this.#fold(key)));
  }

  async clear(): Promise<void> {
    for (const table of ['seen_person', 'seen_group', 'seen_member'])
      await sql`DELETE FROM ${sql.table(`sync.${table}`)} WHERE target_id = ${this.#targetId}`.execute(this.#db);
  }
}
