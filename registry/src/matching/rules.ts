import type { Text } from '@edutrust/platform/messages';
import { type RawBuilder, sql } from 'kysely';

/**
 * What a row `r` of `staged` and a record `p` have in common, or hold against each other, and what it weighs. The sum is the
 * score, from 0 to 100; a person sees it with every reason that made it.
 */
interface Weight extends Text {
  readonly code: string;
  readonly weight: number;
  readonly when: RawBuilder<unknown>;
}

const folded = sql`registry.fold(r.full_name)`;
const words = (name: RawBuilder<unknown>) => sql`string_to_array(${name}, ' ')`;
const sameDay = sql`p.birth_date = r.birth_date`;
const swappedDay = sql`p.birth_date <> r.birth_date AND extract(year FROM p.birth_date) = extract(year FROM r.birth_date)
  AND extract(month FROM p.birth_date) = extract(day FROM r.birth_date) AND extract(day FROM p.birth_date) = extract(month FROM r.birth_date)`;
const nearDay = sql`p.birth_date <> r.birth_date AND NOT (${swappedDay}) AND
  (extract(year FROM p.birth_date) = extract(year FROM r.birth_date))::int + (extract(month FROM p.birth_date) = extract(month FROM r.birth_date))::int
  + (extract(day FROM p.birth_date) = extract(day FROM r.birth_date))::int = 2`;
const samePieces = sql`p.folded_name <> ${folded} AND (${words(sql`p.folded_name`)} @> ${words(folded)} OR ${words(sql`p.folded_name`)} <@ ${words(folded)})`;

/** Whether the days of birth of `r` and `p` are the same, swapped, or differ in one part. */
export const isNearDay = sql`(${sameDay} OR ${swappedDay} OR ${nearDay})`;

/** Whether the name of `p` is a folded one, nearly, or with a word more or less. */
export const isNearName = (name: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`(${words(sql`p.folded_name`)} @> ${words(name)} OR ${words(sql`p.folded_name`)} <@ ${words(name)} OR similarity(p.folded_name, ${name}) >= 0.75)`;

const weights: readonly Weight[] = [
  {
    code: 'ministry-id',
    weight: 40,
    when: sql`p.moet_id_index = r.moet_id_index`,
    vi: 'cùng mã định danh của Bộ',
    en: 'same ministry identifier',
  },
  {
    code: 'ministry-id-differs',
    weight: -40,
    when: sql`p.moet_id_index <> r.moet_id_index`,
    vi: 'khác mã định danh của Bộ',
    en: 'another ministry identifier',
  },
  {
    code: 'personal-number',
    weight: 30,
    when: sql`p.personal_number_index = r.personal_number_index`,
    vi: 'cùng số định danh cá nhân',
    en: 'same personal number',
  },
  {
    code: 'personal-number-differs',
    weight: -30,
    when: sql`p.personal_number_index <> r.personal_number_index`,
    vi: 'khác số định danh cá nhân',
    en: 'another personal number',
  },
  {
    code: 'local-code',
    weight: 20,
    when: sql`EXISTS (SELECT FROM registry.local_code AS l WHERE l.person_id = p.id AND l.organisation_id = r.organisation_id AND l.code = r.local_code)`,
    vi: 'cùng mã riêng của trường',
    en: "same code of the school's own",
  },
  { code: 'name', weight: 30, when: sql`p.folded_name = ${folded}`, vi: 'cùng họ tên', en: 'same name' },
  {
    code: 'name-part',
    weight: 25,
    when: samePieces,
    vi: 'họ tên thiếu hoặc thừa một chữ, hay đảo thứ tự',
    en: 'the name lacks a word, has one more, or another order',
  },
  {
    code: 'name-near',
    weight: 20,
    when: sql`p.folded_name <> ${folded} AND NOT (${samePieces}) AND similarity(p.folded_name, ${folded}) >= 0.75`,
    vi: 'họ tên gần giống',
    en: 'a name that is nearly the same',
  },
  { code: 'birth-date', weight: 30, when: sameDay, vi: 'cùng ngày sinh', en: 'same birth date' },
  {
    code: 'birth-date-swapped',
    weight: 25,
    when: swappedDay,
    vi: 'ngày và tháng sinh đảo nhau',
    en: 'day and month of birth swapped',
  },
  {
    code: 'birth-date-near',
    weight: 15,
    when: nearDay,
    vi: 'ngày sinh lệch một phần',
    en: 'one part of the birth date differs',
  },
  {
    code: 'class',
    weight: 10,
    when: sql`r.class_code IS NOT NULL AND EXISTS (SELECT FROM registry.enrolment AS e JOIN registry.class AS k ON k.id = e.class_id
      WHERE e.person_id = p.id AND e.valid_until IS NULL AND k.organisation_id = r.organisation_id AND lower(k.code) = lower(r.class_code))`,
    vi: 'cùng lớp',
    en: 'same class',
  },
];

/** From this score up a row that nobody was found for is asked about before it makes a second record of somebody. */
export const alikeFrom = 55;

/** The codes of every reason that holds for `r` and `p`, as an array of text. */
export const reasonsOf: RawBuilder<unknown> = sql`array_remove(ARRAY[${sql.join(
  weights.map(({ code, when }) => sql`CASE WHEN ${when} THEN ${code}::text END`),
)}], NULL)`;

/** The score of an array of reasons. */
export function scoreOf(reasons: RawBuilder<unknown>): RawBuilder<unknown> {
  const sum = sql.join(
    weights.map(
      ({ code, weight }) => sql`CASE WHEN ${code} = ANY(${reasons}) THEN ${sql.raw(String(weight))} ELSE 0 END`,
    ),
    sql` + `,
  );
  return sql`least(100, greatest(0, ${sum}))`;
}

const byCode = new Map(weights.map((one) => [one.code, one]));

/** A reason in words, and whether it speaks for the same person. */
export function reasonWords(code: string): Text & { readonly isFor: boolean } {
  const { vi = code, en = code, weight = 0 } = byCode.get(code) ?? {};
  return { vi, en, isFor: weight > 0 };
}
