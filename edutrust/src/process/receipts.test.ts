import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parseCertificate } from '@edutrust/certs/certificate';
import { createCerts } from '@edutrust/certs/service';
import { appOrigins, codeFor, type TestIdp, testIdp } from '@edutrust/idp/testing/idp';
import { makeReceipt } from '@edutrust/signing-service/receipts';
import { type TestCity, testCity } from '@edutrust/signing-service/testing/city';
import { independentWitnesses } from '@edutrust/signing-service/testing/witnesses';
import { verifyFile } from '@edutrust/signing-service/verify';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';

const app = 'thu-vien-so';

/** As pdftotext reads it, its lines as one. */
function textOf(pdf: Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'edutrust-receipt-'));
  try {
    writeFileSync(join(folder, 'receipt.pdf'), pdf);
    return execFileSync('pdftotext', [join(folder, 'receipt.pdf'), '-'], { encoding: 'utf8' }).replace(/\s+/g, ' ');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The provider, and who keeps the keys, each with a database of its own. */
describe('T3, V7: a consent in force has a receipt that proves itself, for who gave it and for nobody else', () => {
  let idp: TestIdp;
  let city: TestCity;
  let guardian: TestBrowser;
  let teacher: TestBrowser;
  let stranger: TestBrowser;

  before(async () => {
    city = await testCity();
    idp = await testIdp({}, undefined, undefined, (receipt) => makeReceipt(city.context, receipt));
    const { people } = idp.city;
    guardian = await signedIn(people.guardian);
    teacher = await signedIn(people.teacher);
    stranger = new TestBrowser();
    await agree(people.teacher, ['openid', 'profile', 'school']);
    await agree(people.pupil, ['openid', 'profile', 'school', 'birthdate']);
    await sql`INSERT INTO idp.guardian_consent (person_id, client_id, scopes, asked_at, guardian_id, given_at)
      SELECT person_id, client_id, scopes, given_at, ${people.guardian}, given_at FROM idp.consent WHERE person_id = ${people.pupil}`.execute(
      idp.context.db,
    );
  });
  after(async () => {
    await idp?.[Symbol.asyncDispose]();
    await city?.[Symbol.asyncDispose]();
  });

  async function signedIn(personId: string): Promise<TestBrowser> {
    const browser = new TestBrowser();
    await idp.signIn(browser, await idp.activate(personId));
    return browser;
  }

  const agree = (personId: string, scopes: readonly string[], children: readonly string[] = []) =>
    sql`INSERT INTO idp.consent (person_id, client_id, scopes, given_at, children)
      VALUES (${personId}, ${app}, ${[...scopes]}, '2026-11-02T03:04:05Z', ${[...children]}::uuid[])`.execute(
      idp.context.db,
    );

  const own = `/account/apps/${app}/receipt.pdf`;
  const ofChild = (id: string) => `/account/children/${id}/apps/${app}/receipt.pdf`;

  async function ask(browser: TestBrowser, path: string): Promise<{ status: number; type: string; body: Buffer }> {
    const response = await browser.request(`${idp.origin}${path}`, { redirect: 'manual' });
    const type = response.headers.get('content-type') ?? '';
    return { status: response.status, type, body: Buffer.from(await response.arrayBuffer()) };
  }

  async function receiptOf(browser: TestBrowser, path: string): Promise<Buffer> {
    const { status, type, body } = await ask(browser, path);
    assert.deepEqual([status, type], [200, 'application/pdf'], body.subarray(0, 300).toString());
    return body;
  }

  async function mustBeNothing(browser: TestBrowser, path: string, why: string): Promise<void> {
    const { status, body } = await ask(browser, path);
    assert.ok(status === 404 || status === 303, `${why}: ${status}`);
    assert.ok(!body.includes('%PDF'), why);
  }

  /** By our judge, as anybody asks it, and by openssl and pdfsig, which trust our root alone. */
  async function mustProveItself(pdf: Buffer): Promise<void> {
    const report = await verifyFile(city.context, pdf);
    assert.equal(report.verdict, 'valid', JSON.stringify(report.signatures[0]?.reasons));
    assert.equal(report.signatures.length, 1);
    const [signature] = report.signatures;
    assert.equal(signature?.signer?.name, 'EduTrust Receipts');
    assert.equal(signature?.level, 'B-T');
    assert.ok(signature?.time.proven, 'stamped');
    await independentWitnesses(city, pdf);
    const changed = Buffer.from(pdf);
    changed[100] = (changed[100] ?? 0) ^ 1;
    assert.notEqual((await verifyFile(city.context, changed).catch(() => undefined))?.verdict, 'valid');
  }

  test('of an adult, who agreed at the app itself: with the app, what for, which data, and the entry of the log', async () => {
    const other = 'lop-hoc';
    await sql`UPDATE idp.app SET is_approved = false WHERE client_id = ${other}`.execute(idp.context.db);
    const browser = new TestBrowser({ stopAt: appOrigins });
    await idp.signIn(browser, await idp.activate(idp.city.people.principal));
    await codeFor(browser, idp.origin, other);
    const pdf = await receiptOf(browser, `/account/apps/${other}/receipt.pdf`);
    await mustProveItself(pdf);
    const text = textOf(pdf);
    const { rows } = await sql<{ id: string; name: string; purpose: { vi: string } }>`
      SELECT e.id, a.name, a.purpose FROM platform.ledger_entry AS e JOIN idp.app AS a ON a.client_id = ${other}
      WHERE e.type = 'consent.given'`.execute(idp.context.db);
    assert.equal(rows.length, 1);
    for (const said of [rows[0]?.id, rows[0]?.name, rows[0]?.purpose.vi, 'Họ và tên', 'Trường', 'Chính mình'])
      assert.ok(said && text.includes(said), `${said} in ${text}`);
  });

  test('of a child, for the guardian who decides: whose it is, which app, what for, which data; looked at is kept', async () => {
    const { pupil } = idp.city.people;
    const page = await guardian.get(`${idp.origin}/account/children`);
    assert.equal(page.page?.props.children[0].apps[0].receiptPath, ofChild(pupil));
    const pdf = await receiptOf(guardian, ofChild(pupil));
    await mustProveItself(pdf);
    const text = textOf(pdf);
    const { rows } = await sql<{ child: string; app: string; purpose: { vi: string } }>`
      SELECT p.full_name AS child, a.name AS app, a.purpose FROM registry.person AS p, idp.app AS a
      WHERE p.id = ${pupil} AND a.client_id = ${app}`.execute(idp.context.db);
    for (const said of [
      ...[rows[0]?.child, rows[0]?.app, rows[0]?.purpose.vi],
      ...['Họ và tên', 'Trường', 'Lớp', 'Học sinh chưa đủ 16 tuổi', '02/11/2026', 'không phải con dấu'],
    ])
      assert.ok(said && text.includes(said), `${said} in ${text}`);
    assert.ok(!text.includes('Ngày sinh'), 'an app that the department has not approved does not get it');
    const kept = await sql<{ people: string[] }>`
      SELECT people FROM registry.access WHERE operation = 'children.receipt'`.execute(idp.context.db);
    assert.deepEqual(kept.rows, [{ people: [pupil] }]);
  });

  test('of a guardian who acts for a child: it names the child, in English for who reads English', async () => {
    const { guardian: id, pupil } = idp.city.people;
    await agree(id, ['openid', 'profile', 'acting_for'], [pupil, idp.city.people.twins[0]]);
    const text = textOf(await receiptOf(guardian, own));
    const names = await sql<{ id: string; name: string }>`
      SELECT id, full_name AS name FROM registry.person WHERE id = ANY(${[pupil, idp.city.people.twins[0]]})`.execute(
      idp.context.db,
    );
    for (const { id: child, name } of names.rows) {
      assert.equal(text.includes(name), child === pupil, 'one for whom they do not decide is not named');
    }
    assert.match(text, /Cha, mẹ hoặc người giám hộ/);
    const english = textOf(await receiptOf(guardian, `${own}?lang=en`));
    assert.match(english, /Parent or guardian/);
  });

  test('another guardian, another person and a stranger get nothing, whatever they put into the address', async () => {
    const { pupil, twins } = idp.city.people;
    await agree(twins[0], ['openid', 'profile']);
    for (const [who, why] of [
      [guardian, "another's child"],
      [teacher, 'no guardian'],
      [stranger, 'nobody'],
    ] as const)
      await mustBeNothing(who, ofChild(twins[0]), why);
    for (const who of [teacher, stranger]) await mustBeNothing(who, ofChild(pupil), "the child's own");
    await mustBeNothing(stranger, own, 'nobody');
    await mustBeNothing(teacher, '/account/apps/lop-hoc/receipt.pdf', 'what somebody else agreed to');
    await mustBeNothing(teacher, `/account/apps/${encodeURIComponent("x' OR 1=1 --")}/receipt.pdf`, 'no app');
    await sql`UPDATE registry.guardianship SET scope = 'documents' WHERE child_id = ${pupil}`.execute(idp.context.db);
    await mustBeNothing(guardian, ofChild(pupil), 'a court left them the documents alone');
    await sql`UPDATE registry.guardianship SET scope = 'full' WHERE child_id = ${pupil}`.execute(idp.context.db);
  });

  test('what was withdrawn has no receipt any more', async () => {
    const { pupil } = idp.city.people;
    await guardian.post(`${idp.origin}/account/children/${pupil}/apps/${app}/withdraw`, {});
    await mustBeNothing(guardian, ofChild(pupil), 'withdrawn for the child');
    await teacher.post(`${idp.origin}/account/apps/${app}/withdraw`, {});
    await mustBeNothing(teacher, own, 'withdrawn');
  });

  test('an installation of before gets the certificate at its start, once however many processes start', async () => {
    const { db } = city.context;
    const held = async () =>
      (
        await sql<{ certificate: Buffer }>`SELECT certificate FROM certs.responder WHERE purpose = 'receipts'`.execute(
          db,
        )
      ).rows;
    const issued = async () =>
      (await sql`SELECT FROM certs.certificate WHERE profile = 'receipts' AND state = 'issued'`.execute(db)).rows
        .length;
    await sql`DELETE FROM certs.responder WHERE purpose = 'receipts'`.execute(db);
    const before = await issued();
    assert.equal((await ask(guardian, own)).status, 503, 'until then there is none');
    const processes = [createCerts(city.context), createCerts(city.context)];
    try {
      await Promise.all(processes.map((process) => process.start?.()));
    } finally {
      await Promise.all(processes.map((process) => process.close?.()));
    }
    assert.equal((await held()).length, 1);
    assert.equal(await issued(), before + 1);
    await mustProveItself(await receiptOf(guardian, own));

    const [first] = await held();
    const { notBefore, notAfter } = parseCertificate(first?.certificate ?? Buffer.alloc(0));
    const late = new Date(notAfter.getTime() - (notAfter.getTime() - notBefore.getTime()) / 4);
    const later = { ...city.context, clock: { now: () => late } };
    await createCerts(later).tasks?.['certs.renew-services']?.({});
    const [renewed] = await held();
    assert.notDeepEqual(renewed?.certificate, first?.certificate, 'renewed before it ends');
  });
});
