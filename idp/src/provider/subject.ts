import { createHmac } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { sql } from 'kysely';

/** How many subjects a process remembers; they never change, so the number is about memory alone (some 25 MB). */
const remembered = 100_000;

/**
 * The pairwise subject of a person for a sector (OpenID Connect Core §8.1): computed once and kept, so that neither a
 * new key nor anything else ever changes by what a vendor knows a person.
 */
export function createSubjects({
  db,
  secrets,
}: Pick<ServiceContext, 'db' | 'secrets'>): (sector: string, personId: string) => Promise<string> {
  const known = new Map<string, string>();
  return async (sector, personId) => {
    const name = `${sector}\0${personId}`;
    const held = known.get(name);
    if (held) return held;
    const computed = createHmac('sha256', secrets.derive('idp/pairwise-subject/v1')).update(name).digest('base64url');
    const { rows } = await sql<{ sub: string }>`
      WITH kept AS (
        INSERT INTO idp.subject (sector, person_id, sub) VALUES (${sector}, ${personId}, ${computed})
        ON CONFLICT (sector, person_id) DO NOTHING RETURNING sub)
      SELECT sub FROM kept UNION ALL SELECT sub FROM idp.subject WHERE sector = ${sector} AND person_id = ${personId}`.execute(
      db,
    );
    const sub = rows[0]?.sub;
    if (!sub) return computed; // another process keeps the same in this moment
    if (known.size >= remembered) known.clear();
    known.set(name, sub);
    return sub;
  };
}
