import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { type TestCity, testCity } from '../../testing/city.ts';
import { type Office, officeOf } from '../../testing/office.ts';

const day = 86_400_000;

describe('signing in another’s place, and what becomes of a document on its way', () => {
  let world: TestCity;
  let office: Office;
  let deputy: string;
  let principal: string;
  before(async () => {
    world = await testCity();
    office = await officeOf(world);
    principal = office.principal.personId;
    deputy = office.teacher.personId;
    await title(deputy, 'Phó Hiệu trưởng');
  });
  after(() => world[Symbol.asyncDispose]());

  const title = (person: string, text: string) =>
    sql`UPDATE registry.affiliation SET title = ${text} WHERE person_id = ${person} AND organisation_id = ${office.organisationId}`.execute(
      world.context.db,
    );
  const order = (wish: object = {}) => ({
    id: randomUUID(),
    delegateId: deputy,
    form: 'KT',
    kinds: ['decision', 'upload'],
    from: new Date(Date.now() - day).toISOString(),
    until: new Date(Date.now() + 30 * day).toISOString(),
    ...wish,
  });
  const give = (body: object, person = principal) => world.call(person, 'POST', office.path('delegations'), body);
  const list = async (person: string) => (await world.call(person, 'GET', '/api/v1/signing/delegations')).json.items;
  const end = (id: string, person = principal) => world.call(person, 'POST', `/api/v1/signing/delegations/${id}/end`);
  const decide = () =>
    world.call(office.administrator, 'POST', office.path('forms'), {
      id: randomUUID(),
      kind: 'decision',
      values: { about: 'Khen thưởng', basis: 'Điều lệ trường', articles: 'Điều 1. Khen thưởng em An.' },
    });
  const send = async (signers: readonly object[], wish: object = {}) => {
    const { json } = await office.upload(Buffer.from(`thông báo ${randomUUID()}`), { name: 'thông báo.txt' });
    return office.ask({ uploadId: json.id, title: 'Thông báo', signers, ...wish });
  };
  const read = async (id: string, person = office.administrator) =>
    (await world.call(person, 'GET', `/api/v1/signing/requests/${id}`)).json;

  test('only the head gives, to another signer of the school, KT. to a deputy, TUQ. with its paper, once at a time', async () => {
    const stranger = world.city.schools[1]?.principalId ?? '';
    const codes = async (body: object, person?: string) => {
      const { json, status } = await give(body, person);
      return json.code ?? status;
    };
    assert.equal(await codes(order(), deputy), 'delegations/not-the-head');
    assert.equal(await codes(order(), office.clerk.personId), 'access/forbidden');
    assert.equal((await give(order(), stranger)).status, 403, 'the head of another school');
    assert.equal(await codes(order({ delegateId: stranger })), 'delegations/not-a-signer');
    assert.equal(await codes(order({ delegateId: principal })), 'delegations/not-a-signer');
    assert.equal(await codes(order({ form: 'TUQ' })), 'delegations/no-paper');
    assert.equal(
      await codes(order({ until: new Date(Date.now() + 400 * day).toISOString() })),
      'delegations/wrong-time',
    );
    assert.equal(await codes(order({ until: new Date(Date.now() - 1000).toISOString() })), 'delegations/past');
    await title(deputy, 'Giáo viên');
    assert.equal(await codes(order()), 'delegations/not-a-deputy');
    await title(deputy, 'Phó Hiệu trưởng');
    assert.deepEqual(await list(principal), []);
    const own = order();
    const both = await Promise.all([give(own), give(own)]);
    assert.deepEqual(
      both.map(({ status }) => status),
      [201, 201],
      'the same id at the same moment is one',
    );
    assert.equal(await codes(order({ kinds: ['upload'] })), 'delegations/overlaps');
    assert.deepEqual(
      (await list(deputy)).map(({ isGiven, isOver }: { isGiven: boolean; isOver: boolean }) => [isGiven, isOver]),
      [[false, false]],
    );
    assert.equal((await end(own.id, deputy)).status, 404, 'who was given it does not end it');
    await end(own.id);
    await end(own.id);
    const { rows } = await sql<{ type: string }>`
      SELECT type FROM platform.outbox WHERE type LIKE 'signing-delegation.%' ORDER BY position`.execute(
      world.context.db,
    );
    assert.deepEqual(
      rows.map(({ type }) => type),
      ['signing-delegation.made', 'signing-delegation.ended'],
    );
  });

  test('what is made while it holds names the deputy with both titles, and is valid under the deputy’s own certificate', async () => {
    const own = order();
    await give(own);
    const made = await decide();
    assert.equal(made.status, 201, JSON.stringify(made.json));
    const [first] = (await read(made.json.id)).steps;
    assert.deepEqual([first.person.id, first.title], [deputy, 'KT. Hiệu trưởng – Phó Hiệu trưởng']);
    assert.ok(!(await office.principal.inbox()).some(({ id }) => id === made.json.id), 'not the head’s to sign');
    assert.deepEqual(await office.sign(office.teacher, [made.json.id]), ['signed']);
    assert.deepEqual(await office.sign(office.clerk, [made.json.id], 'seal'), ['signed']);
    const { body } = await world.call(office.administrator, 'GET', `/api/v1/signing/requests/${made.json.id}/document`);
    const text = execFileSync('pdftotext', ['-layout', '-', '-'], { input: body, encoding: 'utf8' });
    assert.match(text, /KT\. HIỆU TRƯỞNG\n.*PHÓ HIỆU TRƯỞNG/);
    const upload = await send([{ personId: principal, title: 'Hiệu trưởng' }]);
    assert.equal((await read(upload.json.id)).steps[0].person.id, deputy);
    const twice = await send([{ personId: principal }, { personId: deputy }]);
    assert.equal(twice.json.code, 'signing/same-signer-twice', 'the deputy would sign twice');
    await end(own.id);
    const after = await decide();
    assert.equal((await read(after.json.id)).steps[0].person.id, principal);
  });

  test('a rule of another kind, of later, or of a deputy who is none any longer changes nobody', async () => {
    const own = order({ kinds: ['diploma'] });
    const later = order({ from: new Date(Date.now() + day).toISOString() });
    for (const one of [own, later]) assert.equal((await give(one)).status, 201);
    assert.equal((await read((await decide()).json.id)).steps[0].person.id, principal);
    for (const one of [own, later]) await end(one.id);
    const now = order();
    await give(now);
    await title(deputy, 'Giáo viên');
    assert.equal((await read((await decide()).json.id)).steps[0].person.id, principal);
    await title(deputy, 'Phó Hiệu trưởng');
    await end(now.id);
  });

  test('a signature that is still wanted goes to another signer, once; not of a printed document, not of one given already', async () => {
    const { json } = await send([{ personId: principal }, { personId: deputy }]);
    const hand = (id: string, body: object, person = office.administrator) =>
      world.call(person, 'POST', `/api/v1/signing/requests/${id}/hand-over`, body);
    const other = world.city.schools[0]?.teacherIds.find((id) => id !== deputy) ?? '';
    const to = { position: 0, personId: other };
    assert.equal((await hand(json.id, to, world.city.schools[1]?.administratorId)).status, 403);
    assert.equal((await hand(json.id, { position: 0, personId: deputy })).json.code, 'signing/signs-already');
    assert.equal(
      (await hand(json.id, { position: 0, personId: world.city.people.pupil })).json.code,
      'signing/not-a-signer',
    );
    for (const _ of [1, 2]) assert.equal((await hand(json.id, to)).json.steps?.[0].person.id, other);
    assert.ok(!(await office.principal.inbox()).some(({ id }) => id === json.id));
    const phone = await world.phoneOf(other);
    assert.deepEqual(await office.sign(phone, [json.id]), ['signed']);
    assert.equal((await hand(json.id, { position: 0, personId: principal })).json.code, 'signing/step-over');
    assert.equal((await hand((await decide()).json.id, to)).json.code, 'signing/printed-signer');
    const { rows } = await sql<{ events: number }>`
      SELECT count(*)::int AS events FROM platform.outbox WHERE type = 'signing-request.handed-over'`.execute(
      world.context.db,
    );
    assert.equal(rows[0]?.events, 1);
  });

  test('a deadline is put off or taken away, never into the past, and not of what is over', async () => {
    const { json } = await send([{ personId: deputy }]);
    const put = (dueAt: string | null, person = office.administrator) =>
      world.call(person, 'PUT', `/api/v1/signing/requests/${json.id}/deadline`, { dueAt });
    const inAWeek = new Date(Date.now() + 7 * day).toISOString();
    assert.equal((await put(new Date(Date.now() - day).toISOString())).json.code, 'signing/deadline-past');
    assert.equal((await put(inAWeek, world.city.schools[1]?.administratorId)).status, 403);
    assert.equal((await put(inAWeek)).json.dueAt, inAWeek);
    assert.equal((await put(null)).json.dueAt, null);
    await world.call(office.administrator, 'POST', `/api/v1/signing/requests/${json.id}/withdraw`);
    assert.equal((await put(inAWeek)).json.code, 'signing/not-now');
  });

  test('a document that replaces another leaves it readable as replaced, once it is issued itself and not before', async () => {
    const old = await send([{ personId: deputy }]);
    const wish = { replacesId: old.json.id };
    assert.equal((await send([{ personId: deputy }], wish)).json.code, 'signing/not-replaceable', 'not issued yet');
    await office.sign(office.teacher, [old.json.id]);
    const next = await send([{ personId: deputy }], wish);
    assert.equal(next.status, 201, JSON.stringify(next.json));
    assert.equal((await send([{ personId: deputy }], wish)).json.code, 'signing/not-replaceable', 'one is about to');
    assert.equal((await read(old.json.id)).state, 'issued');
    await office.sign(office.teacher, [next.json.id]);
    assert.deepEqual([(await read(old.json.id)).state, (await read(next.json.id)).state], ['replaced', 'issued']);
  });
});
