import assert from 'node:assert/strict';
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import process from 'node:process';
import type { Readable, Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import { toPem } from '@edutrust/certs/certificate';
import { type TestTokens, testTokens } from '@edutrust/certs/testing/school-token';
import { otherAuthority } from '@edutrust/signing-service/testing/other-authority';
import { approveAt, confirmProposal } from '@edutrust/testing/approvals';
import { desk, lookAtBoth, openBrowser, openDevice } from '@edutrust/testing/chromium';
import { eventually } from '@edutrust/testing/eventually';
import { begin, beginByLink, person } from '@edutrust/testing/people';
import { Platform } from '@edutrust/testing/platform';
import { freePort } from '@edutrust/testing/port';
import { enrolPhone, signClass } from '@edutrust/testing/signing';
import type { Browser, Page } from 'playwright-core';

/** A clerk with the school's own token: pairing, sealing and judging, as the manual says it. Each test goes on where the one before stopped. */

const root = new URL('../..', import.meta.url).pathname;
let platform: Platform;
let browser: Browser;
let tokens: TestTokens;
let lists: Server;
let authority: ReturnType<typeof otherAuthority>;
const computers: SchoolComputer[] = [];
const at: Partial<Record<'officer' | 'clerk', Page>> = {};

before(async () => {
  platform = await Platform.start();
  browser = await openBrowser();
  const port = await freePort();
  authority = otherAuthority('Ban Cơ yếu', `http://localhost:${port}`);
  lists = createServer(({ url }, answer) => {
    answer.end(authority.lists([]).get(`http://localhost:${port}${url}`));
  });
  await once(lists.listen(port, '127.0.0.1'), 'listening');
  execFileSync(process.execPath, [join(root, 'edutrust/pack-sign.ts'), file('packed')], { stdio: 'ignore' });
  await symlink(join(root, 'node_modules'), file('packed/node_modules'));
  const seal = authority.seal('Trường Tiểu học Lê Lợi', 'rsa');
  tokens = await testTokens([{ label: 'con dau', key: seal.key, certificates: [seal.certificate, authority.issuing] }]);
});
after(async () => {
  for (const { child } of computers) child.kill();
  await browser?.close();
  lists?.close();
  await tokens?.[Symbol.asyncDispose]();
  await platform?.[Symbol.asyncDispose]();
});

const file = (name: string) => join(platform.directory, name);

interface Signed {
  readonly signer: { readonly issuer: string } | null;
}

/** `edutrust sign` on the school's computer, as it is packed for schools, and what it says. */
class SchoolComputer {
  said = '';
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly ended: Promise<unknown[]>;

  constructor() {
    const { SOFTHSM2_CONF = '' } = process.env; // of the tokens
    const where = { XDG_CONFIG_HOME: file('school'), LANG: 'vi_VN.UTF-8', SOFTHSM2_CONF };
    const args = ['sign', '--origin', platform.url, '--pkcs11', tokens.library, '--token', 'con dau', '--once'];
    this.child = spawn(process.execPath, [file('packed/edutrust-sign/edutrust.js'), ...args], {
      env: { ...platform.environment, ...where },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    computers.push(this);
    this.ended = once(this.child, 'exit');
    for (const stream of [this.child.stdout, this.child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.said += text;
      });
  }

  /** Waits until it has said so, and gives what was found. */
  async says(what: RegExp): Promise<string> {
    return eventually(async () => {
      const [, found = ''] = what.exec(this.said) ?? assert.fail(`${what}: ${this.said}`);
      return found;
    });
  }

  type(line: string): void {
    this.child.stdin.write(`${line}\n`);
  }
}

test('token: operators trust the root of the tokens’ authority', async () => {
  const officer = await openDevice(browser, { device: desk });
  await begin(platform, officer.page, person(platform, 'An toàn'));
  at.officer = officer.page;
  const { page: administrator } = await openDevice(browser, { device: desk });
  await beginByLink(platform, administrator, platform.welcome?.administratorLink ?? '');
  await officer.page.goto(`${platform.url}/admin/anchors/new`);
  await officer.page.getByLabel('Tên dễ nhớ').fill('Ban Cơ yếu Chính phủ');
  await officer.page.getByLabel('Chứng thư gốc (PEM)').fill(toPem(authority.root));
  await officer.page.getByRole('button', { name: 'Tin cậy gốc này' }).click();
  await approveAt(administrator, await confirmProposal(officer.page));
});

test('token: `edutrust sign` shows a code; the clerk types it and sees the certificate; a second person approves', async () => {
  const { page } = await openDevice(browser, { device: desk });
  await begin(platform, page, person(platform, 'Văn thư'));
  at.clerk = page;
  const computer = new SchoolComputer();
  await computer.says(/(PIN: )/);
  computer.type(tokens.pin);
  const code = await computer.says(/Mã ghép: (\S+)/);
  await page.goto(`${platform.url}/admin/sealing`);
  await page.getByLabel('Mã đang hiện trên máy đó').fill(code.toLowerCase());
  await page.getByRole('button', { name: 'Xem thiết bị' }).click();
  await page.getByText('CN=Ban Cơ yếu CA').waitFor();
  await lookAtBoth(page, 'console-sealing-look');
  await page.getByRole('button', { name: 'Đề nghị ghép' }).click();
  const approval = await confirmProposal(page);
  await computer.says(/(Chờ cán bộ an toàn thông tin duyệt)/);
  assert.deepEqual((await computer.ended)[0], 1, computer.said);
  await lookAtBoth(page, 'console-sealing-approval');
  await approveAt(at.officer ?? assert.fail(), approval);
});

test('token: the class teacher and the principal sign on their phones', async () => {
  for (const role of ['Giáo viên', 'Hiệu trưởng']) {
    const { page } = await openDevice(browser, { device: desk });
    await begin(platform, page, person(platform, role));
    await enrolPhone(platform, page, at.officer ?? assert.fail());
    await signClass(platform, page);
  }
});

test('token: the list has the same digits in the browser; one PIN seals it; pdfsig and `edutrust verify` agree', async () => {
  const page = at.clerk ?? assert.fail();
  const computer = new SchoolComputer();
  const code4 = await computer.says(/Mã của danh sách: (\d{4})/);
  await page.goto(`${platform.url}/admin/sealing`);
  await page.getByText(code4).first().waitFor();
  await lookAtBoth(page, 'console-sealing');
  computer.type(tokens.pin);
  await computer.says(/(\d+) đã đóng dấu, 0 còn chờ/);
  assert.equal((await computer.ended)[0], 0, computer.said);

  const bytes = await (at.officer ?? assert.fail()).evaluate(async () => {
    const { items } = await (await fetch('/api/v1/signing/requests?limit=50&state=issued')).json();
    const answer = await fetch(`/api/v1/signing/requests/${items[0].id}/document`);
    return Array.from(new Uint8Array(await answer.arrayBuffer()));
  });
  await writeFile(file('sealed.pdf'), Buffer.from(bytes));
  const { lines } = await platform.run('verify', '--json', file('sealed.pdf'));
  const seals = lines[0].signatures.filter(({ signer }: Signed) => signer?.issuer === 'CN=Ban Cơ yếu CA');
  assert.deepEqual([lines[0].verdict, seals.length], ['valid', 1], JSON.stringify(lines));
  await pdfsigAccepts(file('sealed.pdf'));
});

async function pdfsigAccepts(path: string): Promise<void> {
  const nss = `sql:${file('nss')}`;
  execFileSync('mkdir', ['-p', file('nss')]);
  execFileSync('certutil', ['-N', '--empty-password', '-d', nss]);
  await writeFile(file('root.der'), Buffer.from(await (await fetch(`${platform.url}/pki/root.crt`)).arrayBuffer()));
  await writeFile(file('other.der'), authority.root);
  for (const name of ['root', 'other'])
    execFileSync('certutil', ['-A', '-n', name, '-t', 'CT,CT,CT', '-i', file(`${name}.der`), '-d', nss]);
  const said = execFileSync('pdfsig', ['-nssdir', nss, path], { encoding: 'utf8' });
  assert.equal(said.match(/Signature is Valid/g)?.length, 3, said);
  assert.equal(said.match(/Certificate is Trusted/g)?.length, 3, said);
  assert.match(said, /Trường Tiểu học Lê Lợi/, said);
}
