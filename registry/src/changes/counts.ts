import type { Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';

/** What a plan does to a school, as guards count it; somebody can be counted under several. */
export const countedKinds = ['created', 'corrected', 'reclassed', 'moved', 'left'] as const;
export type CountedKind = (typeof countedKinds)[number];

/**
 * The people whom the plan `planId` touches by school and kind (`organisation_id`, `kind`, `person_id`). Who moves is counted at
 * the school that they leave; asked before the plan is applied.
 */
const countedPeople = (planId: string) => {
  const of = (kind: CountedKind, condition: ReturnType<typeof sql>) => sql`
    SELECT c.organisation_id, ${kind}::text AS kind, c.person_id FROM registry.roster_change AS c WHERE c.plan_id = ${planId} AND ${condition}`;
  const elsewhere = sql`c.fields @? '$[*] ? (@.column == "Mã trường")'`;
  return sql`(
    ${of('created', sql`c.action = 'added'`)} UNION ALL ${of('left', sql`c.action = 'left'`)}
    UNION ALL ${of('corrected', sql`c.action = 'changed' AND c.fields @? '$[*] ? (@.column == "Họ và tên" || @.column == "Ngày sinh") ? (@.before != null)'`)}
    UNION ALL ${of('reclassed', sql`c.action = 'changed' AND NOT ${elsewhere} AND c.fields @? '$[*] ? (@.column == "Mã lớp") ? (@.before != null)'`)}
    UNION ALL SELECT p.home_organisation_id, 'moved', c.person_id FROM registry.roster_change AS c
      JOIN registry.person AS p ON p.id = c.person_id AND p.status = 'active'
      WHERE c.plan_id = ${planId} AND c.action = 'changed' AND ${elsewhere} AND p.home_organisation_id <> c.organisation_id)`;
};

/** Keeps how many of each kind an accepted plan touches: numbers of schools, of nobody. Guards count with them for a year. */
export async function keepCounts(transaction: Transaction, planId: string, whose: string, now: Date): Promise<void> {
  await sql`
    INSERT INTO registry.roster_count (plan_id, organisation_id, whose, kind, total, at)
    SELECT ${planId}, organisation_id, ${whose}, kind, count(DISTINCT person_id), ${now} FROM ${countedPeople(planId)} AS c
    GROUP BY organisation_id, kind ON CONFLICT DO NOTHING`.execute(transaction);
}

/** An undone plan did nothing to anybody. */
export async function forgetCounts(transaction: Transaction, planId: string): Promise<void> {
  await sql`DELETE FROM registry.roster_count WHERE plan_id = ${planId}`.execute(transaction);
}

/** What a plan would do to one school, and what was done there before. */
export interface SchoolCount {
  readonly id: string;
  readonly name: string;
  readonly kind: CountedKind;
  readonly people: number;
  /** People of the population who are at the school now. */
  readonly members: number;
  /** Of the last 24 hours. */
  readonly lately: number;
  /** Of the days around this one (`around`), up to now. */
  readonly already: number;
  /** Of the same days a year ago. */
  readonly lastYear: number;
  /** Whether the school was already counted a year ago: what was not done then is expected as little now. */
  readonly hasHistory: boolean;
}

/** Days before and after this one that count as the same time of the year. */
export const around = 15;

export async function countsOf(
  transaction: Transaction,
  planId: string,
  { whose, roles, now }: { readonly whose: string; readonly roles: readonly string[]; readonly now: Date },
): Promise<SchoolCount[]> {
  const counted = (from: string, until: string) => sql`coalesce((SELECT sum(r.total) FROM registry.roster_count AS r
    WHERE r.organisation_id = m.organisation_id AND r.whose = ${whose} AND r.kind = m.kind
      AND r.at > ${now}::timestamptz - ${from}::interval AND r.at <= ${now}::timestamptz - ${until}::interval), 0)::int`;
  const { rows } = await sql<SchoolCount>`
    SELECT o.id, o.name, m.kind, m.people::int AS people,
      (SELECT count(*) FROM registry.affiliation AS f WHERE f.organisation_id = o.id AND f.role = ANY(${[...roles]}) AND f.valid_until IS NULL)::int AS members,
      ${counted('24 hours', '0')} AS lately, ${counted(`${around} days`, '0')} AS already,
      ${counted(`1 year ${around} days`, `1 year -${around} days`)} AS "lastYear",
      EXISTS (SELECT FROM registry.roster_count AS r WHERE r.organisation_id = o.id AND r.whose = ${whose}
        AND r.at < ${now}::timestamptz - interval '300 days') AS "hasHistory"
    FROM (SELECT organisation_id, kind, count(DISTINCT person_id) AS people FROM ${countedPeople(planId)} AS c GROUP BY 1, 2) AS m
    JOIN registry.organisation AS o ON o.id = m.organisation_id ORDER BY m.people DESC, o.code`.execute(transaction);
  return rows;
}

/** Of these kinds, of every school, in the last 24 hours. */
export async function countedLately(
  transaction: Transaction,
  { whose, kinds, now }: { readonly whose: string; readonly kinds: readonly CountedKind[]; readonly now: Date },
): Promise<number> {
  const { rows } = await sql<{ people: number }>`
    SELECT coalesce(sum(total), 0)::int AS people FROM registry.roster_count
    WHERE whose = ${whose} AND kind = ANY(${[...kinds]}) AND at > ${now}::timestamptz - interval '24 hours'`.execute(
    transaction,
  );
  return rows[0]?.people ?? 0;
}
