import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { type TestIdp, testIdp } from '../../testing/idp.ts';
import { type NewApp, registerApp } from '../apps/apps.ts';
import { listTiles } from '../apps/tiles.ts';
import type { DocumentsPort } from '../children/children.ts';

describe('the launcher', () => {
  let idp: TestIdp;
  /** What the keeper of documents says waits, by person. */
  const waiting = new Map<string, Awaited<ReturnType<DocumentsPort['waitingFor']>>>();
  before(async () => {
    idp = await testIdp(
      {},
      {
        issuedTo: async () => [],
        waitingFor: async ({ personId }) => waiting.get(personId) ?? { count: 0, batches: [] },
      },
    );
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
    classes: { code: string; seats: readonly string[]; href: string }[];
    activity: readonly object[];
    waiting: { count: number; href: string; batches: { href: string; standOut: string[] }[] } | null;
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
    assert.deepEqual([props.classes, props.waiting, props.activity], [[], null, []]);
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
    const seats = props.classes[0]?.seats ?? [];
    assert.equal(seats.filter((seat) => seat === 'in').length, 1, 'the pupil above came in, nobody else');
    assert.equal(seats.filter((seat) => seat === 'none').length, seats.length - 1);
    assert.ok(props.activity.length > 0 && props.activity.length <= 3);
  });

  test('N7: the principal reads the names of pupils whose marks stand out, and each has it in the book; others have not', async () => {
    const { principal, pupil, movedPupil } = idp.city.people;
    const batch = { className: '5A', title: 'Học bạ', isTranscripts: true, count: 31, dueAt: null };
    const standOut = [{ personId: pupil, fullName: 'Đặng Thị Ánh Nguyệt' }];
    waiting.set(principal, { count: 31, batches: [{ ...batch, purpose: 'sign', key: 'một-lớp', standOut }] });
    const browser = await idp.enter(principal);
    const props = (await browser.get(new URL('/', idp.context.config.url))).page?.props as LauncherSeen;
    assert.deepEqual(props.waiting?.batches[0]?.standOut, ['Đặng Thị Ánh Nguyệt']);
    const entriesOf = async (personId: string) => {
      const { rows } = await sql<{ reader: string }>`SELECT reader_id AS reader FROM registry.access
        WHERE operation = 'marks.open' AND ${personId}::uuid = ANY(people)`.execute(idp.context.db);
      return new Set(rows.map(({ reader }) => reader));
    };
    assert.deepEqual(await entriesOf(pupil), new Set([principal]));
    assert.deepEqual(await entriesOf(movedPupil), new Set());
  });

  test('a tile stands where the app serves people of that kind: pupil, teacher, a guardian of two schools', async () => {
    const { context, city } = idp;
    const [primary, lower] = city.schools;
    assert.ok(primary && lower);
    const { pupil, teacher, guardian, movedPupil } = city.people;
    const register = (clientId: string, input: Partial<NewApp>) =>
      context.db.transaction().execute((transaction) =>
        registerApp(
          transaction,
          {
            clientId,
            name: clientId,
            purpose: { vi: 'Thử.', en: 'A try.' },
            kind: 'spa',
            organisationId: primary.id,
            redirectUris: ['https://app.example/cb'],
            homeUri: 'https://app.example/',
            isApproved: true,
            ...input,
          },
          { kind: 'system', name: 'cli' },
          context.clock.now(),
        ),
      );
    await register('for-all', {});
    await register('for-teachers', { audience: ['teacher'] });
    await register('for-guardians', { audience: ['guardian'] });
    await register('for-guardians-elsewhere', { audience: ['guardian'], organisationId: lower.id });
    await register('not-approved', { isApproved: false });
    await register('outside', { isExternal: true });
    await register('outside-activated', { isExternal: true, audience: ['guardian', 'learner'] });
    await sql`INSERT INTO idp.app_activation (client_id, organisation_id, activated_at, activated_by)
      VALUES ('outside-activated', ${lower.id}, now(), ${city.people.administrator})`.execute(context.db);
    const tiles = async (personId: string) =>
      (await listTiles(context.db, personId)).map(({ clientId }) => clientId).filter((id) => id !== 'lop-hoc');
    assert.deepEqual(await tiles(pupil), ['for-all']);
    assert.deepEqual(await tiles(teacher), ['for-all', 'for-teachers']);
    assert.deepEqual(await tiles(guardian), ['for-all', 'for-guardians']);
    await sql`INSERT INTO registry.affiliation (id, person_id, organisation_id, role, valid_from)
      VALUES (gen_random_uuid(), ${guardian}, ${lower.id}, 'guardian', current_date)`.execute(context.db);
    assert.deepEqual(await tiles(guardian), [
      'for-all',
      'for-guardians',
      'for-guardians-elsewhere',
      'outside-activated',
    ]);
    await sql`UPDATE registry.affiliation SET valid_until = current_date
      WHERE person_id = ${guardian} AND organisation_id = ${primary.id}`.execute(context.db);
    assert.deepEqual(await tiles(guardian), ['for-guardians-elsewhere', 'outside-activated'], 'the child has moved');
    for (const elsewhere of [city.people.auditor, movedPupil])
      assert.ok(!(await tiles(elsewhere)).includes('for-teachers'));
  });

  test('a guardian is anh or chị', async () => {
    assert.equal((await launcherOf(idp.city.people.guardian)).props.address.kind, 'adult');
  });
});
