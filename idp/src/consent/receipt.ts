import type { Database } from '@edutrust/platform/database';
import type { Locale, Text } from '@edutrust/platform/messages';
import { type Child, isDecidedFor } from '@edutrust/registry/guardians';
import { personClaims } from '@edutrust/registry/people';
import { sql } from 'kysely';
import { childrenToActFor } from '../acting-for/children.ts';
import type { App } from '../apps/app.ts';
import { isForPerson, releasedScopes } from '../apps/release.ts';
import { placeOf, releasedLabels } from '../provider/claims.ts';
import type { IdpTools, Receipt } from '../tools.ts';

const words = {
  title: { vi: 'Giấy xác nhận đồng ý chia sẻ dữ liệu', en: 'Receipt of a consent to share data' },
  who: { vi: 'Ai đồng ý', en: 'Who agreed' },
  name: { vi: 'Họ và tên', en: 'Full name' },
  place: { vi: 'Nơi học, làm việc', en: 'Where they learn or work' },
  as: { vi: 'Với tư cách', en: 'As' },
  self: { vi: 'Chính mình', en: 'Themselves' },
  pupil: {
    vi: 'Học sinh chưa đủ 16 tuổi, cho chính mình; cha mẹ hoặc người giám hộ xem và rút lại được',
    en: 'A pupil under 16, for themselves; parents or guardians see it and may withdraw it',
  },
  guardian: { vi: 'Cha, mẹ hoặc người giám hộ, làm thay cho con', en: 'Parent or guardian, who acts for the child' },
  forWhom: { vi: 'Cho con', en: 'For the child' },
  class: { vi: 'lớp', en: 'class' },
  app: { vi: 'Cho ứng dụng nào, để làm gì', en: 'Which app, what for' },
  appName: { vi: 'Ứng dụng', en: 'App' },
  owner: { vi: 'Của', en: 'Of' },
  purpose: { vi: 'Mục đích', en: 'Purpose' },
  data: { vi: 'Dữ liệu nào', en: 'Which data' },
  ofSelf: { vi: 'Của người đồng ý', en: 'Of who agreed' },
  ofChild: { vi: 'Của con', en: 'Of the child' },
  relation: { vi: 'Quan hệ với người đồng ý', en: 'Relation to who agreed' },
  subject: { vi: 'Mã riêng mà chỉ ứng dụng này thấy', en: 'An identifier that this app alone sees' },
  away: { vi: 'Khi không mở ứng dụng', en: 'While the app is not open' },
  keeps: { vi: 'Ứng dụng vẫn được nhận', en: 'The app still receives them' },
  when: { vi: 'Từ khi nào, tới khi nào', en: 'Since when, until when' },
  given: { vi: 'Đồng ý gần nhất lúc', en: 'Last agreed at' },
  entry: { vi: 'Mã ghi sổ', en: 'Entry of the log' },
  until: { vi: 'Có hiệu lực', en: 'In force' },
  untilWithdrawn: { vi: 'Tới khi rút lại', en: 'Until it is withdrawn' },
  how: { vi: 'Rút lại', en: 'To withdraw' },
  made: { vi: 'Lập giấy lúc', en: 'Receipt made at' },
} satisfies Record<string, Text>;

const time = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Asia/Ho_Chi_Minh',
  day: '2-digit',
  month: '2-digit',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
/** `26/11/2026 10:46:12 +07:00` */
const timeText = (at: Date) => `${time.format(at).replace(',', '')} +07:00`;

interface Consent {
  readonly givenAt: Date;
  readonly scopes: readonly string[];
  readonly children: readonly string[];
  /** Entry of the log that says the same; null for one that the log no longer has. */
  readonly entry: string | null;
}

/** What the person agreed to at the app and has not taken back. */
async function findConsent(db: Database, personId: string, clientId: string): Promise<Consent | undefined> {
  const { rows } = await sql<Consent>`
    SELECT given_at AS "givenAt", scopes, children, (
      SELECT id FROM platform.ledger_entry WHERE type = 'consent.given' AND subject_kind = 'person'
        AND subject_id = ${personId} AND data->>'app' = ${clientId} ORDER BY id DESC LIMIT 1) AS entry
    FROM idp.consent WHERE person_id = ${personId} AND client_id = ${clientId}`.execute(db);
  return rows[0];
}

/**
 * The words of a receipt for a consent that is in force, and the children whom it names: those for whom the person still
 * decides. Undefined when there is none, or no longer: what was withdrawn has no receipt (ADR 0313).
 */
export async function consentReceipt(
  { context, apps }: Pick<IdpTools, 'context' | 'apps'>,
  { personId, clientId, locale }: { readonly personId: string; readonly clientId: string; readonly locale: Locale },
): Promise<{ readonly receipt: Receipt; readonly children: readonly string[] } | undefined> {
  const { db, clock, config } = context;
  const now = clock.now();
  const [consent, app] = await Promise.all([findConsent(db, personId, clientId), apps.app(clientId)]);
  if (!consent || !app) return undefined;
  const t = (text: Text) => text[locale];
  const [claims, isDecided, decided, isTheirs, owner] = await Promise.all([
    personClaims(db, personId),
    isDecidedFor(db, personId, now),
    childrenToActFor(db, personId, now),
    isForPerson(db, app, personId),
    ownerOf(db, app),
  ]);
  const children = decided.filter(({ id }) => consent.children.includes(id));
  const scopes = releasedScopes(app, claims, consent.scopes, isTheirs);
  const as = children.length > 0 ? words.guardian : isDecided ? words.pupil : words.self;
  const place = placeOf(claims, locale);
  const receipt: Receipt = {
    locale,
    title: t(words.title),
    sentence: sentenceOf(claims.name, app.name)[locale],
    parts: [
      {
        heading: t(words.who),
        facts: [
          [t(words.name), claims.name],
          ...(place ? [[t(words.place), place] as const] : []),
          [t(words.as), t(as)],
          ...children.map((child) => [t(words.forWhom), nameOfChild(child, t(words.class))] as const),
        ],
      },
      {
        heading: t(words.app),
        facts: [
          [t(words.appName), app.name],
          ...(owner ? [[t(words.owner), owner] as const] : []),
          [t(words.purpose), app.purpose[locale]],
        ],
      },
      {
        heading: t(words.data),
        facts: dataOf(scopes, children.length > 0, locale),
      },
      {
        heading: t(words.when),
        facts: [
          [t(words.given), timeText(consent.givenAt)],
          ...(consent.entry ? [[t(words.entry), consent.entry] as const] : []),
          [t(words.until), t(words.untilWithdrawn)],
          [t(words.how), howToWithdraw(config.url.origin)[locale]],
          [t(words.made), timeText(now)],
        ],
      },
    ],
    worth: worth(config.url.origin)[locale],
  };
  return { receipt, children: children.map(({ id }) => id) };
}

/** The data by name: of who agreed and, where they act for children, of these. */
function dataOf(scopes: readonly string[], isForChildren: boolean, locale: Locale): (readonly [string, string])[] {
  const list = (of: readonly string[], ...more: Text[]) =>
    [...releasedLabels(of, locale), ...more.map((text) => text[locale])].join('\n');
  const ofChild = scopes.filter((scope) => scope === 'profile'); // as the app gets it: idp/src/acting-for
  return [
    [words.ofSelf[locale], list(scopes, words.subject)],
    ...(isForChildren ? [[words.ofChild[locale], list(ofChild, words.relation, words.subject)] as const] : []),
    ...(scopes.includes('offline_access') ? [[words.away[locale], words.keeps[locale]] as const] : []),
  ];
}

async function ownerOf(db: Database, { organisationId }: App): Promise<string | undefined> {
  const { rows } = await sql<{ name: string }>`
    SELECT name FROM registry.organisation WHERE id = ${organisationId}`.execute(db);
  return rows[0]?.name;
}

const nameOfChild = ({ fullName, className, school }: Child, classWord: string) =>
  [fullName, className && `${classWord} ${className}`, school].filter(Boolean).join(', ');

const sentenceOf = (person: string, app: string): Text => ({
  vi: `${person} đã đồng ý cho ứng dụng “${app}” nhận dữ liệu dưới đây.`,
  en: `${person} agreed that the app “${app}” receives the data below.`,
});

const howToWithdraw = (origin: string): Text => ({
  vi: `Ở ${origin}/account hoặc, với con dưới 16 tuổi, ${origin}/account/children: bấm «Rút lại». Ứng dụng hết quyền nhận ngay; điều đã nhận trước đó thì hỏi đơn vị của ứng dụng.`,
  en: `At ${origin}/account or, for a child under 16, ${origin}/account/children: press “Withdraw”. The app may receive no more at once; about what it received before, ask those whose app it is.`,
});

/** What the paper is worth, no more than that. */
const worth = (origin: string): Text => ({
  vi: `Giấy này do hệ thống EduTrust tự lập, tự ký số và gắn dấu thời gian; không phải con dấu của Sở hay của trường, cũng không phải chữ ký của người đồng ý. Giấy chứng minh rằng lúc lập giấy hệ thống đang lưu sự đồng ý này và nó chưa bị rút lại; không nói gì về sau đó. Ứng dụng và mục đích ghi theo đăng ký lúc lập giấy. Kiểm tra tệp này tại ${origin}/verify.`,
  en: `This receipt was made, signed and time-stamped by the EduTrust system itself; it is no seal of the department or a school, and not the signature of who agreed. It proves that when it was made the system kept this consent and it had not been withdrawn; it says nothing about later. App and purpose are as registered when it was made. Check this file at ${origin}/verify.`,
});
