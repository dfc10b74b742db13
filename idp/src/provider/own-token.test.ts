import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TestBrowser } from '@edutrust/testing/browser';
import { appOrigins, bringing, codeFor, redeem, redemption, type TestIdp, testIdp } from '../../testing/idp.ts';
import { changeApp, endApp, registerApp } from '../apps/apps.ts';

const actor = { kind: 'system', name: 'test' } as const;

describe('a token that an app gets for itself', () => {
  let world: TestIdp;
  let secret: string;
  const id = 'van-thu-so';
  before(async () => {
    world = await testIdp();
    const { clientSecret = '' } = await world.context.db.transaction().execute((tx) =>
      registerApp(
        tx,
        {
          clientId: id,
          name: 'Văn thư số',
          purpose: { vi: 'Để thử.', en: 'For a test.' },
          kind: 'machine',
          organisationId: world.city.departmentId,
          redirectUris: [],
          isApproved: true,
          scopes: ['documents', 'ssf.read'],
        },
        actor,
        new Date(),
      ),
    );
    secret = clientSecret;
  });
  after(() => world[Symbol.asyncDispose]());

  const tokenFor = async (scope?: string) => {
    const wish = { grant_type: 'client_credentials', ...(scope ? { scope } : {}) };
    return (await redeem(world.origin, id, wish, secret)).json.access_token ?? '';
  };

  test('names its app, its organisation and the scopes that it asked for; nobody else has one', async () => {
    const { apps } = world.idp;
    const appOf = async (token?: string) => (await apps.appOf(bringing(token))).holder;
    const token = await tokenFor('documents');
    const organisationId = world.city.departmentId;
    assert.deepEqual(await appOf(token), { clientId: id, organisationId, scopes: ['documents'] });
    assert.deepEqual((await appOf(await tokenFor('ssf.read')))?.scopes, ['ssf.read']);
    assert.deepEqual((await appOf(await tokenFor()))?.scopes, [], 'asked for none');
    assert.equal(await appOf(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`), undefined);
    const educationId = await world.activate(world.city.people.teacher);
    const browser = new TestBrowser({ stopAt: appOrigins });
    await world.signIn(browser, educationId);
    const { json } = await redeem(world.origin, 'lop-hoc', redemption(await codeFor(browser, world.origin, 'lop-hoc')));
    assert.equal(await appOf(json.access_token), undefined, 'a person’s token is no app’s');
    const { sub } = JSON.parse(Buffer.from(json.id_token?.split('.')[1] ?? '', 'base64url').toString());
    assert.equal(await apps.personOf('lop-hoc', sub), world.city.people.teacher);
    assert.equal(await apps.personOf(id, sub), undefined, 'another app knows nobody by it');
  });

  test('ends with the scope, and with the app', async () => {
    const { apps } = world.idp;
    const { db } = world.context;
    const token = await tokenFor('documents');
    await db.transaction().execute((tx) => changeApp(tx, id, { scopes: ['ssf.read'] }, actor));
    world.clock.moveSeconds(4);
    assert.deepEqual((await apps.appOf(bringing(token))).holder?.scopes ?? [], []);
    await db.transaction().execute((tx) => endApp(tx, id, actor, new Date()));
    world.clock.moveSeconds(4);
    assert.equal((await apps.appOf(bringing(token))).holder, undefined);
  });
});
