import type { ServiceContext } from '@edutrust/platform/context';
import { recordedRolesOf } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import { suspend } from '../accounts/accounts.ts';
import { inactiveDays, isLevelThree } from './rules.ts';

const actor = { kind: 'system', name: 'level-3' } as const;
/** Without these nobody could let anybody in again: they are reviewed by people, never closed by a clock. */
const neverByClock: ReadonlySet<string> = new Set(['department-administrator', 'security-officer']);

/**
 * Suspends accounts of staff that nobody signed in to for {@link inactiveDays}; gives how many. Pupils and guardians
 * alone are left: there are summers. An administrator resumes an account with one tap. Again: does nothing.
 */
export async function suspendInactive(
  context: Pick<ServiceContext, 'config' | 'db' | 'jobs' | 'clock'>,
): Promise<number> {
  if (!isLevelThree(context)) return 0;
  const { db, clock } = context;
  const before = new Date(clock.now().getTime() - inactiveDays * 86_400_000);
  const { rows } = await sql<{ id: string }>`
    SELECT a.person_id AS id FROM idp.account AS a JOIN registry.person AS p ON p.id = a.person_id AND p.status = 'active'
    WHERE a.status = 'active' AND greatest(a.last_sign_in_at, a.activated_at, a.created_at) < ${before}
      AND EXISTS (SELECT FROM registry.affiliation AS f
        WHERE f.person_id = a.person_id AND f.valid_until IS NULL AND f.role IN ('teacher', 'staff'))
    ORDER BY a.person_id`.execute(db);
  let count = 0;
  for (const { id } of rows) {
    if ((await recordedRolesOf(db, id)).some(({ role }) => neverByClock.has(role))) continue;
    await db.transaction().execute((transaction) => suspend(transaction, context, id, actor));
    count += 1;
  }
  return count;
}
