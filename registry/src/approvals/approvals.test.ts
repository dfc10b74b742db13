import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Conflict } from '@edutrust/platform/errors';
import { flags, TestAuthenticator } from '@edutrust/testing/authenticator';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { sql } from 'kysely';
import Type from 'typebox';
import { demoSeed } from '../../testing/demo.ts';
import { type TwoPeople, twoPeople } from '../../testing/two-people.ts';
import { type DemoCity, seedDemo } from '../demo/demo.ts';
import { migrations } from '../migrations.ts';
import { listNotices } from '../notices/notices.ts';
import { grantRole } from '../permissions/permissions.ts';
import { type ApprovalKind, mustBeApproved, propose, recordCredentialAct, verifyApproval } from './approvals.ts';
import { approve } from './approve.ts';
import { expireApprovals, refuse, withdraw } from './close.ts';
import { collect } from './collect.ts';
import { actOptions } from './options.ts';
import { findApproval, listApprovals } from './views.ts';

const Content = Type.Object(
  { number: Type.Integer(), about: Type.Optional(Type.String()), code: Type.Optional(Type.String()) },
  { additionalProperties: false },
);
type Content = Type.Static<typeof Content>;

/** A number that only two people set. */
const setNumber: ApprovalKind<Content> = {
  kind: 'number.set',
  content: Content,
  approve: 'approvals.approve',
  describe: ({ number }) => ({
    title: { vi: `Đặt số ${number}`, en: `Set the number ${number}` },
    facts: [{ label: { vi: 'Số', en: 'Number' }, value: { vi: String(number), en: String(number) } }],
  }),
  concerns: ({ about }) => about,
  apply: async (transaction, { number }, { maker }) => {
    if (number === 13) throw new Conflict('numbers/unlucky', { vi: 'Số xấu.', en: 'An unlucky number.' });
    await sql`INSERT INTO number_set VALUES (${number})`.execute(transaction);
    return { collect: [{ personId: maker.personId, text: `half of ${number}` }] };
  },
};
const readOut: ApprovalKind<Content> = { ...setNumber, kind: 'number.read-out', readOut: ({ code }) => code ?? '' };
/** Only the person whom it names may decide. */
const forOne: ApprovalKind<Content> = {
  ...setNumber,
  kind: 'number.for-one',
  concerns: () => undefined,
  approver: ({ about }) => about ?? '',
};

describe('acts that take two people', () => {
  let context: TestContext;
  let city: DemoCity;
  let two: TwoPeople;
  let aheadMs = 0;
  let maker: string;
  let officer: string;

  before(async () => {
    context = await testContext({
      migrations: [migrations],
      clock: { now: () => new Date(Date.now() + aheadMs) },
      seed: demoSeed,
    });
    city = await seedDemo(context);
    await sql`CREATE TABLE number_set (number int)`.execute(context.db);
    two = twoPeople(context, [setNumber, readOut, forOne]);
    maker = city.people.administrator;
    officer = city.people.securityOfficer;
  });
  after(() => context[Symbol.asyncDispose]());
  beforeEach(async () => {
    aheadMs = 0;
    await sql`TRUNCATE number_set`.execute(context.db);
    await sql`DELETE FROM registry.credential_act`.execute(context.db);
  });

  let next = 100;
  async function proposed(content: Partial<Content> = {}, kind = setNumber, by = maker): Promise<string> {
    next += 1;
    const actor = await two.actor(by);
    const { approval } = await context.db
      .transaction()
      .execute((transaction) =>
        propose(
          transaction,
          context,
          kind,
          { content: { number: next, ...content }, organisationId: city.departmentId },
          actor,
        ),
      );
    return approval.id;
  }
  const numbers = async () => {
    const { rows } = await sql<{ number: number }>`SELECT number FROM number_set`.execute(context.db);
    return rows.map(({ number }) => number);
  };
  const stateOf = async (id: string) => {
    const { rows } = await sql<{ state: string }>`SELECT state FROM registry.approval WHERE id = ${id}`.execute(
      context.db,
    );
    return rows[0]?.state;
  };

  test('Q1: two people with two passkeys do it once; everybody concerned is notified', async () => {
    const about = city.people.principal;
    const id = await proposed({ number: 7, about });
    assert.equal(await proposed({ number: 7, about }), id, 'proposed twice is one');
    await assert.rejects(two.approve(id, officer), { code: 'approvals/not-now' }, 'not before its maker confirmed');
    await two.confirm(id, maker);
    assert.deepEqual(await numbers(), []);
    await two.approve(id, officer);
    assert.deepEqual(await numbers(), [7]);
    assert.equal(await stateOf(id), 'applied');
    const kindsOf = async (personId: string) => (await listNotices(context.db, personId)).map(({ kind }) => kind);
    assert.deepEqual((await kindsOf(maker)).slice(0, 2), ['approval.approved', 'approval.proposed']);
    assert.deepEqual((await kindsOf(officer)).slice(0, 2), ['approval.given', 'approval.waiting']);
    assert.deepEqual((await kindsOf(about)).slice(0, 2), ['approval.approved', 'approval.concerns-you']);
    await assert.rejects(two.approve(id, officer), { code: 'approvals/not-now' });
    assert.deepEqual(await numbers(), [7]);
  });

  test('Q1: the same confirmation sent twice, or twenty times at once, counts once', async () => {
    const id = await proposed();
    await two.confirm(id, maker);
    const runs = await Promise.allSettled(Array.from({ length: 12 }, () => two.approve(id, officer)));
    assert.equal(runs.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.equal((await numbers()).length, 1);
  });

  test('Q1: nobody alone: not its maker, not the person concerned, not somebody without the right, not somebody elsewhere', async () => {
    const id = await proposed({ about: officer });
    await two.confirm(id, maker);
    await assert.rejects(two.approve(id, maker), { code: 'approvals/not-now' }, 'its maker only confirms');
    await assert.rejects(two.approve(id, officer), { code: 'approvals/concerns-you' });
    for (const person of [city.people.auditor, city.people.schoolAdministrator, city.people.teacher, city.people.pupil])
      await assert.rejects(two.approve(id, person), { code: 'approvals/not-found' });
    await assert.rejects(
      two.confirm(await proposed(), officer),
      { code: 'approvals/not-now' },
      'only its maker confirms',
    );
    assert.deepEqual(await numbers(), []);
  });

  for (const [name, act] of [
    ['the maker made a code for the approver', () => ({ personId: officer, byId: maker, kind: 'code-made' as const })],
    ['the approver made a code for the maker', () => ({ personId: maker, byId: officer, kind: 'code-made' as const })],
    [
      'the maker’s code was used by the approver',
      () => ({ personId: officer, byId: maker, kind: 'code-used' as const }),
    ],
    ['the approver’s account was recovered', () => ({ personId: officer, byId: null, kind: 'recovered' as const })],
  ] as const) {
    test(`Q1: ${name} within 72 hours: no second person until they have passed`, async () => {
      await context.db
        .transaction()
        .execute((transaction) => recordCredentialAct(transaction, { ...act(), at: context.clock.now() }));
      const id = await proposed();
      await two.confirm(id, maker);
      aheadMs = 71 * 3_600_000;
      await assert.rejects(two.approve(id, officer), ({ code }: { code: string }) =>
        ['approvals/credentials', 'approvals/recovered'].includes(code),
      );
      const view = await findApproval(context, two.ports, id, await two.actor(officer), 'vi');
      assert.match(view.barred ?? '', /chờ đến /, 'the screen says why, and until when');
      assert.ok(!view.may.includes('approve'));
      const isBarred = async () => {
        const person = await two.actor(officer);
        const list = await listApprovals(context, two.ports, { which: 'waiting', limit: 10 }, person, 'vi');
        return list.find((one) => one.id === id)?.isBarred;
      };
      assert.equal(await isBarred(), true, 'it is not offered as work that waits');
      aheadMs = 73 * 3_600_000;
      assert.equal(await isBarred(), false);
      await two.approve(id, officer);
      assert.equal((await numbers()).length, 1);
    });
  }

  test('Q1: who got in by broken glass is neither the maker nor the second person', async () => {
    const barred = { code: 'approvals/break-glass' };
    const byGlass = async (personId: string) => ({ ...(await two.actor(personId)), acr: 'break-glass' });
    const id = await proposed();
    await assert.rejects(actOptions(context, two.ports, id, await byGlass(maker)), barred);
    await two.confirm(id, maker);
    await assert.rejects(actOptions(context, two.ports, id, await byGlass(officer)), barred);
    // With what they were asked for in a session of their own.
    const { options } = await actOptions(context, two.ports, id, await two.actor(officer));
    const assertion = two.passkeyOf(officer).get(options as { challenge: string; rpId: string }); // ours
    await assert.rejects(approve(context, two.ports, id, { assertion }, await byGlass(officer)), barred);
    assert.deepEqual(await numbers(), []);
  });

  test('Q1: each rule of the assertion has its refused answer, and one act’s assertion is none for the other', async () => {
    const id = await proposed();
    const refused = { code: 'approvals/passkey-refused' };
    for (const change of [
      { challenge: 'A'.repeat(43) },
      { origin: 'https://evil.example' },
      { rpId: 'evil.example' },
      { crossOrigin: true },
      { flags: flags.userPresent },
      { foreignKey: true },
      { credentialId: Buffer.from(two.passkeyOf(officer).credentialId, 'base64url') },
    ])
      await assert.rejects(two.confirm(id, maker, { change }), refused, JSON.stringify(change));
    await assert.rejects(
      two.confirm(id, maker, { passkey: new TestAuthenticator(context.config.url.origin) }),
      refused,
    );
    await two.confirm(id, maker);
    const { rows } = await sql<{ assertion: object }>`
      SELECT assertion FROM registry.approval_act WHERE approval_id = ${id}`.execute(context.db);
    const replayed = rows[0]?.assertion as Parameters<typeof approve>[3]['assertion'];
    await assert.rejects(
      approve(context, two.ports, id, { assertion: replayed }, await two.actor(officer)),
      refused,
      'the maker’s own assertion, replayed by another',
    );
    assert.deepEqual(await numbers(), []);
  });

  test('Q1: a maker who has no longer the passkey of the confirmation proposes it anew', async () => {
    const id = await proposed({ number: 21 });
    await two.confirm(id, maker);
    two.replacePasskey(maker);
    await assert.rejects(two.approve(id, officer), { code: 'approvals/passkey-gone' });
    assert.deepEqual(await numbers(), []);
    assert.equal(await stateOf(id), 'confirmed', 'it is still to be refused or withdrawn');
    await two.refuse(id, officer, 'lập lại');
  });

  test('Q2: what was altered since it was confirmed is not applied', async () => {
    for (const change of [
      sql`envelope = replace(envelope, '"number":', '"number":1')`,
      sql`digest = sha256(envelope::bytea || 'x')`,
      sql`maker_id = ${city.people.auditor}`,
      sql`kind = 'number.read-out'`,
    ]) {
      const id = await proposed();
      await two.confirm(id, maker);
      await sql`UPDATE registry.approval SET ${change} WHERE id = ${id}`.execute(context.db);
      await assert.rejects(two.approve(id, officer), { code: 'approvals/altered' });
    }
    assert.deepEqual(await numbers(), []);
  });

  test('Q2: what can no longer be done as it stands fails, does nothing, and says why', async () => {
    const id = await proposed({ number: 13 });
    await two.confirm(id, maker);
    await assert.rejects(two.approve(id, officer), { code: 'numbers/unlucky' });
    assert.equal(await stateOf(id), 'failed');
    const view = await findApproval(context, two.ports, id, await two.actor(maker), 'vi');
    assert.match(view.reason ?? '', /Số xấu/);
    await assert.rejects(mustBeApproved(context.db, context.secrets, setNumber, id), { code: 'approvals/none' });
  });

  test('Q4: both assertions verify later from evidence and ledger alone; each altered part is found', async () => {
    const id = await proposed();
    await two.both(id, maker, officer);
    await context.ledger.integrate();
    const right = await verifyApproval(context, id);
    assert.ok(right.isValid, JSON.stringify(right.checks));
    const wrong = async (check: string, statement: ReturnType<typeof sql>) => {
      await context.db
        .transaction()
        .execute(async (transaction) => {
          await statement.execute(transaction);
          const { checks, isValid } = await verifyApproval({ ...context, db: transaction }, id);
          assert.equal(isValid, false, check);
          assert.equal(checks.find((one) => one.check === check)?.isRight, false, check);
          throw new Error('back');
        })
        .catch((error: Error) => assert.equal(error.message, 'back', error.stack));
    };
    const other = new TestAuthenticator(context.config.url.origin);
    await wrong('digest', sql`UPDATE registry.approval SET envelope = envelope || ' ' WHERE id = ${id}`);
    await wrong(
      'confirm-assertion',
      sql`UPDATE registry.approval_act SET public_key = ${other.publicKey} WHERE approval_id = ${id} AND act = 'confirm'`,
    );
    await wrong(
      'approve-assertion',
      sql`UPDATE registry.approval_act SET assertion = jsonb_set(assertion, '{response,signature}', '"MEUCIQ"') WHERE approval_id = ${id} AND act = 'approve'`,
    );
    await wrong(
      'two-people',
      sql`UPDATE registry.approval_act SET person_id = ${maker} WHERE approval_id = ${id} AND act = 'approve'`,
    );
    await wrong('ledger', sql`DELETE FROM platform.ledger_leaf`);
    await wrong('attested', sql`UPDATE registry.approval SET attestation = sha256('x') WHERE id = ${id}`);
    assert.equal((await mustBeApproved<Content>(context.db, context.secrets, setNumber, id)).number, next);
    await assert.rejects(mustBeApproved(context.db, context.secrets, readOut, id), { code: 'approvals/none' });
  });

  test('a decided approval that is turned back in its table is not decided again', async () => {
    const id = await proposed();
    await two.both(id, maker, officer);
    await sql`UPDATE registry.approval SET state = 'confirmed', approver_id = NULL, attestation = NULL WHERE id = ${id}`.execute(
      context.db,
    );
    await sql`DELETE FROM registry.approval_act WHERE approval_id = ${id} AND act = 'approve'`.execute(context.db);
    await assert.rejects(two.approve(id, officer), { code: 'approvals/altered' });
    assert.equal((await numbers()).length, 1);
  });

  test('the code that the person concerned reads out: wrong five times refuses the approval', async () => {
    const id = await proposed({ code: '123456' }, readOut);
    await two.confirm(id, maker);
    for (let tries = 1; tries < 5; tries += 1)
      await assert.rejects(two.approve(id, officer, { code: '000000' }), { code: 'approvals/wrong-code' });
    await assert.rejects(two.approve(id, officer), { code: 'approvals/too-many-codes' });
    assert.equal(await stateOf(id), 'refused');
    const again = await proposed({ code: '123456' }, readOut);
    await two.confirm(again, maker);
    await two.approve(again, officer, { code: '123 456' });
    assert.equal((await numbers()).length, 1);
  });

  test('refused by a second person, withdrawn by its maker, or expired: nothing comes of it', async () => {
    const [one, other, late] = [await proposed(), await proposed(), await proposed()];
    for (const id of [one, other, late]) await two.confirm(id, maker);
    await assert.rejects(refuse(context, two.ports, one, 'không', await two.actor(maker)), { code: 'approvals/own' });
    await assert.rejects(refuse(context, two.ports, one, 'không', await two.actor(city.people.teacher)), {
      code: 'approvals/not-found',
    });
    await refuse(context, two.ports, one, 'chưa gọi được', await two.actor(officer));
    await assert.rejects(withdraw(context, two.ports, other, await two.actor(officer)), {
      code: 'approvals/not-found',
    });
    await withdraw(context, two.ports, other, await two.actor(maker));
    aheadMs = 8 * 86_400_000;
    await assert.rejects(two.approve(late, officer), { code: 'approvals/expired' });
    await expireApprovals(context, two.ports);
    assert.deepEqual(await Promise.all([one, other, late].map(stateOf)), ['refused', 'withdrawn', 'expired']);
    for (const id of [one, other, late]) await assert.rejects(two.approve(id, officer));
    assert.deepEqual(await numbers(), []);
  });

  test('where one person is named, nobody else approves or refuses, or is offered to; their tries end nothing', async () => {
    const [theirs, another] = [await proposed({ about: officer }, forOne), await proposed({ about: maker }, forOne)];
    for (const id of [theirs, another]) await two.confirm(id, maker);
    const person = await two.actor(officer);
    await assert.rejects(two.approve(another, officer), { code: 'approvals/for-another' });
    await assert.rejects(refuse(context, two.ports, another, 'không', person), { code: 'approvals/for-another' });
    const mayOf = async (id: string) => (await findApproval(context, two.ports, id, person, 'vi')).may;
    assert.deepEqual([await mayOf(theirs), await mayOf(another)], [['approve', 'refuse'], []]);
    const waiting = await listApprovals(context, two.ports, { which: 'waiting', limit: 1 }, person, 'vi');
    assert.deepEqual(
      waiting.map(({ id }) => id),
      [theirs],
      'what waits for somebody else is not in the list, and fills no page of it',
    );
    assert.equal(await stateOf(another), 'confirmed');
    await two.approve(theirs, officer);
    assert.equal(await stateOf(theirs), 'applied');
  });

  test('a maker who lost the role meanwhile, and an approver who did: nothing is done', async () => {
    const person = city.schools[0]?.teacherIds[1] ?? '';
    const id = await context.db
      .transaction()
      .execute((transaction) =>
        grantRole(
          transaction,
          context,
          { personId: person, role: 'security-officer', organisationId: city.departmentId },
          { kind: 'system', name: 'setup' },
        ),
      );
    const approval = await proposed();
    await two.confirm(approval, maker);
    const before = await listApprovals(
      context,
      two.ports,
      { which: 'waiting', limit: 10 },
      await two.actor(person),
      'vi',
    );
    assert.ok(before.some((one) => one.id === approval));
    await sql`UPDATE registry.role_assignment SET ended_at = now() WHERE id = ${id}`.execute(context.db);
    await assert.rejects(two.approve(approval, person), { code: 'approvals/not-found' });
    const after = await listApprovals(
      context,
      two.ports,
      { which: 'waiting', limit: 10 },
      await two.actor(person),
      'vi',
    );
    assert.deepEqual(after, []);
  });

  test('what came of it for one person is shown to that person alone, for a day', async () => {
    const id = await proposed();
    await two.both(id, maker, officer);
    assert.equal((await collect(context, id, await two.actor(maker))).text, `half of ${next}`);
    await assert.rejects(collect(context, id, await two.actor(officer)), { code: 'approvals/nothing-to-collect' });
    aheadMs = 25 * 3_600_000;
    await assert.rejects(collect(context, id, await two.actor(maker)), { code: 'approvals/nothing-to-collect' });
  });
});
