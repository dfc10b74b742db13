import type { Alarm } from '@edutrust/platform/alarms';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import type { TaskHandlers } from '@edutrust/platform/jobs';
import { sql } from 'kysely';
import { type AccessRow, accessDigest } from './entry.ts';
import { keptSince } from './keeping.ts';

export const checkTask = 'registry.check-accesses';

type Problem = 'removed' | 'altered' | 'added';

/** What is wrong with the book, as the people of that day are told. */
export interface Finding {
  readonly id: string;
  /** When somebody looked, by the ledger or, of an added entry, by itself. */
  readonly at: Date;
  readonly problem: Problem;
}

const entriesAtOnce = 5_000;
const first = '00000000-0000-0000-0000-000000000000';

/** How far back each night looks; what is older is looked at once in `roundDays` nights. */
const recentDays = 2;
const roundDays = 28;
const dayMs = 86_400_000;

/** The least identifier of a moment (RFC 9562 §5.7). */
function idAt(at: Date): string {
  const hex = Math.max(0, at.getTime()).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/**
 * Compares the book with the leaves of the log: an entry that is gone, one that was changed and one that never went through
 * the log are kept as findings. `until` and `after` are identifiers; entries past their time are no longer looked for.
 */
export async function checkAccesses(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  { after = first, until }: { readonly after?: string; readonly until?: string } = {},
): Promise<Finding[]> {
  const found: Finding[] = [];
  const end = until ? sql`AND id < ${until}::uuid` : sql``;
  for (let from = after; ; ) {
    const { rows } = await sql<AccessRow & { leafId: string; leafAt: Date; leaf: Buffer }>`
      SELECT e.id AS "leafId", e.at AS "leafAt", e.leaf, a.* FROM (
        SELECT id, at, leaf FROM platform.ledger_entry WHERE log = 'accesses' AND id > ${from}::uuid ${end}
        ORDER BY log, id LIMIT ${entriesAtOnce}) AS e
      LEFT JOIN registry.access AS a ON a.id = e.id ORDER BY e.id`.execute(db);
    for (const { leafId, leafAt, leaf, ...row } of rows) {
      if (leafAt < keptSince(clock.now())) continue;
      if (row.id === null) found.push({ id: leafId, at: leafAt, problem: 'removed' });
      else if (!accessDigest(row).equals(leaf)) found.push({ id: leafId, at: leafAt, problem: 'altered' });
    }
    const last = rows.at(-1);
    if (!last) break;
    from = last.leafId;
  }
  const { rows: added } = await sql<{ id: string; at: Date }>`
    SELECT id, at FROM registry.access AS a WHERE id > ${after}::uuid ${end}
      AND NOT EXISTS (SELECT FROM platform.ledger_entry AS e WHERE e.id = a.id AND e.log = 'accesses') LIMIT 1000`.execute(
    db,
  );
  found.push(...added.map((one): Finding => ({ ...one, problem: 'added' })));
  await sql`
    INSERT INTO registry.access_finding (access_id, at, problem, found_at)
    SELECT id, at, problem, ${clock.now()} FROM jsonb_to_recordset(${JSON.stringify(found)}::jsonb)
      AS f (id uuid, at timestamptz, problem text) ON CONFLICT DO NOTHING`.execute(db);
  return found;
}

/** Each night: the newest days whole, and of everything that is kept every 28th day, so that a month sees it all. */
async function checkTonight(context: Pick<ServiceContext, 'db' | 'clock'>): Promise<void> {
  const now = context.clock.now();
  await checkAccesses(context, { after: idAt(new Date(now.getTime() - recentDays * dayMs)) });
  const today = Math.floor(now.getTime() / dayMs);
  const oldest = Math.floor(keptSince(now).getTime() / dayMs);
  for (let day = today - roundDays; day >= oldest; day -= roundDays)
    await checkAccesses(context, { after: idAt(new Date(day * dayMs)), until: idAt(new Date((day + 1) * dayMs)) });
  await sql`
    INSERT INTO registry.access_check (name, at) VALUES ('night', ${now}) ON CONFLICT (name) DO UPDATE SET at = excluded.at`.execute(
    context.db,
  );
}

export const checkTasks = (context: ServiceContext): TaskHandlers => ({
  [checkTask]: async () => {
    await checkTonight(context);
  },
});

/** What was found wrong with entries of these days, and when the book was looked at last; null: not yet. */
export async function findingsBetween(
  db: Database,
  from: Date,
  until: Date,
): Promise<{ readonly findings: Finding[]; readonly checkedAt: Date | null }> {
  const { rows: findings } = await sql<Finding>`
    SELECT access_id AS id, at, problem FROM registry.access_finding WHERE at >= ${from} AND at < ${until} ORDER BY at DESC`.execute(
    db,
  );
  const { rows } = await sql<{ at: Date }>`SELECT at FROM registry.access_check WHERE name = 'night'`.execute(db);
  return { findings, checkedAt: rows[0]?.at ?? null };
}

/** Entries of the book that are not as the log has them, of the last thirty days. */
export async function findAccessAlarms({ db, clock }: Pick<ServiceContext, 'db' | 'clock'>): Promise<Alarm[]> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) FROM registry.access_finding WHERE found_at >= ${new Date(clock.now().getTime() - 30 * dayMs)}`.execute(
    db,
  );
  const count = rows[0]?.count ?? 0;
  if (count === 0) return [];
  return [
    {
      code: 'accesses-differ',
      about: String(count),
      sentence: {
        vi: `${count} dòng trong sổ «ai đã xem hồ sơ» bị xoá hoặc sửa. Tìm xem ai có quyền ghi cơ sở dữ liệu lúc đó; các gia đình đã thấy cảnh báo.`,
        en: `${count} entries of the book of who looked at records were removed or altered. Find out who could write to the database then; families see the warning.`,
      },
    },
  ];
}
