import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { desk, lookAtBoth, openBrowser, openDevice, phone } from '@edutrust/testing/chromium';
import { begin, person } from '@edutrust/testing/people';
import { Platform } from '@edutrust/testing/platform';
import { enrolPhone, signClass } from '@edutrust/testing/signing';
import type { Browser } from 'playwright-core';

let platform: Platform;
let browser: Browser;

before(async () => {
  platform = await Platform.start();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await platform?.[Symbol.asyncDispose]();
});

test('a teacher of a subject is named for a class, enters the own marks, and signs for them on the phone before the class teacher', async () => {
  const teacher = person(platform, 'Giáo viên');
  const { page } = await openDevice(browser, { device: desk });
  await begin(platform, page, person(platform, 'Quản trị trường'));
  // Somebody else takes the class: the teacher of the story teaches only a subject there.
  const classId = await page.evaluate(async (name) => {
    const read = async (path: string) => (await fetch(path)).json();
    const id = (await read('/api/v1/signing/requests?limit=1&state=waiting')).items[0].classId as string;
    const { signers } = await read(`/api/v1/signing/classes/${id}/subject-teachers`);
    const others = signers.filter(({ fullName }: { fullName: string }) => fullName !== name);
    for (const { id: homeroomTeacherId } of others) {
      const answer = await fetch(`/api/v1/classes/${id}`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ homeroomTeacherId }),
      });
      if (answer.ok) return id; // not the head, who teaches no class
    }
    throw new Error('nobody takes the class');
  }, teacher.name);

  await page.goto(`${platform.url}/admin/classes/${classId}`);
  await page.getByRole('link', { name: 'Giáo viên môn học' }).click();
  await page.getByRole('heading', { name: /^Giáo viên môn học lớp/ }).waitFor();
  await lookAtBoth(page, 'console-subject-teachers');
  await page.getByLabel('Nghệ thuật (Âm nhạc, Mĩ thuật)').selectOption({ label: teacher.name });
  await page.getByRole('button', { name: 'Lưu', exact: true }).click();
  await page.getByText('Đã lưu giáo viên môn học.').first().waitFor();

  const { page: own } = await openDevice(browser, { device: phone });
  await begin(platform, own, teacher);
  await own.goto(`${platform.url}/admin/subjects`);
  await own
    .getByText(/Nghệ thuật/)
    .first()
    .waitFor();
  await lookAtBoth(own, 'console-own-subjects');
  await own.getByRole('link', { name: 'Nhập điểm' }).click();
  const cell = own.locator('main select:enabled').first();
  await cell.waitFor();
  await lookAtBoth(own, 'console-own-marks');
  assert.equal(await own.getByText('Ngữ văn').count(), 0, 'no other subject');
  await cell.selectOption((await cell.inputValue()) === 'H' ? 'T' : 'H');
  await own.getByRole('button', { name: 'Lưu điểm 1 em' }).click();
  await own.getByText('Đã lưu điểm của 1 em.').first().waitFor();

  await page.goto(`${platform.url}/admin/classes/${classId}`);
  await page.getByRole('button', { name: 'Trình ký học bạ số' }).click();
  await page.getByRole('heading', { name: /^Đã trình \d+ học bạ$/ }).waitFor();

  const { page: officer } = await openDevice(browser, { device: desk });
  await begin(platform, officer, person(platform, 'An toàn'));
  await enrolPhone(platform, own, officer);
  const reports = await own.evaluate(async () =>
    (await (await fetch('/api/v1/signing/inbox?limit=200')).json()).items.filter(
      ({ kind }: { kind: string }) => kind === 'school-report',
    ),
  );
  assert.ok(reports.length > 0);
  await own.goto(`${platform.url}/sign/read/${reports[0].id}`);
  await own.getByText('«Giáo viên Nghệ thuật (Âm nhạc, Mĩ thuật)»').waitFor();
  await own.locator('[data-document]:not([aria-busy]) canvas').first().waitFor();
  await lookAtBoth(own, 'sign-as-subject-teacher');
  await signClass(platform, own);
  const states = await page.evaluate(async (id) => {
    const { steps } = await (await fetch(`/api/v1/signing/requests/${id}`)).json();
    return steps.map(({ role, state }: { role: string; state: string }) => `${role} ${state}`);
  }, reports[0].id);
  assert.deepEqual(states, ['subject-teacher done', 'class-teacher due', 'principal pending', 'school-seal pending']);
});
