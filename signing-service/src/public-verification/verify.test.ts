import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { addAnchor, endAnchor } from '@edutrust/certs/anchors';
import { trustMaterial } from '@edutrust/certs/authority';
import { toPem } from '@edutrust/certs/certificate';
import { verifierKeyText } from '@edutrust/platform/cosignature';
import { createCosigner } from '@edutrust/platform/cosigner';
import { collectCosignatures, readWitnesses } from '@edutrust/platform/cosigning';
import { sql } from 'kysely';
import { createAuthority } from '../../testing/authority.ts';
import { type TestCity, TestPhone, testCity } from '../../testing/city.ts';
import { tablePdf } from '../../testing/pdf-files.ts';
import { namedKey } from '../../testing/witnessed.ts';
import { signCades } from '../formats/cades/sign.ts';
import { addValidationData, signPdf } from '../formats/pades/pades.ts';
import { columnsOf } from '../marks/columns.ts';
import { printedMarks } from '../marks/printed.ts';
import type { MarkValues } from '../marks/values.ts';
import { initials } from './document.ts';
import { largestFileBytes } from './limits.ts';

describe('public verification', () => {
  let world: TestCity;
  let signed: Buffer;
  let unsigned: Buffer;
  let code: string;
  let folder: string;
  const witnesses = ['mot.example.vn', 'hai.example.vn'].map(namedKey);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edutrust-witnesses-'));
    const lines = witnesses.map((key) => `${verifierKeyText('witness', key)} https://${key.name}\n`);
    await writeFile(join(folder, 'witnesses'), lines.join(''));
    world = await testCity(undefined, { EDUTRUST_WITNESSES: join(folder, 'witnesses') });
    const teacher = await world.phoneOf(world.classTeacherOf(0));
    const first = (await teacher.inbox()).find(({ title }) => title.includes('Đặng Thị Ánh Nguyệt'));
    unsigned = (await teacher.call('GET', `requests/${first?.id}/document`)).body;
    await world.passToPrincipal(0);
    const phone = new TestPhone(world, world.city.people.principal);
    await phone.enrolAndApprove();
    const request = (await phone.inbox()).find(({ id }) => id === first?.id);
    code = request?.code ?? '';
    const session = await phone.open([request?.id ?? '']);
    await phone.confirm(session, await phone.confirmation(session));
    await world.giveSeal(0);
    const clerk = await world.phoneOf(world.city.schools[0]?.clerkId ?? '');
    const sealing = await clerk.open([request?.id ?? ''], 'seal');
    await clerk.confirm(sealing, await clerk.confirmation(sealing));
    signed = (await phone.call('GET', `requests/${request?.id}/document`)).body;
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function post(path: string, parts: Record<string, Buffer | string>, headers: Record<string, string> = {}) {
    const form = new FormData();
    for (const [name, value] of Object.entries(parts)) {
      if (typeof value === 'string') form.append(name, value);
      else form.append(name, new Blob([Uint8Array.from(value)]), 'hoc-ba.pdf');
    }
    const request = new Request('http://localhost/', { method: 'POST', body: form });
    const answer = await world.app.inject({
      method: 'POST',
      url: path,
      headers: { 'content-type': request.headers.get('content-type') ?? '', ...headers },
      payload: Buffer.from(await request.arrayBuffer()),
    });
    const isJson = String(answer.headers['content-type']).includes('json');
    const island = /<script type="application\/json">(.*)<\/script>/s.exec(answer.body)?.[1];
    const json = isJson ? answer.json() : JSON.parse(island ?? '{}');
    return { status: answer.statusCode, body: answer.body, json, page: /<title>(\w+)/.exec(answer.body)?.[1] };
  }
  const api = (parts: Record<string, Buffer | string>) => post('/api/v1/verify', parts);
  const get = (path: string) => world.app.inject({ method: 'GET', url: path, headers: { 'accept-language': 'en' } });

  test('V17: a detached signature is judged with the file that it signs, by the API and on the page', async () => {
    const stranger = createAuthority();
    const content = Buffer.from('bất cứ tệp nào', 'utf8');
    const signature = await signCades(content, { at: new Date() }, stranger.signerOf(stranger.official()));
    const trust = toPem(stranger.root.certificate);
    const verdictOf = async (parts: Record<string, Buffer | string>) => {
      const { json } = await api({ file: signature, trust, ...parts });
      return [json.verdict, json.unchanged.answer, json.signatures[0].format, json.reasons[0].code];
    };
    // nothing here knows whether a stranger's certificate was revoked
    assert.deepEqual(await verdictOf({ content }), ['indeterminate', 'yes', 'CAdES', 'revocation-unknown']);
    assert.deepEqual(await verdictOf({}), ['indeterminate', 'unknown', 'CAdES', 'content-missing']);
    assert.deepEqual(await verdictOf({ content: Buffer.from('tệp khác') }), [
      'invalid',
      'no',
      'CAdES',
      'content-changed',
    ]);
    const page = await post('/verify', { file: signature, content });
    assert.deepEqual([page.status, page.json.unchanged?.answer ?? page.json.props?.unchanged?.answer], [200, 'yes']);
    assert.equal((await api({ file: signature, content, other: content })).json.code, 'verify/unknown-field');
  });

  test('ETSI TS 119 102-2: who asks for XML gets the report of the standard, and for JSON ours', async () => {
    const ask = async (accept: string) => {
      const { status, body } = await post('/api/v1/verify', { file: signed }, { accept });
      return [status, /^<\?xml|^\{/.exec(body)?.[0]];
    };
    assert.deepEqual(await ask('application/xml'), [200, '<?xml']);
    assert.deepEqual(await ask('application/json'), [200, '{']);
    assert.deepEqual(await ask('application/json, application/xml;q=0.5'), [200, '{']);
  });

  test('a signed file is valid, one flipped byte makes it invalid, a plain PDF is unsigned', async () => {
    const valid = await api({ file: signed });
    assert.equal(valid.status, 200, JSON.stringify(valid.json));
    const { verdict, file, sentence, unchanged, trusted, document } = valid.json;
    assert.deepEqual(
      [verdict, file, unchanged.answer, trusted.answer, document.code],
      ['valid', 'hoc-ba.pdf', 'yes', 'yes', code],
    );
    // The last to sign is the seal: its organisation, once.
    assert.match(sentence.vi, /^Đúng: văn bản do Trường Tiểu học Lê Lợi ký ngày \d\d\/\d\d\/\d{4} và chưa bị sửa\.$/);
    const flipped = Buffer.from(signed);
    const at = flipped.indexOf('stream') + 40; // inside the first content stream
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    const changed = (await api({ file: flipped })).json;
    assert.deepEqual([changed.verdict, changed.unchanged.answer, changed.document], ['invalid', 'no', null]);
    const plain = (await api({ file: unsigned })).json;
    assert.deepEqual([plain.verdict, plain.unchanged.answer, plain.trusted.answer], ['unsigned', 'none', 'none']);
  });

  test('a foreign signature is not conclusive until the department trusts its root, and then it is valid', async () => {
    const foreign = createAuthority();
    const signedAt = new Date(Date.now() - 60_000);
    const bare = await signPdf(
      tablePdf(),
      { signerName: 'X', at: signedAt },
      foreign.signerOf(foreign.official(), signedAt),
    );
    const file = addValidationData(bare, { crls: foreign.crls });
    const before = (await api({ file })).json;
    assert.deepEqual(
      [before.verdict, before.unchanged.answer, before.trusted.answer],
      ['indeterminate', 'yes', 'unknown'],
    );
    const request = {
      name: 'CA khác',
      certificatePem: toPem(foreign.root.certificate),
      purposes: ['documents', 'time-stamps'] as const,
      from: null,
      until: null,
      permittedNames: ['C=VN, O=Trường Trung học cơ sở Nguyễn Thị Minh Khai', 'C=VN, O=EduTrust'],
    };
    const actor = { kind: 'system', name: 'test' } as const;
    const id = await world.context.db.transaction().execute((tx) => addAnchor(tx, request, actor));
    const after = (await api({ file })).json;
    assert.deepEqual([after.verdict, after.trusted.answer], ['valid', 'yes'], JSON.stringify(after.reasons));
    // V12: without revocation data nobody knows; V11: their time-stamping unit is trusted for stamps, and signs nothing
    const unknown = (await api({ file: bare })).json;
    assert.deepEqual([unknown.verdict, unknown.reasons[0].code], ['indeterminate', 'revocation-unknown']);
    const stamped = { ...foreign.signerOf(foreign.stamping, signedAt), certificates: [foreign.stamping.certificate] };
    const byUnit = await signPdf(tablePdf(), { signerName: 'X', at: signedAt }, stamped);
    const wrong = (await api({ file: addValidationData(byUnit, { crls: foreign.crls }) })).json;
    assert.deepEqual([wrong.verdict, wrong.reasons[0].code], ['indeterminate', 'certificate-not-for-documents']);
    await world.context.db.transaction().execute((tx) => endAnchor(tx, id, new Date(), actor));
    assert.equal((await api({ file })).json.verdict, 'indeterminate');
  });

  test('what is no PDF, no file, no form or has a bad field is a 400 with a sentence', async () => {
    assert.deepEqual((await api({ file: Buffer.from('hello') })).json.code, 'verify/not-a-pdf');
    assert.deepEqual((await api({ at: '2026-01-01' })).json.code, 'verify/empty');
    assert.deepEqual((await api({ file: signed, at: 'yesterday' })).json.code, 'verify/bad-time');
    assert.deepEqual((await api({ file: signed, trust: 'no pem' })).json.code, 'verify/bad-trust');
    assert.deepEqual((await api({ file: signed, colour: 'red' })).json.code, 'verify/unknown-field');
    const json = await world.app.inject({ method: 'POST', url: '/api/v1/verify', payload: { file: 'x' } });
    assert.equal(json.statusCode, 400);
    for (const body of ['', '--x', '--x\r\n\r\n', 'junk'.repeat(1000)]) {
      const broken = await world.app.inject({
        method: 'POST',
        url: '/api/v1/verify',
        headers: { 'content-type': 'multipart/form-data; boundary=x' },
        payload: body,
      });
      assert.equal(broken.statusCode, 400, `${broken.statusCode} ${broken.body}`);
    }
  });

  test('a file beyond the limit is a 413 that says the limit', async () => {
    const { status, json } = await api({ file: Buffer.alloc(largestFileBytes + 1, '%PDF-1.7 ') });
    assert.deepEqual([status, json.code], [413, 'verify/too-large']);
  });

  test('further anchors and a time to judge at are taken', async () => {
    const { anchors } = await trustMaterial(world.context);
    const pem = `-----BEGIN CERTIFICATE-----\n${anchors[0]?.toString('base64')}\n-----END CERTIFICATE-----\n`;
    assert.equal((await api({ file: signed, trust: pem })).json.verdict, 'valid');
    assert.equal((await api({ file: signed, trust: Buffer.from(pem) })).json.verdict, 'valid');
    const early = await api({ file: signed, at: '2020-01-01T00:00:00Z' });
    assert.equal(early.json.judgedAt, '2020-01-01T00:00:00.000Z');
  });

  test('the page answers with the same verdict, and its report can be downloaded', async () => {
    const { status, page, json } = await post('/verify', { file: signed }, { 'sec-fetch-site': 'same-origin' });
    assert.deepEqual(
      [status, page, json.props.verdict, json.props.unchanged.answer],
      [200, 'verifyReport', 'valid', 'yes'],
    );
    const download = await get(json.props.downloadPath);
    assert.match(String(download.headers['content-disposition']), /^attachment/);
    assert.equal(download.json().verdict, 'valid');
    const chain = (json.props.signatures[0].chain as { name: string }[]).map(({ name }) => name);
    assert.ok(chain.length >= 3 && chain[0] !== chain.at(-1), 'from the signer over an authority to the anchor');
    const etsi = await get(json.props.etsiPath);
    assert.match(etsi.body, /^<\?xml [^>]+>\n<vr:ValidationReport .*mainindication:total-passed/s);
    assert.match(String(etsi.headers['content-type']), /^application\/xml/);
    const paper = await get(json.props.paperPath);
    assert.equal(paper.headers['content-type'], 'application/pdf');
    const text = execFileSync('pdftotext', ['-layout', '-', '-'], { input: paper.rawPayload, encoding: 'utf8' });
    for (const part of ['Report of a signature check', 'Valid', json.props.sha256.slice(0, 30), chain[0] ?? '']) {
      assert.ok(text.includes(part), part);
    }
    const aloud = execFileSync('pdfinfo', ['-struct-text', '-'], { input: paper.rawPayload, encoding: 'utf8' });
    assert.match(aloud, /valid until \d\d\/\d\d\/\d{4} \S.*, valid until/, 'each of the chain by itself, words apart');
    const wrong = await post('/verify', { file: Buffer.from('hello') }, { 'sec-fetch-site': 'same-origin' });
    assert.deepEqual([wrong.status, wrong.page], [400, 'verify']);
    assert.ok(wrong.json.props.error.detail);
    assert.equal((await get('/verify/report/AAAAAAAAAAAAAAAAAAAAAA')).statusCode, 404);
  });

  test('V12: `trust` reaches signers and time stamps; without it the same file is not settled', async () => {
    const foreign = createAuthority();
    const signedAt = new Date(Date.now() - 60_000);
    const signer = foreign.signerOf(foreign.official(), signedAt);
    const bare = await signPdf(tablePdf(), { signerName: 'X', at: signedAt }, signer);
    const file = addValidationData(bare, { crls: foreign.crls });
    const given = (await api({ file, trust: toPem(foreign.root.certificate) })).json;
    assert.deepEqual(
      [given.verdict, given.signatures[0].level, given.signatures[0].time.problem],
      ['valid', 'B-LT', null],
      JSON.stringify(given.signatures[0].reasons),
    );
    const alone = (await api({ file })).json;
    assert.deepEqual([alone.verdict, alone.unchanged.answer], ['indeterminate', 'yes']);
    assert.equal(alone.signatures[0].time.problem.code, 'time-stamp-untrusted');
  });

  test('V10: a signed file that cannot be read is not said to carry no signature', async () => {
    for (const file of [Buffer.concat([signed, Buffer.from('\njunk behind\n')]), signed.subarray(0, -40)]) {
      const { json } = await api({ file });
      assert.deepEqual([json.verdict, json.unchanged.answer], ['indeterminate', 'unknown']);
      assert.doesNotMatch(json.sentence.vi, /không có chữ ký số|chưa bị sửa/);
    }
  });

  test('the code on the paper leads to the document, which names nobody in full but the signer', async () => {
    const found = await get(`/api/v1/verify/${code.toLowerCase().replaceAll('-', ' ')}`);
    assert.deepEqual(
      [found.json().state, found.json().code, found.json().issuer],
      ['issued', code, 'Trường Tiểu học Lê Lợi'],
    );
    const page = await get(`/verify/${code}`);
    assert.equal(page.statusCode, 200);
    assert.ok(!page.body.includes('Đặng Thị Ánh Nguyệt') && page.body.includes('Đ. T. Á. Nguyệt'));
    const same = await post(`/verify/${code}`, { file: signed });
    assert.equal(same.json.props.document.isSameFile, true);
    const other = await post(`/verify/${code}`, { file: unsigned });
    assert.deepEqual([other.json.props.document.isSameFile, other.json.props.verdict], [false, 'unsigned']);
    assert.equal((await get(`/verify?code=${code}`)).headers.location, `/verify/${code}`);
    assert.equal((await get('/verify/0000-0000-0000')).statusCode, 404);
    assert.equal((await get('/verify/nonsense')).statusCode, 400);
    assert.equal((await get('/verify')).statusCode, 200);
  });

  test('two marks typed from the paper match or not, never saying which, ten wrong tries for each code', async () => {
    const propsOf = (body: string) =>
      JSON.parse(/<script type="application\/json">(.*)<\/script>/s.exec(body)?.[1] ?? '{}').props;
    const { paper } = propsOf((await get(`/verify/${code}`)).body);
    assert.equal(paper.cells.length, 2);
    assert.deepEqual(propsOf((await get(`/verify/${code}`)).body).paper.cells, paper.cells, 'always the same ones');
    const { rows } = await sql<{ content: MarkValues; grade: number }>`
      SELECT m.content, c.grade FROM signing.request AS r JOIN registry.class AS c ON c.id = r.class_id
      JOIN signing.marks AS m ON m.class_id = r.class_id AND m.person_id = r.subject_id
      WHERE r.code = ${code.replaceAll('-', '')}`.execute(world.context.db);
    const [row] = rows;
    assert.ok(row);
    const printed = printedMarks(columnsOf(row.grade), row.content, row.grade);
    const right = (paper.cells as { subject: string; column: string }[]).map(({ subject, column }) =>
      String(printed.subjects.find(({ name }) => name === subject)?.marks[printed.columns.indexOf(column)]),
    );
    const ask = async (first = '', second = '') => {
      const answer = await world.app.inject({
        method: 'POST',
        url: paper.action,
        headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
        payload: new URLSearchParams({ first, second }).toString(),
      });
      const { answer: value, error } = propsOf(answer.body).paper;
      return { status: answer.statusCode, value, error };
    };
    const wrong = right.map((mark) => (mark === '1' ? '2' : '1'));
    assert.equal((await ask(right[0], right[1]?.replace('.', ','))).value, 'matches');
    for (const [first, second] of [
      [right[0], wrong[1]],
      [wrong[0], right[1]],
      ['', ''],
    ]) {
      assert.deepEqual(await ask(first, second), { status: 200, value: 'differs', error: undefined });
    }
    for (let times = 0; times < 3; times += 1) assert.equal((await ask(right[0], right[1])).value, 'matches');
    const guesses = await Promise.all(Array.from({ length: 30 }, () => ask(wrong[0], wrong[1])));
    assert.equal(guesses.filter(({ value }) => value === 'differs').length, 7, 'with the three of before');
    const last = await ask(right[0], right[1]);
    assert.deepEqual([last.status, last.value], [429, undefined], 'not even the right ones');
    assert.ok(last.error.detail);
  });

  test('initials keep the given name only', () => {
    assert.equal(initials('Đặng Thị Ánh Nguyệt'), 'Đ. T. Á. Nguyệt');
    assert.equal(initials("Y'Nhuăn"), "Y'Nhuăn");
  });

  test('too many questions from one address are put off', async () => {
    const ask = () => world.app.inject({ url: '/api/v1/verify/0000-0000-0000', remoteAddress: '203.0.113.7' });
    const answers = await Promise.all(Array.from({ length: 300 }, ask)); // two minutes' worth, wherever one begins
    const refused = answers.filter(({ statusCode }) => statusCode === 429);
    assert.ok(refused.length > 0);
    assert.match(String(refused[0]?.headers['retry-after']), /^([1-9]|[1-5]\d|60)$/);
    assert.equal((await get('/api/v1/verify/0000-0000-0000')).statusCode, 404, 'somebody else');
  });

  test('L9: the witnesses of the log are counted for each signature, once they have cosigned it', async () => {
    const countedNow = async () => {
      const { json } = await post('/api/v1/verify', { file: signed });
      assert.equal(json.verdict, 'valid');
      return json.signatures.map(({ log }: { log: { witnesses: string[] | null } | null }) => log?.witnesses);
    };
    const before = await countedNow();
    assert.deepEqual(before.filter(Boolean), [], 'nobody has cosigned yet');
    const { context } = world;
    const log = context.ledger.key('signatures');
    const asked = readWitnesses(
      witnesses.map((key) => `${verifierKeyText('witness', key)} https://${key.name}`).join('\n'),
    );
    const [one, two] = witnesses.map((key) =>
      createCosigner({ key, logs: [log], folder: join(folder, key.name), clock: context.clock }),
    );
    const cosigner = (url: string) => (url.startsWith('https://mot') ? one : two);
    await collectCosignatures(
      context,
      asked?.slice(0, 1) ?? [],
      async (url, body) => (await cosigner(url)?.addCheckpoint(body)) ?? assert.fail(url),
    );
    assert.deepEqual((await countedNow()).filter(Boolean), [
      ['mot.example.vn'],
      ['mot.example.vn'],
      ['mot.example.vn'],
    ]);
    await collectCosignatures(
      context,
      asked ?? [],
      async (url, body) => (await cosigner(url)?.addCheckpoint(body)) ?? assert.fail(url),
    );
    const both = ['hai.example.vn', 'mot.example.vn'];
    assert.deepEqual((await countedNow()).filter(Boolean), [both, both, both]);
    await rm(join(folder, 'witnesses'));
    assert.deepEqual((await countedNow()).filter(Boolean), [], 'nobody is asked, and the file is verified');
  });
});
