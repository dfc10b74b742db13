import type { Transaction } from '@edutrust/platform/database';
import type { Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import type { Whose } from '../matching/ask.ts';
import type { AffiliationRole } from '../tables.ts';
import { around, type CountedKind, countedKinds, countedLately, countsOf, type SchoolCount } from './counts.ts';
import type { Planning } from './population.ts';

/** People beyond this many and this part of a school's own make a plan wait for a second person. */
interface Limit {
  readonly atLeast: number;
  readonly part: number;
  /** Schools with fewer people are only being filled. */
  readonly from?: number;
  /** In August and September everybody gets a new class and a grade is new: until a school's own last year is known. */
  readonly isFreeInAugust?: true;
  readonly vi: string;
  readonly en: string;
}

const limits: Readonly<Record<CountedKind, Limit>> = {
  left: { atLeast: 5, part: 0.2, vi: 'sẽ rời', en: 'would leave' },
  moved: { atLeast: 5, part: 0.2, vi: 'sẽ sang trường khác', en: 'would go to another school' },
  corrected: { atLeast: 5, part: 0.2, vi: 'sẽ đổi họ tên hoặc ngày sinh', en: 'would change name or birth date' },
  reclassed: { atLeast: 30, part: 0.5, isFreeInAugust: true, vi: 'sẽ đổi lớp', en: 'would change class' },
  created: { atLeast: 300, part: 0.5, from: 50, isFreeInAugust: true, vi: 'sẽ được thêm', en: 'would be added' },
};

/** Of a whole run, and of all runs of 24 hours: whoever goes, wherever (D3). */
const mostOfRun = { people: 500, part: 0.02 } as const;
const partOfClass = 0.5;
const classAtLeast = 5;
const emptied = { atLeast: 3, part: 0.5 } as const;
/** What is beyond last year's number by more than this is not that number any longer. */
const beyondLastYear = 1.5;

const words = (whose: Whose): Text =>
  whose === 'learner' ? { vi: 'học sinh', en: 'learners' } : { vi: 'nhân sự', en: 'staff' };

/** Why the plan has to wait for a second person: true sentences, one for each reason (D3). */
export async function whyHeld(
  planning: Planning,
  whose: Whose,
  kinds: readonly CountedKind[] = countedKinds,
): Promise<Text[]> {
  const now = planning.context.clock.now();
  const roles = whose === 'learner' ? ['learner'] : ['teacher', 'staff'];
  const counts = await countsOf(planning.transaction, planning.planId, { whose, roles, now });
  const of = (kind: CountedKind) => {
    const found = counts.find((count) => count.kind === kind && isOver(count, now));
    return found && kinds.includes(kind) ? sentence(found, whose) : undefined;
  };
  const reasons = [
    await referredElsewhere(planning),
    of('left') ??
      (await goingAtOnce(planning, counts, whose, now)) ??
      (whose === 'learner' ? await classShrinking(planning) : undefined),
    of('moved'),
    of('corrected'),
    whose === 'learner' ? of('reclassed') : undefined,
    of('created'),
    whose === 'learner' && kinds.includes('reclassed') ? await classesEmptied(planning) : undefined,
  ];
  return reasons.filter((reason) => reason !== undefined);
}

/** Many small files are one big one: those of the last 24 hours count too. Around last year's number nothing is unusual. */
function isOver({ kind, people, members, lately, already, lastYear, hasHistory }: SchoolCount, now: Date): boolean {
  const { atLeast, part, from = 0, isFreeInAugust } = limits[kind];
  const month = now.getUTCMonth();
  if (isFreeInAugust && !hasHistory && (month === 7 || month === 8)) return false;
  const all = people + lately;
  const gone = kind === 'left' || kind === 'moved' ? lately : 0;
  if (members < from || all < atLeast || all <= (members + gone) * part) return false;
  return people + already > lastYear * beyondLastYear;
}

function sentence({ kind, name, people, members, lately, lastYear, hasHistory }: SchoolCount, whose: Whose): Text {
  const { vi, en } = limits[kind];
  const before =
    lately > 0
      ? { vi: ` (và ${lately} trong 24 giờ qua)`, en: ` (and ${lately} in the last 24 hours)` }
      : { vi: '', en: '' };
  const usual = hasHistory
    ? {
        vi: ` Năm ngoái trong ${2 * around} ngày quanh hôm nay là ${lastYear}.`,
        en: ` Last year in the ${2 * around} days around today it was ${lastYear}.`,
      }
    : { vi: '', en: '' };
  const slipped =
    kind === 'corrected' ? { vi: '; có thể một cột bị lệch', en: '; a column may have slipped' } : { vi: '', en: '' };
  const who = kind === 'corrected' ? { vi: 'người', en: 'people' } : words(whose);
  const [count, countEn] =
    kind === 'created'
      ? [
          `${people} ${who.vi} ${vi} ở ${name}, nơi đang có ${members}`,
          `${people} ${who.en} ${en} at ${name}, which has ${members}`,
        ]
      : [
          `${people} trong ${members} ${who.vi} của ${name} ${vi}`,
          `${people} of ${members} ${who.en} of ${name} ${en}`,
        ];
  return { vi: `${count}${before.vi}${slipped.vi}.${usual.vi}`, en: `${countEn}${before.en}${slipped.en}.${usual.en}` };
}

async function referredElsewhere({ transaction, planId }: Planning): Promise<Text | undefined> {
  const { rows } = await sql<{ people: number }>`
    WITH referred AS (
      SELECT DISTINCT c.person_id, f.organisation_id FROM registry.roster_change AS c
      JOIN registry.person AS p ON p.id = c.person_id
      LEFT JOIN registry.affiliation AS f ON f.person_id = c.person_id AND f.role <> 'guardian' AND f.valid_until IS NULL
      WHERE c.plan_id = ${planId} AND c.action = 'referred'
    ), origins AS (
      UPDATE registry.roster_plan SET origin_ids = ARRAY(
        SELECT DISTINCT coalesce(r.organisation_id, p.home_organisation_id) FROM referred AS r JOIN registry.person AS p ON p.id = r.person_id
        WHERE coalesce(r.organisation_id, p.home_organisation_id) IS NOT NULL)
      WHERE id = ${planId})
    SELECT count(DISTINCT person_id) AS people FROM referred`.execute(transaction);
  const people = rows[0]?.people ?? 0;
  if (people === 0) return undefined;
  return {
    vi: `${people} người trong tệp mang mã đang có hồ sơ ngoài phạm vi của người nhập (ở đơn vị khác, hoặc có vai trò cao hơn); người quản lý cả hai nơi cần xem và duyệt.`,
    en: `${people} people in the file have an identifier that is known outside the importer’s reach (elsewhere, or with a higher role); somebody who governs both sides must look and approve.`,
  };
}

/** Too many of the whole run, or of every run of a day: small losses at many schools are one large one. */
async function goingAtOnce(
  { context, transaction }: Planning,
  counts: readonly SchoolCount[],
  whose: Whose,
  now: Date,
): Promise<Text | undefined> {
  const leaving = counts.filter(({ kind }) => kind === 'left');
  const going = leaving.reduce((sum, { people }) => sum + people, 0);
  if (going === 0) return undefined;
  const who = words(whose);
  const members = leaving.reduce((sum, row) => sum + row.members, 0);
  const usual = leaving.reduce((sum, { lastYear }) => sum + lastYear, 0) * beyondLastYear;
  if (going > Math.max(mostOfRun.people, members * mostOfRun.part, usual))
    return { vi: `${going} ${who.vi} sẽ rời.`, en: `${going} ${who.en} would leave.` };
  const lately = await countedLately(transaction, { whose, kinds: ['left'], now });
  if (lately === 0 || going + lately <= Math.max(mostOfRun.people, usual)) return undefined;
  const roles = whose === 'learner' ? (['learner'] as const) : (['teacher', 'staff'] as const);
  const people = (going + lately) / mostOfRun.part;
  if (await areAtLeast(transaction, roles, { people, lately, now, counted: countedOf(context.db) })) return undefined;
  return {
    vi: `${going} ${who.vi} sẽ rời, và ${lately} đã rời trong 24 giờ qua ở mọi trường.`,
    en: `${going} ${who.en} would leave, and ${lately} left in the last 24 hours at all schools.`,
  };
}

/** How many were counted of roles, whether that is all of them, and when: fewer, less those who left since, they are not. */
export type Counted = Map<string, { readonly people: number; readonly areAll: boolean; readonly at: Date }>;

/** Of each database, by this process. */
const countedBy = new WeakMap<object, Counted>();

function countedOf(db: object): Counted {
  const known = countedBy.get(db) ?? new Map();
  countedBy.set(db, known);
  return known;
}

/** People are made and taken back, too: what was counted is believed for no longer. */
const countedForMs = 3_600_000;

/**
 * Whether so many people have one of the roles now, of whom `lately` left in the last 24 hours. Each school's file asks and
 * the city has millions: twice as many are counted as are asked for, and no more; what was counted within the hour and is
 * enough without those who left, or was all and not enough, is not counted again: whoever came since is let wait at the worst.
 */
export async function areAtLeast(
  transaction: Transaction,
  roles: readonly AffiliationRole[],
  asked: { readonly people: number; readonly lately: number; readonly now: Date; readonly counted: Counted },
): Promise<boolean> {
  const { lately, now, counted } = asked;
  const enough = Math.ceil(asked.people);
  const last = counted.get(roles.join());
  if (last && now.getTime() - last.at.getTime() < countedForMs) {
    if (last.people - lately >= enough) return true;
    if (last.areAll && last.people < enough) return false;
  }
  const { rows } = await sql<{ found: number }>`
    SELECT count(*) AS found FROM (SELECT FROM registry.affiliation AS f
      WHERE f.role = ANY(${[...roles]}) AND f.valid_until IS NULL LIMIT ${2 * enough}) AS found`.execute(transaction);
  const people = rows[0]?.found ?? 0;
  counted.set(roles.join(), { people, areAll: people < 2 * enough, at: now });
  return people >= enough;
}

/** A class that loses more than half: one whose second page is missing. Who finishes school goes with the whole class. */
async function classShrinking({ transaction, planId, schoolYear }: Planning): Promise<Text | undefined> {
  const { rows } = await sql<{ name: string; code: string; leaving: number; members: number }>`
    SELECT o.name, c.class_code AS code, count(DISTINCT c.person_id) AS leaving,
      (SELECT count(*) FROM registry.enrolment AS e JOIN registry.class AS k ON k.id = e.class_id
        WHERE e.valid_until IS NULL AND k.organisation_id = o.id AND k.school_year = ${schoolYear} AND k.code = c.class_code) AS members
    FROM registry.roster_change AS c JOIN registry.organisation AS o ON o.id = c.organisation_id
    WHERE c.plan_id = ${planId} AND c.action = 'left' AND c.class_code IS NOT NULL
      AND NOT c.fields @? '$[*] ? (@.after like_regex "tốt nghiệp|hoàn thành" flag "i")'
    GROUP BY o.id, c.class_code`.execute(transaction);
  const found = rows.find(({ leaving, members }) => leaving >= classAtLeast && leaving > members * partOfClass);
  return found
    ? {
        vi: `${found.leaving} trong ${found.members} học sinh lớp ${found.code} của ${found.name} sẽ rời.`,
        en: `${found.leaving} of ${found.members} learners of class ${found.code} of ${found.name} would leave.`,
      }
    : undefined;
}

/** Classes of this year in which nobody would be left: a renaming, or a sheet that is missing. */
async function classesEmptied({ transaction, planId, schoolYear }: Planning): Promise<Text | undefined> {
  const { rows } = await sql<{ name: string; closing: number; classes: number }>`
    WITH going AS (
      SELECT e.class_id, count(*) AS people FROM registry.enrolment AS e
      JOIN registry.roster_change AS c ON c.plan_id = ${planId} AND c.person_id = e.person_id
      JOIN registry.class AS k ON k.id = e.class_id AND k.school_year = ${schoolYear}
      WHERE e.valid_until IS NULL AND (c.action = 'left' OR c.action = 'changed' AND (c.organisation_id <> k.organisation_id OR lower(c.class_code) <> lower(k.code)))
      GROUP BY 1)
    SELECT o.name, count(*) AS closing, (SELECT count(DISTINCT k.id) FROM registry.class AS k
        JOIN registry.enrolment AS e ON e.class_id = k.id AND e.valid_until IS NULL
        WHERE k.organisation_id = o.id AND k.school_year = ${schoolYear}) AS classes
    FROM going AS g JOIN registry.class AS k ON k.id = g.class_id JOIN registry.organisation AS o ON o.id = k.organisation_id
    WHERE g.people >= (SELECT count(*) FROM registry.enrolment AS e WHERE e.class_id = g.class_id AND e.valid_until IS NULL)
    GROUP BY o.id ORDER BY closing DESC`.execute(transaction);
  const found = rows.find(({ closing, classes }) => closing >= emptied.atLeast && closing > classes * emptied.part);
  return found
    ? {
        vi: `${found.closing} trong ${found.classes} lớp của ${found.name} sẽ không còn ai.`,
        en: `${found.closing} of ${found.classes} classes of ${found.name} would have nobody left.`,
      }
    : undefined;
}
