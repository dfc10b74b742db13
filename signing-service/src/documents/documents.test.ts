import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import PDFDocument from 'pdfkit';
import { createAuthority } from '../../testing/authority.ts';
import { type TestCity, type TestPhone, testCity } from '../../testing/city.ts';
import { type Office, officeOf } from '../../testing/office.ts';
import { independentWitnesses } from '../../testing/witnesses.ts';
import { fontFile } from '../fonts/fonts.ts';
import { signPdf } from '../formats/pades/pades.ts';
import { verifyFile } from '../public-verification/verify.ts';
import { forgetUploads } from './upload.ts';

/** A decision as an office writes one: a heading, some lines, and a place for the signature below its title. */
async function decision(lines = 3): Promise<Buffer> {
  const document = new PDFDocument({ size: 'A4', margin: 60, info: { Title: 'Quyết định' } });
  const parts: Buffer[] = [];
  document.on('data', (part: Buffer) => parts.push(part));
  const done = new Promise<void>((resolve) => document.on('end', () => resolve()));
  document.registerFont('regular', fontFile('regular'));
  document.font('regular').fontSize(14).text('QUYẾT ĐỊNH về việc khen thưởng học sinh');
  for (let line = 0; line < lines; line++) document.fontSize(11).text(`Điều ${line + 1}. Khen thưởng học sinh.`);
  document.text('TỔ TRƯỞNG', 80, 520).text('HIỆU TRƯỞNG', 340, 520);
  document.end();
  await done;
  return Buffer.concat(parts);
}

describe('documents that somebody sends to be signed', () => {
  let world: TestCity;
  let office: Office;
  before(async () => {
    world = await testCity();
    office = await officeOf(world);
    ({ teacher, principal, clerk, administrator } = office);
  });
  after(() => world[Symbol.asyncDispose]());
  let teacher: TestPhone;
  let principal: TestPhone;
  let clerk: TestPhone;
  let administrator = '';
  const path = (what: string) => office.path(what);
  const upload: Office['upload'] = (...given) => office.upload(...given);
  const ask: Office['ask'] = (...given) => office.ask(...given);
  const sign: Office['sign'] = (...given) => office.sign(...given);
  const at = (left: number, bottom: number) => ({ page: 1, rect: [left, bottom, left + 160, bottom + 50] });
  const under = (text: string) => ({ anchor: { text } });
  const wish = (uploadId: string, more: object = {}) => ({
    uploadId,
    title: 'Quyết định khen thưởng',
    signers: [
      { personId: teacher.personId, title: 'Tổ trưởng', place: under('TỔ TRƯỞNG') },
      { personId: principal.personId, place: under('HIỆU TRƯỞNG') },
    ],
    ...more,
  });

  test('in order, under their titles, the seal last: our judge, pdfsig, openssl and a PDF reader agree', async () => {
    const { status, json: sent } = await upload(await decision());
    assert.deepEqual([status, sent.pages.length, sent.signatures, sent.fileName], [201, 1, 0, 'quyết định.pdf']);
    const asked = await ask(wish(sent.id, { seal: { place: at(200, 120) } }));
    assert.equal(asked.status, 201, JSON.stringify(asked.json));
    const { id, code, kind, steps } = asked.json;
    assert.deepEqual(
      [kind, steps.map((step: { state: string }) => step.state)],
      ['upload', ['due', 'pending', 'pending']],
    );
    assert.equal((await principal.call('POST', 'sessions', { requestIds: [id] })).json.code, 'signing/not-waiting');
    assert.deepEqual(await sign(teacher, [id]), ['signed']);
    assert.deepEqual(await sign(principal, [id]), ['signed']);
    assert.deepEqual(await sign(clerk, [id], 'seal'), ['signed']);
    const { body } = await world.call(administrator, 'GET', `/api/v1/signing/requests/${id}/document`);
    const report = await verifyFile(world.context, body);
    assert.equal(report.verdict, 'valid', JSON.stringify(report.reasons));
    assert.deepEqual(
      report.signatures.map(({ signer, coverage, intact, trusted }) => [
        signer?.title ?? 'seal',
        coverage,
        intact,
        trusted,
      ]),
      [
        ['Giáo viên chủ nhiệm', 'revision', true, true],
        ['Hiệu trưởng', 'revision', true, true],
        ['seal', 'whole', true, true],
      ],
    );
    await independentWitnesses(world, body);
    const open = await world.app.inject({ method: 'GET', url: `/api/v1/verify/${code}` });
    assert.deepEqual(
      [open.json().title, open.json().holder, open.json().state],
      ['Văn bản được ký số', null, 'issued'],
    );
    assert.ok(!JSON.stringify(open.json()).includes('khen thưởng'), 'the title is for those who sign it');
  });

  test('in parallel each signs when they like; who prepared before another signed is told and signs again', async () => {
    const { json: sent } = await upload(await decision());
    const asked = await ask(wish(sent.id, { order: 'parallel' }));
    const { id } = asked.json;
    assert.deepEqual(
      asked.json.steps.map((step: { state: string }) => step.state),
      ['due', 'due'],
    );
    const early = await teacher.open([id]);
    const confirmation = await teacher.confirmation(early);
    assert.deepEqual(await sign(principal, [id]), ['signed']);
    const late = await teacher.confirm(early, confirmation);
    assert.deepEqual(late.json.items[0].error.code, 'signing/signed-meanwhile');
    assert.deepEqual(await sign(teacher, [id]), ['signed']);
    const found = await world.call(administrator, 'GET', `/api/v1/signing/requests/${id}`);
    assert.equal(found.json.state, 'issued');
    const { body } = await world.call(administrator, 'GET', `/api/v1/signing/requests/${id}/document`);
    const report = await verifyFile(world.context, body);
    assert.deepEqual([report.verdict, report.signatures.length], ['valid', 2], JSON.stringify(report.reasons));
  });

  test('in parallel one who rejects ends it for all; nobody signs what was withdrawn', async () => {
    const { json: sent } = await upload(await decision());
    const { id } = (await ask(wish(sent.id, { order: 'parallel' }))).json;
    const rejected = await principal.call('POST', `requests/${id}/reject`, { reason: 'Sai tên học sinh' });
    assert.equal(rejected.json.state, 'rejected');
    assert.deepEqual(
      rejected.json.steps.map((step: { state: string }) => step.state),
      ['cancelled', 'rejected'],
    );
    assert.equal((await teacher.call('POST', 'sessions', { requestIds: [id] })).json.code, 'signing/not-waiting');
  });

  test('two who confirm at the same moment: one signature each at most, and the file holds together', async () => {
    const { json: sent } = await upload(await decision());
    const { id } = (await ask(wish(sent.id, { order: 'parallel' }))).json;
    const [first, second] = [await teacher.open([id]), await principal.open([id])];
    const [one, other] = [await teacher.confirmation(first), await principal.confirmation(second)];
    const answers = await Promise.all([teacher.confirm(first, one), principal.confirm(second, other)]);
    const states = answers.map(({ json }) => json.items[0].error?.code ?? json.items[0].state).sort();
    assert.deepEqual(states[0], 'signed', JSON.stringify(states));
    assert.match(states[1] ?? '', /^signing\/(?:signed-meanwhile|not-waiting)$/u);
    const { body } = await world.call(administrator, 'GET', `/api/v1/signing/requests/${id}/document`);
    assert.deepEqual([(await verifyFile(world.context, body)).signatures.length], [1]);
  });

  test('a file that others signed is signed on top of their signatures', async () => {
    const stranger = createAuthority();
    const signed = await signPdf(
      await decision(),
      { signerName: 'Sở', at: new Date() },
      stranger.signerOf(stranger.official()),
    );
    const { json: sent } = await upload(signed);
    assert.equal(sent.signatures, 1);
    const { id } = (await ask(wish(sent.id))).json;
    assert.deepEqual([await sign(teacher, [id]), await sign(principal, [id])], [['signed'], ['signed']]);
    const { body } = await world.call(administrator, 'GET', `/api/v1/signing/requests/${id}/document`);
    const report = await verifyFile(world.context, body);
    assert.deepEqual(
      report.signatures.map(({ intact, trusted }) => [intact, trusted]),
      [
        [true, false],
        [true, true],
        [true, true],
      ],
    );
  });

  test('what nobody should sign is not taken: an empty file, a forged one, one in two readings, one with a password, a large one', async () => {
    const stranger = createAuthority();
    const signed = await signPdf(
      await decision(),
      { signerName: 'A', at: new Date() },
      stranger.signerOf(stranger.official()),
    );
    const forged = Buffer.from(signed);
    forged[forged.indexOf('/Title')] = 0x23;
    const encrypted = Buffer.from(
      (await decision()).toString('latin1').replace('/Root', '/Encrypt 1 0 R /Root'),
      'latin1',
    );
    for (const [bytes, code] of [
      [Buffer.alloc(0), 'signing/empty-file'],
      [forged, 'signing/forged-file'],
      [Buffer.concat([await decision(), Buffer.from('%PDF-1.7 x')]), 'signing/unreadable-file'],
      [encrypted, 'signing/unreadable-file'],
      [Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(16 * 2 ** 20)]), 'signing/file-too-large'],
    ] as const) {
      const { status, json } = await upload(bytes);
      assert.deepEqual([json.code, status], [code, code === 'signing/file-too-large' ? 413 : 400]);
    }
  });

  test('a block covers nothing and stands inside its page; the fault names its signer', async () => {
    const { json: sent } = await upload(await decision());
    const first = { personId: teacher.personId, place: at(80, 100) };
    for (const place of [
      at(60, 735), // over the heading
      at(500, 300), // out of the page
      { page: 2, rect: [80, 80, 240, 130] },
      { page: 1, rect: [20, 40, 580, 460] }, // too large
      { page: 1, rect: [80, 80, 100, 90] }, // too small
      at(120, 120), // over the first
      under('PHÓ HIỆU TRƯỞNG'), // not there
    ]) {
      const { status, json } = await ask(wish(sent.id, { signers: [first, { personId: principal.personId, place }] }));
      assert.deepEqual(
        [status, json.code, json.fields?.[0]?.pointer],
        [400, 'signing/place', '/signers/1/place'],
        JSON.stringify(place),
      );
    }
    const { json } = await ask(wish(sent.id, { signers: [first] }));
    assert.equal(json.state, 'waiting', 'what was refused used nothing up');
  });

  test('only signers of the organisation sign, each once; a file is asked for once, by who sent it', async () => {
    const { json: sent } = await upload(await decision());
    const stranger = world.city.schools[1]?.principalId ?? '';
    const place = at(80, 100);
    const refused = await ask(wish(sent.id, { signers: [{ personId: stranger, place }] }));
    assert.equal(refused.json.code, 'signing/not-a-signer');
    const twice = [place, at(300, 100)].map((where) => ({ personId: teacher.personId, place: where }));
    assert.equal((await ask(wish(sent.id, { signers: twice }))).json.code, 'signing/same-signer-twice');
    const other = world.city.schools[1]?.administratorId ?? '';
    assert.equal((await ask(wish(sent.id), other)).status, 403, 'another school does not see it');
    assert.equal((await upload(await decision(), { person: other })).status, 403, 'nor sends files for it');
    assert.equal(
      (await upload(await decision(), { person: principal.personId })).status,
      403,
      'who signs does not ask',
    );
    const answers = await Promise.all([ask(wish(sent.id)), ask(wish(sent.id))]);
    assert.deepEqual(answers.map(({ status }) => status === 201).sort(), [false, true]);
    assert.equal((await ask(wish(sent.id))).json.code, 'signing/no-upload');
  });

  test('who asked sees what became of it, and what still waits to be asked; nobody else does', async () => {
    const { json: sent } = await upload(await decision());
    const waiting = (person: string) => world.call(person, 'GET', path('uploads'));
    const asked = (person: string, query = '') => world.call(person, 'GET', `/api/v1/signing/asked${query}`);
    const [first] = (await waiting(administrator)).json.items;
    assert.deepEqual([first.id, first.fileName, first.pages], [sent.id, 'quyết định.pdf', 1]);
    assert.equal(new Date(first.keptUntil).getTime() - new Date(first.createdAt).getTime(), 24 * 3_600_000);
    const other = world.city.schools[1]?.administratorId ?? '';
    assert.equal((await waiting(other)).status, 403);
    const { id } = (await ask(wish(sent.id))).json;
    assert.ok((await waiting(administrator)).json.items.every((item: { id: string }) => item.id !== sent.id));
    assert.deepEqual(await sign(teacher, [id]), ['signed']);
    const [own] = (await asked(administrator, '?kind=upload&limit=1')).json.items;
    assert.deepEqual(
      [own.id, own.state, own.steps.map((step: { state: string }) => step.state)],
      [id, 'waiting', ['done', 'due']],
    );
    assert.ok((await asked(administrator, '?kind=transcript')).json.items.length === 0);
    assert.deepEqual((await asked(other)).json.items, [], 'another administrator asked for none of these');
    assert.equal((await asked(principal.personId)).status, 403, 'who signs asks for nothing');
  });

  test('files for which nobody asks are gone after a day, those that became documents stay', async () => {
    const kept = (await upload(await decision())).json;
    const asked = await ask(wish(kept.id));
    const { json: left } = await upload(await decision());
    await sql`UPDATE signing.upload SET created_at = created_at - interval '25 hours'`.execute(world.context.db);
    await forgetUploads(world.context);
    assert.equal((await ask(wish(left.id))).json.code, 'signing/no-upload');
    const { status } = await world.call(administrator, 'GET', `/api/v1/signing/requests/${asked.json.id}/document`);
    assert.equal(status, 200);
    const { rows } = await sql`SELECT 1 FROM signing.document AS d WHERE NOT EXISTS (
      SELECT FROM signing.request AS r WHERE r.unsigned_document_id = d.id OR r.signed_document_id = d.id)
      AND NOT EXISTS (SELECT FROM signing.step AS s WHERE s.document_id = d.id)`.execute(world.context.db);
    assert.equal(rows.length, 0);
  });
});
