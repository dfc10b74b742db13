import type { ServiceContext } from '@edutrust/platform/context';
import type { Text } from '@edutrust/platform/messages';
import { findOrganisation } from '@edutrust/registry/organisations';
import { countActivePeople, schoolsOf } from '@edutrust/registry/people';
import { sql } from 'kysely';
import type { Change } from '../model/change.ts';
import { syncOf } from '../tables.ts';
import type { TargetRow } from '../targets/store.ts';

/**
 * D3: more people than this may not be disabled without a second person, in the whole target and in each school, in one
 * run and within a day. So many at once, or such a part of those there are, is a mistake somewhere more often than not.
 */
const most = { count: 500, part: 0.02, smallAtLeast: 5, smallPart: 0.2 } as const;
const windowMs = 24 * 3_600_000;
const pageSize = 1_000;

function isUnusual(disabled: number, people: number): boolean {
  const isMany = disabled > Math.max(most.count, people * most.part);
  return isMany || (disabled >= most.smallAtLeast && disabled > people * most.smallPart);
}

/** Whom changes disable. */
export const leaversOf = (changes: readonly Change[]): string[] =>
  changes.flatMap(({ action, personId }) => (action === 'disable' && personId ? [personId] : []));

/** Whom the plan of a run disables, in pages. */
async function* leaversOfRun({ db }: Pick<ServiceContext, 'db'>, runId: string): AsyncGenerator<string[]> {
  for (let after = -1; ; ) {
    const { rows } = await sql<{ number: number; person_id: string }>`
      SELECT number, person_id FROM sync.change
      WHERE run_id = ${runId} AND kind = 'person' AND action = 'disable' AND number > ${after}
      ORDER BY number LIMIT ${pageSize}`.execute(db);
    if (rows.length === 0) return;
    yield rows.map(({ person_id }) => person_id);
    after = rows.at(-1)?.number ?? after;
  }
}

/** Why the disabling that a run plans waits for a second person; undefined when nothing is unusual. */
export const unusualInRun = (context: ServiceContext, target: TargetRow, runId: string) =>
  unusual(context, target, leaversOfRun(context, runId));

/**
 * Why disabling these people now waits for a second person. The one guard of every path: full runs, live changes,
 * retries and runs on demand (D14).
 */
export async function unusual(
  { db, clock }: ServiceContext,
  target: TargetRow,
  leavers: AsyncIterable<string[]> | Iterable<string[]>,
): Promise<Text | undefined> {
  const recent = await syncOf(db)
    .selectFrom('sync.disabled')
    .select(['person_id', 'organisation_ids'])
    .where('target_id', '=', target.id)
    .where('at', '>', new Date(clock.now().getTime() - windowMs))
    .where('approved', '=', false)
    .execute();
  const counted = new Map(recent.map(({ person_id, organisation_ids }) => [person_id, organisation_ids]));
  const bySchool = new Map<string, number>();
  const count = (organisationIds: readonly string[]) => {
    for (const id of organisationIds) bySchool.set(id, (bySchool.get(id) ?? 0) + 1);
  };
  for (const organisationIds of counted.values()) count(organisationIds);
  let total = counted.size;
  let now = 0;
  for await (const page of leavers) {
    now += page.length;
    const fresh = page.filter((personId) => !counted.has(personId));
    total += fresh.length;
    for (const organisationIds of (await schoolsOf(db, fresh)).values()) count(organisationIds);
  }
  if (now === 0 || total < most.smallAtLeast) return undefined;
  const active = await countActivePeople(db, target.organisation_id);
  if (isUnusual(total, active + total)) {
    return {
      vi: `${total} trong ${active + total} người sẽ bị vô hiệu hoá trong một ngày.`,
      en: `${total} of ${active + total} people would be disabled within a day.`,
    };
  }
  for (const [organisationId, disabled] of bySchool) {
    if (disabled < most.smallAtLeast) continue;
    const there = await countActivePeople(db, organisationId);
    if (!isUnusual(disabled, there + disabled)) continue;
    const { name } = await findOrganisation(db, organisationId);
    return {
      vi: `${name}: ${disabled} trong ${there + disabled} người sẽ bị vô hiệu hoá trong một ngày.`,
      en: `${name}: ${disabled} of ${there + disabled} people would be disabled within a day.`,
    };
  }
  return undefined;
}
