import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { type TestIdp, testIdp } from '../../testing/idp.ts';

describe('the launcher', () => {
  let idp: TestIdp;
  before(async () => {
    idp = await testIdp();
  });
  after(() => idp[Symbol.asyncDispose]());

  async function launcherOf(personId: string) {
    const browser = new TestBrowser();
    const shown = await idp.signIn(browser, await idp.activate(personId));
    assert.equal(shown.page?.name, 'launcher', shown.body);
    return { props: shown.page.props as LauncherSeen, view: shown.page.view }; // what the page was given
  }
  interface LauncherSeen {
    address: { kind: string; gender: string | null };
    classes: { code: string; learnerCount: number; href: string }[];
    waiting: { count: number; href: string } | null;
    apps: { clientId: string; picture: string | null }[];
    isShared: boolean;
  }

  test('a pupil is `em`, knows when the session ends, and sees apps with their pictures', async () => {
    const { props, view } = await launcherOf(idp.city.people.pupil);
    assert.equal(props.address.kind, 'pupil');
    assert.equal(view.idleSeconds, 900);
    assert.ok(props.isShared);
    assert.deepEqual(
      props.apps.map(({ clientId, picture }) => [clientId, picture]),
      [['lop-hoc', 'book']],
    );
    assert.deepEqual([props.classes, props.waiting], [[], null]);
  });

  test('a class teacher is thầy or cô and has the class one tap away; own device, no countdown', async () => {
    await sql`UPDATE registry.person SET gender = 'female' WHERE id = ${idp.city.people.teacher}`.execute(
      idp.context.db,
    );
    const { props, view } = await launcherOf(idp.city.people.teacher);
    assert.deepEqual(props.address, { kind: 'teacher', gender: 'female' });
    assert.equal(view.idleSeconds, undefined);
    assert.equal(props.classes.length, 1);
    assert.match(props.classes[0]?.href ?? '', /^\/teach\/classes\/[0-9a-f-]{36}$/);
    assert.ok((props.classes[0]?.learnerCount ?? 0) > 0);
  });

  test('a guardian is anh or chị', async () => {
    assert.equal((await launcherOf(idp.city.people.guardian)).props.address.kind, 'adult');
  });
});
