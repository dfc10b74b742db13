import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, mock, test } from 'node:test';
import { seedDemo } from '@edutrust/registry/demo';
import { changePerson, getPerson } from '@edutrust/registry/people';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { eventually } from '@edutrust/testing/eventually';
import { type Slapd, startSlapd } from '@edutrust/testing/slapd';
import { Client } from 'ldapts';
import { createDirectorySync, migrations } from '../service.ts';
import { addTarget } from '../targets/store.ts';
import { runTarget } from './converge.ts';
import { isConverged } from './digest.ts';
import { bringPending, noteChanges, noteDrift } from './live.ts';

const actor = { kind: 'system', name: 'test' } as const;
let context: TestContext;
let slapd: Slapd;
let targetId: string;
let organisationId: string;
let pupil: { readonly id: string; readonly dn: string };

before(async () => {
  context = await testContext({ migrations: [registryMigrations, migrations], seed: demoSeed });
  slapd = await startSlapd();
  const city = await seedDemo(context);
  const { url, baseDn, bindDn, bindPassword } = slapd;
  organisationId = city.schools[0]?.id ?? '';
  const input = { name: 'so', kind: 'ldap', settings: { url, baseDn, bindDn }, secret: bindPassword, organisationId };
  targetId = await context.db.transaction().execute((tx) => addTarget(context, tx, input, actor));
  await runTarget(context, targetId, { mode: 'apply', actor });
  const { educationId } = await getPerson(context.db, city.people.pupil);
  pupil = { id: city.people.pupil, dn: `uid=${educationId},ou=people,${baseDn}` };
});
after(async () => {
  await slapd?.stop();
  await context?.[Symbol.asyncDispose]();
});

const bind = () => ['-x', '-H', slapd.url, '-D', slapd.bindDn, '-w', slapd.bindPassword];
const tamper = (ldif: string) =>
  execFileSync('ldapmodify', bind(), { input: ldif, stdio: ['pipe', 'ignore', 'inherit'] });
const nameThere = async () => {
  const client = new Client({ url: slapd.url });
  await client.bind(slapd.bindDn, slapd.bindPassword);
  const { searchEntries } = await client.search(pupil.dn, { scope: 'base', attributes: ['cn'] });
  await client.unbind();
  return String(searchEntries[0]?.cn);
};
const rename = async (fullName: string) => {
  await context.db.transaction().execute((tx) => changePerson(tx, pupil.id, { fullName }, actor));
  await noteChanges(context, [pupil.id]);
};

/** What is asked of the directory and of the database while something is done. */
async function watching(work: () => Promise<unknown>) {
  const asked = (['search', 'modify', 'add'] as const).map((name) => mock.method(Client.prototype, name));
  const query = mock.method(context.pool, 'query');
  await work();
  const [search = 0, modify = 0, add = 0] = asked.map((one) => one.mock.callCount());
  // That something was committed is told by the clock, whoever is at work then.
  const statements = query.mock.calls.filter(({ arguments: [text] }) => !String(text).includes('pg_notify')).length;
  for (const one of [...asked, query]) one.mock.restore();
  return { search, modify, add, statements };
}

test('a live change is one request to the directory and two statements: who it was before is known, not asked', async () => {
  const live = createDirectorySync(context).outsideTasks?.['sync.live'];
  assert.ok(live);
  await rename('Đặng Thị Một');
  await live({ targetId }); // opens the connection
  await rename('Đặng Thị Hai');
  assert.deepEqual(await watching(() => live({ targetId })), { search: 0, modify: 1, add: 0, statements: 2 });
  assert.equal(await nameThere(), 'Đặng Thị Hai');
  await noteChanges(context, [pupil.id]);
  const same = await watching(() => live({ targetId }));
  assert.deepEqual([same.search, same.modify], [0, 0], 'the version that is there is not sent again');
  const { rows } = await context.pool.query('SELECT held_by, held_until FROM sync.target WHERE id = $1', [targetId]);
  assert.deepEqual(rows, [{ held_by: null, held_until: null }], 'given back');
  const kept = await context.pool.query('SELECT FROM sync.pending WHERE target_id = $1', [targetId]);
  assert.equal(kept.rowCount, 0);
  assert.equal((await runTarget(context, targetId, { mode: 'plan', actor })).totals.changed, 0);
});

test('D6: a process that dies after it sent leaves nothing known, so that who changed back meanwhile is brought back', async () => {
  await rename('Đặng Thị Ba');
  await bringPending(context, targetId);
  await rename('Đặng Thị Bốn');
  const { modify } = Client.prototype;
  const dying = mock.method(
    Client.prototype,
    'modify',
    async function (this: Client, ...given: Parameters<typeof modify>) {
      await modify.apply(this, given);
      throw new TypeError('killed');
    },
  );
  const db = context.db.withPlugin({
    transformQuery: ({ node }) => {
      if (dying.mock.callCount() > 0) throw new TypeError('killed');
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  await assert.rejects(bringPending({ ...context, db }, targetId));
  dying.mock.restore();
  await context.pool.query('UPDATE sync.target SET held_until = now() WHERE id = $1', [targetId]); // its time is over
  assert.equal(await nameThere(), 'Đặng Thị Bốn', 'it was sent');
  await rename('Đặng Thị Ba');
  await bringPending(context, targetId);
  assert.equal(await nameThere(), 'Đặng Thị Ba');
});

test('D6: who takes a target in the moment in which another gives it back sees what the other did', async () => {
  await rename('Đặng Thị Chậm');
  const other = await context.pool.connect();
  let brought: Promise<void> | undefined;
  const work = mock.method(Client.prototype, 'modify');
  try {
    // Another process has brought them, something newer even, and its last statement is not committed yet.
    await other.query('BEGIN');
    const id = [targetId];
    await other.query('UPDATE sync.target SET held_by = NULL, held_until = NULL WHERE id = $1', id);
    await other.query('DELETE FROM sync.pending WHERE target_id = $1', id);
    brought = bringPending(context, targetId);
    await eventually(async () => {
      const { rowCount } = await context.pool.query(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%UPDATE sync.target%'",
      );
      assert.ok(rowCount, 'it waits for the target');
    });
    await other.query('COMMIT');
    await brought;
  } finally {
    other.release();
    await brought?.catch(() => undefined);
    work.mock.restore();
  }
  assert.equal(work.mock.callCount(), 0, 'nobody waited any longer: an older version is not sent after a newer one');
  const { rows } = await context.pool.query(
    'SELECT held_by, (SELECT count(*)::int FROM sync.flight) AS flights FROM sync.target WHERE id = $1',
    [targetId],
  );
  assert.deepEqual(rows, [{ held_by: null, flights: 0 }]);
  await rename('Đặng Thị Nhanh');
  await bringPending(context, targetId);
  assert.equal(await nameThere(), 'Đặng Thị Nhanh');
});

test('who was taken away or changed at the target by somebody else is looked up, and is there again', async () => {
  tamper(`dn: ${pupil.dn}\nchangetype: delete\n`);
  await rename('Đặng Thị Năm');
  await bringPending(context, targetId);
  assert.equal(await nameThere(), 'Đặng Thị Năm');
  const { proof } = await runTarget(context, targetId, { mode: 'apply', actor });
  assert.ok(proof && isConverged(proof));
  tamper(`dn: ${pupil.dn}\nchangetype: modify\nreplace: cn\ncn: Khac\n`);
  await noteDrift(context, targetId);
  await bringPending(context, targetId);
  assert.equal(await nameThere(), 'Đặng Thị Năm', 'though no version of ours changed');
});

test('what went out before the target went away is on record, though nobody was brought', async () => {
  const { rows } = await context.pool.query<{ id: string }>(
    'SELECT person_id AS id FROM sync.delivered WHERE target_id = $1 LIMIT 9',
    [targetId],
  );
  const some = rows.map(({ id }) => id);
  const recorded = async () =>
    (await context.pool.query('SELECT sum(times)::int AS times FROM sync.release WHERE person_id = ANY($1)', [some]))
      .rows[0].times;
  const before = await recorded();
  await context.pool.query("UPDATE registry.person SET full_name = 'Lê Văn Lâu' WHERE id = ANY($1)", [some]);
  await noteChanges(context, some);
  const { modify } = Client.prototype;
  let taken = 0;
  const away = mock.method(
    Client.prototype,
    'modify',
    async function (this: Client, ...given: Parameters<typeof modify>) {
      taken += 1;
      if (taken > 5) throw new Error('the connection is gone');
      await modify.apply(this, given);
    },
  );
  await bringPending(context, targetId);
  away.mock.restore();
  assert.equal((await recorded()) - before, 5);
  const waiting = await context.pool.query('SELECT FROM sync.pending WHERE target_id = $1', [targetId]);
  assert.equal(waiting.rowCount, some.length);
  const { state, proof } = await runTarget(context, targetId, { mode: 'apply', actor });
  assert.ok(state === 'done' && proof && isConverged(proof));
});

test('who changes again while they are on their way, and the next people are read already, ends with the newest', async () => {
  const { rows: made } = await context.pool.query<{ id: string }>(
    `WITH made AS (
       INSERT INTO registry.person (id, education_id, full_name)
       SELECT gen_random_uuid(), (1000000000 + number::bigint * 2999999)::text, 'Nguyễn Thị Số ' || number FROM generate_series(1, 650) AS number
       RETURNING id)
     INSERT INTO registry.affiliation (id, person_id, organisation_id, role, valid_from)
     SELECT gen_random_uuid(), id, $1, 'staff', '2026-01-01' FROM made RETURNING person_id AS id`,
    [organisationId],
  );
  const ids = made.map(({ id }) => id);
  await noteChanges(context, ids);
  await bringPending(context, targetId);
  await context.pool.query("UPDATE registry.person SET full_name = 'Trần Thị Trước' WHERE id = ANY($1)", [ids]);
  await noteChanges(context, ids);
  const { rows: waiting } = await context.pool.query<{ person_id: string }>(
    'SELECT person_id FROM sync.pending WHERE target_id = $1 ORDER BY added_at LIMIT 200',
    [targetId],
  );
  const { modify } = Client.prototype;
  let again: Promise<void> | undefined;
  const meanwhile = mock.method(
    Client.prototype,
    'modify',
    async function (this: Client, ...given: Parameters<typeof modify>) {
      again ??= (async () => {
        const some = waiting.map(({ person_id }) => person_id);
        await context.pool.query("UPDATE registry.person SET full_name = 'Trần Thị Sau' WHERE id = ANY($1)", [some]);
        await noteChanges(context, some);
      })();
      await again;
      await modify.apply(this, given);
    },
  );
  await bringPending(context, targetId);
  meanwhile.mock.restore();
  await bringPending(context, targetId); // who was noted after the last ones were read has a job of their own
  const { rows } = await context.pool.query(
    `SELECT (SELECT count(*)::int FROM sync.pending WHERE target_id = $1) AS pending,
       (SELECT count(*)::int FROM sync.flight WHERE target_id = $1) AS flights,
       (SELECT count(*)::int FROM sync.delivered WHERE target_id = $1 AND person_id = ANY($2)) AS known`,
    [targetId, ids],
  );
  assert.deepEqual(rows, [{ pending: 0, flights: 0, known: ids.length }]);
  const { totals, proof } = await runTarget(context, targetId, { mode: 'apply', actor });
  assert.deepEqual([totals.added, totals.changed, proof && isConverged(proof)], [0, 0, true]);
});

test('D6: what a process had under way when it died is not believed, and looked up', async () => {
  await context.pool.query(
    `INSERT INTO sync.flight (target_id, id, holder, person_ids) VALUES ($1, gen_random_uuid(), gen_random_uuid(), ARRAY[$2::uuid])`,
    [targetId, pupil.id],
  );
  tamper(`dn: ${pupil.dn}\nchangetype: modify\nreplace: cn\ncn: Nua chung\n`); // as the dead one left it
  await noteChanges(context, [pupil.id]);
  const asked = await watching(() => bringPending(context, targetId));
  assert.deepEqual([asked.search > 0, asked.modify], [true, 1]);
  const { rowCount } = await context.pool.query('SELECT FROM sync.flight WHERE target_id = $1', [targetId]);
  assert.equal(rowCount, 0);
});

test('N7: of whom a process sent something and died before it said so, it is on record when they are found there', async () => {
  const recorded = async (id: string) =>
    (await context.pool.query('SELECT FROM sync.release WHERE person_id = $1', [id])).rowCount ?? 0;
  const { rows } = await context.pool.query<{ id: string }>(
    'SELECT person_id AS id FROM sync.delivered WHERE target_id = $1 ORDER BY person_id LIMIT 2',
    [targetId],
  );
  const [one = '', other = ''] = rows.map(({ id }) => id);
  await context.pool.query('DELETE FROM sync.release WHERE person_id = ANY($1)', [[one, other]]);
  await context.pool.query('DELETE FROM sync.delivered WHERE person_id = ANY($1)', [[one, other]]);
  await noteChanges(context, [one]);
  await bringPending(context, targetId);
  assert.equal(await recorded(one), 1, 'found by a live change');
  await runTarget(context, targetId, { mode: 'apply', actor });
  assert.deepEqual([await recorded(one), await recorded(other)], [1, 1], 'and by a run');
});
