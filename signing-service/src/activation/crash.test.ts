import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { TestPhone, testCity } from '../../testing/city.ts';
import { verifyFile } from '../public-verification/verify.ts';
import { authorise } from './authorise.ts';

const program = fileURLToPath(new URL('../../testing/crash.ts', import.meta.url));

test('kill -9 before any statement leaves a request waiting or signed with a whole file, and what was confirmed gets signed once', async () => {
  await using world = await testCity();
  const { context } = world;
  await world.passToPrincipal(0);
  const phone = new TestPhone(world, world.city.people.principal);
  await phone.enrolAndApprove();
  const ids = (await phone.inbox()).map(({ id }) => id).slice(0, 2);
  const session = await phone.open(ids);
  const confirmation = (await phone.confirmation(session)) as Parameters<typeof authorise>[2];
  const actor = {
    kind: 'person',
    personId: phone.personId,
    sessionId: `session of ${phone.personId}`,
    roles: [],
    acr: '',
    authenticatedAt: new Date(),
  } as const;
  const counted = async () => {
    const { rows } = await sql<Record<string, number>>`
      SELECT (SELECT count(*) FROM platform.ledger_entry AS l JOIN signing.session_item AS i ON l.leaf = convert_to(i.leaf, 'UTF8')) AS leaves,
        (SELECT count(*) FROM platform.ledger_entry WHERE log = 'signatures' AND convert_from(leaf, 'UTF8') LIKE '%"type":"signature"%') AS every,
        (SELECT count(*) FROM platform.outbox WHERE type = 'signing-request.signed') AS events`.execute(context.db);
    return rows[0] ?? {};
  };
  const start = await counted();
  await authorise(context, session.id, confirmation, actor);

  let kills = 0;
  let finished = false;
  // Each process gets a little further than the last before it dies; nothing here depends on how far.
  for (let dieBefore = 2; !finished && dieBefore < 200; dieBefore += 3) {
    const child = spawn(process.execPath, [program, context.databaseUrl, session.id, String(dieBefore)], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const [code, signal] = await once(child, 'exit');
    finished = code === 0;
    if (!finished) {
      assert.equal(signal, 'SIGKILL', `ended with ${code}`);
      kills += 1;
    }
    const { rows } = await sql<{ state: string; bytes: Buffer | null }>`
      SELECT r.state, d.bytes FROM signing.request AS r LEFT JOIN signing.document AS d ON d.id = r.signed_document_id
      WHERE r.id = ANY(${ids}::uuid[])`.execute(context.db);
    // Waiting with the file of the turn before, or signed with a whole one.
    for (const { state, bytes } of rows) {
      assert.ok(bytes || state === 'waiting', state);
      if (bytes) assert.equal((await verifyFile(context, bytes)).verdict, 'valid');
    }
    // The dead process's lease is over, as it would be after twenty seconds.
    await sql`UPDATE signing.session SET lease_until = NULL WHERE id = ${session.id}`.execute(context.db);
  }
  assert.ok(finished && kills >= 5, `finished ${finished} after ${kills} kills`);
  const end = await counted();
  assert.deepEqual(
    Object.entries(end).map(([what, count]) => [what, count - (start[what] ?? 0)]),
    [
      ['leaves', 2],
      ['every', 2],
      ['events', 2],
    ],
    'each of the two once',
  );
  assert.equal((await context.ledger.verify('signatures')).intact, true);
});
