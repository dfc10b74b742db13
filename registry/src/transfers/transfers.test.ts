import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestClock } from '@edutrust/testing/clock';
import { sql } from 'kysely';
import { openRegistry } from '../../testing/registry.ts';
import { answerDays } from './states.ts';
import { lapseTransfers } from './transfers.ts';

const note = 'gia đình chuyển nhà';

async function openWorld() {
  const clock = new TestClock();
  const world = await openRegistry({ clock });
  const { city, context, call } = world;
  const [primary, lower] = city.schools;
  assert.ok(primary && lower);
  const { pupil } = city.people;
  /** Where the pupil is, and where their guardians are kept. */
  const places = async () => {
    const { rows } = await sql<{ school: string; guardians: string[]; educationId: string; className: string | null }>`
      SELECT f.organisation_id AS school, p.education_id AS "educationId",
        (SELECT k.code FROM registry.enrolment AS e JOIN registry.class AS k ON k.id = e.class_id
         WHERE e.person_id = p.id AND e.valid_until IS NULL) AS "className",
        ARRAY(SELECT a.organisation_id FROM registry.guardianship AS g
          JOIN registry.affiliation AS a ON a.person_id = g.guardian_id AND a.role = 'guardian' AND a.valid_until IS NULL
          WHERE g.child_id = p.id AND g.valid_until IS NULL ORDER BY 1) AS guardians
      FROM registry.person AS p JOIN registry.affiliation AS f ON f.person_id = p.id AND f.role = 'learner' AND f.valid_until IS NULL
      WHERE p.id = ${pupil}`.execute(context.db);
    return rows;
  };
  const told = async (person: string) => {
    const { rows } = await sql<{ kind: string }>`
      SELECT kind FROM registry.notice WHERE person_id = ${person} AND kind LIKE 'transfer.%' ORDER BY id`.execute(
      context.db,
    );
    return rows.map(({ kind }) => kind);
  };
  const act = (person: string, id: string, verb: string, body: object = {}) =>
    call(person, 'POST', `transfers/${id}/${verb}`, body);
  const offer = (to = lower.id) =>
    call(primary.administratorId, 'POST', `people/${pupil}/transfer-offers`, { toId: to, note });
  return { ...world, clock, primary, lower, pupil, places, told, act, offer };
}

test('a school offers, the other accepts: until then nothing changes, then the learner goes with ID and guardians, and the family is told twice', async () => {
  await using world = await openWorld();
  const { city, call, primary, lower, pupil, places, told, act, offer } = world;
  const before = await places();
  const { name } = (await call(lower.administratorId, 'GET', `organisations/${lower.id}`)).json;
  const lowerName = name.normalize('NFD').replaceAll(/\p{M}/gu, '').replaceAll('đ', 'd').toLowerCase();
  const found = await call(
    primary.administratorId,
    'GET',
    `organisations/${primary.id}/transfer-schools?q=${encodeURIComponent(lowerName)}`,
  );
  assert.ok(
    found.json.items.some(({ id }: { id: string }) => id === lower.id),
    'a school finds the others by words without marks',
  );
  const made = await offer();
  assert.equal(made.status, 201, JSON.stringify(made.json));
  const { id } = made.json;
  assert.deepEqual(await places(), before);
  const seen = (await call(lower.administratorId, 'GET', 'transfers')).json.items;
  assert.deepEqual([seen.length, seen[0].may, seen[0].state], [1, ['answer'], 'waiting']);
  assert.deepEqual((await call(primary.administratorId, 'GET', `transfers/${id}`)).json.may, ['withdraw']);
  assert.equal((await call(lower.administratorId, 'GET', `people/${pupil}`)).status, 403, 'not theirs yet');
  assert.equal((await act(primary.administratorId, id, 'accept')).status, 403, 'who asked does not answer');
  const classId = lower.classIds[0];
  const wrong = await act(lower.administratorId, id, 'accept', { classId: primary.classIds[0] });
  assert.equal(wrong.json.code, 'people/class-elsewhere');
  assert.deepEqual(await places(), before);
  assert.equal((await act(lower.administratorId, id, 'accept', { classId })).status, 200);
  const [after] = await places();
  assert.deepEqual([after?.school, after?.educationId, (await places()).length], [lower.id, before[0]?.educationId, 1]);
  assert.ok(after?.className);
  assert.ok(after?.guardians.includes(lower.id), 'the guardians are with the new school');
  assert.equal((await call(primary.administratorId, 'GET', `people/${pupil}`)).status, 403, 'T4: at once');
  assert.equal((await act(lower.administratorId, id, 'accept')).json.code, 'transfers/not-now', 'the second tab');
  assert.equal((await act(primary.administratorId, id, 'withdraw')).json.code, 'transfers/not-now');
  for (const person of [pupil, city.people.guardian])
    assert.deepEqual(await told(person), ['transfer.asked', 'transfer.accepted']);
});

test('a school asks by education ID and date of birth; the present one declines with a reason, and who tries dates is stopped', async () => {
  await using world = await openWorld();
  const { context, call, primary, lower, pupil, places, told, act } = world;
  const { rows } = await sql<{ educationId: string; birthDate: string }>`
    SELECT education_id AS "educationId", birth_date::text AS "birthDate" FROM registry.person WHERE id = ${pupil}`.execute(
    context.db,
  );
  const [{ educationId, birthDate } = { educationId: '', birthDate: '' }] = rows;
  const ask = (more: object = {}, to = lower) =>
    call(to.administratorId, 'POST', `organisations/${to.id}/transfer-requests`, {
      educationId,
      birthDate,
      note,
      ...more,
    });
  assert.equal((await ask({}, primary)).json.code, 'transfers/not-another-school');
  assert.equal(
    (
      await call(lower.administratorId, 'POST', `organisations/${primary.id}/transfer-requests`, {
        educationId,
        birthDate,
        note,
      })
    ).status,
    403,
    'for the own school only',
  );
  const made = await ask();
  assert.equal(made.status, 201, JSON.stringify(made.json));
  const { id } = made.json;
  assert.equal((await ask()).json.code, 'transfers/open');
  assert.equal(
    (await call(primary.administratorId, 'POST', `people/${pupil}/transfer-offers`, { toId: lower.id, note })).json
      .code,
    'transfers/open',
    'both schools at once: the first stands',
  );
  assert.equal((await act(lower.administratorId, id, 'decline', { reason: 'tự từ chối' })).status, 403);
  const before = await places();
  assert.equal((await act(primary.administratorId, id, 'decline', { reason: 'chưa xong học kỳ' })).status, 200);
  assert.deepEqual(await places(), before);
  const [closed] = (await call(lower.administratorId, 'GET', 'transfers?which=closed')).json.items;
  assert.deepEqual([closed.state, closed.answer, closed.may], ['declined', 'chưa xong học kỳ', []]);
  assert.deepEqual(await told(pupil), ['transfer.asked', 'transfer.declined']);
  for (const [more, code] of [
    [{ birthDate: '2001-01-01' }, 'transfers/no-such-learner'],
    [{ educationId: '0000000000' }, 'education-id/leading-zero'],
  ] as const)
    assert.equal((await ask(more)).json.code, code);
  let last = '';
  for (let day = 1; day <= 25; day++)
    last = (await ask({ birthDate: `2001-02-${String(Math.min(day, 28)).padStart(2, '0')}` })).json.code;
  assert.equal(last, 'transfers/too-many-tries');
  assert.equal((await ask()).json.code, 'transfers/too-many-tries', 'the right date too');
  const { rows: log } = await context.pool.query("SELECT data FROM platform.ledger_entry WHERE type LIKE 'transfer.%'");
  assert.doesNotMatch(JSON.stringify(log), /chuyển nhà|học kỳ/, 'L5: no words of anybody in the log');
});

test('a question ends by the clock, and when the learner went elsewhere meanwhile; the next one is then free', async () => {
  await using world = await openWorld();
  const { city, clock, context, call, primary, lower, pupil, places, act, offer } = world;
  const first = (await offer()).json.id;
  clock.moveDays(answerDays + 1);
  assert.equal((await call(lower.administratorId, 'GET', `transfers/${first}`)).json.state, 'lapsed', 'before the job');
  assert.equal((await act(lower.administratorId, first, 'accept')).json.code, 'transfers/not-now');
  const second = (await offer()).json.id;
  assert.ok(second, 'an ended question that no job has closed is in nobody’s way');
  const left = await call(primary.administratorId, 'POST', `people/${pupil}/leave`, {});
  assert.equal(left.status, 200, JSON.stringify(left.json));
  assert.equal((await act(lower.administratorId, second, 'accept')).json.code, 'transfers/not-there');
  assert.deepEqual(await places(), [], 'nobody was brought back by it');
  assert.equal((await call(lower.administratorId, 'GET', `transfers/${second}`)).json.state, 'lapsed');
  const back = await call(city.people.administrator, 'POST', `people/${pupil}/transfer`, {
    organisationId: primary.id,
  });
  assert.equal(back.status, 200, JSON.stringify(back.json));
  const third = (await offer()).json.id;
  clock.moveDays(answerDays + 1);
  assert.equal(await lapseTransfers(context), 1);
  assert.equal(await lapseTransfers(context), 0, 'again does nothing');
  const { rows } = await sql<{ state: string }>`SELECT state FROM registry.transfer WHERE id = ${third}`.execute(
    context.db,
  );
  assert.deepEqual(rows, [{ state: 'lapsed' }]);
});

test('who reaches both schools does not answer their own question; two answers at once are one', async () => {
  await using world = await openWorld();
  const { city, call, lower, primary, pupil, act, places } = world;
  const { administrator } = city.people;
  const made = await call(administrator, 'POST', `people/${pupil}/transfer-offers`, { toId: lower.id, note });
  const { id } = made.json;
  assert.deepEqual((await call(administrator, 'GET', `transfers/${id}`)).json.may, ['withdraw']);
  assert.equal((await act(administrator, id, 'accept')).json.code, 'transfers/not-yours');
  assert.equal((await act(administrator, id, 'decline', { reason: 'không' })).json.code, 'transfers/not-yours');
  const answers = await Promise.all([
    act(lower.administratorId, id, 'accept'),
    act(lower.administratorId, id, 'decline', { reason: 'hết chỗ' }),
    act(primary.administratorId, id, 'withdraw'),
  ]);
  const [one, ...refused] = answers.map(({ status }) => status).sort();
  assert.equal(one, 200);
  // Answered already, or no longer theirs to ask about: whoever comes second changes nothing.
  assert.ok(
    refused.every((status) => status === 409 || status === 403),
    refused.join(),
  );
  assert.equal((await places()).length, 1);
  assert.equal(
    (await call(lower.administratorId, 'POST', `people/${pupil}/transfer-offers`, { toId: city.departmentId, note }))
      .status >= 400,
    true,
    'the department is no school',
  );
});
