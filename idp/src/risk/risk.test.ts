import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Shown, TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { appOrigins, authorizationRequest, password, type TestIdp, testIdp } from '../../testing/idp.ts';
import { deviceOf } from '../sessions/device.ts';
import { registerNetwork } from '../throttling/networks.ts';
import { createThrottle } from '../throttling/throttle.ts';
import { createPlaces } from './places.ts';
import { createRiskWatch } from './risk.ts';

const home = '198.51.100.7';
const elsewhere = '203.0.113.9';
/** Of the table: two cities, and a carrier that is in no one place. */
const [saigon, hanoi, mobile] = ['192.0.2.10', '192.0.2.200', '100.64.3.9'];
const chrome = 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/146.0 Safari/537.36';
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

/** A browser behind the declared proxy, which tells where it is. */
class Client extends TestBrowser {
  address: string | undefined;
  userAgent: string;

  constructor(address: string | undefined, userAgent = chrome) {
    super({ stopAt: appOrigins });
    this.address = address;
    this.userAgent = userAgent;
  }

  override request(address: string | URL, init: RequestInit = {}): Promise<Response> {
    const where = this.address === undefined ? {} : { 'x-forwarded-for': this.address };
    const headers = { ...where, 'user-agent': this.userAgent, ...init.headers };
    return super.request(address, { ...init, headers });
  }
}

let world: TestIdp;
let teacher: string;
let educationId: string;
const file = join(mkdtempSync(join(tmpdir(), 'places-')), 'places.json');
const table = [
  { name: 'TP. Hồ Chí Minh', ranges: ['192.0.2.0/25'], at: [10.78, 106.7] },
  { name: 'Hà Nội', ranges: ['192.0.2.128/25'], at: [21.03, 105.85] },
  { name: 'Mạng di động', ranges: ['100.64.0.0/10'] },
];

before(async () => {
  writeFileSync(file, JSON.stringify(table));
  world = await testIdp({ EDUTRUST_TRUSTED_PROXIES: 'loopback', EDUTRUST_NETWORK_PLACES: file });
  teacher = world.city.people.teacher;
  educationId = await world.activate(teacher);
  await sql`UPDATE registry.person SET email = 'co.hoa@example.edu.vn' WHERE id = ${teacher}`.execute(world.context.db);
});
after(() => world[Symbol.asyncDispose]());

const signIn = (client: Client) => world.signIn(client, educationId);
const second = (shown: Shown, code: string, client: Client) =>
  client.post(`${world.origin}${shown.page?.props.action}`, { code });
async function mailedCode(): Promise<string> {
  const { rows } = await sql<{ body: { vi: string } }>`SELECT body FROM platform.mail ORDER BY id DESC LIMIT 1`.execute(
    world.context.db,
  );
  return /^\d{4} \d{4}/.exec(rows[0]?.body.vi ?? '')?.[0] ?? '';
}
async function questioned(): Promise<{ asked: string; signals: string[] }[]> {
  const { rows } = await sql<{ data: { asked: string; signals: string[] } }>`
    SELECT data FROM platform.ledger_entry WHERE type = 'sign-in.questioned' AND subject_id = ${teacher} ORDER BY id`.execute(
    world.context.db,
  );
  return rows.map(({ data }) => data);
}
/** The teacher's own browser at home, which the account has seen. */
async function ownClient(): Promise<Client> {
  const client = new Client(undefined);
  assert.equal((await signIn(client)).page?.name, 'launcher');
  client.address = home;
  return client;
}

describe('a right password from where the teacher never was', () => {
  test('W7: from a new browser on a new network it opens nothing: a mailed code is asked for, and the reasons are said', async () => {
    const thief = new Client(elsewhere, firefox);
    const asked = await signIn(thief);
    assert.equal(asked.page?.name, 'secondFactor', asked.body);
    assert.equal(asked.page.props.isMailed, true);
    assert.match(asked.page.props.why, /trình duyệt này chưa từng.*mạng này chưa từng/);
    assert.equal((await thief.get(`${world.origin}/account`)).page?.name, 'signIn', 'nobody is signed in');
    const request = authorizationRequest(world.origin, 'lop-hoc');
    assert.equal((await thief.get(request.url)).page?.name, 'signIn', 'and no app is reached');
    const code = await mailedCode();
    const wrong = code.startsWith('0000') ? '1111 1111' : '0000 0000';
    for (let round = 1; round <= 5; round += 1) assert.equal((await second(asked, wrong, thief)).status, 400);
    assert.equal((await second(asked, code, thief)).status, 400, 'R6: after five wrong codes the right one is none');
    assert.deepEqual(await questioned(), [{ asked: 'mail', signals: ['new-device', 'new-network'] }]);
  });

  test('the owner goes on with the code, once, and is not asked there again; the account says why it was', async () => {
    const own = new Client(elsewhere);
    const asked = await signIn(own);
    const code = await mailedCode();
    assert.equal((await second(asked, code, own)).page?.name, 'launcher');
    assert.notEqual((await second(asked, code, new Client(elsewhere))).page?.name, 'launcher', 'of this browser alone');
    assert.equal((await signIn(new Client(elsewhere, firefox))).page?.name, 'launcher', 'the network is known now');
    const { activity } = (await own.get(`${world.origin}/account`)).page?.props ?? {};
    const said = activity.find(({ sentence }: { sentence: string }) => /lạ/.test(sentence))?.sentence;
    assert.match(said, /Một lượt đăng nhập lạ đã bị hỏi thêm: trình duyệt này chưa từng/);
    const { notices } = (await own.get(`${world.origin}/account`)).page?.props ?? {};
    assert.match(notices.map(({ title }: { title: string }) => title).join(), /lượt đăng nhập lạ/);
    const { rows } = await sql<{
      text: string;
    }>`SELECT string_agg(n::text, '') AS text FROM idp.seen_network AS n`.execute(world.context.db);
    assert.ok(!rows[0]?.text.includes('203.0.113'), 'no address is kept');
  });

  test('a teacher on a mobile network whose address changes every minute is never asked in their own browser', async () => {
    const phone = await ownClient();
    const before = (await questioned()).length;
    for (let minute = 1; minute <= 8; minute += 1) {
      phone.address = minute % 2 ? `100.${64 + minute}.${minute}.9` : `14.${minute}.77.3`;
      const entered = await phone.get(authorizationRequest(world.origin, 'lop-hoc', { prompt: 'consent' }).url);
      assert.equal(entered.page?.name, 'consent', `the session goes on at ${phone.address}`);
      await phone.post(`${world.origin}/sign-out`, {});
      assert.equal((await signIn(phone)).page?.name, 'launcher', `and a new one begins at ${phone.address}`);
      world.clock.moveSeconds(60);
    }
    assert.equal((await questioned()).length, before);
  });

  test('who has a passkey is asked for that and gets no mail; so is who has no address, and neither is let in', async () => {
    const { db } = world.context;
    const refused = async (address: string) => {
      const before = await codes();
      const asked = await signIn(new Client(address));
      assert.equal(asked.status, 400);
      assert.match(asked.page?.props.error.detail, /Mật khẩu đúng.*mạng này chưa từng/);
      assert.match(asked.page?.props.error.remedy, /passkey/);
      assert.equal(await codes(), before);
    };
    await sql`UPDATE registry.person SET email = NULL WHERE id = ${teacher}`.execute(db);
    await refused('8.8.4.4');
    await sql`UPDATE registry.person SET email = 'co.hoa@example.edu.vn' WHERE id = ${teacher}`.execute(db);
    await sql`INSERT INTO idp.passkey (id, credential_id, person_id, public_key, counter, transports, is_synced, name, created_at)
      VALUES (gen_random_uuid(), 'x', ${teacher}, 'x', 0, '{}', true, 'x', now())`.execute(db);
    await refused('8.8.4.5');
    await sql`DELETE FROM idp.passkey WHERE person_id = ${teacher}`.execute(db);
  });

  test('R7: a new computer in the own school asks for nothing; another school’s network does not speak for the teacher', async () => {
    const [own, other] = world.city.schools;
    const register = (organisationId: string, range: string) =>
      world.context.db
        .transaction()
        .execute((transaction) =>
          registerNetwork(transaction, { organisationId, range, name: 'x' }, { kind: 'system', name: 'test' }),
        );
    await register(own?.id ?? '', '45.119.1.0/24');
    await register(other?.id ?? '', '45.119.2.0/24');
    const { rows } = await sql<{ at: string }>`
      SELECT organisation_id AS at FROM registry.affiliation WHERE person_id = ${teacher} AND valid_until IS NULL`.execute(
      world.context.db,
    );
    const [inside, outside] = rows.some(({ at }) => at === own?.id)
      ? ['45.119.1.8', '45.119.2.8']
      : ['45.119.2.8', '45.119.1.8'];
    assert.equal((await signIn(new Client(outside))).page?.name, 'secondFactor');
    assert.equal((await signIn(new Client(inside))).page?.name, 'launcher');
  });

  test('pupils are asked for nothing, wherever they come from, and nothing is kept of their networks', async () => {
    const { pupil } = world.city.people;
    const id = await world.activate(pupil);
    for (const address of ['8.8.8.8', '9.9.9.9', saigon, hanoi])
      assert.equal((await world.signIn(new Client(address), id)).page?.name, 'launcher', address);
    const { rows } = await sql`SELECT FROM idp.seen_network WHERE person_id = ${pupil}`.execute(world.context.db);
    assert.equal(rows.length, 0);
  });
});

const codes = async () =>
  (
    await sql<{ n: number }>`
      SELECT count(*)::int AS n FROM platform.mail WHERE subject->>'en' = 'Code to sign in'`.execute(world.context.db)
  ).rows[0]?.n;

describe('a journey that nobody makes', () => {
  test('from one city to the other in ten minutes the own browser is asked too; in a day it is not', async () => {
    const own = await ownClient();
    own.address = saigon;
    await own.post(`${world.origin}/sign-out`, {});
    assert.equal((await signIn(own)).page?.name, 'launcher');
    world.clock.moveSeconds(600);
    own.address = hanoi;
    await own.post(`${world.origin}/sign-out`, {});
    const asked = await signIn(own);
    assert.equal(asked.page?.name, 'secondFactor', asked.body);
    assert.match(asked.page.props.why, /không ai đến đây kịp/);
    world.clock.moveSeconds(24 * 3600);
    assert.equal((await signIn(own)).page?.name, 'launcher', 'a day later it is a journey');
  });

  test('a carrier’s network is in no one place, and the table is refused when it is not one', () => {
    const places = createPlaces({ config: { networkPlacesFile: file } } as never); // all that it reads
    assert.equal(places.networkOf(mobile)?.place, 'Mạng di động');
    assert.equal(places.kilometres('Mạng di động', 'Hà Nội'), undefined);
    assert.ok(Math.abs((places.kilometres('TP. Hồ Chí Minh', 'Hà Nội') ?? 0) - 1140) < 20);
    assert.equal(places.networkOf('::ffff:192.0.2.10')?.place, 'TP. Hồ Chí Minh');
    assert.deepEqual(places.networkOf('2001:db8:1:2::3'), { network: '2001:db8:1', place: null });
    assert.equal(places.networkOf('not an address'), null);
    const bad = (list: unknown) => {
      const path = join(mkdtempSync(join(tmpdir(), 'places-')), 'bad.json');
      writeFileSync(path, JSON.stringify(list));
      assert.throws(() => createPlaces({ config: { networkPlacesFile: path } } as never), /EDUTRUST_NETWORK_PLACES/);
    };
    for (const list of [{}, [{ name: 'x', ranges: ['10.0.0.0/99'] }], [{ name: 'x', ranges: ['::/8'], at: [91, 0] }]])
      bad(list);
    bad([table[0], table[0]]);
  });
});

describe('a cookie that was stolen', () => {
  test('the session’s cookie alone, or all of them in another browser, enters no app until its owner proves it once more', async () => {
    const own = await ownClient();
    const session = ['edutrust-session', 'edutrust-session.sig'];
    const url = authorizationRequest(world.origin, 'lop-hoc', { prompt: 'consent' }).url;
    const copy = (names: readonly string[], userAgent: string) => {
      const thief = new Client(elsewhere, userAgent);
      for (const one of names) thief.setCookie(one, own.cookie(one) ?? '', new URL(world.origin).host);
      return thief;
    };
    for (const [what, thief, reason] of [
      ['the session’s cookie', copy(session, chrome), /trình duyệt này chưa từng/],
      ['every cookie', copy([...session, 'edutrust-device'], firefox), /phiên này bắt đầu ở một trình duyệt khác/],
    ] as const) {
      const shown = await thief.get(url);
      assert.equal(shown.page?.name, 'stepUp', `${what}: ${shown.body}`);
      assert.match(shown.page.props.why, reason);
      const silent = await thief.get(authorizationRequest(world.origin, 'lop-hoc', { prompt: 'none' }).url);
      assert.equal(new URL(silent.url).searchParams.get('error'), 'login_required', what);
      const typed = await thief.post(`${world.origin}${shown.page.props.action}`, { password });
      // a mailed code, or nothing once five were mailed within the hour
      assert.ok(['secondFactor', 'stepUp'].includes(typed.page?.name ?? ''), `${what}: the password is not enough`);
      assert.equal((await thief.get(url)).page?.name, 'stepUp', what);
    }
    assert.ok((await questioned()).some(({ asked }) => asked === 'session'));
    assert.equal((await own.get(url)).page?.name, 'consent', 'the owner goes on');
  });

  test('nor does it open our own pages or API; a usual request there asks the database nothing more', async () => {
    const own = await ownClient();
    const account = `${world.origin}/account`;
    const names = ['edutrust-session', 'edutrust-session.sig', 'edutrust-device'];
    const thief = new Client(elsewhere, firefox);
    for (const one of names) thief.setCookie(one, own.cookie(one) ?? '', new URL(world.origin).host);
    const before = (await questioned()).length;
    for (let time = 0; time < 3; time += 1)
      assert.equal((await thief.request(`${world.origin}/api/v1/account`)).status, 401);
    assert.equal((await thief.request(`${world.origin}/api/v1/account/sessions`)).status, 401);
    assert.equal((await questioned()).length, before + 1, 'kept once, however often it is tried');
    const shown = await thief.get(account);
    assert.equal(shown.page?.name, 'stepUp', shown.body);
    assert.match(shown.page.props.why, /phiên này bắt đầu ở một trình duyệt khác/);
    await thief.post(`${world.origin}${shown.page.props.action}`, { password });
    assert.notEqual((await thief.get(account)).page?.name, 'account', 'the password is not enough');
    own.address = elsewhere;
    assert.equal((await own.get(account)).page?.name, 'account', 'a browser that is known may be anywhere');
    const withoutDatabase = createRiskWatch(
      { ...world.context, db: undefined as never },
      createThrottle(world.context).devices,
    );
    const origin = { ip: elsewhere, isBehindUndeclaredProxy: false, deviceCookie: own.cookie('edutrust-device') };
    const began = { personId: teacher, device: deviceOf(chrome), place: null, signedInAt: new Date() };
    assert.deepEqual(await withoutDatabase.ofSession(began, origin, chrome), [], 'a usual request asks nothing more');
  });

  test('in the other city within the hour a full copy is asked too', async () => {
    const own = await ownClient();
    own.address = saigon;
    await own.post(`${world.origin}/sign-out`, {});
    assert.equal((await signIn(own)).page?.name, 'launcher');
    const url = authorizationRequest(world.origin, 'lop-hoc', { prompt: 'consent' }).url;
    assert.equal((await own.get(url)).page?.name, 'consent');
    const thief = new Client(hanoi);
    for (const one of ['edutrust-session', 'edutrust-session.sig', 'edutrust-device'])
      thief.setCookie(one, own.cookie(one) ?? '', new URL(world.origin).host);
    const shown = await thief.get(url);
    assert.equal(shown.page?.name, 'stepUp', shown.body);
    assert.match(shown.page.props.why, /không ai đến đây kịp/);
  });
});

test('without a declared proxy a header makes no network known: whoever sends one is asked', async () => {
  await using plain = await testIdp();
  const { people } = plain.city;
  const id = await plain.activate(people.teacher);
  const honest = new TestBrowser();
  assert.equal(
    (await plain.signIn(honest, id)).page?.name,
    'launcher',
    'a new browser where the account was activated',
  );
  for (const header of ['127.0.0.1', '::1', home]) {
    const spoofing = new Client(header);
    const asked = await plain.signIn(spoofing, id);
    assert.notEqual(asked.page?.name, 'launcher', header);
    assert.match(JSON.stringify(asked.page?.props), /chưa từng/);
  }
});
