import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { appOrigins, authorizationRequest, codeFor, redeem, redemption } from '@edutrust/idp/testing/idp';
import { TestBrowser } from '@edutrust/testing/browser';
import { Cluster } from '@edutrust/testing/cluster';
import { eventually } from '@edutrust/testing/eventually';
import { activateWithCode, signInWithPassword, submit } from '@edutrust/testing/forms';

const password = 'một câu đủ dài để nhớ lâu';
const clientId = 'lop-hoc';

/** Activates one of the printed people; gives the education ID. */
async function activate(cluster: Cluster, role: string): Promise<string> {
  const person = cluster.welcome.people.find((one) => one.role.startsWith(role));
  assert.ok(person, role);
  await activateWithCode(cluster.url, person.code, password);
  return person.educationId;
}

async function signIn(cluster: Cluster, educationId: string): Promise<TestBrowser> {
  const browser = new TestBrowser({ stopAt: appOrigins });
  await signInWithPassword(browser, cluster.url, educationId, password);
  return browser;
}

const userinfo = async (node: string, token: string | undefined) =>
  (await fetch(`${node}/oidc/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status;

for (const redis of [true, false]) {
  describe(`two provider processes over one PostgreSQL and ${redis ? 'Redis' : 'no Redis'}`, () => {
    let cluster: Cluster;
    let teacher: string;
    before(async () => {
      cluster = await Cluster.start({ redis });
      teacher = await activate(cluster, 'Giáo viên');
    });
    after(() => cluster?.[Symbol.asyncDispose]());

    test('P10: discovery and keys are the same bytes on both, and hold nothing private', async () => {
      for (const path of ['/.well-known/openid-configuration', '/oidc/jwks']) {
        const [one, other] = await Promise.all(
          cluster.nodes.map(async (node) => (await fetch(new URL(path, node))).text()),
        );
        assert.equal(one, other);
        assert.match(one ?? '', new RegExp(path.endsWith('jwks') ? '"kid"' : `"issuer":"${cluster.url}"`));
        assert.doesNotMatch(one ?? '', /"(?:d|p|q|dp|dq|qi|k)":/);
      }
    });

    test('a session made by one process is known to the other, and ends on both', async () => {
      const browser = await signIn(cluster, teacher);
      for (let count = 0; count < 6; count += 1)
        assert.equal((await browser.request(`${cluster.url}/account`)).status, 200, 'each process in turn');
      const code = await codeFor(browser, cluster.url, clientId);
      const tokens = await redeem(cluster.url, clientId, redemption(code));
      assert.deepEqual(
        await Promise.all(cluster.nodes.map((node) => userinfo(node, tokens.json.access_token))),
        [200, 200],
      );
      const launcher = await browser.get(`${cluster.url}/`);
      await submit(browser, cluster.url, launcher.forms, {});
      // S2: at most five seconds; asked on both until it holds.
      await eventually(async () => {
        for (const node of cluster.nodes) assert.equal(await userinfo(node, tokens.json.access_token), 401);
        for (let count = 0; count < 2; count += 1)
          assert.notEqual((await browser.request(`${cluster.url}/account`)).status, 200);
      }, 5_000);
    });

    test('S9: what ends on one process does not come back by requests under way on the other', async () => {
      for (let round = 0; round < 10; round += 1) {
        const browser = await signIn(cluster, teacher);
        const granted = await codeFor(browser, cluster.url, clientId);
        const cookie = browser.header(new URL(cluster.url));
        const polls = Array.from({ length: 12 }, (_, index) =>
          fetch(authorizationRequest(cluster.nodes[index % 2] ?? '', clientId).url, {
            headers: { cookie },
            redirect: 'manual',
          }),
        );
        const redeeming = redeem(cluster.nodes[1] ?? '', clientId, redemption(granted));
        await browser.post(`${cluster.url}/account/sessions/end`, {});
        for (const answer of await Promise.all(polls)) await answer.arrayBuffer();
        const { json } = await redeeming;
        for (const node of cluster.nodes) {
          const again = await fetch(`${node}/account`, { headers: { cookie }, redirect: 'manual' });
          assert.notEqual(again.status, 200, `round ${round}`);
          if (json.access_token) assert.equal(await userinfo(node, json.access_token), 401, `round ${round}`);
        }
      }
    });

    test('P3: a code redeemed fifty times at once over both processes succeeds exactly once', async () => {
      const browser = await signIn(cluster, teacher);
      const code = await codeFor(browser, cluster.url, clientId);
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) => redeem(cluster.nodes[index % 2] ?? '', clientId, redemption(code))),
      );
      const good = answers.filter(({ status }) => status === 200);
      assert.equal(good.length, 1, JSON.stringify(answers.map(({ status }) => status)));
      assert.ok(answers.every(({ status, json }) => status === 200 || json.error === 'invalid_grant'));
      for (const node of cluster.nodes)
        assert.equal(await userinfo(node, good[0]?.json.access_token), 401, 'a code that was used twice was stolen');
    });

    if (!redis) return;

    test('O1: with Redis hung or gone people sign in all the same, and nothing that was used up comes back', async () => {
      const browser = await signIn(cluster, teacher);
      const used = await codeFor(browser, cluster.url, clientId);
      const tokens = await redeem(cluster.url, clientId, redemption(used));
      assert.equal(tokens.status, 200);
      const fresh = await codeFor(browser, cluster.url, clientId);

      cluster.redis?.hang();
      const within = { signal: AbortSignal.timeout(60_000) }; // Redis hangs for ever, a busy machine does not
      assert.equal((await browser.request(`${cluster.url}/account`, within)).status, 200);
      const during = await signIn(cluster, teacher);
      const newer = await redeem(cluster.url, clientId, redemption(await codeFor(during, cluster.url, clientId)));
      assert.equal(newer.status, 200, 'PostgreSQL takes over');
      for (const node of cluster.nodes) assert.equal((await fetch(`${node}/health/ready`)).status, 200, 'still ready');
      assert.notEqual((await redeem(cluster.url, clientId, redemption(used))).status, 200);
      // Begun while Redis is away, finished when it is back with what it knew before.
      const across = new TestBrowser({ stopAt: appOrigins });
      const asked = await across.get(`${cluster.url}/signin?return_to=/account`);
      cluster.redis?.resume();
      const entered = await submit(across, cluster.url, asked.forms, { identifier: teacher, password });
      assert.equal(new URL(entered.url).pathname, '/account', entered.body);

      await cluster.loseRedis();
      const again = await eventually(async () => {
        const answer = await redeem(cluster.url, clientId, redemption(used));
        assert.equal(answer.json.error, 'invalid_grant', JSON.stringify(answer.json));
        return answer;
      });
      assert.equal(again.status, 400);
      for (const node of cluster.nodes) assert.equal(await userinfo(node, tokens.json.access_token), 401);
      assert.ok([200, 400].includes((await redeem(cluster.url, clientId, redemption(fresh))).status));
      await eventually(async () => assert.ok(await signIn(cluster, teacher)));
    });
  });
}
