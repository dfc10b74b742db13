import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Transaction } from '@edutrust/platform/database';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import {
  appOrigins,
  authorizationRequest,
  codeFor,
  redeem,
  redemption,
  type TestIdp,
  testIdp,
} from '../../testing/idp.ts';
import { changeApp } from '../apps/apps.ts';

const app = 'thu-vien-so';
const setup = { kind: 'system', name: 'setup' } as const;
let world: TestIdp;
let child: TestBrowser;
let father: TestBrowser;

before(async () => {
  // What a receipt says, as it is given to who makes the paper of it.
  world = await testIdp({}, undefined, undefined, async (receipt) => Buffer.from(JSON.stringify(receipt)));
  const { pupil, guardian } = world.city.people;
  child = new TestBrowser({ stopAt: appOrigins });
  await world.signIn(child, await world.activate(pupil));
  father = new TestBrowser();
  await world.signIn(father, await world.activate(guardian));
});
after(() => world?.[Symbol.asyncDispose]());
beforeEach(async () => {
  const { db } = world.context;
  for (const table of ['consent', 'guardian_consent', 'access_token', 'refresh_token', 'oauth_grant'])
    await sql`DELETE FROM ${sql.table(`idp.${table}`)} WHERE person_id = ${world.city.people.pupil}`.execute(db);
  await sql`UPDATE registry.guardianship SET scope = 'full' WHERE child_id = ${world.city.people.pupil}`.execute(db);
  await isOfAge('10 years');
});

const isOfAge = (age: string) =>
  sql`UPDATE registry.person SET birth_date = (now() - ${age}::interval)::date WHERE id = ${world.city.people.pupil}`.execute(
    world.context.db,
  );
const within = <Result>(work: (transaction: Transaction) => Promise<Result>) =>
  world.context.db.transaction().execute(work);

/** The child goes to the app and presses the button of the page; gives what is shown then. */
async function ask(extra: Record<string, string> = {}) {
  const shown = await child.get(authorizationRequest(world.origin, app, extra).url);
  assert.equal(shown.page?.name, 'consent', `${shown.url} ${shown.body.slice(0, 300)}`);
  if (shown.page?.props.waiting) return shown;
  return child.post(`${world.origin}${shown.page?.props.action}`, { decision: 'allow' });
}

const ofChild = (what: string) => `${world.origin}/account/children/${world.city.people.pupil}/apps/${app}/${what}`;
/** Presses what the page offers; whom it offers nothing presses what it would be. */
async function agree(who = father) {
  const [shown] = (await who.get(`${world.origin}/account/children`)).page?.props.children ?? [];
  const action = shown?.asked[0]?.agreeAction;
  return who.post(action ? `${world.origin}${action}` : `${ofChild('agree')}?asked=0`, {});
}

/** Whether the app gets anything with a token that it was given. */
async function userinfo(token: string | undefined): Promise<number> {
  const answer = await fetch(`${world.origin}/oidc/userinfo`, { headers: { authorization: `Bearer ${token}` } });
  await answer.arrayBuffer();
  return answer.status;
}
const tokenOf = async (extra: Record<string, string> = {}) =>
  (await redeem(world.origin, app, redemption(await codeFor(child, world.origin, app, extra)))).json.access_token;

test('N2: from 7 to 15 an app gets nothing until the child and a guardian agreed, and either of them ends it at once', async () => {
  const { pupil, guardian } = world.city.people;
  const { db } = world.context;
  const waiting = await ask();
  assert.deepEqual(waiting.page?.props.waiting, { hasGuardian: true }, waiting.body.slice(0, 300));
  // The child alone, again and in other ways: nothing.
  assert.deepEqual((await ask()).page?.props.waiting, { hasGuardian: true });
  await child.post(`${world.origin}${waiting.page?.props.action}`, { decision: 'allow' });
  const silent = await child.get(authorizationRequest(world.origin, app, { prompt: 'none' }).url);
  assert.equal(new URL(silent.url).searchParams.get('error'), 'consent_required', silent.url);
  const { rows: told } = await sql<{ person_id: string }>`
    SELECT person_id FROM registry.notice WHERE kind = 'consent.asked'`.execute(db);
  assert.deepEqual(told, [{ person_id: guardian }], 'the guardian was told, once');
  // Nobody speaks for another's child: not the child, not a teacher, not another guardian.
  const others = new TestBrowser();
  await world.signIn(others, await world.activate(world.city.people.teacher));
  for (const who of [child, others]) assert.equal((await agree(who)).status, 404);
  const asked = (await father.get(`${world.origin}/account/children`)).page?.props.children[0].asked;
  assert.ok(asked[0]?.agreeAction.startsWith(new URL(ofChild('agree')).pathname));

  assert.equal((await agree()).status, 200);
  const { rows: kept } = await sql<{ who: string; acr: string; child: string; at: Date; said: unknown }>`
    SELECT g.guardian_id AS who, g.acr, c.acr AS child, g.given_at AS at, g.said
    FROM idp.guardian_consent AS g JOIN idp.consent AS c USING (person_id, client_id) WHERE g.person_id = ${pupil}`.execute(
    db,
  );
  assert.deepEqual(
    kept.map(({ who, acr, child: own }) => [who, acr, own]),
    [[guardian, 'pwd', 'pwd']],
  );
  assert.ok(kept[0]?.at instanceof Date && kept[0].said);
  const { rows: logged } = await sql<{ type: string; said: string | null }>`
    SELECT type, data->>'said' AS said FROM platform.ledger_entry WHERE subject_id = ${pupil} AND type LIKE 'consent.%' ORDER BY id`.execute(
    db,
  );
  assert.equal(logged.at(-1)?.type, 'consent.guardian-agreed');
  assert.match(logged.at(-1)?.said ?? '', /^[0-9a-f]{64}$/);

  for (const withdraw of [
    () => father.post(ofChild('withdraw'), {}),
    () => child.post(`${world.origin}/account/apps/${app}/withdraw`, {}),
  ]) {
    const token = await tokenOf();
    assert.equal(await userinfo(token), 200);
    await withdraw();
    assert.equal(await userinfo(token), 401, 'at once');
    // One word alone does not bring it back: the other's ended too.
    assert.deepEqual((await ask()).page?.props.waiting, { hasGuardian: true });
    await agree();
  }
});

test('N2: more than the guardian agreed to waits anew, and whom a court has limited speaks for the child no longer', async () => {
  await ask({ scope: 'openid' });
  await agree();
  assert.equal(await userinfo(await tokenOf({ scope: 'openid' })), 200);
  assert.ok((await ask({ scope: 'openid profile' })).page?.props.waiting, 'more is asked anew');
  // The guardian looks, the child asks for more, the guardian presses what was shown before.
  const [shown] = (await father.get(`${world.origin}/account/children`)).page?.props.children ?? [];
  await ask({ scope: 'openid profile school' });
  assert.equal((await father.post(`${world.origin}${shown.asked[0].agreeAction}`, {})).status, 404);
  assert.ok((await ask({ scope: 'openid profile' })).page?.props.waiting);
  await agree();
  assert.equal(await userinfo(await tokenOf({ scope: 'openid profile' })), 200);
  await sql`DELETE FROM idp.oauth_grant WHERE person_id = ${world.city.people.pupil}`.execute(world.context.db);
  await sql`UPDATE registry.guardianship SET scope = 'documents' WHERE child_id = ${world.city.people.pupil}`.execute(
    world.context.db,
  );
  assert.deepEqual((await ask({ scope: 'openid profile' })).page?.props.waiting, { hasGuardian: false });
  assert.equal((await agree()).status, 404);
});

test('N2: a child sees on their own page what was asked for, who still has to say yes, and takes it back', async () => {
  const asked = async () => {
    const { props } = (await child.get(`${world.origin}/account`)).page ?? {};
    return { asked: props?.asked, apps: props?.apps.map(({ name }: { name: string }) => name) };
  };
  assert.deepEqual(await asked(), { asked: [], apps: [] });
  await ask();
  const [one, ...more] = (await asked()).asked;
  assert.deepEqual([one.name, one.waitsFor, more, (await asked()).apps], ['Thư viện số', ['father'], [], []]);
  await sql`UPDATE registry.guardianship SET scope = 'none' WHERE child_id = ${world.city.people.pupil}`.execute(
    world.context.db,
  );
  assert.deepEqual((await asked()).asked[0].waitsFor, [], 'nobody is left who decides');
  await sql`UPDATE registry.guardianship SET scope = 'full' WHERE child_id = ${world.city.people.pupil}`.execute(
    world.context.db,
  );
  const others = new TestBrowser();
  await world.signIn(others, await world.activate(world.city.people.twins[0]));
  await others.post(`${world.origin}${one.withdrawAction}`, {});
  assert.equal((await asked()).asked.length, 1, 'another child takes back what is theirs alone');
  await child.post(`${world.origin}${one.withdrawAction}`, {});
  assert.deepEqual(await asked(), { asked: [], apps: [] });
  assert.equal((await agree()).status, 404, 'and nobody can agree to it any longer');
  await ask();
  assert.equal((await agree()).status, 200);
  assert.deepEqual(await asked(), { asked: [], apps: ['Thư viện số'] });
});

test('N2: under 7 the guardian alone agrees, from 16 the person alone', async () => {
  const { db } = world.context;
  await isOfAge('6 years');
  assert.ok((await ask()).page?.props.waiting);
  const { rows } = await sql`SELECT FROM idp.consent WHERE person_id = ${world.city.people.pupil}`.execute(db);
  assert.equal(rows.length, 0, 'too young to be asked');
  await agree();
  assert.equal(await userinfo(await tokenOf()), 200);
  await sql`DELETE FROM idp.guardian_consent`.execute(db);
  await sql`DELETE FROM idp.oauth_grant WHERE person_id = ${world.city.people.pupil}`.execute(db);
  await isOfAge('16 years');
  assert.equal(await userinfo(await tokenOf()), 200, 'asked as anybody, and nobody else');
  assert.equal((await agree()).status, 404);
});

test('a receipt says what was agreed to then, whatever is renamed since; kept words that are not those of the log make none', async () => {
  const { db } = world.context;
  const { pupil } = world.city.people;
  const receipt = async (): Promise<{ parts: { heading: string; facts: [string, string][] }[] }> =>
    JSON.parse((await father.get(ofChild('receipt.pdf'))).body);
  await ask();
  assert.equal((await father.get(ofChild('receipt.pdf'))).status, 404, 'nothing is in force yet');
  await agree();
  const before = await receipt();
  const { parts: of } = before;
  assert.ok(
    of.some(({ heading }) => heading === 'Cha, mẹ hoặc người giám hộ cùng đồng ý'),
    JSON.stringify(of),
  );
  await within((transaction) =>
    changeApp(transaction, app, { name: 'Tên khác', purpose: { vi: 'Để việc khác hẳn', en: 'Something else' } }, setup),
  );
  await sql`UPDATE registry.person SET full_name = 'Nguyễn Tên Mới' WHERE id = ${pupil}`.execute(db);
  const after = await receipt();
  const lasting = ({ parts }: typeof before) =>
    parts.map(({ facts }) => facts.filter(([name]) => name !== 'Lập giấy lúc'));
  assert.deepEqual(lasting(after), lasting(before));
  assert.doesNotMatch(JSON.stringify(after), /Tên khác|việc khác hẳn|Tên Mới/);
  for (const table of ['consent', 'guardian_consent']) {
    const change = (from: string, to: string) =>
      sql`UPDATE ${sql.table(`idp.${table}`)} SET said = replace(said::text, ${from}, ${to})::jsonb WHERE person_id = ${pupil}`.execute(
        db,
      );
    await change('Mục đích', 'Mục tiêu');
    assert.equal((await father.get(ofChild('receipt.pdf'))).status, 409, `words of ${table} that SQL alone wrote`);
    await change('Mục tiêu', 'Mục đích');
  }
  assert.deepEqual(lasting(await receipt()), lasting(before));
});

test('N2: an approved app of the child’s own school waits for no guardian; approved for others it is an app like any', async () => {
  const own = 'lop-hoc';
  const audienceIs = (audience: readonly ('learner' | 'teacher' | 'staff')[]) =>
    within((transaction) => changeApp(transaction, own, { audience: [...audience] }, setup));
  await audienceIs(['teacher']);
  const { page } = await child.get(authorizationRequest(world.origin, own).url);
  assert.deepEqual([page?.name, page?.props.who], ['consent', 'both']);
  const shown = await child.post(`${world.origin}${page?.props.action}`, { decision: 'allow' });
  assert.deepEqual(shown.page?.props.waiting, { hasGuardian: true });
  await audienceIs(['learner', 'teacher', 'staff']);
  assert.ok((await codeFor(child, world.origin, own, { prompt: 'consent' })).code);
});
