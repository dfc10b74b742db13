import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceContext } from '@edutrust/platform/context';
import { sql } from 'kysely';
import { openRegistry } from '../../testing/registry.ts';

const header = 'Mã trường,Mã lớp,Mã học sinh,Họ và tên,Ngày sinh,Giới tính,Trạng thái';

/** Everything that is the person's beside when they came and went. */
async function kept({ db }: Pick<ServiceContext, 'db'>, name: string) {
  const { rows } = await sql<Record<string, unknown>>`
    SELECT p.id, p.education_id, p.status, p.birth_date::text AS born, p.details, p.home_organisation_id,
      (SELECT array_agg(l.code) FROM registry.local_code AS l WHERE l.person_id = p.id) AS codes,
      (SELECT array_agg(g.guardian_id ORDER BY g.guardian_id) FROM registry.guardianship AS g WHERE g.child_id = p.id AND g.valid_until IS NULL) AS guardians,
      (SELECT array_agg(o.code || ' ' || f.role) FROM registry.affiliation AS f JOIN registry.organisation AS o ON o.id = f.organisation_id
        WHERE f.person_id = p.id AND f.valid_until IS NULL) AS places,
      (SELECT array_agg(k.code) FROM registry.enrolment AS e JOIN registry.class AS k ON k.id = e.class_id WHERE e.person_id = p.id AND e.valid_until IS NULL) AS classes
    FROM registry.person AS p WHERE p.full_name = ${name}`.execute(db);
  return rows;
}

for (const [how, code] of [
  ['a code of the school', 'HS500'],
  ['the name and birth date alone', ''],
] as const)
  test(`D5: who returns within the grace has again what they had: one record, the ID, code, guardians, school, class; known by ${how}`, async () => {
    const now = { at: new Date('2026-10-02T03:00:00Z') };
    await using world = await openRegistry({ clock: { now: () => now.at } });
    const { context, call, city } = world;
    const clerk = city.schools[0]?.administratorId ?? '';
    const load = async (status: string) => {
      const form = new FormData();
      form.set('file', new Blob([`${header}\nTH001,5Q,${code},Em Đi Rồi Về,01/02/2015,Nữ,${status}`]), 'lop.csv');
      const made = await call(clerk, 'POST', 'roster/plans', form);
      const done = await call(clerk, 'POST', `roster/plans/${made.json.id}/apply`, {});
      assert.equal(done.json.status, 'applied', JSON.stringify(done.json));
      return done.json;
    };
    await load('Đang học');
    await sql`
      INSERT INTO registry.guardianship (id, guardian_id, child_id, relation, valid_from)
      SELECT gen_random_uuid(), ${city.people.guardian}, id, 'mother', '2026-09-01' FROM registry.person WHERE full_name = 'Em Đi Rồi Về'`.execute(
      context.db,
    );
    const before = await kept(context, 'Em Đi Rồi Về');
    assert.equal((await load('Thôi học')).totals.left, 1);
    assert.equal((await kept(context, 'Em Đi Rồi Về'))[0]?.status, 'left');
    now.at = new Date('2026-10-29T03:00:00Z');
    assert.deepEqual([(await load('Đang học')).totals.changed], [1], 'no second record');
    assert.deepEqual(await kept(context, 'Em Đi Rồi Về'), before);
    const { rows } = await sql<{ type: string }>`
      SELECT type FROM platform.outbox WHERE subject_id = ${before[0]?.id} AND type IN ('person.left', 'person.returned') ORDER BY id`.execute(
      context.db,
    );
    assert.deepEqual(
      rows.map(({ type }) => type),
      ['person.left', 'person.returned'],
      'who was told that an account is closed is told that it is open again',
    );
  });
