/**
 * `npm run moments`: the moments that each kind of person judges us by, done in a browser on a city of its own. Prints a
 * table of taps, typed fields, fingerprints and the machine's seconds; docs/screens.md keeps it beside the first figures.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { askAs } from '@edutrust/testing/ask';
import { cameraOn } from '@edutrust/testing/camera';
import { authenticatorOf, desk, openBrowser, openDevice, phone } from '@edutrust/testing/chromium';
import { begin, beginByLink, freshCode, person, signIn } from '@edutrust/testing/people';
import { Platform } from '@edutrust/testing/platform';
import { freePort } from '@edutrust/testing/port';
import { enrolPhone, giveSeal, signClass } from '@edutrust/testing/signing';
import type { Browser, Locator, Page } from 'playwright-core';

/** What a person's hands do, counted. */
class Hands {
  taps = 0;
  fields = 0;
  fingerprints = 0;
  async tap(target: Locator): Promise<void> {
    this.taps += 1;
    await target.click({ timeout: 60_000 });
  }
  async type(target: Locator, text: string): Promise<void> {
    this.fields += 1;
    await target.fill(text);
  }
  /** A tap after which the device asks for the finger. */
  async touch(target: Locator): Promise<void> {
    this.fingerprints += 1;
    await this.tap(target);
  }
}

const rows: string[] = [];

async function moment(who: string, what: string, act: (hands: Hands) => Promise<void>): Promise<void> {
  const hands = new Hands();
  const start = performance.now();
  await act(hands);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const parts = [
    `${hands.taps} taps`,
    hands.fields && `${hands.fields} fields`,
    hands.fingerprints && `${hands.fingerprints} fingerprint`,
  ];
  rows.push(`| ${who} | ${what} | ${parts.filter(Boolean).join(', ')} | ${seconds} s |`);
  process.stdout.write(`${rows.at(-1)}\n`);
}

const platform = await Platform.start();
const browser = await openBrowser();
try {
  await pupil();
  await guardian();
  const teacher = await teaching();
  const { officer, department } = await offices();
  await developing(department);
  await auditing();
  await giveSeal(platform, await importing(), officer);
  await badges(teacher);
  await signing(teacher, officer);
  await checking(officer);
} finally {
  await browser.close();
  await platform[Symbol.asyncDispose]();
}

async function devicePage(device: typeof desk | typeof phone, where: Browser = browser): Promise<Page> {
  const { page } = await openDevice(where, { device });
  page.setDefaultTimeout(60_000);
  return page;
}

async function pupil(): Promise<void> {
  const child = person(platform, 'Học sinh');
  const page = await devicePage(desk);
  await moment('pupil', 'activates a printed code and is at her apps', async (hands) => {
    await page.goto(`${platform.url}/activate`);
    await hands.type(page.getByLabel('Mã kích hoạt'), child.code);
    await hands.tap(page.getByRole('button', { name: 'Tiếp tục' }));
    await hands.tap(page.getByRole('button', { name: 'Đúng', exact: true }));
    await hands.type(page.getByLabel('Mật khẩu mới'), 'mèo con thích ăn cá');
    await hands.type(page.getByLabel('Gõ lại mật khẩu'), 'mèo con thích ăn cá');
    await hands.tap(page.getByRole('button', { name: 'Xong', exact: true }));
    await page.getByRole('heading', { name: /^Chào / }).waitFor();
  });
  const next = await devicePage(desk);
  await moment('pupil', 'signs in with her password', async (hands) => {
    await next.goto(platform.url);
    await signIn(next, child.educationId, 'mèo con thích ăn cá');
    hands.fields = 2;
    hands.taps = 1;
    await next.getByRole('heading', { name: /^Chào / }).waitFor();
  });
}

/** The letter that the school sent has a QR code, which leads here with the code in its address. */
async function guardian(): Promise<void> {
  const { code } = person(platform, 'Phụ huynh');
  const page = await devicePage(phone);
  await moment('guardian', 'scans the letter and sees what concerns the child', async (hands) => {
    await page.goto(`${platform.url}/activate#code=${code}`);
    await hands.tap(page.getByRole('button', { name: 'Tiếp tục' }));
    await hands.tap(page.getByRole('button', { name: 'Đúng', exact: true }));
    await hands.type(page.getByLabel('Mật khẩu mới'), 'một câu đủ dài để nhớ lâu');
    await hands.type(page.getByLabel('Gõ lại mật khẩu'), 'một câu đủ dài để nhớ lâu');
    await hands.tap(page.getByRole('button', { name: 'Xong', exact: true }));
    await hands.tap(page.getByRole('link', { name: 'Con của tôi' }));
    await page.getByRole('heading', { name: /^Giấy tờ và dữ liệu của/ }).waitFor();
  });
}

/** From an empty form to the claims of an invented pupil, in the example app on this machine. */
async function developing(page: Page): Promise<void> {
  const port = await freePort();
  await page.goto(`${platform.url}/admin/apps/new`);
  const example = join(import.meta.dirname, '../examples/relying-app/src/main.ts');
  await moment('developer', 'from «new app» to the claims of a pupil on localhost', async (hands) => {
    await hands.type(page.getByLabel('Tên ứng dụng'), 'Sổ Việt');
    await hands.type(page.getByLabel('Địa chỉ nhận kết quả đăng nhập'), `http://localhost:${port}/callback`);
    await hands.tap(page.getByRole('button', { name: 'Tạo ứng dụng' }));
    const pasted = await page.locator('pre', { hasText: 'CLIENT_SECRET=' }).innerText();
    const settings = Object.fromEntries(pasted.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)));
    const app = spawn(process.execPath, [example], {
      env: { PATH: process.env.PATH, PORT: String(port), APP_NAME: 'Sổ Việt', ...settings },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(app.stdout, 'data');
      await page.goto(`http://localhost:${port}/`);
      await hands.tap(page.getByRole('link', { name: /Đăng nhập/ }));
      await hands.tap(page.getByRole('button', { name: /Nguyễn Thị Lan/ }));
      await page.locator('[data-claim=name]').waitFor();
    } finally {
      app.kill();
    }
  });
}

async function importing(): Promise<Page> {
  const page = await devicePage(desk);
  await authenticatorOf(page);
  await begin(platform, page, person(platform, 'Quản trị trường'));
  const file = join(platform.directory, 'lop-5b.csv');
  const head = 'Mã trường,Mã lớp,Mã định danh Bộ GD&ĐT,Họ và tên,Ngày sinh,Giới tính';
  await writeFile(file, `${head}\nTH001,5B,7966660001,Lê Văn Mới,01/02/2015,Nam\n`);
  await page.goto(`${platform.url}/admin/import`);
  await moment('school', 'a file of pupils: what would change, and done', async (hands) => {
    hands.taps += 1; // chooses the file, or drags it in
    await page.locator('input[type=file]').first().setInputFiles(file);
    await hands.tap(page.getByRole('button', { name: /^Xem trước/ }));
    await hands.tap(page.getByRole('button', { name: /^Áp dụng/ }));
    await page.getByRole('heading', { name: /^Đã thêm/ }).waitFor();
  });
  return page;
}

/** An employer who was handed a paper, and one who was sent the file. */
async function checking(officer: Page): Promise<void> {
  const clerk = await devicePage(phone);
  await begin(platform, clerk, person(platform, 'Văn thư'));
  await enrolPhone(platform, clerk, officer);
  await signClass(platform, clerk);
  const { items } = await askAs(officer, 'GET', '/api/v1/signing/requests?limit=50');
  const { id, code } = items.find(({ state }: { state: string }) => state === 'issued');
  const bytes = await officer.evaluate(async (request) => {
    const answer = await fetch(`/api/v1/signing/requests/${request}/document`);
    return Array.from(new Uint8Array(await answer.arrayBuffer()));
  }, id);
  const file = join(platform.directory, 'hoc-ba.pdf');
  await writeFile(file, Buffer.from(bytes));
  const page = await devicePage(phone);
  await moment('employer', 'scans the QR code of a transcript on paper: who signed what', async () => {
    await page.goto(`${platform.url}/verify/${code}`);
    await page.getByRole('heading', { name: /ký số và phát hành/ }).waitFor();
  });
  await moment('employer', 'has the file: is it whole, whose is it', async (hands) => {
    await page.goto(`${platform.url}/verify`);
    hands.taps += 1; // chooses the file
    await page.locator('input[type=file]').first().setInputFiles(file);
    await hands.tap(page.getByRole('button', { name: 'Kiểm tra', exact: true }));
    await page.getByText('Hợp lệ', { exact: true }).first().waitFor();
  });
}

async function teaching(): Promise<Page> {
  const page = await devicePage(phone);
  await begin(platform, page, person(platform, 'Giáo viên'));
  await page.goto(platform.url);
  await moment('teacher', 'a pupil forgot: from the launcher to a QR code on her phone', async (hands) => {
    await hands.tap(page.getByRole('link', { name: 'Mở lớp của tôi' }));
    await hands.tap(page.getByRole('button', { name: /^Cho mã/ }).first());
    await page.getByRole('img', { name: /^Mã QR của/ }).waitFor();
  });
  await page.getByRole('button', { name: 'Xong' }).click();
  await page.goto(`${platform.url}/teach`);
  await moment('teacher', 'slips for the whole class', async (hands) => {
    await hands.tap(page.getByRole('link', { name: 'In phiếu kích hoạt' }));
    await hands.tap(page.getByRole('button', { name: /^Lập \d+ phiếu$/ }));
    const sure = page.getByRole('button', { name: /^Cấp \d+ mã$/ });
    await sure
      .or(page.getByRole('button', { name: /^In \d+ phiếu$/ }))
      .first()
      .waitFor();
    if (await sure.isVisible()) await hands.tap(sure);
    await page.getByRole('button', { name: /^In \d+ phiếu$/ }).waitFor();
  });
  return page;
}

async function badges(teacher: Page): Promise<void> {
  const child = person(platform, 'Học sinh');
  const act = async (button: RegExp, sure: string, path: RegExp) => {
    await teacher.goto(`${platform.url}/teach`);
    await teacher.getByRole('link', { name: 'Thẻ', exact: true }).click();
    await teacher.getByRole('button', { name: button }).click();
    const answered = teacher.waitForResponse((response) => path.test(response.url()) && response.status() === 201);
    await teacher.getByRole('button', { name: sure, exact: true }).click();
    return (await answered).json();
  };
  const { made } = await act(/^Làm \d+ thẻ$/, 'Làm thẻ', /\/badges$/);
  await act(/^Cấp \d+ bí mật$/, 'Cấp', /\/pins$/);
  await teacher.getByRole('heading', { name: /^Bí mật của thẻ/ }).waitFor();
  const pin =
    (await teacher.locator('.badge-card', { hasText: child.name }).locator('[data-pin]').getAttribute('data-pin')) ??
    '';
  const { badge } = made.find((one: { person: { fullName: string } }) => one.person.fullName === child.name);
  const lab = await openBrowser(await cameraOn(badge.address));
  try {
    const { page: first, context } = await openDevice(lab);
    const administrator = person(platform, 'Quản trị trường');
    await begin(platform, first, { ...administrator, code: await freshCode(platform, administrator) });
    await first.goto(`${platform.url}/admin/schools`);
    await first
      .getByRole('link', { name: /Lê Lợi/ })
      .first()
      .click();
    await first.getByRole('link', { name: 'Máy dùng thẻ' }).click();
    await first.getByRole('button', { name: 'Ghi danh máy này' }).click();
    await first.getByLabel('Tên máy').fill('Phòng máy 1, máy 7');
    await first.getByRole('button', { name: 'Ghi danh', exact: true }).click();
    await first.getByText('Máy này đã ghi danh').waitFor();
    await first.goto(platform.url);
    await first.getByRole('button', { name: 'Đăng xuất' }).click();
    const page = await context.newPage();
    await moment('child', 'holds up the badge, taps the secret, is at her apps', async (hands) => {
      await page.goto(platform.url);
      await hands.tap(page.getByRole('link', { name: 'Dùng thẻ học sinh' }));
      await page.getByRole('heading', { name: /^Bấm \d+ số của em$/ }).waitFor();
      for (const digit of pin) await hands.tap(page.getByRole('button', { name: digit, exact: true }));
      await page.getByRole('button', { name: 'Xong – đăng xuất' }).waitFor();
    });
  } finally {
    await lab.close();
  }
}

async function offices(): Promise<{ officer: Page; department: Page }> {
  const officer = await devicePage(desk);
  await begin(platform, officer, person(platform, 'An toàn'));
  const department = await devicePage(desk);
  await moment('department', 'first link → console', async (hands) => {
    await beginByLink(platform, department, platform.welcome?.administratorLink ?? '');
    hands.taps = 2;
    hands.fingerprints = 1;
    await hands.tap(department.getByRole('link', { name: 'Quản trị' }));
    await department.getByRole('heading', { level: 1, name: /bước|việc/ }).waitFor();
  });
  await moment('department', 'why can this person not sign in (typed without accents)', async (hands) => {
    await department.keyboard.press('Control+k');
    hands.taps += 1;
    await hands.type(department.getByRole('combobox').last(), 'vo nhat duy');
    await department
      .getByRole('option', { name: /Võ Nhật Duy/ })
      .first()
      .waitFor();
    hands.taps += 1;
    await department.keyboard.press('Enter');
    await department.getByRole('heading', { name: 'Võ Nhật Duy' }).waitFor();
    await department
      .getByText(/kích hoạt/)
      .first()
      .waitFor();
  });
  return { officer, department };
}

async function auditing(): Promise<void> {
  const page = await devicePage(desk);
  await begin(platform, page, person(platform, 'Kiểm toán'));
  await moment('auditor', 'is what the log says still whole', async (hands) => {
    await page.goto(`${platform.url}/admin/audit`);
    await hands.tap(page.getByRole('button', { name: 'Kiểm tra toàn vẹn' }));
    await page
      .getByText(/nguyên vẹn/)
      .first()
      .waitFor();
  });
}

async function signing(teacher: Page, officer: Page): Promise<void> {
  await enrolPhone(platform, teacher, officer);
  await teacher.goto(`${platform.url}/teach`);
  await moment('teacher', 'asks for the transcripts of her class', async (hands) => {
    await hands.tap(teacher.getByRole('button', { name: 'Trình ký học bạ' }));
    await teacher.getByRole('heading', { name: /^Đã trình \d+ học bạ/ }).waitFor({ timeout: 120_000 });
  });
  await signClass(platform, teacher);
  const principal = await devicePage(phone);
  await authenticatorOf(principal);
  await begin(platform, principal, person(platform, 'Hiệu trưởng'));
  await enrolPhone(platform, principal, officer);
  await principal.goto(platform.url);
  await moment('principal', 'signs a class, from the launcher', async (hands) => {
    await hands.tap(principal.getByRole('link', { name: /^Xem và ký/ }));
    await hands.tap(principal.getByRole('button', { name: /^Ký \d+ học bạ$/ }));
    await hands.touch(principal.getByRole('button', { name: /^Mã giống, ký/ }));
    await principal.getByRole('heading', { name: 'Đã ký xong' }).waitFor({ timeout: 120_000 });
  });
}
