import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import PDFDocument from 'pdfkit';
import { type TestCity, testCity } from '../../testing/city.ts';
import { type Office, officeOf } from '../../testing/office.ts';
import { flourish, roundSeal } from '../../testing/png.ts';
import { verifyFile } from '../public-verification/verify.ts';

/** A decision with room above the name for a seal of 36 mm. */
async function decision(): Promise<Buffer> {
  const document = new PDFDocument({ size: 'A4', margin: 60 });
  const parts: Buffer[] = [];
  document.on('data', (part: Buffer) => parts.push(part));
  const done = new Promise<void>((resolve) => document.on('end', () => resolve()));
  document.fontSize(14).text('QUYET DINH', 80, 100).text('HIEU TRUONG', 340, 520).text('Nguyen Van A', 340, 660);
  document.end();
  await done;
  return Buffer.concat(parts);
}

describe('what signatures look like (Decree 30/2020/NĐ-CP, annex I)', () => {
  let world: TestCity;
  let office: Office;
  let hand: { method: 'PUT'; where: string };
  let seal: string;
  before(async () => {
    world = await testCity();
    office = await officeOf(world);
    hand = { method: 'PUT', where: '/api/v1/signing/picture' };
    seal = `${office.path('seal-picture')}?widthMm=36`;
  });
  after(() => world[Symbol.asyncDispose]());
  /** Between title and name of the decision. */
  const place = { page: 1, rect: [330, 205, 500, 300] };
  const wish = (uploadId: string, more: object) => ({
    uploadId,
    title: 'Quyết định',
    signers: [{ personId: office.principal.personId, place }],
    ...more,
  });
  const document = async (id: string) =>
    (await world.call(office.administrator, 'GET', `/api/v1/signing/requests/${id}/document`)).body;

  test('a hostile file is refused, and nothing is drawn before a second person has agreed to a seal', async () => {
    const { principal, clerk, upload } = office;
    const bad = await upload(Buffer.from('GIF89a'), { ...hand, person: principal.personId });
    assert.deepEqual([bad.status, bad.json.code], [400, 'sign/image']);
    const large = await upload(Buffer.alloc(2 * 2 ** 20 + 1), { ...hand, person: principal.personId });
    assert.deepEqual([large.status, large.json.code], [413, 'signing/file-too-large']);
    const kept = await upload(flourish(), { ...hand, person: principal.personId });
    assert.equal(kept.status, 200, JSON.stringify(kept.json));
    const other = await world.call(office.teacher.personId, 'GET', '/api/v1/signing/picture');
    assert.equal(other.json.picture, null, 'each their own');
    const notClerk = await upload(roundSeal(), { where: seal, person: office.administrator });
    assert.equal(notClerk.status, 403, 'who keeps the seal sends its picture');

    const proposed = await upload(roundSeal(), { where: seal, person: clerk.personId });
    assert.equal(proposed.status, 202, JSON.stringify(proposed.json));
    const { json: sent } = await upload(await decision());
    const early = await office.ask(wish(sent.id, { look: 'pictures', seal: {} }));
    assert.deepEqual(
      [early.status, early.json.code, early.json.fields?.map(({ pointer }: { pointer: string }) => pointer)],
      [400, 'signing/no-picture', ['/seal/place']],
    );
    const { securityOfficer } = world.city.people;
    const id = proposed.json.approval.id;
    await world.two.confirm(id, clerk.personId);
    await assert.rejects(world.two.approve(id, clerk.personId), 'nobody approves their own');
    const { rows } = await sql<{ mask: Buffer }>`
      UPDATE signing.picture SET mask = mask || '\\x00'::bytea WHERE approval_id = ${id} RETURNING mask`.execute(
      world.context.db,
    );
    await assert.rejects(world.two.approve(id, securityOfficer), { code: 'signing/picture-changed' });
    assert.ok(rows[0]);
    const again = await upload(roundSeal(), { where: seal, person: clerk.personId });
    await world.two.both(again.json.approval.id, clerk.personId, securityOfficer);
    const now = await world.call(clerk.personId, 'GET', office.path('seal-picture'));
    assert.deepEqual([now.json.current.widthMm, now.json.waiting], [36, []]);
  });

  test('the hand in blue at its place, the seal in red over a third of it: our judge finds both whole', async () => {
    const { json: sent } = await office.upload(await decision());
    const asked = await office.ask(wish(sent.id, { look: 'pictures', seal: {} }));
    assert.equal(asked.status, 201, JSON.stringify(asked.json));
    const unsigned = await document(asked.json.id);
    assert.deepEqual(await office.sign(office.principal, [asked.json.id]), ['signed']);
    const signed = await document(asked.json.id);
    assert.ok(signed.length - unsigned.length <= 20_480, `${signed.length - unsigned.length} bytes`);
    assert.deepEqual(await office.sign(office.clerk, [asked.json.id], 'seal'), ['signed']);
    const sealed = await document(asked.json.id);
    const report = await verifyFile(world.context, sealed);
    assert.equal(report.verdict, 'valid', JSON.stringify(report));
    const rects = [...sealed.toString('latin1').matchAll(/\/Rect \[([\d. ]+)\]/g)].map(([, four = '']) =>
      four.split(' ').map(Number),
    );
    const [signature = [], stamp = []] = rects;
    const [left = 0, , right = 0] = signature;
    assert.ok(Math.abs((stamp[2] ?? 0) - (stamp[0] ?? 0) - (36 * 72) / 25.4) < 0.1, 'in its true size');
    assert.ok(Math.abs(((stamp[2] ?? 0) - left) / (right - left) - 1 / 3) < 0.01, 'over the left third');
    assert.equal(sealed.toString('latin1').match(/\/SMask /g)?.length, 2);
  });

  test('a seal that would lie over text is refused where it is asked for', async () => {
    const { json: sent } = await office.upload(await decision());
    const low = { page: 1, rect: [330, 180, 500, 240] };
    const asked = await office.ask({
      ...wish(sent.id, { look: 'pictures', seal: {} }),
      signers: [{ personId: office.principal.personId, place: low }],
    });
    assert.deepEqual([asked.status, asked.json.code], [400, 'signing/place']);
  });

  test('a copy and an annex have one line at the upper right of the first page, and no picture', async () => {
    for (const [more, said] of [
      [{ look: 'copy', line: 'SAO Y', seal: {} }, /SAO Y; Trường/],
      [{ look: 'annex', line: '12/QĐ-LL' }, /12\/QĐ-LL; /],
    ] as const) {
      const { json: sent } = await office.upload(await decision());
      const asked = await office.ask(wish(sent.id, more));
      assert.equal(asked.status, 201, JSON.stringify(asked.json));
      await office.sign(office.principal, [asked.json.id]);
      if ('seal' in more) await office.sign(office.clerk, [asked.json.id], 'seal');
      const file = await document(asked.json.id);
      assert.doesNotMatch(file.toString('latin1'), /\/SMask /);
      assert.equal((await verifyFile(world.context, file)).verdict, 'valid');
      const { rows } = await sql<{ place: { page: number; rect: number[] }; look: { text: string } }>`
        SELECT place, look FROM signing.step WHERE request_id = ${asked.json.id} AND look IS NOT NULL`.execute(
        world.context.db,
      );
      assert.equal(rows.length, 1);
      assert.match(`${rows[0]?.look.text}; `, said);
      const [, bottom = 0, right = 0] = rows[0]?.place.rect ?? [];
      assert.ok(rows[0]?.place.page === 0 && bottom > 790 && right > 540, 'in the corner');
    }
    const { json: sent } = await office.upload(await decision());
    const none = await office.ask(wish(sent.id, { look: 'annex' }));
    assert.deepEqual([none.status, none.json.code], [400, 'signing/no-line']);
  });

  test('who has no picture any more signs with the block: a document can always be signed', async () => {
    const { json: sent } = await office.upload(await decision());
    const asked = await office.ask(wish(sent.id, { look: 'pictures' }));
    await world.app.inject({
      method: 'DELETE',
      url: hand.where,
      headers: {
        'x-person': office.principal.personId,
        'x-session': 'another',
        'sec-fetch-site': 'same-origin',
      },
    });
    assert.deepEqual(await office.sign(office.principal, [asked.json.id]), ['signed']);
    assert.equal((await verifyFile(world.context, await document(asked.json.id))).verdict, 'valid');
  });
});
