import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startWorker } from '@edutrust/platform/jobs';
import { listMail } from '@edutrust/platform/mail';
import { testContext } from '@edutrust/testing/context';
import { eventually } from '@edutrust/testing/eventually';
import { sql } from 'kysely';
import { demoSeed } from '../../testing/demo.ts';
import { seedDemo } from '../demo/demo.ts';
import { migrations } from '../migrations.ts';
import { listNotices, noticeKinds, noticeTasks, notify } from './notices.ts';
import { sentencesOf } from './sentences.ts';

test('a notice is told exactly when its effect is kept, and is mailed once where an address is known', async () => {
  await using context = await testContext({ migrations: [migrations], seed: demoSeed });
  const { db, pool, log } = context;
  const { people } = await seedDemo(context);
  await sql`UPDATE registry.person SET email = 'co-giao@truong.example' WHERE id = ${people.teacher}`.execute(db);
  await sql`UPDATE registry.person SET email = NULL WHERE id = ${people.pupil}`.execute(db);
  await assert.rejects(
    db.transaction().execute(async (transaction) => {
      await notify(transaction, { personId: people.teacher, kind: 'password.changed' });
      throw new Error('the effect failed');
    }),
  );
  assert.deepEqual(await listNotices(db, people.teacher), []);
  await db
    .transaction()
    .execute((transaction) =>
      notify(
        transaction,
        { personId: people.teacher, kind: 'passkey.added', data: { device: 'Chrome trên Windows' } },
        { personId: people.pupil, kind: 'password.changed' },
      ),
    );
  const [told] = await listNotices(db, people.teacher);
  assert.equal(told?.kind, 'passkey.added');
  assert.match(told?.title.vi ?? '', /Chrome trên Windows/);
  assert.equal((await listNotices(db, people.pupil)).length, 1);
  const tasks = noticeTasks(context);
  const worker = await startWorker({ pool, handlers: tasks, concurrency: 1, log });
  try {
    await eventually(async () => assert.equal((await listMail(db, 10)).length, 1));
  } finally {
    await worker.stop();
  }
  await Promise.all(Object.values(tasks).map((run) => run({ id: told?.id ?? '' })));
  const mails = await listMail(db, 10);
  assert.deepEqual(
    mails.map(({ to }) => to),
    ['co-giao@truong.example'],
    'a second run of the job sends nothing',
  );
});

test('each kind of notice has its sentences in both languages, also without data; an unknown kind is passed over', () => {
  for (const kind of noticeKinds) {
    const { title, remedy } = sentencesOf(kind, {}) ?? {};
    for (const text of [title, remedy]) assert.ok(text?.vi && text.en, kind);
  }
  assert.equal(sentencesOf('constructor', {}), undefined);
});
