import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { sql } from 'kysely';
import { syncOf } from '../tables.ts';

/** What is promised: a change is at every target that answers within this time, and the alarm rings after it. */
export const promisedSeconds = 20 * 60;

const keptDays = 7;

/** How far a target was behind at one time. */
export interface LagPoint {
  readonly at: Date;
  /** How long the one who waited longest had waited; 0 when nobody did. */
  readonly seconds: number;
  /** People who had changed and were not there yet. */
  readonly pending: number;
}

/** How far each target is behind now. One that is paused hears of nothing and is not looked at. */
export async function sampleLag({ db, clock }: Pick<ServiceContext, 'db' | 'clock'>): Promise<void> {
  const now = clock.now();
  await sql`
    INSERT INTO sync.lag (target_id, at, seconds, pending)
    SELECT t.id, ${now}, greatest(0, extract(epoch FROM ${now}::timestamptz - coalesce(min(p.added_at), ${now}))), count(p.person_id)
    FROM sync.target AS t LEFT JOIN sync.pending AS p ON p.target_id = t.id
    WHERE t.state <> 'paused' GROUP BY t.id ON CONFLICT DO NOTHING`.execute(db);
}

export async function forgetOldLag({ db, clock }: Pick<ServiceContext, 'db' | 'clock'>): Promise<void> {
  const before = new Date(clock.now().getTime() - keptDays * 86_400_000);
  await syncOf(db).deleteFrom('sync.lag').where('at', '<', before).execute();
}

/** What was seen since then, the oldest first. */
export function lagSince(db: Database, targetId: string, since: Date): Promise<LagPoint[]> {
  return syncOf(db)
    .selectFrom('sync.lag')
    .select(['at', 'seconds', 'pending'])
    .where('target_id', '=', targetId)
    .where('at', '>=', since)
    .orderBy('at')
    .execute();
}
