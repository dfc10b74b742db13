import type { Database } from '@edutrust/platform/database';
import { sql } from 'kysely';
import type { References } from '../connectors/connector.ts';

/** The ids that a target gave to what is ours there. */
export function referencesOf(db: Database, targetId: string): References {
  return {
    get: async (kind, keys) => {
      const { rows } = await sql<{ key: string; reference: string }>`
        SELECT key, reference FROM sync.reference
        WHERE target_id = ${targetId} AND kind = ${kind} AND key = ANY(${[...keys]}::text[])`.execute(db);
      return new Map(rows.map(({ key, reference }) => [key, reference]));
    },
    keysOf: async (kind, references) => {
      const { rows } = await sql<{ key: string; reference: string }>`
        SELECT key, reference FROM sync.reference
        WHERE target_id = ${targetId} AND kind = ${kind} AND reference = ANY(${[...references]}::text[])`.execute(db);
      return new Map(rows.map(({ key, reference }) => [reference, key]));
    },
    put: async (kind, entries) => {
      await sql`
        INSERT INTO sync.reference (target_id, kind, key, reference)
        SELECT ${targetId}, ${kind}, * FROM unnest(${[...entries.keys()]}::text[], ${[...entries.values()]}::text[])
        ON CONFLICT (target_id, kind, key) DO UPDATE SET reference = excluded.reference`.execute(db);
    },
  };
}
