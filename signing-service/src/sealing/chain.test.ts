import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { trustMaterial } from '@edutrust/certs/authority';
import { giveRole } from '@edutrust/registry/testing/give-role';
import { sql } from 'kysely';
import { type TestCity, type TestPhone, testCity } from '../../testing/city.ts';
import { independentWitnesses } from '../../testing/witnesses.ts';
import { xmlsec1 } from '../../testing/xmlsec1.ts';
import { authorise } from '../activation/authorise.ts';
import { openPdf } from '../formats/pdf/document.ts';
import { as, textOf } from '../formats/pdf/object.ts';
import { countXmlSignatures } from '../formats/xades/sign.ts';
import { archiveIssued } from '../long-term/archive.ts';
import { type VerifyOptions, verifyFile } from '../public-verification/verify.ts';
import { listWaiting } from '../requests/waiting.ts';
import { agreementOf } from '../templates/school-report/agreement.ts';
import { createValidationPool } from '../validation/validation.ts';

describe('a transcript from its class teacher to the school’s seal', () => {
  let world: TestCity;
  let teacher: TestPhone;
  let principal: TestPhone;
  let clerk: TestPhone;
  before(async () => {
    world = await testCity();
    const { principalId = '', clerkId = '' } = world.city.schools[0] ?? {};
    teacher = await world.phoneOf(world.classTeacherOf(0));
    principal = await world.phoneOf(principalId);
    clerk = await world.phoneOf(clerkId);
  });
  const pool = createValidationPool(); // one thread for all its files
  after(async () => {
    await pool.close();
    await world[Symbol.asyncDispose]();
  });

  const request = async (id: string) => (await teacher.call('GET', `requests/${id}`)).json;
  const file = async (id: string) => (await teacher.call('GET', `requests/${id}/document`)).body;
  const data = async (id: string) => (await teacher.call('GET', `requests/${id}/document?artefact=data`)).body;
  const sign = async (phone: TestPhone, ids: readonly string[], purpose: 'sign' | 'seal' = 'sign') => {
    const session = await phone.open(ids, purpose);
    const { json } = await phone.confirm(session, await phone.confirmation(session));
    return json.items?.map(({ state }: { state: string }) => state) ?? json;
  };
  const refusal = async (phone: TestPhone, ids: readonly string[], purpose: 'sign' | 'seal') =>
    (await phone.call('POST', 'sessions', { requestIds: ids, purpose })).json.code;
  const verify = (bytes: Buffer, options: VerifyOptions = {}) => verifyFile(world.context, bytes, { pool, ...options });
  const signatureCounts = async (id: string) => [
    (await file(id)).toString('latin1').split('/ByteRange [').length - 1,
    countXmlSignatures(await data(id)),
  ];
  const count = async (phone: TestPhone) => (await phone.call('GET', 'inbox/count')).json;

  test('the whole way: each sees it when it is their turn, every signature stays valid, our judge, openssl and pdfsig agree', async () => {
    const [first, second] = await teacher.inbox();
    assert.ok(first && second);
    const ids = [first.id, second.id];
    assert.deepEqual([(await teacher.inbox()).length, (await principal.inbox()).length], [5, 0]);
    assert.deepEqual(await count(teacher), { toSign: 5, toSeal: 0, returned: 0 });
    const { principalId = '', clerkId = '' } = world.city.schools[0] ?? {};
    const waiting = async (personId: string) => {
      const { count: total, batches } = await listWaiting(world.context.db, await world.two.actor(personId));
      return [total, ...batches.map((batch) => `${batch.purpose} ${batch.count} of ${batch.className}`)];
    };
    assert.deepEqual(await waiting(world.classTeacherOf(0)), [5, 'sign 5 of 5A']);
    assert.deepEqual(await waiting(principalId), [0]);
    assert.equal(await refusal(principal, ids, 'sign'), 'signing/not-waiting', 'the class teacher comes first');
    assert.equal(await refusal(clerk, ids, 'seal'), 'signing/not-signed-yet', 'nothing is sealed unsigned');
    assert.deepEqual(await sign(teacher, ids), ['signed', 'signed']);
    const afterTeacher = await file(first.id);
    assert.deepEqual((await request(first.id)).state, 'waiting');
    assert.deepEqual(await count(principal), { toSign: 2, toSeal: 0, returned: 0 });
    assert.equal(await refusal(teacher, ids, 'sign'), 'signing/not-waiting', 'nobody signs twice');
    assert.equal(await refusal(clerk, ids, 'seal'), 'signing/not-signed-yet', 'nor before the principal');
    assert.deepEqual(await sign(principal, ids), ['signed', 'signed']);
    const afterPrincipal = await file(first.id);
    assert.deepEqual((await request(first.id)).state, 'signed');
    const notYet = await world.app.inject({ method: 'GET', url: `/api/v1/verify/${first.code}` });
    assert.deepEqual([notYet.json().state, notYet.json().sha256], ['signed', null], 'not issued before the seal');
    assert.equal(await refusal(clerk, ids, 'seal'), 'signing/no-seal');
    await world.giveSeal(0);
    assert.deepEqual(await count(clerk), { toSign: 0, toSeal: 2, returned: 0 });
    assert.deepEqual(await waiting(clerkId), [2, 'seal 2 of 5A']);
    assert.deepEqual(await waiting(world.city.schools[1]?.clerkId ?? ''), [0], 'nothing of another school');
    assert.deepEqual(await sign(clerk, ids, 'seal'), ['signed', 'signed']);

    const issued = await file(first.id);
    assert.ok(
      afterPrincipal.subarray(0, afterTeacher.length).equals(afterTeacher),
      'each update leaves what was signed',
    );
    assert.ok(issued.subarray(0, afterPrincipal.length).equals(afterPrincipal));
    const report = await verify(issued);
    assert.equal(report.verdict, 'valid', JSON.stringify(report));
    assert.deepEqual(
      report.signatures.map(({ verdict, level, intact, trusted }) => [verdict, level, intact, trusted]),
      Array.from({ length: 3 }, () => ['valid', 'B-T', true, true]),
    );
    await independentWitnesses(world, issued);
    const shown = await request(first.id);
    assert.deepEqual([shown.state, shown.may], ['issued', ['correct']]);
    assert.deepEqual(
      shown.steps.map(({ role, state, person }: { role: string; state: string; person: { id: string } }) => [
        role,
        state,
        person.id,
      ]),
      [
        ['class-teacher', 'done', teacher.personId],
        ['principal', 'done', principal.personId],
        ['school-seal', 'done', clerk.personId],
      ],
    );
    const found = (await world.app.inject({ method: 'GET', url: `/api/v1/verify/${first.code}` })).json();
    assert.equal(found.state, 'issued');
    assert.deepEqual(
      found.signatures.map(({ title, isDone }: { title: string; isDone: boolean }) => [title, isDone]),
      [
        ['Giáo viên chủ nhiệm', true],
        ['Hiệu trưởng', true],
        ['Dấu của trường', true],
      ],
    );
    assert.equal(found.signatures[2].name, 'Trường Tiểu học Lê Lợi');
    const receipts = (await principal.call('GET', 'signed')).json.items;
    assert.deepEqual(receipts.map(({ id }: { id: string }) => id).sort(), [...ids].sort());
  });

  test('each signature adds at most 20 kB, a fifth of its room free for the log’s proof to grow', async () => {
    const bytes = await file((await principal.call('GET', 'signed')).json.items[0].id);
    const text = bytes.toString('latin1');
    const contents = [...text.matchAll(/\/Contents <([0-9a-f]+)>/gu)].map(([, hex = '']) => hex);
    assert.equal(contents.length, 3);
    for (const hex of contents) {
      const free = (hex.length - hex.replace(/0+$/u, '').length) / 2;
      assert.ok(free > hex.length / 2 / 5 && free > 1_200, `${free} of ${hex.length / 2} bytes are free`);
    }
    const ends = [...text.matchAll(/%%EOF/gu)].map(({ index }) => index);
    const added = ends.slice(1).map((end, index) => end - (ends[index] ?? 0));
    assert.ok(
      added.every((size) => size <= 20_000),
      added.join(', '),
    );
  });

  test('each signature’s field says aloud whose it is, and no visible block lies over another', async () => {
    const issued = (await principal.call('GET', 'signed')).json.items[0];
    const { current } = openPdf(await file(issued.id));
    const rects = [...current.numbers()].flatMap((number) => {
      const field = as('dictionary', current.get(number));
      const rect = current.array(field?.entries.get('Rect'));
      if (rect)
        assert.match(textOf(as('string', field?.entries.get('TU')) ?? assert.fail()), /^Ô (?:chữ ký|dấu) số của .+/u);
      return rect ? [rect.map((value) => as('number', value)?.value ?? Number.NaN)] : [];
    });
    assert.equal(rects.length, 3);
    for (const [index, one] of rects.entries()) {
      for (const other of rects.slice(index + 1)) {
        const [al = 0, ab = 0, ar = 0, at = 0] = one;
        const [bl = 0, bb = 0, br = 0, bt = 0] = other;
        assert.ok(ar <= bl || br <= al || at <= bb || bt <= ab, `${one} and ${other}`);
      }
    }
  });

  test('T1: another teacher of the school, another school and the department ask for nothing and read nothing', async () => {
    const { schools, people } = world.city;
    const classId = schools[0]?.classIds.at(-1);
    const [mine] = (await teacher.call('GET', 'requests?limit=1')).json.items;
    const otherTeacher = schools[0]?.teacherIds[0] ?? '';
    for (const who of [
      otherTeacher,
      schools[0]?.teacherIds.at(-1) ?? '',
      schools[1]?.administratorId ?? '',
      schools[1]?.principalId ?? '',
      world.classTeacherOf(1),
      people.administrator,
    ]) {
      assert.equal((await world.call(who, 'POST', '/api/v1/signing/transcripts', { classId })).status, 403, who);
      assert.equal((await world.call(who, 'POST', `/api/v1/signing/requests/${mine.id}/withdraw`)).status, 403);
    }
    for (const who of [otherTeacher, schools[1]?.principalId ?? '', schools[1]?.clerkId ?? '']) {
      assert.equal((await world.call(who, 'GET', `/api/v1/signing/requests/${mine.id}`)).status, 403);
      assert.equal((await world.call(who, 'GET', `/api/v1/signing/requests/${mine.id}/document`)).status, 403);
      const list = await world.call(who, 'GET', '/api/v1/signing/requests?limit=200');
      const seen = list.json.items.filter(
        ({ organisation }: { organisation: { id: string } }) => organisation.id === schools[0]?.id,
      );
      assert.deepEqual(seen, []);
    }
  });

  test('K4: a clerk seals only for their own school, not what they signed themselves, and a signer seals nothing', async () => {
    const [id = ''] = await world.nextForPrincipal(0, 1);
    await principal.signAll();
    assert.equal(await refusal(principal, [id], 'seal'), 'signing/no-request');
    assert.equal(await refusal(teacher, [id], 'seal'), 'signing/no-request');
    const stranger = await world.phoneOf(world.city.schools[1]?.clerkId ?? '');
    assert.equal(await refusal(stranger, [id], 'seal'), 'signing/no-request');
    assert.equal(await refusal(clerk, [id], 'sign'), 'signing/no-request');
    const organisationId = world.city.schools[0]?.id ?? '';
    await giveRole(world.context, { personId: principal.personId, role: 'clerk', organisationId });
    assert.equal(await refusal(principal, [id], 'seal'), 'signing/own-signature');
    await sql`DELETE FROM registry.role_assignment WHERE person_id = ${principal.personId} AND role = 'clerk'`.execute(
      world.context.db,
    );
    const session = await clerk.open([id], 'seal');
    assert.deepEqual([session.custody, session.wrappedKey], ['hsm', null], 'the seal’s key is on no phone');
    const confirmation = await clerk.confirmation(session);
    await sql`UPDATE registry.role_assignment SET ended_at = now() WHERE person_id = ${clerk.personId} AND role = 'clerk'`.execute(
      world.context.db,
    );
    assert.ok((await clerk.confirm(session, confirmation)).status >= 400, 'no clerk any more');
    await sql`UPDATE registry.role_assignment SET ended_at = NULL WHERE person_id = ${clerk.personId} AND role = 'clerk'`.execute(
      world.context.db,
    );
    assert.equal((await request(id)).state, 'signed');
  });

  test('rejected at any turn it goes back with the reason, the marks open again, and the next request is a new document', async () => {
    const { administratorId = '', classIds } = world.city.schools[0] ?? {};
    const [id = ''] = await world.nextForPrincipal(0, 1);
    const { subject, requestedBy } = await request(id);
    const returned = async () => (await world.call(requestedBy.id, 'GET', '/api/v1/signing/inbox/count')).json.returned;
    const before = await returned();
    const early = await clerk.call('POST', `requests/${id}/reject`, { reason: 'Sai tên trường' });
    assert.equal(early.json.code, 'signing/not-the-signer', 'it is not their turn');
    const rejected = await principal.call('POST', `requests/${id}/reject`, { reason: 'Sai điểm Toán' });
    assert.deepEqual([rejected.json.state, rejected.json.reason], ['rejected', 'Sai điểm Toán']);
    assert.equal(await refusal(principal, [id], 'sign'), 'signing/not-waiting');
    assert.equal(await returned(), before + 1, 'whoever asked has work again');
    const sheet = (await teacher.call('GET', `classes/${classIds?.at(-1)}/marks`)).json;
    const row = sheet.rows.find(({ person }: { person: { id: string } }) => person.id === subject.id);
    assert.deepEqual([row.isLocked, row.transcript.reason], [false, 'Sai điểm Toán']);
    const again = await world.askFor(administratorId, { classId: classIds?.at(-1), personIds: [subject.id] });
    assert.equal(again.json.made, 1);
    assert.equal(await returned(), before, 'until it is asked for again');
    // the clerk sends back what is signed
    await teacher.signAll();
    await principal.signAll();
    const [due] = (await clerk.call('GET', 'requests?state=signed&limit=200')).json.items;
    const bySeal = await clerk.call('POST', `requests/${due.id}/reject`, { reason: 'Thiếu con dấu mới' });
    assert.equal(bySeal.json.state, 'rejected', JSON.stringify(bySeal.json));
    assert.equal(await refusal(clerk, [due.id], 'seal'), 'signing/not-waiting');
  });

  test('K4: one withdrawn meanwhile fails alone, and nothing is sealed on a file that somebody with the database put in its place', async () => {
    const [one = '', other = ''] = await world.nextForPrincipal(0, 2);
    const session = await principal.open([one, other]);
    const confirmation = await principal.confirmation(session);
    await world.call(world.city.people.schoolAdministrator, 'POST', `/api/v1/signing/requests/${other}/withdraw`);
    const { json } = await principal.confirm(session, confirmation);
    assert.deepEqual(
      json.items.map(({ state }: { state: string }) => state),
      ['signed', 'failed'],
    );
    // Somebody with the database puts another file in its place: the bytes alone, then with a hash that fits.
    const replace = (columns: string) =>
      sql`UPDATE signing.document AS d SET (bytes, sha256) = (SELECT bytes, ${sql.raw(columns)} FROM signing.document AS o ORDER BY o.id LIMIT 1)
        FROM signing.request AS r WHERE r.id = ${one} AND d.id = r.signed_document_id`.execute(world.context.db);
    await replace('d.sha256');
    assert.equal(await refusal(clerk, [one], 'seal'), 'signing/document-changed');
    await replace('o.sha256');
    assert.equal(
      await refusal(clerk, [one], 'seal'),
      'signing/document-changed',
      'it has not the signatures of its steps',
    );
    await world.call(world.city.people.schoolAdministrator, 'POST', `/api/v1/signing/requests/${one}/withdraw`);
  });

  describe('of a school report the PDF and the XML', () => {
    let ids: string[];
    before(async () => {
      const { administratorId = '', classIds } = world.city.schools[0] ?? {};
      const classId = classIds?.at(-1);
      const { rows } = await sql<{ id: string }>`
        SELECT DISTINCT person_id AS id FROM signing.marks WHERE class_id = ${classId} ORDER BY 1 DESC LIMIT 2`.execute(
        world.context.db,
      );
      const personIds = rows.map(({ id }) => id);
      const { json } = await world.askFor(administratorId, { classId, personIds, template: 'school-report' });
      assert.equal(json.made, 2, JSON.stringify(json));
      ids = (await teacher.inbox()).filter(({ title }) => title.startsWith('Học bạ số')).map(({ id }) => id);
      assert.equal(ids.length, 2);
    });

    test('are signed by one confirmation at each turn, or neither: one wrong signature of four fails its report whole', async () => {
      assert.equal(await refusal(clerk, ids, 'seal'), 'signing/not-signed-yet');
      assert.equal(await refusal(principal, ids, 'sign'), 'signing/not-waiting');
      const session = await teacher.open(ids);
      assert.deepEqual(
        session.items.map(({ artefact, format }) => [artefact, format]),
        [0, 1].flatMap(() => [
          ['document', 'PAdES'],
          ['data', 'XAdES'],
        ]),
      );
      const confirmation = (await teacher.confirmation(session)) as Parameters<typeof authorise>[2];
      const signatures = confirmation.signatures.map((one, index) =>
        index === 1 ? { ...one, signature: confirmation.signatures[0]?.signature ?? '' } : one,
      );
      const { json } = await teacher.confirm(session, { ...confirmation, signatures });
      assert.deepEqual(
        json.items.map(({ state, error }: { state: string; error: { code: string } | null }) => error?.code ?? state),
        ['signing/wrong-signature', 'signed'],
      );
      const [failed = '', done = ''] = ids;
      assert.deepEqual(
        [await signatureCounts(failed), await signatureCounts(done)],
        [
          [0, 0],
          [1, 1],
        ],
      );
      assert.deepEqual(await sign(teacher, [failed]), ['signed']);
      assert.equal(await refusal(clerk, ids, 'seal'), 'signing/not-signed-yet', 'nor before the principal');
    });

    test('say the same after the seal, are each valid to our judge, and pdfsig and xmlsec1 agree', async () => {
      const [id = ''] = ids;
      assert.deepEqual(await sign(principal, ids), ['signed', 'signed']);
      assert.deepEqual(await sign(clerk, [id], 'seal'), ['signed']);
      const [pdf, xml] = [await file(id), await data(id)];
      assert.deepEqual(agreementOf(pdf, xml), { agrees: true });
      for (const bytes of [pdf, xml]) {
        const report = await verify(bytes);
        assert.deepEqual([report.verdict, report.signatures.length], ['valid', 3], JSON.stringify(report));
      }
      await independentWitnesses(world, pdf);
      const { anchors } = await trustMaterial(world.context);
      xmlsec1(xml, anchors[0] ?? Buffer.alloc(0), { at: new Date() });
      await archiveIssued(world.context, { requestIds: [id] });
      const archived = [await file(id), await data(id)] as const;
      assert.deepEqual(agreementOf(...archived), { agrees: true });
      for (const bytes of archived) {
        const report = await verify(bytes);
        assert.deepEqual(
          report.signatures
            .filter(({ signer }) => signer)
            .map(({ level }) => level)
            .slice(0, 3),
          ['B-LTA', 'B-LTA', 'B-LTA'],
        );
      }
    });

    test('are told by anyone who brings both to be one report, and with the XML of another pupil not to be', async () => {
      const [id = '', unsealed = ''] = ids;
      const [pdf, xml, other] = [await file(id), await data(id), await data(unsealed)];
      const both = await verify(pdf, { content: xml });
      assert.deepEqual([both.verdict, both.otherForm?.agrees], ['valid', true]);
      assert.deepEqual((await verify(xml, { content: pdf })).otherForm, both.otherForm);
      assert.match(both.otherForm?.sentence.vi ?? '', /cùng một học bạ/);
      const wrong = await verify(pdf, { content: other });
      assert.deepEqual([wrong.verdict, wrong.otherForm?.agrees], ['valid', false], 'each file is good by itself');
      assert.equal((await verify(pdf, { content: Buffer.from('<hocBa/>') })).otherForm, null);
      const known = (await verify(xml)).document;
      assert.equal(
        known?.dataSha256,
        createHash('sha256').update(xml).digest('hex'),
        'found by the hash of its XML, too',
      );
      assert.equal(known?.code, (await verify(pdf)).document?.code);
    });

    test('are signed by the teachers of the subjects first, in any order, each for the subjects that the report has', async () => {
      const { administratorId = '', classIds, teacherIds = [] } = world.city.schools[0] ?? {};
      const classId = classIds?.at(-1);
      const [first = '', second = ''] = teacherIds.filter((one) => one !== teacher.personId);
      const { rows } = await sql<{
        id: string;
      }>`SELECT DISTINCT person_id AS id FROM signing.marks AS m WHERE class_id = ${classId}
        AND NOT EXISTS (SELECT FROM signing.request AS r WHERE r.subject_id = m.person_id) ORDER BY 1 LIMIT 1`.execute(
        world.context.db,
      );
      const ask = (subjectTeachers: object[]) =>
        world.askFor(administratorId, {
          classId,
          personIds: rows.map(({ id }) => id),
          template: 'school-report',
          subjectTeachers,
        });
      const english = { subject: 'foreign-language-1', personId: first };
      assert.equal((await ask([{ ...english, subject: 'alchemy' }])).json.code, 'signing/no-such-subject');
      assert.equal((await ask([english, english])).json.code, 'signing/no-such-subject');
      const outside = { ...english, personId: world.classTeacherOf(1) };
      assert.equal((await ask([outside])).json.code, 'signing/subject-teacher-not-signer');
      const arts = { subject: 'arts', personId: second };
      const untaught = { subject: 'ethnic-language', personId: second };
      const { json } = await ask([english, arts, untaught, { subject: 'ethics', personId: teacher.personId }]);
      assert.equal(json.made, 1, JSON.stringify(json));
      const [one, other] = [await world.phoneOf(first), await world.phoneOf(second)];
      const [due] = await one.inbox();
      const id = due?.id ?? '';
      const { steps } = await request(id);
      assert.deepEqual(
        steps.map(({ role, title, state }: Record<string, string>) => [role, title, state]),
        [
          ['subject-teacher', 'Giáo viên Ngoại ngữ 1 (Tiếng Anh)', 'due'],
          ['subject-teacher', 'Giáo viên Nghệ thuật (Âm nhạc, Mĩ thuật)', 'due'],
          ['class-teacher', 'Giáo viên chủ nhiệm', 'pending'],
          ['principal', 'Hiệu trưởng', 'pending'],
          ['school-seal', 'Dấu của trường', 'pending'],
        ],
      );
      assert.match((await data(id)).toString(), /<Subject name="Nghệ thuật \(Âm nhạc, Mĩ thuật\)" teacher="/);
      assert.equal(await refusal(teacher, [id], 'sign'), 'signing/not-waiting', 'the class teacher comes after them');
      assert.deepEqual(await sign(other, [id]), ['signed']);
      assert.equal(await refusal(teacher, [id], 'sign'), 'signing/not-waiting', 'after both of them');
      assert.deepEqual(await sign(one, [id]), ['signed']);
      assert.deepEqual(await sign(teacher, [id]), ['signed']);
      assert.deepEqual(await sign(principal, [id]), ['signed']);
      assert.deepEqual(await sign(clerk, [id], 'seal'), ['signed']);
      for (const bytes of [await file(id), await data(id)]) {
        const report = await verify(bytes);
        assert.deepEqual([report.verdict, report.signatures.length], ['valid', 5]);
      }
    });

    test('issued stay as they are: a correction takes who asks and the head who signed, and makes a new version beside the old one', async () => {
      const [old = ''] = ids;
      const { administratorId = '', classIds, teacherIds = [] } = world.city.schools[0] ?? {};
      const classId = classIds?.at(-1);
      const before = await request(old);
      const [oldPdf, oldXml] = [await file(old), await data(old)];
      const propose = (who = administratorId) =>
        world.call(who, 'POST', `/api/v1/signing/requests/${old}/correction`, { reason: 'Sai điểm Toán học kì I' });
      assert.equal((await propose(world.city.schools[1]?.administratorId)).status, 403);
      const row = async () =>
        (await teacher.call('GET', `classes/${classId}/marks`)).json.rows.find(
          ({ person }: { person: { id: string } }) => person.id === before.subject.id,
        );
      const write = async (value: number) => {
        const { version, values } = await row();
        const rows = [{ personId: before.subject.id, version, values: { ...values, 'mathematics.term1.test': value } }];
        return (await world.call(administratorId, 'PUT', `/api/v1/signing/classes/${classId}/marks`, { rows })).json
          .code;
      };
      const ask = async () =>
        (await world.askFor(administratorId, { classId, personIds: [before.subject.id], template: 'school-report' }))
          .json;
      assert.equal(await write(1), 'marks/locked');
      const first = (await propose()).json.approval.id;
      await world.two.confirm(first, administratorId);
      const colleague = teacherIds.find((one) => one !== teacher.personId) ?? '';
      for (const personId of [administratorId, colleague]) await assert.rejects(world.two.approve(first, personId));
      assert.equal(await write(1), 'marks/locked', 'neither who asked nor a colleague who signs other things');
      assert.deepEqual((await ask()).skipped[0]?.reason, 'exists');
      await world.two.approve(first, principal.personId); // whoever tried before has ended nothing
      assert.equal((await propose()).json.code, 'signing/corrected-already');
      assert.equal(await write(1), undefined);
      assert.equal((await ask()).made, 1);
      assert.equal(await write(2), 'marks/locked', 'the new version is being signed');
      assert.equal((await ask()).made, 0, 'there is one new version');
      const due = (await teacher.inbox()).find(({ title }) => title === before.title);
      const corrected = due?.id ?? '';
      const state = async (code: string) =>
        (await world.app.inject({ method: 'GET', url: `/api/v1/verify/${code}` })).json();
      assert.equal((await state(before.code)).state, 'issued', 'until the new one is');
      for (const phone of [teacher, principal]) assert.deepEqual(await sign(phone, [corrected]), ['signed']);
      assert.deepEqual(await sign(clerk, [corrected], 'seal'), ['signed']);
      const { code } = await request(corrected);
      assert.match(
        (await data(corrected)).toString(),
        new RegExp(`code="${code}" replaces="${before.code}" version="2"`),
      );
      const shown = await state(before.code);
      assert.deepEqual([shown.state, shown.replacedBy], ['replaced', code]);
      assert.deepEqual([(await state(code)).state, (await state(code)).replacedBy], ['issued', null]);
      assert.ok((await file(old)).equals(oldPdf) && (await data(old)).equals(oldXml), 'the old one is as it was');
      const report = await verify(oldPdf);
      assert.deepEqual([report.verdict, report.document?.state], ['valid', 'replaced']);
      assert.equal((await propose()).json.code, 'signing/not-issued');
    });

    test('are not sealed when somebody with the database put another pupil’s XML beside the PDF', async () => {
      const [issued = '', id = ''] = ids;
      await sql`UPDATE signing.request SET signed_data_id = (SELECT s.data_id FROM signing.step AS s
        WHERE s.request_id = ${issued} AND s.role = 'principal') WHERE id = ${id}`.execute(world.context.db);
      assert.equal(await refusal(clerk, [id], 'seal'), 'signing/document-changed');
    });
  });

  test('J3: killed before any statement while it seals a school report: signed or issued with two whole files, once', async () => {
    const [id = ''] = await world.nextForPrincipal(0, 1, 'school-report');
    await principal.signAll();
    const session = await clerk.open([id], 'seal');
    const confirmation = (await clerk.confirmation(session)) as Parameters<typeof authorise>[2];
    const actor = {
      kind: 'person',
      personId: clerk.personId,
      sessionId: `session of ${clerk.personId}`,
      roles: [],
      acr: '',
      authenticatedAt: new Date(),
    } as const;
    await authorise(world.context, session.id, confirmation, actor);
    const program = fileURLToPath(new URL('../../testing/crash.ts', import.meta.url));
    let finished = false;
    let kills = 0;
    for (let dieBefore = 4; !finished && dieBefore < 400; dieBefore += 24) {
      const child = spawn(process.execPath, [program, world.context.databaseUrl, session.id, String(dieBefore)], {
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      const [code, signal] = await once(child, 'exit');
      finished = code === 0;
      if (!finished) {
        assert.equal(signal, 'SIGKILL', `ended with ${code}`);
        kills += 1;
      }
      const { state } = await request(id);
      for (const bytes of [await file(id), await data(id)]) {
        const report = await verify(bytes);
        assert.deepEqual([state, report.signatures.length], state === 'issued' ? ['issued', 3] : ['signed', 2]);
        assert.equal(report.verdict, 'valid');
      }
      await sql`UPDATE signing.session SET lease_until = NULL WHERE id = ${session.id}`.execute(world.context.db);
    }
    assert.ok(finished && kills >= 2, `finished ${finished} after ${kills} kills`);
    const { rows } = await sql<{ events: number }>`
      SELECT count(*)::int AS events FROM platform.outbox WHERE subject_id = ${id} AND type = 'signing-request.issued'`.execute(
      world.context.db,
    );
    assert.equal(rows[0]?.events, 1);
  });
});
