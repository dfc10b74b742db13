import { tablePdf } from '@edutrust/signing-service/testing/pdf-files';
import { flourish, roundSeal } from '@edutrust/signing-service/testing/png';
import { person } from '@edutrust/testing/people';
import type { Page } from 'playwright-core';
import type { City } from './city.ts';
import type { Screen } from './ways.ts';

type Item = { readonly id: string; readonly [key: string]: unknown };

/** The class whose transcripts wait, taken by somebody else, with its teacher of the demo as teacher of two subjects. */
async function giveSubjects(city: City): Promise<string> {
  const name = person(city.platform, 'Giáo viên').name;
  const waiting = await city.ask('school', 'GET', '/api/v1/signing/requests?limit=50');
  const id: string = waiting.items.find(({ classId }: { classId: unknown }) => classId !== null).classId;
  const { signers, subjects } = await city.ask('school', 'GET', `/api/v1/signing/classes/${id}/subject-teachers`);
  const own = signers.find(({ fullName }: { fullName: string }) => fullName === name);
  for (const { id: homeroomTeacherId } of signers.filter((one: Item) => one.id !== own.id)) {
    const changed = await city
      .ask('school', 'PATCH', `/api/v1/classes/${id}`, { homeroomTeacherId })
      .then(() => true)
      .catch(() => false); // the head teaches no class
    if (changed) break;
  }
  const teachers = subjects.slice(0, 2).map((one: Item) => ({ subject: one.id, personId: own.id }));
  await city.ask('school', 'PUT', `/api/v1/signing/classes/${id}/subject-teachers`, { teachers });
  return id;
}

let taught: Promise<string> | undefined;
const taughtClass = (city: City) => {
  taught ??= giveSubjects(city);
  return taught;
};

/** The page of the demo's pupil, as the school sees it. */
async function ownPupil(page: Page, city: City): Promise<string> {
  const { educationId, name } = person(city.platform, 'Học sinh');
  await page.goto(`${city.platform.url}/admin/people?q=${educationId}`);
  await page.getByRole('main').getByRole('link', { name }).first().click();
  await page.getByRole('heading', { name }).waitFor();
  return new URL(page.url()).pathname.split('/').at(-1) ?? '';
}

/** An issued transcript's page of copies. */
async function copies(page: Page, city: City): Promise<void> {
  await city.signed();
  const { items } = await city.ask('clerk', 'GET', '/api/v1/signing/requests?limit=50&state=issued');
  await page.goto(`${city.platform.url}/admin/signing/${items[0].id}/copies`);
  await page.getByRole('heading', { level: 1 }).waitFor();
}

async function makeCopy(page: Page, city: City): Promise<void> {
  await copies(page, city);
  await page.getByLabel('Cấp cho ai').fill('Phạm Thị Hồng, mẹ của em');
  await page.getByLabel('Dùng vào việc gì').fill('Xin học bổng của Quỹ khuyến học thành phố');
  await page.getByRole('button', { name: 'Lấy số và in' }).click();
  await page.getByRole('heading', { name: 'Đã cấp' }).waitFor();
}

/** Emergency access of the principal, opened once; what the command says. */
let broken: Promise<string> | undefined;
function breakGlass(city: City): Promise<string> {
  broken ??= (async () => {
    await city.pageOf('principal'); // who has an account
    const { educationId } = person(city.platform, 'Hiệu trưởng');
    const said = await city.platform.run(
      ...['--json', 'break-glass', 'open', educationId, '--role', 'security-officer', '--hours', '2'],
      ...['--reason', 'Cả hai cán bộ mất điện thoại, Phó Giám đốc yêu cầu'],
    );
    return JSON.parse(said.stdout.trim().split('\n').at(-1) ?? '').link;
  })();
  return broken;
}

/** A form with every field filled in, sent to the head. */
async function sendDecision(page: Page, city: City): Promise<void> {
  await page.goto(`${city.platform.url}/admin/signing/forms/new?kind=decision`);
  await page.getByRole('button', { name: 'Trình hiệu trưởng ký' }).waitFor();
  for (const box of await page.locator('main form input, main form textarea').all()) {
    const kind = await box.getAttribute('type');
    if (kind !== 'radio')
      await box.fill(kind === 'date' ? '2026-11-20' : 'Khen thưởng học sinh đạt giải cấp thành phố');
  }
  await page.getByRole('button', { name: 'Trình hiệu trưởng ký' }).click();
  await page.waitForURL(/forms\?kind=/);
}

/** The dialog of what a guardian may see, from the pupil who has one. */
async function limit(page: Page, city: City): Promise<void> {
  await ownPupil(page, city);
  await page
    .getByRole('button', { name: /^Quyền của/ })
    .first()
    .click();
  await page.locator('dialog select').selectOption('none');
}

async function redirectTest(page: Page, city: City): Promise<void> {
  await page.goto(`${city.platform.url}/admin/apps/thu-vien-so`);
  await page.getByLabel('Thử một địa chỉ nhận kết quả').fill('http://localhost:4001/callback/');
  await page.getByRole('button', { name: 'Thử', exact: true }).click();
  await page.getByText('Không phải địa chỉ đã đăng ký').waitFor();
}

async function unfolded(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.evaluate(() => {
    for (const one of document.querySelectorAll('main details')) (one as HTMLDetailsElement).open = true;
  });
}

/** A token that a vendor's software used, one that nobody did, and one that the console has just made. */
async function registered(page: Page, city: City): Promise<void> {
  const make = async (...more: string[]) =>
    JSON.parse((await city.platform.run('--json', 'apps', 'token', 'make', '--organisation', 'SGDDT', ...more)).stdout);
  await make('--uses', '3', '--days', '30', '--sandbox');
  const { token } = await make('--uses', '1');
  await fetch(`${city.platform.url}/oidc/register`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: 'Vở số', redirect_uris: ['https://vo-so.example.vn/callback'] }),
  });
  await page.goto(`${city.platform.url}/admin/apps/registration-tokens/new`);
  await page.getByRole('button', { name: 'Tạo mã' }).click();
  await page.getByText('Mã chỉ hiện lần này').waitFor();
}

/** A hotline asks the guardian, who is in (OpenID CIBA). */
async function askedOnPhone(page: Page, city: City): Promise<void> {
  const { stdout } = await city.platform.run(
    ...['--json', 'apps', 'add', 'Tổng đài', '--organisation', 'SGDDT', '--redirect', 'http://localhost:4003/callback'],
    ...['--purpose-vi', 'Nhận ra người đang gọi tới tổng đài.', '--ciba', '--approved'],
  );
  const { clientId, clientSecret } = JSON.parse(stdout);
  const authorization = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
  const login_hint = person(city.platform, 'Phụ huynh').educationId;
  const body = new URLSearchParams({ scope: 'openid profile', login_hint, binding_message: 'Cuộc gọi 17' });
  await fetch(`${city.platform.url}/oidc/backchannel`, { method: 'POST', headers: { authorization }, body });
  await page.goto(`${city.platform.url}/sign-in-requests`);
  await page.getByRole('heading', { name: /^Cho Tổng đài/ }).waitFor();
}

/** Another app waits for the signer's key (CSC API v2.2 §8.4.2). */
async function askedForKey(page: Page, city: City): Promise<void> {
  const redirect_uri = 'http://localhost:4004/callback';
  const { stdout } = await city.platform.run(
    ...['--json', 'apps', 'add', 'Sổ công văn', '--organisation', 'SGDDT', '--redirect', redirect_uri, '--approved'],
    ...['--purpose-vi', 'Trình ký công văn của trường.', '--scope', 'service', 'credential', 'openid'],
  );
  const { clientId: client_id } = JSON.parse(stdout);
  const { id } = await city.ask('principal', 'GET', '/api/v1/signing/enrolment');
  const asked = {
    ...{ client_id, redirect_uri, response_type: 'code', scope: 'credential', state: 'một', numSignatures: '1' },
    ...{ code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' },
    ...{ credentialID: id, hashAlgorithmOID: '2.16.840.1.101.3.4.2.1' },
    hashes: Buffer.alloc(32, 7).toString('base64url'),
    description: 'Công văn 12 về khai giảng',
  };
  await page.goto(`${city.platform.url}/oidc/auth?${new URLSearchParams(asked)}`);
  await page.waitForURL(/\/sign\/authorise\//);
}

/** A diploma that nobody has. */
async function noDiploma(page: Page, city: City): Promise<void> {
  await page.goto(`${city.platform.url}/verify/diploma`);
  await page.getByLabel('Số vào sổ gốc').fill('12/THPT');
  await page.getByLabel('Năm cấp').fill('2026');
  await page.getByLabel('Họ và tên trên bằng').fill('Nguyễn Văn An');
  await page.getByLabel('Ngày sinh').fill('2008-05-01');
  await page.getByRole('button', { name: 'Tra bằng' }).click();
  await page.getByRole('heading', { name: 'Không có bằng nào khớp cả bốn mục' }).waitFor();
}

const png = (name: string, buffer: Buffer) => ({ name, mimeType: 'image/png', buffer });

/** The own hand, sent from the phone. */
async function ownHand(page: Page, city: City): Promise<void> {
  await city.enrol('principal');
  await page.goto(`${city.platform.url}/sign/picture`);
  await page.getByLabel('Ảnh chữ ký').setInputFiles(png('chu-ky.png', flourish()));
  await page.getByRole('img', { name: 'Chữ ký tay của anh/chị' }).waitFor();
}

/** The seal's picture that waits for the officer. */
async function sealPicture(page: Page, city: City): Promise<void> {
  await page.goto(`${city.platform.url}/admin/sealing`);
  await page.getByRole('link', { name: 'Hình con dấu' }).click();
  await page.getByLabel('Hình con dấu', { exact: true }).setInputFiles(png('dau.png', roundSeal()));
  await page.waitForURL(/\/admin\/approvals\//);
  await page.getByRole('link', { name: /Xem từng dòng/ }).click();
  await page.getByRole('img', { name: 'Hình con dấu được đề nghị' }).waitFor();
}

/** How the signatures of an upload are to look. */
async function chosenLook(page: Page, city: City): Promise<void> {
  await page.goto(`${city.platform.url}/admin/signing/new`);
  const buffer = tablePdf();
  await page.locator('input[type=file]').setInputFiles({ name: 'quyet-dinh.pdf', mimeType: 'application/pdf', buffer });
  await page.getByLabel('Hình thức chữ ký trên trang').selectOption('annex');
  await page.getByLabel('Số, kí hiệu văn bản chính').waitFor();
}

const inventory: readonly Omit<Screen, 'before'>[] = [
  { name: '31 own hand', who: 'principal', open: ownHand },
  { name: '31 seal picture', who: 'clerk', open: sealPicture },
  { name: '31 new document, its look', who: 'school', open: chosenLook },
  { name: '30 find documents', who: 'officer', open: '/admin/signing/sought' },
  { name: '30 parcels', who: 'school', open: '/admin/signing/parcels' },
  { name: '30 delegations', who: 'principal', open: '/admin/signing/delegations' },
  { name: '30 diploma', who: 'visitor', open: '/verify/diploma' },
  { name: '30 diploma, none', who: 'visitor', open: noDiploma },
  { name: '30 what was sent', who: 'school', open: '/admin/signing/asked' },
  { name: '30 signing of the school', who: 'school', open: '/admin/signing' },
  { name: '27 forms, none', who: 'school', open: '/admin/signing/forms' },
  { name: '27 new form, no pupil', who: 'school', open: '/admin/signing/forms/new?kind=study-confirmation' },
  {
    name: '27 new form of a pupil',
    who: 'school',
    open: async (page, city) => {
      const id = await ownPupil(page, city);
      await page.goto(`${city.platform.url}/admin/signing/forms/new?kind=study-confirmation&person=${id}`);
    },
  },
  { name: '27 forms, one waits', who: 'school', open: sendDecision },
  {
    name: '28 subjects of a class',
    who: 'school',
    open: async (page, city) => page.goto(`${city.platform.url}/admin/classes/${await taughtClass(city)}/subjects`),
  },
  {
    name: '28 own subjects',
    who: 'teacher',
    open: async (page, city) => {
      await taughtClass(city);
      await page.goto(`${city.platform.url}/admin/subjects`);
    },
  },
  {
    name: '28 own marks',
    who: 'teacher',
    open: async (page, city) => page.goto(`${city.platform.url}/admin/subjects/${await taughtClass(city)}`),
  },
  { name: '28 own subjects, none', who: 'clerk', open: '/admin/subjects' },
  { name: '29 limit of a guardian', who: 'school', open: limit },
  { name: '29 new data request', who: 'school', open: '/admin/data-desk/new' },
  { name: '29 breaches, none', who: 'department', open: '/admin/data-desk/breaches' },
  { name: '29 recipients', who: 'department', open: '/admin/data-desk/recipients' },
  { name: '29 broken glass, its link', who: 'visitor', open: async (page, city) => page.goto(await breakGlass(city)) },
  {
    name: '29 broken glass, open',
    who: 'officer',
    open: async (page, city) => {
      await breakGlass(city);
      await page.goto(`${city.platform.url}/admin/security`);
      await page.getByRole('heading', { name: 'Truy cập khẩn cấp' }).waitFor();
    },
  },
  {
    name: '29 broken glass, to review',
    who: 'auditor',
    open: async (page, city) => {
      await breakGlass(city);
      await city.platform.run('break-glass', 'close');
      await page.goto(`${city.platform.url}/admin/security`);
      await page.getByRole('heading', { name: 'Truy cập khẩn cấp' }).waitFor();
    },
  },
  { name: '29 registration token, new', who: 'department', open: '/admin/apps/registration-tokens/new' },
  { name: '29 registration token, shown once', who: 'department', open: registered },
  { name: '29 registration tokens', who: 'department', open: '/admin/apps/registration-tokens' },
  { name: '29 app, redirect test', who: 'department', open: redirectTest },
  {
    name: '29 app, whole form',
    who: 'department',
    open: (page, city) => unfolded(page, `${city.platform.url}/admin/apps/thu-vien-so/edit`),
  },
  { name: '29 other houses', who: 'teacher', open: '/account/upstream' },
  { name: '02 lab', who: 'visitor', open: '/lab' },
  { name: '24 sign-in on the phone', who: 'guardian', open: askedOnPhone },
  { name: '24 sign-in on the phone, nothing waits', who: 'teacher', open: '/sign-in-requests' },
  { name: '19 phone, an app asks for the key', who: 'principal', open: askedForKey },
  { name: '27 copies, none', who: 'clerk', open: '/admin/signing/copies' },
  { name: '27 copies of one', who: 'clerk', open: copies },
  { name: '27 copies, made', who: 'clerk', open: makeCopy },
  { name: '27 copies, register', who: 'clerk', open: '/admin/signing/copies' },
];

/** Rooms that no checkout of November 2026 has, and the dialogs in them; after the phone has signed a class. */
export const newerScreens: readonly Screen[] = inventory.map((one) => ({ ...one, before: null }));
