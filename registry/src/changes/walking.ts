import { TooManyRequests } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import type { Planning } from './population.ts';

/**
 * Rows of other schools' people that one account may bring in 24 hours before somebody else looks: above the largest
 * intake of a school, far below a walk through a city's identifiers (T3).
 */
const mostReferred = 3_000;

/** @throws TooManyRequests `roster/too-many-referred`; the plan is not kept. */
export async function mustNotWalk({ transaction, planId, actor, context }: Planning): Promise<void> {
  if (actor.kind !== 'person') return;
  const since = new Date(context.clock.now().getTime() - 86_400_000).toISOString();
  const { rows } = await sql<{ referred: number }>`
    SELECT (SELECT count(*) FROM registry.roster_change WHERE plan_id = ${planId} AND action = 'referred')
      + coalesce((SELECT sum((totals->>'referred')::int) FROM registry.roster_plan
        WHERE id <> ${planId} AND created_by->>'personId' = ${actor.personId} AND created_at > ${since}), 0) AS referred`.execute(
    transaction,
  );
  if ((rows[0]?.referred ?? 0) <= mostReferred) return;
  throw new TooManyRequests(
    'roster/too-many-referred',
    {
      vi: `Trong 24 giờ, các tệp của anh/chị có hơn ${mostReferred.toLocaleString('vi')} dòng mang mã của người ở đơn vị khác.`,
      en: `Within 24 hours your files had more than ${mostReferred.toLocaleString('en')} rows with identifiers of people elsewhere.`,
    },
    {
      remedy: { vi: 'Nhờ Sở nhập danh sách này.', en: 'Ask the department to import this roster.' },
      retryAfterSeconds: 3_600,
    },
  );
}
