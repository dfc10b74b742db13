import { dateInVietnam, timeZone } from '@edutrust/platform/calendar';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import type { SchemaMigrations } from '@edutrust/platform/migrations';
import { sql } from 'kysely';

export const appDays: SchemaMigrations['migrations'][number] = {
  name: '036-app-days',
  sql: `
        CREATE TABLE idp.app_day (
          client_id text NOT NULL REFERENCES idp.app,
          day date NOT NULL,
          entered int NOT NULL,
          refused int NOT NULL,
          last_entered_at timestamptz,
          PRIMARY KEY (client_id, day)
        );
        COMMENT ON TABLE idp.app_day IS
          'how often people came into an app and how often it was refused, by day (Vietnam): numbers, no people';
        CREATE INDEX app_day_day ON idp.app_day (day);`,
};

/** How long what is counted waits in the process, to be written once for many. */
const waitMs = 10_000;
const keptDays = 35;

interface Count {
  entered: number;
  refused: number;
  lastEnteredAt: string | null;
}

/**
 * Counts what comes of an app's requests, behind the answers. What a process that dies had not written is lost: a picture
 * of the week may be off by it, and nothing is decided by it.
 */
export interface UseCounter {
  entered(clientId: string): void;
  refused(clientId: string): void;
  /** Writes what waits. */
  settled(): Promise<void>;
}

export function createUseCounter({ db, clock, log }: ServiceContext): UseCounter {
  let counts = new Map<string, Count>();
  let timer: NodeJS.Timeout | undefined;

  async function write(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    if (counts.size === 0) return;
    const batch = [...counts].map(([clientId, count]) => ({ clientId, ...count }));
    counts = new Map();
    await keep(db, dateInVietnam(clock.now()), batch).catch((error: unknown) =>
      log.error({ err: error }, 'uses of apps'),
    );
  }

  function countOf(clientId: string): Count {
    const known = counts.get(clientId) ?? { entered: 0, refused: 0, lastEnteredAt: null };
    counts.set(clientId, known);
    timer ??= setTimeout(() => void write(), waitMs).unref();
    return known;
  }

  return {
    entered: (clientId) => {
      const count = countOf(clientId);
      count.entered += 1;
      count.lastEnteredAt = clock.now().toISOString();
    },
    refused: (clientId) => {
      countOf(clientId).refused += 1;
    },
    settled: write,
  };
}

async function keep(db: Database, day: string, batch: readonly object[]): Promise<void> {
  await sql`
    INSERT INTO idp.app_day AS kept (client_id, day, entered, refused, last_entered_at)
    SELECT a.client_id, ${day}::date, u.entered, u.refused, u."lastEnteredAt"
    FROM jsonb_to_recordset(${JSON.stringify(batch)}::jsonb)
      AS u ("clientId" text, entered int, refused int, "lastEnteredAt" timestamptz)
    JOIN idp.app AS a ON a.client_id = u."clientId"
    ORDER BY 1
    ON CONFLICT (client_id, day) DO UPDATE SET entered = kept.entered + excluded.entered,
      refused = kept.refused + excluded.refused,
      last_entered_at = greatest(kept.last_entered_at, excluded.last_entered_at)`.execute(db);
}

export interface UsesOfWeek {
  readonly entered: number;
  readonly refused: number;
  readonly lastEnteredAt: Date | null;
}

/** Of today and the six days before; `lastEnteredAt` of as long as days are kept. */
export async function usesOfWeek(db: Database, clientId: string, now: Date): Promise<UsesOfWeek> {
  const inWeek = sql`day > ${dateInVietnam(now)}::date - 7`;
  const { rows } = await sql<UsesOfWeek>`
    SELECT coalesce(sum(entered) FILTER (WHERE ${inWeek}), 0)::int AS entered,
      coalesce(sum(refused) FILTER (WHERE ${inWeek}), 0)::int AS refused, max(last_entered_at) AS "lastEnteredAt"
    FROM idp.app_day WHERE client_id = ${clientId}`.execute(db);
  return rows[0] ?? { entered: 0, refused: 0, lastEnteredAt: null };
}

export async function forgetOldUses(db: Database): Promise<void> {
  await sql`DELETE FROM idp.app_day WHERE day < (now() AT TIME ZONE ${sql.lit(timeZone)})::date - ${keptDays}::int`.execute(
    db,
  );
}
