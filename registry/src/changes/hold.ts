import type { Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import type { Whose } from '../matching/ask.ts';
import type { Planning } from './population.ts';

/** Leavers beyond this many of a run or this part of a school or a class make a plan wait for a second person (D3). */
const mostLeavers = { ofRun: 500, partOfRun: 0.02, partOfSchool: 0.2, ofSchoolAtLeast: 5, partOfClass: 0.5 } as const;

/** Why the plan has to wait for a second person: true sentences, one for each reason (D3). */
export async function whyHeld(planning: Planning, whose: Whose): Promise<Text[]> {
  const reasons = [
    await referredElsewhere(planning),
    (await leavingAtOnce(planning, whose)) ?? (whose === 'learner' ? await classShrinking(planning) : undefined),
    await correctedAtOnce(planning),
  ];
  return reasons.filter((reason) => reason !== undefined);
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

async function leavingAtOnce({ transaction, planId }: Planning, whose: Whose): Promise<Text | undefined> {
  const roles = whose === 'learner' ? ['learner'] : ['teacher', 'staff'];
  const { rows } = await sql<{ name: string; leaving: number; lately: number; members: number }>`
    SELECT o.name, count(DISTINCT c.person_id) AS leaving,
      -- Many small files are one big one: those of the last 24 hours count too.
      (SELECT count(DISTINCT b.person_id) FROM registry.roster_change AS b JOIN registry.roster_plan AS bp ON bp.id = b.plan_id
        WHERE b.organisation_id = o.id AND b.action = 'left' AND (bp.status = 'applied' AND bp.applied_at > now() - interval '24 hours' OR bp.status = 'applying')) AS lately,
      (SELECT count(*) FROM registry.affiliation AS f WHERE f.organisation_id = o.id AND f.role = ANY(${roles}) AND f.valid_until IS NULL) AS members
    FROM registry.roster_change AS c JOIN registry.organisation AS o ON o.id = c.organisation_id
    WHERE c.plan_id = ${planId} AND c.action = 'left' GROUP BY o.id`.execute(transaction);
  const leaving = rows.reduce((sum, row) => sum + row.leaving, 0);
  const members = rows.reduce((sum, row) => sum + row.members, 0);
  const school = rows.find((row) => {
    const all = row.leaving + row.lately;
    return all >= mostLeavers.ofSchoolAtLeast && all > (row.members + row.lately) * mostLeavers.partOfSchool;
  });
  const who = whose === 'learner' ? { vi: 'học sinh', en: 'learners' } : { vi: 'nhân sự', en: 'staff' };
  if (school) {
    const lately =
      school.lately > 0
        ? { vi: ` (và ${school.lately} trong 24 giờ qua)`, en: ` (and ${school.lately} in the last 24 hours)` }
        : { vi: '', en: '' };
    return {
      vi: `${school.leaving} trong ${school.members} ${who.vi} của ${school.name} sẽ rời${lately.vi}.`,
      en: `${school.leaving} of ${school.members} ${who.en} of ${school.name} would leave${lately.en}.`,
    };
  }
  if (leaving <= Math.max(mostLeavers.ofRun, members * mostLeavers.partOfRun)) return undefined;
  return { vi: `${leaving} ${who.vi} sẽ rời.`, en: `${leaving} ${who.en} would leave.` };
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
  const found = rows.find(
    ({ leaving, members }) => leaving >= mostLeavers.ofSchoolAtLeast && leaving > members * mostLeavers.partOfClass,
  );
  return found
    ? {
        vi: `${found.leaving} trong ${found.members} học sinh lớp ${found.code} của ${found.name} sẽ rời.`,
        en: `${found.leaving} of ${found.members} learners of class ${found.code} of ${found.name} would leave.`,
      }
    : undefined;
}

/** Names or birth dates that change for many at once are more often a column that slipped. */
async function correctedAtOnce({ transaction, planId }: Planning): Promise<Text | undefined> {
  const { rows } = await sql<{ name: string; corrected: number; members: number }>`
    SELECT o.name, count(*) AS corrected,
      (SELECT count(*) FROM registry.affiliation AS f WHERE f.organisation_id = o.id AND f.role <> 'guardian' AND f.valid_until IS NULL) AS members
    FROM registry.roster_change AS c JOIN registry.organisation AS o ON o.id = c.organisation_id
    WHERE c.plan_id = ${planId} AND c.action = 'changed'
      AND c.fields @? '$[*] ? (@.column == "Họ và tên" || @.column == "Ngày sinh") ? (@.before != null)'
    GROUP BY o.id`.execute(transaction);
  const school = rows.find(
    ({ corrected, members }) =>
      corrected >= mostLeavers.ofSchoolAtLeast && corrected > members * mostLeavers.partOfSchool,
  );
  return school
    ? {
        vi: `${school.corrected} trong ${school.members} người của ${school.name} sẽ đổi họ tên hoặc ngày sinh; có thể một cột bị lệch.`,
        en: `${school.corrected} of ${school.members} people of ${school.name} would change name or birth date; a column may have slipped.`,
      }
    : undefined;
}
