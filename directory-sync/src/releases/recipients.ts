import type { Database } from '@edutrust/platform/database';
import { sql } from 'kysely';
import type { Contract } from '../model/contract.ts';

/** A system that gets data of people without their coming there: a target that is written to, or one that reads. */
export interface SystemRecipient {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly organisationId: string;
  readonly contract: Contract;
  readonly since: Date;
  /** When it was last brought up to date; null for never, and for one that reads when it likes. */
  readonly lastAt: Date | null;
}

/** Every system that has a contract now, by name. */
export async function listSystemRecipients(db: Database): Promise<SystemRecipient[]> {
  const { rows } = await sql<SystemRecipient>`
    SELECT id, name, kind, organisation_id AS "organisationId", contract, created_at AS since, last_run_at AS "lastAt"
    FROM sync.target
    UNION ALL
    SELECT id, name, kind, organisation_id, contract, created_at, NULL FROM sync.client WHERE ended_at IS NULL
    ORDER BY name, id LIMIT 5000`.execute(db);
  return rows;
}
