import { createHmac } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { type Database, statement } from '@edutrust/platform/database';

/** How many subjects a process remembers; they never change, so the number is about memory alone (some 25 MB). */
const remembered = 100_000;

const keep = statement<{ sub: string }, [sector: string, personId: string, computed: string]>(
  'idp.subject-keep',
  `WITH kept AS (
     INSERT INTO idp.subject (sector, person_id, sub) VALUES ($1, $2, $3)
     ON CONFLICT (sector, person_id) DO NOTHING RETURNING sub)
   SELECT sub FROM kept UNION ALL SELECT sub FROM idp.subject WHERE sector = $1 AND person_id = $2`,
);

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
    const [row] = await keep(db, sector, personId, computed);
    const sub = row?.sub;
    if (!sub) return computed; // another process keeps the same in this moment
    if (known.size >= remembered) known.clear();
    known.set(name, sub);
    return sub;
  };
}

const bySubject = statement<{ person_id: string }, [sector: string, sub: string]>(
  'idp.person-of-subject',
  'SELECT person_id FROM idp.subject WHERE sub = $2 AND sector = $1',
);

/** The person whom apps of a sector know by this subject; undefined for nobody. */
export async function personOfSubject(db: Database, sector: string, sub: string): Promise<string | undefined> {
  return (await bySubject(db, sector, sub))[0]?.person_id;
}
