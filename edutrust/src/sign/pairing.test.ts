import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { codeOf, machinesOf, type SealingWorld, schoolName, sealingWorld } from '../../testing/sealing.ts';
import { createClient, type Fetch } from './client.ts';
import { pairedClient, type SchoolComputer } from './machine.ts';
import { readPairing } from './pairing-file.ts';

describe('a school’s computer is paired by the code that it shows, its clerk and a second person', () => {
  let world: SealingWorld;
  before(async () => {
    world = await sealingWorld();
  });
  after(() => world?.[Symbol.asyncDispose]());

  /** Shows a code; what came of it when somebody did something about it. */
  const shown = (act: () => Promise<unknown>, departures: Partial<SchoolComputer> = {}) => {
    let isDone = false;
    const pause = async () => {
      if (isDone) throw Object.assign(new Error('nobody took it'), { code: 'nobody' });
      isDone = true;
      await act();
    };
    return codeOf(pairedClient(world.computer({ ...departures, pause }), true));
  };

  test('for the origin that the token signed for, with a root that operators trust, and by no code but the one that is shown', async () => {
    const { school, type, city } = world;
    const elsewhere = world.computer({ origin: 'https://elsewhere.test' });
    assert.equal(await codeOf(pairedClient(elsewhere, false)), 'sealing/no-possession');
    let refused: string[] = [];
    const look = async () => {
      refused = [
        (await type(school.clerkId, school.id, '/look')).json.code,
        (await type(school.clerkId, school.id)).json.code,
      ];
    };
    assert.equal(await shown(look, { key: world.keyOf('strange') }), 'nobody');
    assert.deepEqual(refused, ['sealing/not-trusted', 'sealing/not-trusted']);
    const wrong = await city.call(school.clerkId, 'POST', machinesOf(school.id), { code: 'AAAA-AAAA' });
    assert.equal(wrong.json.code, 'sealing/no-code');
  });

  test('a code that expired pairs nothing, on the server or here', async () => {
    const { school, type, city } = world;
    let late = '';
    const expire = async () => {
      await sql`UPDATE platform.short_lived SET expires_at = now() WHERE key LIKE '%sealing:pairing:%'`.execute(
        city.context.db,
      );
      late = (await type(school.clerkId, school.id)).json.code;
    };
    assert.equal(await shown(expire), 'nobody');
    assert.equal(late, 'sealing/no-code');
    const hour = { now: () => new Date(Date.now() + 9 * 60_000) };
    let looks = 0;
    const clock = { now: () => (++looks > 2 ? new Date(Date.now() + 3_600_000) : hour.now()) };
    assert.equal(await codeOf(pairedClient(world.computer({ clock }), true)), 'sign/code-expired');
  });

  test('one person alone pairs nothing; a code is used once; who does not keep the seal cannot use it', async () => {
    const { school, type, city } = world;
    const showing = world.computer({
      pause: async () => {
        const look = await type(school.clerkId, school.id, '/look');
        assert.equal(look.json.certificate.organisation, schoolName, JSON.stringify(look.json));
        assert.equal((await type(school.principalId, school.id)).status, 403);
        assert.equal((await type(world.other.clerkId, school.id)).status, 403, 'nor for another school');
        const claimed = await type(school.clerkId, school.id);
        assert.equal(claimed.status, 202, JSON.stringify(claimed.json));
        assert.equal((await type(school.clerkId, school.id)).json.code, 'sealing/no-code', 'used up');
        const { approval } = claimed.json;
        await city.two.confirm(approval.id, school.clerkId);
        await assert.rejects(city.two.approve(approval.id, school.clerkId), 'nobody agrees with themselves');
      },
    });
    assert.equal(await pairedClient(showing, false), undefined);
    const kept = await readPairing(showing.folder, city.origin);
    assert.ok(kept);
    const early = createClient(world.fetch, () => new Date(), kept);
    assert.equal(await codeOf(early.get('/api/v1/sealing/waiting')), 'sealing/not-paired');
    await sql`UPDATE signing.sealing_machine SET state = 'paired', paired_at = now(), expires_at = now() + interval '1 day'`.execute(
      city.context.db,
    ); // a row that somebody wrote
    assert.equal(await codeOf(early.get('/api/v1/sealing/waiting')), 'approvals/none', 'nobody approved it');
    await sql`UPDATE signing.sealing_machine SET state = 'awaiting-approval', paired_at = NULL`.execute(
      city.context.db,
    );
  });

  test('another school’s clerk who types the code first is seen by the second person, and the computer is told', async () => {
    const { other, type, city } = world;
    let approvalId = '';
    const claim = async () => {
      const { json } = await type(other.clerkId, other.id);
      approvalId = json.approval.id;
    };
    const folder = join(world.computer().folder, 'claimed');
    assert.equal(await shown(claim, { folder }), 'no error', 'it waits');
    assert.ok(world.said.at(-1)?.includes(other.name), world.said.at(-1));
    await city.two.confirm(approvalId, other.clerkId);
    await city.two.refuse(approvalId, city.city.people.securityOfficer, 'chứng thư của trường khác');
    assert.equal(await codeOf(pairedClient(world.computer({ folder }), false)), 'sign/not-paired');
  });

  test('a certificate is one school’s: another’s clerk cannot propose it', async () => {
    const { other, type } = world;
    await world.pair();
    let code = '';
    const claim = async () => {
      code = (await type(other.clerkId, other.id)).json.code;
    };
    assert.equal(await shown(claim, { folder: join(world.computer().folder, 'second') }), 'nobody');
    assert.equal(code, 'sealing/others-certificate');
  });

  test('who hears the pairing has a credential without its key: nothing', async () => {
    const { school, type } = world;
    const heard: { body: string; answer: string }[] = [];
    const listening: Fetch = async (url, init) => {
      const answer = await world.fetch(url, init);
      if (url.endsWith('/sealing/machines'))
        heard.push({ body: String(init.body), answer: await answer.clone().text() });
      return answer;
    };
    const folder = join(world.computer().folder, 'heard');
    await shown(() => type(school.clerkId, school.id), { fetch: listening, folder });
    const { token } = JSON.parse(heard[0]?.answer ?? '');
    const own = await readPairing(folder, world.city.origin);
    assert.equal(own?.token, token);
    const headers = { 'content-type': 'application/json' };
    const again = await world.fetch(`${world.city.origin}/api/v1/sealing/machines`, {
      method: 'POST',
      headers,
      body: heard[0]?.body ?? '',
    });
    const { token: second } = (await again.json()) as { token: string };
    for (const stolen of [token, second]) {
      const bare = { headers: { authorization: `DPoP ${stolen}` } };
      const { status } = await world.fetch(`${world.city.origin}/api/v1/sealing/machine`, bare);
      assert.equal(status, 401);
    }
  });
});
