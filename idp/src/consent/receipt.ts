import type { Database } from '@edutrust/platform/database';
import { Conflict } from '@edutrust/platform/errors';
import type { Locale, Text } from '@edutrust/platform/messages';
import { secondText } from '@edutrust/platform/vietnam-time';
import { type Child, isDecidedFor, listChildren } from '@edutrust/registry/guardians';
import { personClaims } from '@edutrust/registry/people';
import { sql } from 'kysely';
import { childrenToActFor } from '../acting-for/children.ts';
import type { App } from '../apps/app.ts';
import { isForPerson, releasedScopes } from '../apps/release.ts';
import { placeOf, releasedLabels } from '../provider/claims.ts';
import type { IdpTools, Receipt } from '../tools.ts';
import { guardianConsents, guardianWord, whoseWord } from './guardian.ts';
import { digestOfSaid, type Said } from './said.ts';

const words = {
  title: { vi: 'Giấy xác nhận đồng ý chia sẻ dữ liệu', en: 'Receipt of a consent to share data' },
  who: { vi: 'Ai đồng ý', en: 'Who agreed' },
  name: { vi: 'Họ và tên', en: 'Full name' },
  place: { vi: 'Nơi học, làm việc', en: 'Where they learn or work' },
  as: { vi: 'Với tư cách', en: 'As' },
  self: { vi: 'Chính mình', en: 'Themselves' },
  pupil: {
    vi: 'Học sinh chưa đủ 16 tuổi, cho chính mình, cùng với cha, mẹ hoặc người giám hộ',
    en: 'A pupil under 16, for themselves, together with a parent or guardian',
  },
  guardian: { vi: 'Cha, mẹ hoặc người giám hộ, làm thay cho con', en: 'Parent or guardian, who acts for the child' },
  representative: {
    vi: 'Cha, mẹ hoặc người giám hộ, đại diện cho con',
    en: 'Parent or guardian, who represents the child',
  },
  agreedToo: { vi: 'Cha, mẹ hoặc người giám hộ cùng đồng ý', en: 'A parent or guardian agreed too' },
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

/** `26/11/2026 10:46:12 +07:00` */
const timeText = (at: Date) => `${secondText(at)} +07:00`;

interface Consent {
  readonly givenAt: Date;
  readonly scopes: readonly string[];
  readonly children: readonly string[];
  /** The words of then; null for what was given before they were kept, and where somebody named in them was erased. */
  readonly said: Said | null;
  /** Entry of the log that says the same; null for one that the log no longer has. */
  readonly entry: string | null;
  /** Digest of the words, as that entry has it. */
  readonly logged: string | null;
}

/** What the person agreed to at the app and has not taken back; of a child under 7 what the guardian did. */
async function findConsent(db: Database, personId: string, clientId: string): Promise<Consent | undefined> {
  const { rows } = await sql<Consent>`
    SELECT held.*, e.id AS entry, e.data->>'said' AS logged FROM (
      SELECT given_at AS "givenAt", scopes, children, said, 'consent.given' AS type, 0 AS rank FROM idp.consent
      WHERE person_id = ${personId} AND client_id = ${clientId}
      UNION ALL SELECT given_at, scopes, '{}', said, 'consent.guardian-agreed', 1 FROM idp.guardian_consent
      WHERE person_id = ${personId} AND client_id = ${clientId} AND given_at IS NOT NULL
      ORDER BY rank LIMIT 1) AS held
    LEFT JOIN LATERAL (
      SELECT id, data FROM platform.ledger_entry WHERE type = held.type AND subject_kind = 'person'
        AND subject_id = ${personId} AND data->>'app' = ${clientId} ORDER BY id DESC LIMIT 1) AS e ON true`.execute(db);
  return rows[0];
}

type Tools = Pick<IdpTools, 'context' | 'apps'>;

/** Whose consent, at which app, to what, and when. */
interface Agreement {
  readonly personId: string;
  readonly app: App;
  readonly scopes: readonly string[];
  /** For whom the person acts at the app. */
  readonly children?: readonly Child[];
  readonly at: Date;
}

/** The words of an agreement by the person whose data it is, as they are now: what is kept with it. */
export async function saidOfPerson({ context }: Tools, agreement: Agreement): Promise<Said> {
  const { personId, at, children = [] } = agreement;
  const isDecided = await isDecidedFor(context.db, personId, at);
  const as = children.length > 0 ? words.guardian : isDecided ? words.pupil : words.self;
  const claims = await personClaims(context.db, personId);
  return inBoth(
    await wordsOf(context.db, agreement, claims, (locale) => {
      const place = placeOf(claims, locale);
      return [
        [words.name[locale], claims.name],
        ...(place ? [[words.place[locale], place] as const] : []),
        [words.as[locale], as[locale]],
        ...children.map((child) => [words.forWhom[locale], nameOfChild(child, words.class[locale])] as const),
      ];
    }),
    children,
  );
}

/** The words of a guardian's agreement for the child whose data it is. */
export async function saidOfGuardian({ context }: Tools, agreement: Agreement, guardianId: string): Promise<Said> {
  const { db } = context;
  const [claims, guardian, children] = await Promise.all([
    personClaims(db, agreement.personId),
    personClaims(db, guardianId),
    listChildren(db, guardianId, agreement.at, { alsoOfWhoLeft: true }),
  ]);
  const child = children.find(({ id }) => id === agreement.personId);
  return inBoth(
    await wordsOf(
      db,
      agreement,
      claims,
      (locale) => [
        [words.name[locale], guardian.name],
        [words.as[locale], words.representative[locale]],
        ...(child ? [[words.forWhom[locale], nameOfChild(child, words.class[locale])] as const] : []),
      ],
      guardian.name,
    ),
  );
}

type Words = Said['vi'];

const inBoth = (make: (locale: Locale) => Words, children: readonly Child[] = []): Said => ({
  vi: make('vi'),
  en: make('en'),
  children: children.map(({ id }) => id),
});

async function wordsOf(
  db: Database,
  { personId, app, scopes, children = [], at }: Agreement,
  claims: Awaited<ReturnType<typeof personClaims>>,
  who: (locale: Locale) => (readonly [string, string])[],
  by = claims.name,
): Promise<(locale: Locale) => Words> {
  const [isTheirs, owner] = await Promise.all([isForPerson(db, app, personId), ownerOf(db, app)]);
  const released = releasedScopes(app, claims, scopes, isTheirs);
  return (locale) => ({
    title: words.title[locale],
    sentence: sentenceOf(by, app.name)[locale],
    parts: [
      { heading: words.who[locale], facts: who(locale) },
      {
        heading: words.app[locale],
        facts: [
          [words.appName[locale], app.name],
          ...(owner ? [[words.owner[locale], owner] as const] : []),
          [words.purpose[locale], app.purpose[locale]],
        ],
      },
      { heading: words.data[locale], facts: dataOf(released, children.length > 0, locale) },
      { heading: words.when[locale], facts: [[words.given[locale], timeText(at)]] },
    ],
  });
}

/**
 * The words of a receipt for a consent that is in force, as they were when it was given, and the children whom it names: those for
 * whom the person still decides. Undefined when there is none, or no longer: what was withdrawn, or waits for a guardian, has no
 * receipt (ADR 0313, 0323).
 *
 * @throws Conflict `account/consent-altered` when the kept words are not those whose digest is in the log
 */
export async function consentReceipt(
  tools: Tools,
  { personId, clientId, locale }: { readonly personId: string; readonly clientId: string; readonly locale: Locale },
): Promise<{ readonly receipt: Receipt; readonly children: readonly string[] } | undefined> {
  const { context, apps } = tools;
  const { db, clock, config } = context;
  const now = clock.now();
  const [consent, app] = await Promise.all([findConsent(db, personId, clientId), apps.app(clientId)]);
  if (!consent || !app) return undefined;
  const who = await whoseWord(db, app, personId, now);
  if (who !== 'self' && (await guardianWord(db, personId, clientId, consent.scopes, now)) !== 'given') return undefined;
  mustBeAsLogged(consent.said, consent.logged);
  const decided = await childrenToActFor(db, personId, now);
  const children = decided.filter(({ id }) => consent.children.includes(id));
  const { givenAt: at, scopes } = consent;
  const said = consent.said ?? (await saidOfPerson(tools, { personId, app, scopes, children, at }));
  const gone = said.children.map((id) => !children.some((child) => child.id === id));
  const t = (text: Text) => text[locale];
  const receipt: Receipt = {
    locale,
    title: said[locale].title,
    sentence: said[locale].sentence,
    parts: [
      ...said[locale].parts
        .slice(0, -1)
        .map(({ heading, facts }) => ({ heading, facts: without(facts, t(words.forWhom), gone) })),
      ...(await guardianPart(db, { personId, clientId, locale }, said)),
      {
        heading: t(words.when),
        facts: [
          ...(said[locale].parts.at(-1)?.facts ?? []),
          ...(consent.entry ? [[t(words.entry), consent.entry] as const] : []),
          [t(words.until), t(words.untilWithdrawn)],
          [t(words.how), howToWithdraw(config.url.origin)[locale]],
          [t(words.made), timeText(now)],
        ],
      },
    ],
    worth: worth(config.url.origin, consent.said !== null)[locale],
  };
  return { receipt, children: children.map(({ id }) => id) };
}

/** The words that were kept are not believed when they are others than the log has the digest of. */
function mustBeAsLogged(said: Said | null, logged: string | null): void {
  if (said === null || digestOfSaid(said) === logged) return;
  throw new Conflict('account/consent-altered', {
    vi: 'Điều được lưu về sự đồng ý này không còn như lúc đồng ý; hãy báo nhà trường.',
    en: 'What is kept of this consent is not what was agreed to; tell your school.',
  });
}

/** Those facts of the name that are of children for whom the person decides no longer are left out. */
function without(facts: readonly (readonly [string, string])[], name: string, gone: readonly boolean[]) {
  let index = 0;
  return facts.filter(([label]) => label !== name || !gone[index++]);
}

/** That a guardian agreed too, in the words of then. */
async function guardianPart(
  db: Database,
  { personId, clientId, locale }: { readonly personId: string; readonly clientId: string; readonly locale: Locale },
  own: Said,
): Promise<Receipt['parts']> {
  const found = (await guardianConsents(db, personId)).find((one) => one.clientId === clientId);
  if (!found?.said || !found.givenAt || digestOfSaid(found.said) === digestOfSaid(own)) return [];
  const { rows } = await sql<{ said: string }>`
    SELECT data->>'said' AS said FROM platform.ledger_entry WHERE type = 'consent.guardian-agreed' AND subject_kind = 'person'
      AND subject_id = ${personId} AND data->>'app' = ${clientId} ORDER BY id DESC LIMIT 1`.execute(db);
  mustBeAsLogged(found.said, rows[0]?.said ?? null);
  const [who, , , when] = found.said[locale].parts;
  return [{ heading: words.agreedToo[locale], facts: [...(who?.facts ?? []), ...(when?.facts ?? [])] }];
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
const worth = (origin: string, isOfThen: boolean): Text => ({
  vi: `Giấy này do hệ thống EduTrust tự lập, tự ký số và gắn dấu thời gian; không phải con dấu của Sở hay của trường, cũng không phải chữ ký của người đồng ý. Giấy chứng minh rằng lúc lập giấy hệ thống đang lưu sự đồng ý này và nó chưa bị rút lại; không nói gì về sau đó. Tên, ứng dụng và mục đích ghi theo ${isOfThen ? 'lúc đồng ý' : 'đăng ký lúc lập giấy'}. Kiểm tra tệp này tại ${origin}/verify.`,
  en: `This receipt was made, signed and time-stamped by the EduTrust system itself; it is no seal of the department or a school, and not the signature of who agreed. It proves that when it was made the system kept this consent and it had not been withdrawn; it says nothing about later. Names, app and purpose are ${isOfThen ? 'as they were when it was agreed to' : 'as registered when it was made'}. Check this file at ${origin}/verify.`,
});
