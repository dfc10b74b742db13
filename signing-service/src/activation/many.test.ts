import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import PDFDocument from 'pdfkit';
import { type Session, type TestCity, type TestPhone, testCity } from '../../testing/city.ts';
import { officeOf } from '../../testing/office.ts';
import { signingOf } from '../tables.ts';
import type { Confirmation } from './schemas.ts';

describe('a thousand documents by one confirmation', () => {
  let world: TestCity;
  let principal: TestPhone;
  let administrator: string;
  /** The first stands out in its class. */
  let ids: string[];
  let classId: string;

  before(async () => {
    world = await testCity();
    const office = await officeOf(world);
    ({ principal, administrator } = office);
    const { json: sent } = await office.upload(await smallPdf());
    const signers = [{ personId: principal.personId, place: { page: 1, rect: [60, 60, 220, 110] } }];
    const { status, json: asked } = await office.ask({ uploadId: sent.id, title: 'Học bạ', signers });
    assert.equal(status, 201, JSON.stringify(asked));
    classId = world.city.schools[0]?.classIds.at(-1) ?? '';
    ids = await copiesOf(asked.id, 1000);
  });
  after(() => world[Symbol.asyncDispose]());

  /** As many transcripts of one class that wait for the principal, of learners whose marks are alike but for the first one's. */
  async function copiesOf(id: string, count: number): Promise<string[]> {
    const { db } = world.context;
    const { rows: learners } = await sql<{ id: string; content: Record<string, unknown> }>`
      SELECT DISTINCT ON (person_id) person_id AS id, content FROM signing.marks WHERE class_id = ${classId}
      ORDER BY person_id, version DESC LIMIT 1`.execute(db);
    const [learner] = learners;
    assert.ok(learner);
    await sql`DELETE FROM signing.marks WHERE class_id = ${classId}`.execute(db);
    await sql`DELETE FROM signing.step USING signing.request AS r WHERE r.id = request_id AND r.class_id = ${classId}`.execute(
      db,
    );
    await sql`DELETE FROM signing.request WHERE class_id = ${classId}`.execute(db);
    const { rows } = await sql<{ id: string }>`
      WITH learner AS (
        SELECT n, CASE n WHEN 1 THEN ${learner.id}::uuid ELSE gen_random_uuid() END AS person_id
        FROM generate_series(1, ${count}::int) AS n
      ), marked AS (
        INSERT INTO signing.marks (class_id, person_id, version, content, source, entered_at)
        SELECT ${classId}, person_id, 1, ${JSON.stringify(learner.content)}::jsonb
          || CASE n WHEN 1 THEN '{"mathematics.year.test": 1}'::jsonb ELSE '{"mathematics.year.test": 8}' END, 'demo', now()
        FROM learner
      ), made AS (
        INSERT INTO signing.request
        SELECT (jsonb_populate_record(r, jsonb_build_object('id', gen_random_uuid(), 'code', to_char(n, 'FM000000000000'),
          'kind', 'transcript', 'class_id', ${classId}::text, 'subject_id', person_id))).*
        FROM signing.request AS r, learner WHERE r.id = ${id}
        RETURNING id, code
      ), stepped AS (
        INSERT INTO signing.step
        SELECT (jsonb_populate_record(s, jsonb_build_object('request_id', made.id))).*
        FROM signing.step AS s, made WHERE s.request_id = ${id}
      )
      SELECT id FROM made ORDER BY code`.execute(db);
    return rows.map((row) => row.id);
  }

  const confirmationOf = async (session: Session) =>
    (await principal.confirmation(session, {}, ({ mustOpen }) => mustOpen)) as Confirmation;

  test('prepared files are stored as they are: they are packed inside', async () => {
    const { rows } = await sql`SELECT attstorage FROM pg_attribute
      WHERE attrelid = 'signing.session_item'::regclass AND attname = 'prepared'`.execute(world.context.db);
    assert.deepEqual(rows, [{ attstorage: 'e' }]);
  });

  test('nothing that stands out is signed unread: only what has marks to read may stay closed, and what was not opened is evidence', async () => {
    const [odd = '', usual = ''] = ids;
    const few = [odd, usual];
    const session = await principal.open(few);
    assert.deepEqual(
      session.items.map(({ requestId, mustOpen }) => [requestId, mustOpen]),
      [
        [odd, true],
        [usual, false],
      ],
    );
    assert.match(session.items[1]?.marks ?? '', /^Tiếng Việt .*Toán .* 8 · .*lớp học$/u);
    const unread = await principal.confirmation(session, {}, () => false);
    assert.equal((await principal.confirm(session, unread)).json.code, 'signing/not-opened');
    for (const change of [
      ({ notOpened: _, ...rest }: Confirmation) => rest,
      (one: Confirmation) => ({ ...one, notOpened: [...one.notOpened, ids[2] ?? ''] }),
      (one: Confirmation) => ({
        ...one,
        drawn: [...one.drawn, { requestId: usual, digestHex: 'a'.repeat(64), pages: 1 }],
      }),
    ]) {
      const again = await principal.open(few);
      const changed = change(await confirmationOf(again));
      assert.equal((await principal.confirm(again, changed)).json.code, 'signing/not-drawn');
    }
    const last = await principal.open([ids[998] ?? '', ids[999] ?? '']);
    const { json } = await principal.confirm(last, await confirmationOf(last));
    assert.deepEqual(states(json), { signed: 2 }, JSON.stringify(json));
    const kept = await signingOf(world.context.db)
      .selectFrom('signing.session')
      .select(['not_opened', 'drawn'])
      .where('id', '=', last.id)
      .executeTakeFirstOrThrow();
    assert.deepEqual([kept.not_opened, kept.drawn], [[ids[998], ids[999]], []]);
    const { rows } = await sql<{ isOpened: boolean }>`
      SELECT (data->>'isOpened')::boolean AS "isOpened" FROM platform.outbox
      WHERE type = 'signing-request.signed' AND subject_id = ${ids[999]}`.execute(world.context.db);
    assert.deepEqual(rows, [{ isOpened: false }]);
  });

  test('one root, one result for each: withdrawn, changed and wrongly signed ones fail alone; cut off and sent again, each is signed once', async (context) => {
    const asked = ids.slice(0, 994);
    const started = performance.now();
    const session = await principal.open(asked);
    const opened = performance.now();
    assert.equal(session.items.length, 994);
    const list = JSON.parse(session.list) as { root: string; count: number };
    assert.ok(session.list.length < 600, 'the list is as short as one of two');
    assert.deepEqual([list.count, list.root], [994, rootByHand(session.items)]);
    const confirmation = await confirmationOf(session);
    assert.deepEqual(
      [confirmation.drawn.length, confirmation.notOpened.length],
      [1, 993],
      'the phone fetched one file',
    );
    // Meanwhile some are taken back, one is signed by somebody else, and of one the phone's signature is another's.
    const withdrawn = asked.slice(10, 13);
    for (const id of withdrawn) await world.call(administrator, 'POST', `/api/v1/signing/requests/${id}/withdraw`);
    const changed = asked[20] ?? '';
    await sql`UPDATE signing.request SET unsigned_document_id = (
      SELECT id FROM signing.document WHERE id <> unsigned_document_id LIMIT 1) WHERE id = ${changed}`.execute(
      world.context.db,
    );
    const wrong = asked[30] ?? '';
    const signatures = confirmation.signatures.map((one) =>
      one.requestId === wrong ? { ...one, signature: confirmation.signatures[31]?.signature ?? '' } : one,
    );
    const sent = { ...confirmation, signatures };
    await principal.authorise(session, sent); // and the process that took it dies
    const authorised = performance.now();
    const answers = [];
    do answers.push(...(await Promise.all([principal.confirm(session, sent), principal.confirm(session, sent)])));
    while (answers.at(-1)?.json.state === 'completing');
    const done = performance.now();
    const { json } = answers.at(-1) ?? {};
    assert.equal(json.items.length, 994, 'a result for each');
    assert.deepEqual(states(json), { signed: 989, failed: 5 });
    const failed = new Map(
      json.items.flatMap((one: { requestId: string; error: { code: string } | null }) =>
        one.error ? [[one.requestId, one.error.code]] : [],
      ),
    );
    assert.deepEqual(
      failed,
      new Map([
        ...withdrawn.map((id) => [id, 'signing/not-waiting'] as const),
        [changed, 'signing/signed-meanwhile'],
        [wrong, 'signing/wrong-signature'],
      ]),
    );
    const { rows } = await sql<{ events: number; leaves: number; whole: number }>`
      SELECT (SELECT count(DISTINCT o.subject_id)::int FROM platform.outbox AS o JOIN signing.session_item AS i ON i.request_id::text = o.subject_id
          WHERE o.type = 'signing-request.signed' AND i.session_id = ${session.id}) AS events,
        (SELECT count(*)::int FROM platform.ledger_entry AS l JOIN signing.session_item AS i ON l.leaf = convert_to(i.leaf, 'UTF8')
          WHERE i.session_id = ${session.id}) AS leaves,
        (SELECT count(*)::int FROM signing.request AS r JOIN signing.session_item AS i ON i.request_id = r.id
          WHERE i.session_id = ${session.id} AND r.signed_document_id IS NOT NULL) AS whole`.execute(world.context.db);
    assert.deepEqual(rows, [{ events: 989, leaves: 989, whole: 989 }], 'each once');
    const rate = (count: number, ms: number) => `${Math.round(count / (ms / 1000))}/s`;
    context.diagnostic(
      `opened ${rate(994, opened - started)}, taken ${rate(994, authorised - opened)}, completed ${rate(989, done - authorised)}`,
    );
  });

  test('K4: a file that is put into the row of a listed one, with a path or without, is signed by nobody', async () => {
    const target = ids[30] ?? ''; // its signature was wrong: it waits
    const others = ids.slice(994, 998);
    for (const [index, change] of [
      sql`digest = ${randomBytes(32)}`,
      sql`path = ''`,
      sql`path = path || path`,
      sql`position = position + 1`,
    ].entries()) {
      const session = await principal.open([target, others[index] ?? '']);
      const confirmation = await confirmationOf(session);
      await principal.authorise(session, confirmation);
      const { db } = world.context;
      await sql`UPDATE signing.session_item SET ${change} WHERE session_id = ${session.id} AND request_id = ${target}`.execute(
        db,
      );
      const { json } = await principal.confirm(session, confirmation);
      const answers = new Map(
        json.items.map((one: { requestId: string; state: string; error: { code: string } | null }) => [
          one.requestId,
          one.error?.code ?? one.state,
        ]),
      );
      assert.deepEqual([answers.get(target), answers.get(others[index] ?? '')], ['signing/not-authorised', 'signed']);
    }
  });
});

const states = (json: { items: readonly { state: string }[] }): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { state } of json.items) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
};

/** RFC 9162 §2.1.1, written a second time: what the phone computes. */
function rootByHand(items: Session['items']): string {
  const sha256 = (...parts: Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
  let level: Buffer[] = items.map(({ requestId, artefact, digestHex }) =>
    sha256(Buffer.of(0), Buffer.from(`{"artefact":"${artefact}","digest":"${digestHex}","request":"${requestId}"}`)),
  );
  while (level.length > 1) {
    const next: Buffer[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const [left, right] = [level[at], level[at + 1]];
      if (left) next.push(right ? sha256(Buffer.of(1), left, right) : left);
    }
    level = next;
  }
  return level[0]?.toString('hex') ?? '';
}

async function smallPdf(): Promise<Buffer> {
  const document = new PDFDocument({ size: 'A4' });
  const parts: Buffer[] = [];
  document.on('data', (part: Buffer) => parts.push(part));
  const done = new Promise<void>((resolve) => document.on('end', () => resolve()));
  document.text('Report');
  document.end();
  await done;
  return Buffer.concat(parts);
}
