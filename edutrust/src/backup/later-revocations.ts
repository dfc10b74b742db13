import { certsEvents } from '@edutrust/certs/events';
import type { Actor } from '@edutrust/platform/actor';
import { systemClock } from '@edutrust/platform/clock';
import type { Config } from '@edutrust/platform/config';
import type { Transaction } from '@edutrust/platform/database';
import { configuredWitness, type KeptRevocation } from '@edutrust/platform/witness';
import type pg from 'pg';

/** What the list outside says beyond the backup. */
export interface LaterRevocations {
  /** Serials of certificates whose revocation, suspension or release the backup lacked. */
  readonly applied: readonly string[];
  /** Serials of revoked certificates that were issued after the backup. */
  readonly unknown: readonly string[];
  /** When the last line of the list was written; null when it is empty. */
  readonly until: string | null;
}

/**
 * Brings a restored database up to the list of revocations that is kept outside it (B5). A final revocation is never
 * taken back by the list. Undefined when no list is configured or there is none. `client` and `transaction` are the same
 * open transaction, in the words of pg and of the workspaces.
 */
export async function applyLaterRevocations(
  client: pg.PoolClient,
  transaction: Transaction,
  config: Config,
  actor: Actor,
): Promise<LaterRevocations | undefined> {
  const kept = await configuredWitness({ config, clock: systemClock })?.revocations();
  if (!kept || kept.length === 0) return undefined;
  const lastOf = new Map<string, KeptRevocation>();
  for (const line of kept) if (isNewer(line, lastOf.get(line.serial))) lastOf.set(line.serial, line);
  const applied: string[] = [];
  const unknown: string[] = [];
  for (const { serial, reason, at } of lastOf.values()) {
    const { rows } = await client.query<{
      revoked_at: Date | null;
      revocation_reason: string | null;
      organisation_id: string | null;
    }>(
      `SELECT revoked_at, revocation_reason, organisation_id FROM certs.certificate WHERE serial = $1 AND state = 'issued'`,
      [serial],
    );
    const found = rows[0];
    if (!found) {
      unknown.push(serial);
      continue;
    }
    const isFinal = found.revoked_at !== null && found.revocation_reason !== 'certificateHold';
    if (isFinal || found.revocation_reason === reason) continue;
    if (reason === null && found.revoked_at === null) continue;
    await client.query(
      `UPDATE certs.certificate SET listed_in = NULL, revocation_reason = $2,
         revoked_at = CASE WHEN $2::text IS NULL THEN NULL ELSE coalesce(revoked_at, $3::timestamptz) END,
         released_at = CASE WHEN $2::text IS NULL THEN $3::timestamptz ELSE released_at END
       WHERE serial = $1`,
      [serial, reason, at],
    );
    const about = {
      actor,
      subject: { kind: 'certificate', id: serial },
      ...(found.organisation_id ? { organisationId: found.organisation_id } : {}),
    } as const;
    await certsEvents.record(
      transaction,
      reason === null
        ? { type: 'certificate.released', ...about, data: { restoredFrom: at } }
        : {
            type: reason === 'certificateHold' ? 'certificate.suspended' : 'certificate.revoked',
            ...about,
            data: { reason, restoredFrom: at },
          },
    );
    applied.push(serial);
  }
  return { applied, unknown, until: kept.at(-1)?.at ?? null };
}

/** The last word counts; a final revocation is the last word whatever comes behind it. */
function isNewer(line: KeptRevocation, before: KeptRevocation | undefined): boolean {
  if (!before) return true;
  const isFinal = before.reason !== null && before.reason !== 'certificateHold';
  return !isFinal && line.at >= before.at;
}
