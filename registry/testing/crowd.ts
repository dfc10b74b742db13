import type { Database } from '@edutrust/platform/database';
import { sql } from 'kysely';

export interface Crowd {
  readonly rootId: string;
  /** Each with its people: the teachers among them came last, as they do in a city's first load. */
  readonly schoolIds: readonly string[];
}

const words = {
  family: [
    'Nguyễn',
    'Trần',
    'Lê',
    'Phạm',
    'Huỳnh',
    'Phan',
    'Vũ',
    'Võ',
    'Đặng',
    'Bùi',
    'Đỗ',
    'Hồ',
    'Ngô',
    'Dương',
    'Lý',
  ],
  middle: ['Thị', 'Văn', 'Thị Ngọc', 'Minh', 'Gia', 'Hoàng', 'Thanh', 'Quốc', 'Kim', 'Xuân', 'Đức', 'Thị Ánh'],
  given: [
    'An',
    'Anh',
    'Bảo',
    'Châu',
    'Duyên',
    'Hân',
    'Khang',
    'Khoa',
    'Linh',
    'Long',
    'My',
    'Nam',
    'Ngân',
    'Nguyệt',
    'Nhi',
    'Phúc',
    'Quân',
    'Thảo',
    'Trang',
    'Vy',
  ],
};

/** How the people of a {@link makeCrowd} are spread. */
export interface CrowdShape {
  /** 600 people in each when absent. */
  readonly schools?: number;
  /** One in so many works there; the others learn. */
  readonly oneTeacherIn?: number;
}

/**
 * A city of so many people made by SQL alone, for tests of plans and for measuring: 30 schools a ward, below a department of
 * its own, twenty classes a school with a teacher each. Education IDs look like real ones and are not. A city of 2.75 million
 * takes some minutes.
 */
export async function makeCrowd(
  db: Database,
  people: number,
  { schools = Math.max(1, Math.ceil(people / 600)), oneTeacherIn = 20 }: CrowdShape = {},
): Promise<Crowd> {
  const learners = people - Math.floor(people / oneTeacherIn);
  return db.transaction().execute(async (transaction) => {
    const run = (statement: ReturnType<typeof sql>) => statement.execute(transaction);
    const id = (kind: string, nth: ReturnType<typeof sql>) => sql`md5(${kind} || ${nth})::uuid`;
    const root = id('crowd', sql`'root'`);
    const personId = (n: ReturnType<typeof sql>) =>
      sql`('0190' || lpad(to_hex(${n}), 12, '0') || substr(md5((${n})::text), 1, 16))::uuid`;
    // Indexes and foreign keys stay; the trigger that keeps homes has nothing to find, the home is written.
    await run(sql`ALTER TABLE registry.affiliation DISABLE TRIGGER USER`);
    await run(
      sql`INSERT INTO registry.organisation (id, kind, code, name, path) VALUES (${root}, 'department', 'CROWD', 'Sở', ARRAY[${root}])`,
    );
    await run(sql`
      INSERT INTO registry.organisation (id, kind, code, name, parent_id, path)
      SELECT ${id('ward', sql`w`)}, 'ward', 'CW' || w, 'Phường ' || w, ${root}, ARRAY[${root}, ${id('ward', sql`w`)}]
      FROM generate_series(0, ${Math.floor((schools - 1) / 30)}::int) AS w`);
    await run(sql`
      INSERT INTO registry.organisation (id, kind, level, code, name, parent_id, path)
      SELECT ${id('school', sql`s`)}, 'school', 'primary', 'CS' || s, 'Trường ' || s, ${id('ward', sql`s / 30`)},
        ARRAY[${root}, ${id('ward', sql`s / 30`)}, ${id('school', sql`s`)}]
      FROM generate_series(0, ${schools - 1}::int) AS s`);
    const pick = (list: readonly string[], by: ReturnType<typeof sql>) =>
      sql`(${[...list]}::text[])[1 + abs(hashint4(n * 7 + ${by})) % ${list.length}::int]`;
    await run(sql`
      INSERT INTO registry.person (id, education_id, full_name, birth_date, gender, moet_id_index, home_organisation_id)
      SELECT ${personId(sql`n`)}, (1000000000 + (n * 7919::bigint) % 8999999999)::text,
        concat_ws(' ', ${pick(words.family, sql`1`)}, ${pick(words.middle, sql`2`)}, ${pick(words.given, sql`3`)}),
        date '2009-01-01' + abs(hashint4(n)) % 4000, CASE n % 2 WHEN 0 THEN 'male' ELSE 'female' END, sha256(n::text::bytea), ${id('school', sql`(n % ${schools}::int)`)}
      FROM generate_series(1, ${people}::int) AS n`);
    await run(sql`
      INSERT INTO registry.affiliation (id, person_id, organisation_id, role, valid_from)
      SELECT gen_random_uuid(), ${personId(sql`n`)}, ${id('school', sql`(n % ${schools}::int)`)},
        CASE WHEN n > ${learners}::int THEN 'teacher' ELSE 'learner' END, '2026-09-01'
      FROM generate_series(1, ${people}::int) AS n`);
    // The first teachers of a school have its classes.
    const teacher = sql`((${learners}::int / ${schools}::int + 1 + c) * ${schools}::int + s)`;
    await run(sql`
      INSERT INTO registry.class (id, organisation_id, school_year, code, grade, homeroom_teacher_id)
      SELECT ${id('class', sql`s || '-' || c`)}, ${id('school', sql`s`)}, 2026, (1 + c % 5) || chr(65 + c / 5), 1 + c % 5,
        CASE WHEN ${teacher} <= ${people}::int THEN ${personId(teacher)} END
      FROM generate_series(0, ${schools - 1}::int) AS s, generate_series(0, 19) AS c`);
    await run(sql`
      INSERT INTO registry.enrolment (id, person_id, class_id, valid_from)
      SELECT gen_random_uuid(), ${personId(sql`n`)},
        ${id('class', sql`(n % ${schools}::int) || '-' || abs(hashint4(n + 5)) % 20`)}, '2026-09-01'
      FROM generate_series(1, ${learners}::int) AS n`);
    await run(sql`ALTER TABLE registry.affiliation ENABLE TRIGGER USER`);
    await run(
      sql`ANALYZE registry.organisation, registry.person, registry.affiliation, registry.class, registry.enrolment`,
    );
    const { rows } = await sql<{ root: string; schools: string[] }>`
      SELECT ${root} AS root, array_agg(id ORDER BY code) AS schools FROM registry.organisation WHERE code LIKE 'CS%'`.execute(
      transaction,
    );
    return { rootId: rows[0]?.root ?? '', schoolIds: rows[0]?.schools ?? [] };
  });
}
