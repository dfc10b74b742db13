import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, Forbidden, InvalidInput } from '@edutrust/platform/errors';
import type { KeptData } from '@edutrust/platform/personal';
import { Day, nullable, strict, Uuid } from '@edutrust/platform/schemas';
import { sql } from 'kysely';
import Type from 'typebox';
import { type ApprovalKind, type ProposedApproval, propose } from '../approvals/approvals.ts';
import { countKept } from '../erasure/approval.ts';
import { can, ofDepartment } from '../permissions/permissions.ts';
import { tellFamily } from '../transfers/family.ts';
import { createIdentifierVault, officialIdsOf, parseLifelongCode, parseMinistryId } from './identifiers.ts';
import { parseBirthDate, parseFullName } from './name.ts';
import { changePerson, lockActive } from './people.ts';

/**
 * What a correction stands on: the papers by which a name or a birth date is proved (Decree 123/2015, articles 6 and 7),
 * and where the numbers of the ministry are read.
 */
const papers = {
  'birth-certificate': { vi: 'Giấy khai sinh', en: 'Birth certificate' },
  'civil-status-decision': {
    vi: 'Trích lục hoặc quyết định cải chính hộ tịch',
    en: 'Extract or decision correcting the civil status',
  },
  'identity-card': { vi: 'Thẻ căn cước', en: 'Identity card' },
  'ministry-database': { vi: 'Cơ sở dữ liệu ngành giáo dục', en: 'The ministry’s database of education' },
  'school-record': { vi: 'Hồ sơ gốc của đơn vị (ghi sai khi nhập)', en: 'The office’s own file (mistyped)' },
} as const;
export const Paper = Type.Enum(Object.keys(papers) as (keyof typeof papers)[]);

/** Hours in which whoever typed a record corrects a slip of their own alone. */
const ownSlipHours = 24;

const Official = Type.Object(
  {
    fullName: Type.String(),
    birthDate: nullable(Day),
    // Absent in what was proposed before they were corrected this way.
    ministryId: Type.Optional(nullable(Type.String())),
    lifelongCode: Type.Optional(nullable(Type.String())),
  },
  strict,
);
type Official = Type.Static<typeof Official>;
const Content = Type.Object(
  {
    person: Type.Object({ id: Uuid, educationId: Type.String(), version: Type.Integer() }, strict),
    organisationId: Uuid,
    before: Official,
    after: Official,
    paper: Paper,
    paperNumber: Type.String(),
    reason: Type.String(),
  },
  strict,
);
type Content = Type.Static<typeof Content>;

/** The numbers that are corrected like a name, as the record, the approval and the table call them. */
const numbers = [
  {
    field: 'ministryId',
    column: 'moet_id',
    parse: parseMinistryId,
    name: { vi: 'Mã định danh Bộ GD&ĐT', en: 'Ministry’s identifier' },
  },
  {
    field: 'lifelongCode',
    column: 'lifelong_code',
    parse: parseLifelongCode,
    name: { vi: 'Mã hồ sơ học tập suốt đời', en: 'Lifelong learning record code' },
  },
] as const;
const numberOf = (one: Official, { field }: (typeof numbers)[number]) => one[field] ?? null;
const changedNumbers = (before: Official, after: Official) =>
  numbers.filter((number) => numberOf(before, number) !== numberOf(after, number));

const both = (text: string) => ({ vi: text, en: text });
const textOf = (text: string | null) => (text ? both(text) : { vi: 'chưa có', en: 'not known' });
const dayOf = (day: string | null) =>
  day ? both(day.split('-').reverse().join('/')) : { vi: 'chưa có', en: 'not known' };

/** A name or a birth date of an official record is corrected by two people, who both see it before and after (ADR 0333). */
export const correctKind: ApprovalKind<Content> = {
  kind: 'person.correct',
  content: Content,
  approve: 'people.approve-correction',
  describe: ({ person, before, after, paper, paperNumber, reason }) => ({
    title: {
      vi: `Sửa ${namesOf(before, after).vi} của ${before.fullName} · ${person.educationId}`,
      en: `Correct the ${namesOf(before, after).en} of ${before.fullName} · ${person.educationId}`,
    },
    facts: [
      ...(before.fullName === after.fullName
        ? [{ label: { vi: 'Họ và tên (giữ nguyên)', en: 'Full name (stays)' }, value: both(after.fullName) }]
        : [
            { label: { vi: 'Họ và tên đang ghi', en: 'Full name as recorded' }, value: both(before.fullName) },
            { label: { vi: 'Họ và tên sau khi sửa', en: 'Full name after it' }, value: both(after.fullName) },
          ]),
      ...(before.birthDate === after.birthDate
        ? [{ label: { vi: 'Ngày sinh (giữ nguyên)', en: 'Birth date (stays)' }, value: dayOf(after.birthDate) }]
        : [
            { label: { vi: 'Ngày sinh đang ghi', en: 'Birth date as recorded' }, value: dayOf(before.birthDate) },
            { label: { vi: 'Ngày sinh sau khi sửa', en: 'Birth date after it' }, value: dayOf(after.birthDate) },
          ]),
      ...changedNumbers(before, after).flatMap((number) => [
        {
          label: { vi: `${number.name.vi} đang ghi`, en: `${number.name.en} as recorded` },
          value: textOf(numberOf(before, number)),
        },
        {
          label: { vi: `${number.name.vi} sau khi sửa`, en: `${number.name.en} after it` },
          value: textOf(numberOf(after, number)),
        },
      ]),
      {
        label: { vi: 'Căn cứ', en: 'Paper it stands on' },
        value: { vi: `${papers[paper].vi} · ${paperNumber}`, en: `${papers[paper].en} · ${paperNumber}` },
      },
      { label: { vi: 'Lý do', en: 'Reason' }, value: both(reason) },
      {
        label: { vi: 'Giấy tờ đã ký', en: 'Documents already signed' },
        value: {
          vi: 'Giữ nguyên như khi ký; cần thì làm lại.',
          en: 'They stay as they were signed; make them anew where needed.',
        },
      },
    ],
  }),
  concerns: ({ person }) => person.id,
  apply: async (transaction, content, { maker, approver, approvalId, context }) => {
    const { person, organisationId, before, after } = content;
    const now = await official(transaction, context, person.id);
    const isAsSeen =
      now.person.version === person.version &&
      now.before.fullName === before.fullName &&
      now.before.birthDate === before.birthDate &&
      changedNumbers(now.before, { ...now.before, ...before }).length === 0 &&
      (now.organisationId ?? organisationId) === organisationId;
    if (!isAsSeen) throw changedMeanwhile();
    if (!(await can(transaction)(maker, 'people.write', { personId: person.id }))) throw makerMayNot();
    const { fullName, birthDate } = after;
    const vault = createIdentifierVault(context.secrets);
    const identifiers = Object.fromEntries(
      changedNumbers(before, after).map((number) => {
        const text = numberOf(after, number);
        return [number.column, text === null ? null : vault.seal(number.column, text)];
      }),
    );
    const change = { fullName, ...(birthDate ? { birthDate } : {}), identifiers };
    await changePerson(transaction, person.id, change, approver, approvalId);
    const fields = namesOf(before, after);
    await tellFamily(transaction, { personId: person.id, now: context.clock.now() }, 'person.corrected', {
      name: fullName,
      fields: fields.vi,
      fieldsEn: fields.en,
    });
    return undefined;
  },
};

const lower = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

function namesOf(before: Official, after: Official) {
  const isName = before.fullName !== after.fullName;
  const isDate = before.birthDate !== after.birthDate;
  const names = [
    ...(isName ? [{ vi: 'họ tên', en: 'full name' }] : []),
    ...(isDate ? [{ vi: 'ngày sinh', en: 'birth date' }] : []),
    ...changedNumbers(before, after).map(({ name: { vi, en } }) => ({ vi: lower(vi), en: lower(en) })),
  ];
  return { vi: names.map(({ vi }) => vi).join(' và '), en: names.map(({ en }) => en).join(' and ') };
}

/** The record as it stands, locked. @throws NotFound, Conflict as {@link lockActive} */
async function official(transaction: Transaction, { secrets }: Pick<ServiceContext, 'secrets'>, id: string) {
  const { education_id: educationId, version, ...row } = await lockActive(transaction, id);
  return {
    person: { id, educationId, version },
    organisationId: row.home_organisation_id,
    before: {
      fullName: row.full_name,
      birthDate: row.birth_date,
      ...(await officialIdsOf(transaction, secrets, id)),
    } satisfies Official,
    createdAt: row.created_at,
  };
}

interface Correction {
  readonly fullName?: string;
  /** `YYYY-MM-DD` */
  readonly birthDate?: string;
  /** Null or empty: none. */
  readonly ministryId?: string | null;
  readonly lifelongCode?: string | null;
}

const corrected = (before: Official, { fullName, birthDate, ...typed }: Correction): Official => ({
  ...Object.fromEntries(
    numbers.map((number) => {
      const text = typed[number.field];
      if (text === undefined) return [number.field, numberOf(before, number)];
      return [number.field, text?.trim() ? number.parse(text) : null];
    }),
  ),
  fullName: fullName === undefined ? before.fullName : parseFullName(fullName),
  birthDate: birthDate === undefined ? before.birthDate : parseBirthDate(birthDate),
});

const isSame = (before: Official, after: Official): boolean =>
  after.fullName === before.fullName &&
  after.birthDate === before.birthDate &&
  changedNumbers(before, after).length === 0;

/**
 * Proposes a correction of the full name, the birth date, the ministry's identifier or the lifelong code; nothing changes
 * until a second person has approved it.
 *
 * @throws InvalidInput `people/nothing-corrected`, `people/bad-name`, `people/bad-birth-date`, `people/bad-ministry-id`,
 *   `people/bad-lifelong-code`
 */
export async function proposeCorrection(
  transaction: Transaction,
  context: ServiceContext,
  id: string,
  {
    paper,
    paperNumber,
    reason,
    ...change
  }: Correction & Pick<Content, 'paper'> & { readonly paperNumber: string; readonly reason: string },
  actor: PersonActor,
): Promise<ProposedApproval> {
  const { person, before, organisationId: home } = await official(transaction, context, id);
  const after = corrected(before, change);
  if (isSame(before, after)) throw nothingCorrected();
  const organisationId = home ?? (await ofDepartment(context.db)()).organisationId ?? '';
  const said = { paper, paperNumber: paperNumber.trim(), reason: reason.trim() };
  const content: Content = { person, organisationId, before, after, ...said };
  return propose(transaction, context, correctKind, { content, organisationId }, actor);
}

/**
 * Refuses a change of the full name or the birth date by one person alone, but for a slip of their own
 * ({@link isOwnSlip}). Unchanged values are no change.
 *
 * @throws Conflict `people/takes-two`
 */
export async function mustBeOwnSlip(
  transaction: Transaction,
  context: Pick<ServiceContext, 'clock' | 'secrets'>,
  id: string,
  {
    change,
    kept,
    actor,
  }: { readonly change: Correction; readonly kept: readonly KeptData[]; readonly actor: PersonActor },
): Promise<void> {
  const { before } = await official(transaction, context, id);
  const after = corrected(before, change);
  if (isSame(before, after)) return;
  if (!(await isOwnSlip(transaction, context, id, { kept, actor }))) throw takesTwo();
}

/**
 * Whether what the actor corrects is still their own typing: they added the record by hand within the last 24 hours, and
 * nothing that is kept by law (a signed document) names the person yet.
 */
export async function isOwnSlip(
  db: Transaction | ServiceContext['db'],
  { clock }: Pick<ServiceContext, 'clock'>,
  id: string,
  { kept, actor }: { readonly kept: readonly KeptData[]; readonly actor: PersonActor },
): Promise<boolean> {
  const since = new Date(clock.now().getTime() - ownSlipHours * 3_600_000);
  const { rows } = await sql`
    SELECT FROM registry.person AS p JOIN platform.ledger_entry AS e
      ON e.log = 'audit' AND e.subject_id = p.id::text AND e.type = 'person.created'
    WHERE p.id = ${id} AND p.created_at > ${since} AND e.actor ->> 'personId' = ${actor.personId}
      AND NOT e.data ? 'planId'`.execute(db);
  return rows.length > 0 && (await countKept(db, kept, [id])).length === 0;
}

function takesTwo(): Conflict {
  return new Conflict(
    'people/takes-two',
    {
      vi: 'Họ tên và ngày sinh là dữ liệu hộ tịch: sửa cần giấy tờ, lý do và người thứ hai duyệt.',
      en: 'Full name and birth date are of an official record: correcting them takes a paper, a reason and a second person.',
    },
    {
      remedy: {
        vi: 'Mở «Sửa hồ sơ», ghi giấy tờ và lý do, rồi gửi người thứ hai duyệt.',
        en: 'Open “Correct the record”, name the paper and the reason, and send it to a second person.',
      },
    },
  );
}

function nothingCorrected(): InvalidInput {
  return new InvalidInput('people/nothing-corrected', {
    vi: 'Mọi ô giống như đang ghi, không có gì để sửa.',
    en: 'Everything is as recorded already: there is nothing to correct.',
  });
}

function changedMeanwhile(): Conflict {
  return new Conflict(
    'people/corrected-meanwhile',
    {
      vi: 'Hồ sơ đã được sửa sau khi lập đề nghị, nên không có gì được ghi.',
      en: 'The record was changed after this was proposed, so nothing was written.',
    },
    { remedy: { vi: 'Xem lại hồ sơ rồi lập lại.', en: 'Look at the record and propose it again.' } },
  );
}

function makerMayNot(): Forbidden {
  return new Forbidden('people/maker-may-not', {
    vi: 'Người lập đề nghị không còn quyền sửa hồ sơ này.',
    en: 'Whoever proposed this may no longer correct this record.',
  });
}
