import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askAs } from '@edutrust/testing/ask';
import { beginByLink, beginWithPasskey, choosePassword, person, signIn, staffPassword } from '@edutrust/testing/people';
import type { Platform } from '@edutrust/testing/platform';
import { enrolPhone, giveSeal, signClass } from '@edutrust/testing/signing';
import type { Slapd } from '@edutrust/testing/slapd';
import type { Page } from 'playwright-core';

/** How the demo's first start calls each of them; the department has a link instead of a code. */
export const roles = {
  visitor: '',
  pupil: 'Học sinh',
  teacher: 'Giáo viên',
  principal: 'Hiệu trưởng',
  clerk: 'Văn thư',
  school: 'Quản trị trường',
  officer: 'An toàn',
  auditor: 'Kiểm toán',
  guardian: 'Phụ huynh',
  department: '',
} as const;
export type Who = keyof typeof roles;

/** A demo city of this checkout or of an older one, and what is made in it so that its screens have something to show. */
export class City {
  readonly platform: Platform;
  /** The checkout that this file is part of, not an older one. */
  readonly isNow: boolean;
  readonly pageOf: (who: Who) => Promise<Page>;
  /** An LDAP server that answers. */
  readonly directory: Slapd;
  /** The page of an act of two people that is done, once there is one. */
  approval: string | undefined;
  #links: Partial<Record<Who, string>> | undefined;
  #classId: Promise<string> | undefined;
  #signed: Promise<{ readonly path: string; readonly code: string }> | undefined;

  constructor(platform: Platform, isNow: boolean, pageOf: (who: Who) => Promise<Page>, directory: Slapd) {
    this.platform = platform;
    this.isNow = isNow;
    this.pageOf = pageOf;
    this.directory = directory;
  }

  /** What an operator does first where nothing was seeded: the department with its first two people. */
  async found(): Promise<void> {
    const { stdout } = await this.platform.run(
      ...['--json', 'setup', '--department', 'Sở Giáo dục và Đào tạo Thành phố Hồ Chí Minh'],
      ...['--administrator', 'Lê Thị Minh Tâm', '--officer', 'Phạm Quốc Bảo'],
    );
    const { administrator, officer } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    this.#links = { department: administrator.link, officer: officer.link };
  }

  /** Activates and signs in, by code or by the administrator's link; an older checkout knows passwords only, and asks twice. */
  async enter(page: Page, who: Who): Promise<void> {
    if (this.#links?.[who]) return beginByLink(this.platform, page, this.#links[who]);
    const role = roles[who];
    const known = role === '' ? undefined : person(this.platform, role);
    if (known) await this.typeCode(page, known.code);
    else await page.goto(this.platform.welcome?.administratorLink ?? '');
    await page.getByRole('button', { name: 'Đúng', exact: true }).click();
    if (this.isNow && role !== 'Học sinh' && role !== 'Phụ huynh') {
      await beginWithPasskey(this.platform, page);
      return;
    }
    await page.getByLabel('Mật khẩu mới').waitFor();
    const said = await page.locator('main').innerText();
    await choosePassword(page, staffPassword);
    await page.getByLabel('Mật khẩu mới').waitFor({ state: 'detached' });
    await page.goto(this.platform.url);
    const asked = page.getByLabel('Mã giáo dục', { exact: true });
    await asked.or(page.getByText('Đăng xuất')).first().waitFor();
    if (!(await asked.isVisible())) return;
    await signIn(page, known?.educationId ?? /\d{3} \d{3} \d{3} \d/.exec(said)?.[0] ?? '', staffPassword);
    await page.waitForURL(`${this.platform.url}/`);
  }

  /** By the passkey of their first time, which staff of this checkout have. */
  async enterAgain(page: Page, who: Who): Promise<boolean> {
    if (!this.isNow || who === 'visitor' || who === 'pupil' || who === 'guardian') return false;
    await page.context().clearCookies();
    await page.goto(this.platform.url);
    const [passkey, inside] = [
      page.getByRole('button', { name: 'Dùng vân tay, khuôn mặt' }),
      page.getByText('Đăng xuất').first(),
    ];
    await passkey.or(inside).first().waitFor();
    await passkey.click({ timeout: 10_000 }).catch(() => undefined); // the browser may have offered its passkey by itself
    await inside.waitFor();
    return true;
  }

  /** Up to the question whether it is they; the code is not used by that. */
  async typeCode(page: Page, code: string): Promise<void> {
    await page.goto(`${this.platform.url}/activate`);
    await page.getByLabel('Mã kích hoạt').fill(code);
    await page.getByRole('button', { name: 'Tiếp tục' }).click();
  }

  /** The phone of somebody who signs, approved by the officer. */
  async enrol(who: Who): Promise<Page> {
    const [page, officer] = [await this.pageOf(who), await this.pageOf('officer')];
    if (this.isNow) {
      await enrolPhone(this.platform, page, officer);
      return page;
    }
    await page.goto(`${this.platform.url}/sign`);
    await page.getByRole('button', { name: 'Tạo passkey ký' }).click();
    await page.locator('[data-approval-code]').waitFor();
    await officer.goto(`${this.platform.url}/admin/signing`);
    await officer.getByRole('button', { name: 'Đúng mã, duyệt' }).click();
    await officer.getByText('Không có.').waitFor();
    await page.getByRole('button', { name: 'Xem đã duyệt chưa' }).click();
    await page.getByRole('heading', { name: /chờ ký/ }).waitFor();
    return page;
  }

  /** The principal's phone with a class that waits; now the class teacher has signed it before. */
  async classWaits(): Promise<Page> {
    if (this.isNow) await signClass(this.platform, await this.enrol('teacher'));
    return this.enrol('principal');
  }

  /** Asks the API as somebody. */
  async ask(who: Who, method: string, path: string, body?: object) {
    const page = await this.pageOf(who);
    if (!page.url().startsWith(this.platform.url)) await page.goto(this.platform.url);
    return askAs(page, method, path, body);
  }

  /** A new badge of a child of the teacher's class, as the code that is typed; its secret is of that kind. */
  async badge(kind: 'pictures' | 'digits'): Promise<string> {
    const id = await this.#class();
    // What a child remembers goes by the grade.
    if (kind === 'pictures') await this.platform.query(`UPDATE registry.class SET grade = 1 WHERE id = '${id}'`);
    const { items } = await this.ask('teacher', 'GET', `/api/v1/classes/${id}/badges`);
    const sheet = { personIds: [items[kind === 'pictures' ? 1 : 0].person.id], replaces: true };
    await this.ask('teacher', 'POST', `/api/v1/classes/${id}/pins`, sheet);
    const { made } = await this.ask('teacher', 'POST', `/api/v1/classes/${id}/badges`, sheet);
    return made[0].badge.code;
  }

  #class(): Promise<string> {
    this.#classId ??= (async () => {
      const page = await this.pageOf('teacher');
      await page.goto(`${this.platform.url}/teach`);
      const href = await page.locator('main a[href$="/badges"]').first().getAttribute('href');
      return href?.split('/').at(-2) ?? '';
    })();
    return this.#classId;
  }

  /** A document that is signed by all, as a file, and its code. */
  signed(): Promise<{ readonly path: string; readonly code: string }> {
    this.#signed ??= this.#finish();
    return this.#signed;
  }

  async #finish(): Promise<{ readonly path: string; readonly code: string }> {
    if (this.isNow) {
      this.approval = await giveSeal(this.platform, await this.pageOf('school'), await this.pageOf('officer'));
      await signClass(this.platform, await this.enrol('clerk'));
    }
    const officer = await this.pageOf('officer');
    await officer.goto(`${this.platform.url}/admin/signing`);
    const { code, bytes } = await officer.evaluate(
      async (state) => {
        const list = await (await fetch('/api/v1/signing/requests?limit=50')).json();
        const one = list.items.find((item: { state: string }) => item.state === state);
        const answer = await fetch(`/api/v1/signing/requests/${one.id}/document`);
        return { code: one.code as string, bytes: Array.from(new Uint8Array(await answer.arrayBuffer())) };
      },
      this.isNow ? 'issued' : 'signed',
    );
    return { path: await this.file('hoc-ba.pdf', Buffer.from(bytes)), code };
  }

  async file(name: string, content: string | Buffer): Promise<string> {
    const path = join(this.platform.directory, name);
    await writeFile(path, content);
    return path;
  }
}
