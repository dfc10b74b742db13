import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { trustMaterial } from '@edutrust/certs/authority';
import { writeZip } from '@edutrust/platform/zip';
import PDFDocument from 'pdfkit';
import { createAuthority } from '../../testing/authority.ts';
import { type TestCity, type TestPhone, testCity } from '../../testing/city.ts';
import { type Office, officeOf } from '../../testing/office.ts';
import { xmlsec1 } from '../../testing/xmlsec1.ts';
import { makeAsic, signAsic } from '../formats/asic/sign.ts';
import { readZip } from '../formats/zip/read.ts';
import { archiveIssued } from '../long-term/archive.ts';
import { verifyFile } from '../public-verification/verify.ts';

async function pdf(): Promise<Buffer> {
  const document = new PDFDocument({ size: 'A4' });
  const parts: Buffer[] = [];
  document.on('data', (part: Buffer) => parts.push(part));
  const done = new Promise<void>((resolve) => document.on('end', () => resolve()));
  document.text('Decision');
  document.end();
  await done;
  return Buffer.concat(parts);
}

describe('files of any kind that somebody sends to be signed', () => {
  let world: TestCity;
  let office: Office;
  let teacher: TestPhone;
  let principal: TestPhone;
  let clerk: TestPhone;
  before(async () => {
    world = await testCity();
    office = await officeOf(world);
    ({ teacher, principal, clerk } = office);
  });
  after(() => world[Symbol.asyncDispose]());
  const upload: Office['upload'] = (...given) => office.upload(...given);
  const ask: Office['ask'] = (...given) => office.ask(...given);
  const sign: Office['sign'] = (...given) => office.sign(...given);
  const wish = (uploadId: string, more: object = {}) => ({ uploadId, title: 'Bảng điểm giữa kì', ...more });
  const at = (left: number, bottom: number) => ({ page: 1, rect: [left, bottom, left + 160, bottom + 50] });

  /** Who signs a file without pages. */
  const unplaced = () => ({ signers: [{ personId: teacher.personId }, { personId: principal.personId }] });
  const fileOf = (id: string) => world.call(office.administrator, 'GET', `/api/v1/signing/requests/${id}/document`);

  test('any file is signed in a container: two people, the seal, an archive; judge and openssl agree', async () => {
    const table = Buffer.from('Họ tên,Điểm\nNguyễn Thị Ánh,9\n');
    const { status, json: sent } = await upload(table, { name: '6A: giữa kì.csv' });
    assert.deepEqual([status, sent.formats, sent.pages, sent.signatures], [201, ['ASiC-E'], [], 0]);
    const asked = await ask(wish(sent.id, { ...unplaced(), seal: {} }));
    assert.deepEqual([asked.status, asked.json.format], [201, 'ASiC-E'], JSON.stringify(asked.json));
    const { id, code } = asked.json;
    assert.deepEqual(
      [await sign(teacher, [id]), await sign(principal, [id]), await sign(clerk, [id], 'seal')],
      [['signed'], ['signed'], ['signed']],
    );
    const { body } = await fileOf(id);
    const { headers } = await world.app.inject({
      url: `/api/v1/signing/requests/${id}/document`,
      headers: { 'x-person': office.administrator, 'x-session': 'of a test' },
    });
    assert.equal(headers['content-type'], 'application/vnd.etsi.asic-e+zip');
    assert.match(String(headers['content-disposition']), /\.asice"$/u);
    const files = readZip(body);
    assert.deepEqual(files.get('6A_ giữa kì.csv'), table, [...files.keys()].join());
    const report = await verifyFile(world.context, body);
    assert.deepEqual(
      [
        report.verdict,
        report.signatures.map(({ signer, coverage, level, log }) => [
          signer?.title ?? 'seal',
          coverage,
          level,
          log?.status,
        ]),
      ],
      [
        'valid',
        [
          ['Giáo viên chủ nhiệm', 'whole', 'B-T', 'proven'],
          ['Hiệu trưởng', 'whole', 'B-T', 'proven'],
          ['seal', 'whole', 'B-T', 'proven'],
        ],
      ],
      JSON.stringify(report.reasons),
    );
    for (const number of ['001', '002', '003']) {
      const [cms, manifest] = [`signature${number}.p7s`, `ASiCManifest${number}.xml`].map((one) =>
        files.get(`META-INF/${one}`),
      );
      await opensslAccepts(cms, manifest);
    }
    await archiveIssued(world.context, { requestIds: [id] });
    const archived = await verifyFile(world.context, (await fileOf(id)).body);
    assert.deepEqual([archived.verdict, ...new Set(archived.signatures.map(({ level }) => level))], ['valid', 'B-LTA']);
    const open = await world.app.inject({ method: 'GET', url: `/api/v1/verify/${code}` });
    assert.equal(open.json().state, 'issued');
  });

  test('a PDF is signed in a container when asked, a PDF without a block, an office document as the file that it is', async () => {
    const sheet = (await upload(await pdf())).json;
    assert.deepEqual(sheet.formats, ['PAdES', 'ASiC-E']);
    const boxed = (await ask(wish(sheet.id, { ...unplaced(), format: 'ASiC-E' }))).json;
    const bare = (await ask(wish((await upload(await pdf())).json.id, unplaced()))).json;
    const docx = writeZip(new Map([['[Content_Types].xml', Buffer.from('<Types/>')]]));
    const word = (await ask(wish((await upload(docx, { name: 'quyết định.docx' })).json.id, unplaced()))).json;
    const ids = [boxed.id, bare.id, word.id];
    assert.deepEqual(
      [await sign(teacher, ids), await sign(principal, ids)].flat(),
      Array(6).fill('signed'),
      'one confirmation for formats of both kinds',
    );
    const reports = await Promise.all(ids.map(async (id) => verifyFile(world.context, (await fileOf(id)).body)));
    assert.deepEqual(
      reports.map(({ verdict, signatures }) => [verdict, ...signatures.map(({ format }) => format)]),
      [
        ['valid', 'ASiC', 'ASiC'],
        ['valid', 'PAdES', 'PAdES'],
        ['valid', 'ASiC', 'ASiC'],
      ],
    );
    assert.deepEqual(readZip((await fileOf(word.id)).body).get('quyết định.docx'), docx);
  });

  test('XML is signed as XML when asked: two people, an archive; judge and xmlsec1 agree, what was signed before is boxed', async () => {
    const marks = Buffer.from('<?xml version="1.0"?>\n<!-- kì 1 --><diem lop="6A"><em ten="Ánh">9</em></diem>');
    const { json: sent } = await upload(marks, { name: 'điểm.xml' });
    assert.deepEqual(sent.formats, ['ASiC-E', 'XAdES']);
    const { id } = (await ask(wish(sent.id, { ...unplaced(), format: 'XAdES' }))).json;
    assert.deepEqual([await sign(teacher, [id]), await sign(principal, [id])], [['signed'], ['signed']]);
    const { body } = await fileOf(id);
    const report = await verifyFile(world.context, body);
    assert.deepEqual(
      [
        report.verdict,
        report.signatures.map(({ format, coverage, level, log }) => [format, coverage, level, log?.status]),
      ],
      [
        'valid',
        [
          ['XAdES', 'whole', 'B-T', 'proven'],
          ['XAdES', 'whole', 'B-T', 'proven'],
        ],
      ],
      JSON.stringify(report.reasons),
    );
    const { anchors } = await trustMaterial(world.context);
    for (const anchor of anchors.slice(0, 1)) xmlsec1(body, anchor, { at: new Date() });
    await archiveIssued(world.context, { requestIds: [id] });
    const archived = await verifyFile(world.context, (await fileOf(id)).body);
    assert.deepEqual([archived.verdict, ...new Set(archived.signatures.map(({ level }) => level))], ['valid', 'B-LTA']);
    assert.deepEqual((await upload(body, { name: 'điểm.xml' })).json.formats, ['ASiC-E']);
    const broken = (await upload(Buffer.from('<a><b></a>'), { name: 'a.xml' })).json;
    assert.deepEqual(broken.formats, ['ASiC-E'], 'it can be signed as the file that it is');
  });

  test('a container of others is signed on top; one that was changed, or is none, is not taken; no place without pages', async () => {
    const stranger = createAuthority();
    const theirs = await signAsic(
      makeAsic(new Map([['a.txt', Buffer.from('a')]])),
      new Date(),
      stranger.signerOf(stranger.official()),
    );
    const { json: sent } = await upload(theirs, { name: 'a.asice' });
    assert.equal(sent.signatures, 1);
    const { id } = (await ask(wish(sent.id, unplaced()))).json;
    assert.deepEqual([await sign(teacher, [id]), await sign(principal, [id])], [['signed'], ['signed']]);
    const report = await verifyFile(world.context, (await fileOf(id)).body);
    assert.deepEqual(
      report.signatures.map(({ intact, trusted }) => [intact, trusted]),
      [
        [true, false],
        [true, true],
        [true, true],
      ],
    );
    const changed = readZip(theirs).set('a.txt', Buffer.from('b'));
    assert.equal((await upload(writeZip(changed))).json.code, 'signing/forged-file');
    assert.equal((await upload(theirs.subarray(0, -4))).json.code, 'signing/unreadable-file');
    const text = (await upload(Buffer.from('hello'), { name: 'mimetype' })).json;
    const placed = await ask(wish(text.id, { signers: [{ personId: teacher.personId, place: at(80, 100) }] }));
    assert.deepEqual([placed.json.code, placed.json.fields[0].pointer], ['signing/place', '/signers/0/place']);
    assert.equal((await ask(wish(text.id, { ...unplaced(), format: 'PAdES' }))).json.code, 'signing/format');
    assert.equal(
      (await ask(wish(text.id, unplaced()))).status,
      201,
      'what was refused used nothing up; a reserved name is written otherwise',
    );
  });

  test('V15: a phone that computed the digest of another file signs nothing', async () => {
    const { id } = (await ask(wish((await upload(Buffer.from('{"a":1}'), { name: 'a.json' })).json.id, unplaced())))
      .json;
    const session = await teacher.open([id]);
    assert.deepEqual(
      session.items.map(({ format }) => format),
      ['ASiC-E'],
    );
    const confirmation = (await teacher.confirmation(session)) as { drawn: { digestHex: string }[] };
    const drawn = confirmation.drawn.map((one) => ({ ...one, digestHex: '0'.repeat(64) }));
    assert.equal((await teacher.confirm(session, { ...confirmation, drawn })).json.code, 'signing/not-drawn');
    assert.deepEqual(await sign(teacher, [id]), ['signed']);
  });

  async function opensslAccepts(cms: Buffer | undefined, manifest: Buffer | undefined): Promise<void> {
    assert.ok(cms && manifest);
    const folder = mkdtempSync(join(tmpdir(), 'edutrust-asic-'));
    try {
      const place = (name: string, bytes: string | Buffer) => {
        writeFileSync(join(folder, name), bytes);
        return join(folder, name);
      };
      const { anchors } = await trustMaterial(world.context);
      const pem = anchors.map(
        (der) => `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`,
      );
      const files = [
        '-in',
        place('cms', cms),
        '-content',
        place('manifest', manifest),
        '-CAfile',
        place('root.pem', pem.join('')),
      ];
      execFileSync(
        'openssl',
        ['cms', '-verify', '-binary', '-inform', 'DER', '-purpose', 'any', ...files, '-out', join(folder, 'out')],
        { stdio: 'pipe' },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
});
