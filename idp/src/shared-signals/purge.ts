import type { Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { purgedType } from './kinds.ts';

/**
 * Notes for every receiver to which a subject of these people went out that the account is gone for good (RISC 1.0
 * §2.2), whether or not they still belong to whom the app is for: the app has to erase its copy (Law 91/2025/QH15,
 * article 14). To be called before the subjects are deleted, in the same transaction; afterwards it does nothing.
 *
 * @returns how many receivers will hear of it
 */
export async function notePurged(transaction: Transaction, personIds: readonly string[]): Promise<number> {
  const { rows } = await sql<{ person: string }>`
    WITH noted AS (
      INSERT INTO idp.signal (stream_id, jti, type, sub, details, at)
      SELECT s.id, md5(s.id::text || known.sub || ${purgedType})::uuid, ${purgedType}, known.sub, '{}', now()
      FROM idp.subject AS known
        JOIN idp.app AS a ON a.sector = known.sector AND a.ended_at IS NULL AND a.is_approved
        JOIN idp.signal_stream AS s ON s.client_id = a.client_id AND s.status <> 'disabled' AND ${purgedType} = ANY(s.requested)
      WHERE known.person_id = ANY(${[...personIds]}::uuid[])
      ON CONFLICT DO NOTHING RETURNING sub)
    SELECT known.person_id AS person FROM noted JOIN idp.subject AS known USING (sub)`.execute(transaction);
  await record(
    transaction,
    ...[...new Set(rows.map(({ person }) => person))].map((id) => ({
      type: 'account.purged' as const,
      actor: { kind: 'system', name: 'erasure' } as const,
      subject: { kind: 'person', id } as const,
    })),
  );
  return rows.length;
}
