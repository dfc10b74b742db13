import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Unavailable } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { type TestCity, testCity } from '../../testing/city.ts';
import { validatePdf } from '../formats/pades/validate.ts';
import { verifyFile } from '../public-verification/verify.ts';
import { archiveIssued, renewArchives } from './archive.ts';

const program = fileURLToPath(new URL('../../testing/crash.ts', import.meta.url));

describe('issued documents are kept verifiable', () => {
  let world: TestCity;
  let first = '';
  let second = '';
  let third = '';
  const now = Date.now();
  const day = 86_400_000;
  before(async () => {
    world = await testCity();
    const school = world.city.schools[0];
    await world.giveSeal(0);
    await world.passToPrincipal(0);
    const principal = await world.phoneOf(school?.principalId ?? '');
    const ids = (await principal.signAll()).sort();
    const clerk = await world.phoneOf(school?.clerkId ?? '');
    const session = await clerk.open(ids.slice(0, 3), 'seal');
    await clerk.confirm(session, await clerk.confirmation(session));
    [first = '', second = '', third = ''] = ids;
  });
  after(() => world[Symbol.asyncDispose]());

  const file = async (id: string) => {
    const administrator = world.city.schools[0]?.administratorId ?? '';
    const { body } = await world.call(administrator, 'GET', `/api/v1/signing/requests/${id}/document`);
    return body;
  };
  const levels = async (bytes: Buffer) => (await verifyFile(world.context, bytes)).signatures.map(({ level }) => level);

  test('B-LTA: with what is in the file alone every certificate’s status is known, and what was signed is untouched', async () => {
    const issued = await file(first);
    assert.deepEqual(await levels(issued), ['B-T', 'B-T', 'B-T']);
    await archiveIssued(world.context, { requestIds: [first] });
    const archived = await file(first);
    assert.ok(archived.subarray(0, issued.length).equals(issued), 'what was signed is untouched');
    assert.deepEqual(await levels(archived), ['B-LTA', 'B-LTA', 'B-LTA', null]);
    const { rows } = await sql<{
      der: Buffer;
    }>`SELECT certificate AS der FROM certs.authority WHERE role = 'root'`.execute(world.context.db);
    const alone = await validatePdf(archived, { anchors: rows.map(({ der }) => der), at: new Date(now + day) });
    assert.equal(alone.verdict, 'valid', JSON.stringify(alone.reasons));
  });

  test('the job is idempotent, also when two do it at once; the file as it was issued is still known as ours', async () => {
    const issued = await file(second);
    const once = { requestIds: [second] };
    await Promise.all([archiveIssued(world.context, once), archiveIssued(world.context, once)]);
    await archiveIssued(world.context, once);
    const { rows } = await sql`SELECT 1 FROM signing.archive WHERE request_id = ${second}`.execute(world.context.db);
    assert.equal(rows.length, 1);
    for (const bytes of [issued, await file(second)]) {
      const { document, verdict } = await verifyFile(world.context, bytes);
      assert.deepEqual([verdict, document?.isSameFile, document?.state], ['valid', true, 'issued']);
    }
    const partial = await sql<{ bytes: Buffer }>`SELECT d.bytes FROM signing.step AS s JOIN signing.document AS d
      ON d.id = s.document_id WHERE s.request_id = ${second} AND s.position = 1`.execute(world.context.db);
    const before = await verifyFile(world.context, partial.rows[0]?.bytes ?? Buffer.alloc(0));
    assert.equal(before.document, null, 'without its seal it is not the issued document');
  });

  test('while keys are out of reach nothing is changed and the job tries again', async () => {
    const issued = await file(third);
    // A clock that somebody sets while it runs is not believed: no time stamps (X1).
    let set = 0;
    const broken = { ...world.context, clock: { now: () => new Date(Date.now() + 3_600_000 * set++) } };
    await assert.rejects(archiveIssued(broken, { requestIds: [third] }), Unavailable);
    assert.deepEqual(await file(third), issued);
    await renewArchives(world.context);
    assert.deepEqual((await levels(await file(third))).slice(0, 3), ['B-LTA', 'B-LTA', 'B-LTA'], 'taken up at night');
  });

  test('an archive is renewed half a year before its time stamp ends, and valid long after the signers’ certificates did', async () => {
    const archived = await file(first);
    await renewArchives(world.context);
    assert.deepEqual(await file(first), archived, 'not before it is due');
    await sql`UPDATE signing.archive SET good_until = ${new Date(now + 179 * day)} WHERE request_id = ${first}`.execute(
      world.context.db,
    );
    await renewArchives(world.context);
    const renewed = await file(first);
    assert.ok(renewed.length > archived.length && renewed.subarray(0, archived.length).equals(archived));
    assert.deepEqual(await levels(renewed), ['B-LTA', 'B-LTA', 'B-LTA', null, null]);
    const { rows } = await sql<{
      der: Buffer;
    }>`SELECT certificate AS der FROM certs.authority WHERE role = 'root'`.execute(world.context.db);
    const late = await validatePdf(renewed, { anchors: rows.map(({ der }) => der), at: new Date(now + 2 * 365 * day) });
    assert.equal(late.verdict, 'valid', `signers’ certificates ended a year before: ${JSON.stringify(late.reasons)}`);
  });

  test('kill -9 in the middle of a night leaves each document whole, with its old archive or the new one; the next night goes on', async () => {
    const { context } = world;
    const { db } = context;
    const ids = [first, second, third];
    await sql`UPDATE signing.archive SET good_until = ${new Date(now + 179 * day)}`.execute(db);
    const counted = async () => {
      const { rows } = await sql<Record<'archives' | 'events' | 'documents', number>>`
        SELECT (SELECT count(*) FROM signing.archive) AS archives, (SELECT count(*) FROM signing.document) AS documents,
          (SELECT count(*) FROM platform.outbox WHERE type = 'signing-request.archived') AS events`.execute(db);
      return rows[0] ?? assert.fail();
    };
    const before = await counted();
    let kills = 0;
    let isFinished = false;
    // Each process gets a little further than the last before it dies; nothing here depends on how far.
    for (let dieBefore = 2; !isFinished && dieBefore < 400; dieBefore += 6) {
      const child = spawn(process.execPath, [program, context.databaseUrl, 'renewal', String(dieBefore)], {
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      const [code, signal] = await once(child, 'exit');
      isFinished = code === 0;
      if (!isFinished) assert.equal(signal, 'SIGKILL', `ended with ${code}`);
      kills += isFinished ? 0 : 1;
      const { archives, events, documents } = await counted();
      const made = archives - before.archives;
      assert.deepEqual(
        [events - before.events, documents - before.documents],
        [made, made],
        'L2: all of one, or nothing',
      );
      for (const id of ids) assert.equal((await verifyFile(context, await file(id))).verdict, 'valid');
    }
    assert.ok(isFinished && kills >= 3, `finished ${isFinished} after ${kills} kills`);
    assert.equal((await counted()).archives, before.archives + ids.length, 'each of the three once');
  });

  test('a part at a time, the next one a job of its own; what fails holds up none behind it, and a second night renews nothing twice', async () => {
    const { context } = world;
    await sql`UPDATE signing.archive SET good_until = ${new Date(now + 179 * day)}`.execute(context.db);
    const ids = [first, second, third];
    await sql`UPDATE signing.document SET bytes = '\\x00' WHERE id = (SELECT signed_document_id FROM signing.request WHERE id = ${first})`.execute(
      context.db,
    );
    const generations = async () => {
      const { rows } = await sql<{ made: number }>`SELECT max(generation) AS made FROM signing.archive
        WHERE request_id = ANY(${ids}::uuid[]) GROUP BY request_id ORDER BY request_id`.execute(context.db);
      return rows.map(({ made }) => made);
    };
    const before = await generations();
    const night = async () => {
      let parts = 0;
      for (let after: string | undefined = '00000000-0000-0000-0000-000000000000'; after !== undefined; parts += 1) {
        await renewArchives(context, { after, atOnce: 1 });
        const { rows } = await sql<{ after: string }>`
          WITH gone AS (DELETE FROM graphile_worker._private_jobs WHERE key = 'signing.renew-archives:next' RETURNING payload)
          SELECT payload ->> 'after' AS after FROM gone`.execute(context.db);
        after = rows[0]?.after;
      }
      return parts;
    };
    assert.equal(await night(), 4, 'three that are due, and a look that finds none');
    assert.deepEqual(
      await generations(),
      before.map((made, index) => (index === 0 ? made : made + 1)),
    );
    assert.equal(await night(), 2, 'the one that failed, and nothing else');
    assert.deepEqual(
      await generations(),
      before.map((made, index) => (index === 0 ? made : made + 1)),
    );
    await sql`UPDATE signing.archive SET good_until = ${new Date(now + 179 * day)}`.execute(context.db);
    await renewArchives(context);
    assert.deepEqual(
      await generations(),
      before.map((made, index) => (index === 0 ? made : made + 2)),
      'in the part of the one that fails, too',
    );
  });
});
