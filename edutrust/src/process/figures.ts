import { gauges } from '@edutrust/platform/metrics';
import { outboxLag } from '@edutrust/platform/outbox';
import { findAllAlarms } from './alarms.ts';
import type { OpenContext } from './context.ts';

/** What the metrics say of the ground and the services; each is read when it is asked for. */
export function addFigures(context: OpenContext): void {
  const { db, database } = context;
  const counts = async (statement: string) => {
    const { rows } = await database.pool.query<{ about: string; value: number }>(statement);
    return Object.fromEntries(rows.map(({ about, value }) => [about, value]));
  };
  gauges('edutrust_database_connections', 'Connections of this process', 'state', async () => ({
    total: database.pool.totalCount,
    idle: database.pool.idleCount,
    waiting: database.pool.waitingCount,
  }));
  gauges('edutrust_jobs', 'Jobs, by what they wait for', 'state', () =>
    counts(`
      SELECT CASE WHEN locked_at IS NOT NULL THEN 'running' WHEN attempts >= max_attempts THEN 'dead'
        WHEN attempts > 0 THEN 'retrying' WHEN run_at > now() THEN 'later' ELSE 'waiting' END AS about, count(*) AS value
      FROM graphile_worker.jobs GROUP BY 1`),
  );
  gauges('edutrust_outbox_lag_seconds', 'Age of the oldest event that a reader has not handled', 'consumer', () =>
    outboxLag(db),
  );
  gauges('edutrust_ledger_pending', 'Entries that have no place in their log yet', 'log', () =>
    counts(`
      SELECT log AS about, (SELECT count(*) FROM platform.ledger_pending AS p WHERE p.log = l.log) AS value
      FROM unnest(ARRAY['audit', 'signatures', 'accesses']) AS l (log)`),
  );
  gauges('edutrust_sync_targets', 'Directories that are kept in step, by state', 'state', () =>
    counts(`SELECT state AS about, count(*) AS value FROM sync.target GROUP BY 1`),
  );
  gauges('edutrust_mail', 'Mail that has not left', 'state', () =>
    counts(`
      SELECT CASE WHEN attempts = 0 THEN 'waiting' ELSE 'failing' END AS about, count(*) AS value
      FROM graphile_worker.jobs WHERE task_identifier = 'mail.send' GROUP BY 1`),
  );
  gauges('edutrust_alarms', 'What an operator must do something about, by code', 'code', async () => {
    const found: Record<string, number> = {};
    for (const { code, isWarning } of await findAllAlarms(context))
      if (!isWarning) found[code] = (found[code] ?? 0) + 1;
    return found;
  });
}
