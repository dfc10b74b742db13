import { createHmac } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { sql } from 'kysely';

/**
 * The pairwise subject of a person for a sector (OpenID Connect Core §8.1): computed once and kept, so that neither a
 * new key nor anything else ever changes by what a vendor knows a person.
 */
export async function pairwiseSubject(
  { db, secrets }: Pick<ServiceContext, 'db' | 'secrets'>,
  sector: string,
  personId: string,
): Promise<string> {
  const { rows } = await sql<{ sub: string }>`
    SELECT sub FROM idp.subject WHERE sector = ${sector} AND person_id = ${personId}`.execute(db);
  if (rows[0]) return rows[0].sub;
  const computed = createHmac('sha256', secrets.derive('idp/pairwise-subject/v1'))
    .update(`${sector}\0${personId}`)
    .digest('base64url');
  const kept = await sql<{ sub: string }>`
    INSERT INTO idp.subject AS held (sector, person_id, sub) VALUES (${sector}, ${personId}, ${computed})
    ON CONFLICT (sector, person_id) DO UPDATE SET sub = held.sub RETURNING sub`.execute(db);
  return kept.rows[0]?.sub ?? computed;
}
