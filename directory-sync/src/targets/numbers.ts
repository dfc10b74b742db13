import { type Database, statement } from '@edutrust/platform/database';
import type { Numbers } from '../connectors/connector.ts';

/** Below it are the accounts of the machines themselves. */
const first = 100_000;

type Numbered = { readonly key: string; readonly number: number };
type Asked = [targetId: string, keys: readonly string[]];

const known = statement<Numbered, Asked>(
  'sync.numbers-known',
  'SELECT key, number FROM sync.number WHERE target_id = $1 AND key = ANY($2::text[])',
);

const take = statement<Numbered, Asked>(
  'sync.numbers-take',
  `INSERT INTO sync.number (target_id, key, number)
   SELECT $1, key, (SELECT greatest(${first - 1}, max(number)) FROM sync.number WHERE target_id = $1) + row_number() OVER ()
   FROM (SELECT DISTINCT unnest($2::text[]) AS key) AS asked
   WHERE NOT EXISTS (SELECT FROM sync.number AS n WHERE n.target_id = $1 AND n.key = asked.key)
   ON CONFLICT DO NOTHING RETURNING key, number`,
);

/** The numbers of people at a target. They are never deleted: who is erased leaves theirs without a name. */
export function numbersOf(db: Database, targetId: string): Numbers {
  const read = async (keys: readonly string[]) =>
    new Map((await known(db, targetId, keys)).map(({ key, number }) => [key, number]));
  return {
    known: read,
    take: async (keys) => {
      for (;;) {
        const found = await read(keys);
        const missing = keys.filter((key) => !found.has(key));
        if (missing.length === 0) return found;
        await take(db, targetId, missing); // fewer than asked for when another one took the same number at the same time
      }
    },
  };
}
