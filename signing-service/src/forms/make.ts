import type { PersonActor } from '@edutrust/platform/actor';
import { wallClockInVietnam } from '@edutrust/platform/calendar';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, type FieldError, InvalidInput, NotFound } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { signatoryFor } from '../delegations/delegations.ts';
import { record } from '../events.ts';
import { formatVerificationCode, newVerificationCode } from '../requests/code.ts';
import { lockRegister, nextNumber } from '../requests/register-number.ts';
import { officeOf, principalOf } from '../requests/registry.ts';
import { createRequest, lockRequest, type RequestRow } from '../requests/requests.ts';
import { signingOf } from '../tables.ts';
import type { Form, FormKind } from '../templates/form/form.ts';
import { forms } from '../templates/form/kinds.ts';
import { formTemplate } from '../templates/form/template.ts';
import { dateText } from '../templates/transcript/wording.ts';

export interface FormOrder {
  /** Made by who asks: the same id again is the same document. */
  readonly id: string;
  readonly kind: FormKind;
  readonly organisationId: string;
  /** Whom it is about, of forms that are about a learner. */
  readonly personId?: string | undefined;
  readonly values: Readonly<Record<string, string>>;
  /** The issued document of the same kind and person whose place it takes (cấp lại). */
  readonly replacesId?: string | undefined;
  readonly dueAt?: Date | undefined;
}

/** Before "ngày … tháng … năm …". */
const place = 'Thành phố Hồ Chí Minh';

/**
 * Draws a document by its form, enters it into the register of its organisation and asks the principal to sign it. Idempotent by the order's id.
 *
 * @throws NotFound `forms/no-learner`; InvalidInput `forms/wrong-values`; Conflict `forms/in-force`, `forms/other-document`, `signing/no-signer`
 */
export async function makeForm(context: ServiceContext, order: FormOrder, actor: PersonActor): Promise<string> {
  const { db, clock, config } = context;
  const form = forms[order.kind];
  const values = readValues(form, order.values);
  const principal = await signatoryFor(context, await principalOf(context, order.organisationId), {
    organisationId: order.organisationId,
    kind: form.kind,
    now: clock.now(),
  });
  const template = formTemplate(form);
  return db.transaction().execute(async (transaction) => {
    const register = { register: 'form', organisationId: order.organisationId, kind: form.kind } as const;
    await lockRegister(transaction, register); // two that would both be in force come one after the other
    const known = await madeBefore(transaction, order);
    if (known) return known;
    const learner = form.isAboutLearner ? await learnerOf(transaction, order, form) : undefined;
    const replaced = await replacedBy(transaction, order);
    if (form.isOnce && learner && !replaced) await mustBeNone(transaction, form, learner.personId);
    const now = clock.now();
    const year = wallClockInVietnam(now).getUTCFullYear();
    const number = await nextNumber(transaction, { ...register, year });
    const code = newVerificationCode();
    const office = await officeOf(transaction, order.organisationId);
    const fields = {
      form,
      department: office.departmentName,
      school: { name: office.name },
      number: formNumber(form, number),
      year,
      values: { ...values, ...learner?.printed },
      principal: { fullName: principal.fullName, title: principal.title },
      ...(replaced ? { replaces: formatVerificationCode(replaced.code) } : {}),
      place,
      issuedAt: now,
      url: config.url.origin,
      code: formatVerificationCode(code),
    };
    const { document } = await template.make(fields);
    const whom = {
      'school-seal': { signerId: null, signerTitle: 'Dấu của trường' },
      principal: { signerId: principal.personId, signerTitle: principal.title, onBehalfOf: principal.onBehalfOf },
    };
    const requestId = await createRequest(
      transaction,
      {
        kind: form.kind,
        title: template.titleOf(fields),
        organisationId: order.organisationId,
        ...(learner ? { subjectId: learner.personId } : {}),
        steps: template.order.map(({ role, place: where }) => ({ role, place: where, ...whom[role] })),
        signerId: principal.personId,
        signerTitle: principal.title,
        ...(replaced ? { replaces: { id: replaced.id, version: replaced.version + 1 } } : {}),
        code,
        document: { bytes: document, pages: 1 },
        ...(order.dueAt ? { dueAt: order.dueAt } : {}),
      },
      { actor, now },
    );
    if (!requestId) throw inForce();
    await enter(transaction, { order, requestId, year, number, values: fields.values, now }, actor);
    return requestId;
  });
}

interface Entry {
  readonly order: FormOrder;
  readonly requestId: string;
  readonly year: number;
  readonly number: number;
  readonly values: Readonly<Record<string, string>>;
  readonly now: Date;
}

/** Enters the document into the register. */
async function enter(
  transaction: Transaction,
  { order, requestId, year, number, values, now }: Entry,
  actor: PersonActor,
): Promise<void> {
  await signingOf(transaction)
    .insertInto('signing.form')
    .values({
      request_id: requestId,
      order_id: order.id,
      kind: order.kind,
      organisation_id: order.organisationId,
      year,
      number,
      values: JSON.stringify(values),
      made_by: actor.personId,
      made_at: now,
    })
    .execute();
  await record(transaction, {
    type: 'signing-request.registered',
    actor,
    subject: { kind: 'signing-request', id: requestId },
    organisationId: order.organisationId,
    data: { kind: order.kind, number, year },
  });
}

/** As it is printed: `12/GXN`. */
export const formNumber = (form: Form, number: number): string =>
  `${String(number).padStart(2, '0')}/${form.abbreviation}`;

/** @throws InvalidInput `forms/wrong-values` naming each field */
function readValues(form: Form, given: FormOrder['values']): Record<string, string> {
  const fields: FieldError[] = [];
  const wrong = (key: string, vi: string, en: string) => fields.push({ pointer: `/values/${key}`, detail: { vi, en } });
  const values: Record<string, string> = {};
  for (const { key, type, choices = [], isRequired } of form.fields) {
    const value = (given[key] ?? '').normalize('NFC').trim();
    if (value === '') {
      if (isRequired) wrong(key, 'Cần điền.', 'This is needed.');
      continue;
    }
    if (type === 'date' && !isDate(value)) wrong(key, 'Phải là một ngày có thật.', 'This is no date.');
    else if (type === 'choice' && !choices.includes(value))
      wrong(key, 'Hãy chọn một mục trong danh sách.', 'Choose one of the list.');
    else if (type !== 'lines' && value.includes('\n')) wrong(key, 'Chỉ một dòng.', 'One line only.');
    else values[key] = type === 'date' ? dateText(value) : value;
  }
  for (const key of Object.keys(given))
    if (!form.fields.some((field) => field.key === key))
      wrong(key, 'Mẫu này không có ô đó.', 'This form has no such field.');
  if (fields.length === 0) return values;
  throw new InvalidInput(
    'forms/wrong-values',
    { vi: 'Có ô chưa đúng. Chưa lập văn bản nào.', en: 'Some fields are not right. No document was made.' },
    { fields },
  );
}

const isDate = (text: string) =>
  /^\d{4}-\d{2}-\d{2}$/u.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.slice(0, 10) === text;

async function madeBefore(
  transaction: Transaction,
  { id, kind, organisationId }: FormOrder,
): Promise<string | undefined> {
  const found = await signingOf(transaction)
    .selectFrom('signing.form')
    .select(['request_id', 'kind', 'organisation_id'])
    .where('order_id', '=', id)
    .executeTakeFirst();
  if (!found) return undefined;
  if (found.kind === kind && found.organisation_id === organisationId) return found.request_id;
  throw new Conflict('forms/other-document', {
    vi: 'Mã yêu cầu này đã dùng cho một văn bản khác.',
    en: 'This id belongs to another document.',
  });
}

/** The learner of the school with what is printed of them, in the class of their latest year there. @throws NotFound `forms/no-learner` */
async function learnerOf(transaction: Transaction, { personId, organisationId }: FormOrder, { grade }: Form) {
  const { rows } = await sql<{
    fullName: string;
    birthDate: string | null;
    educationId: string;
    className: string;
    schoolYear: number;
  }>`
    SELECT p.full_name AS "fullName", p.birth_date AS "birthDate", p.education_id AS "educationId", c.code AS "className",
      c.school_year AS "schoolYear"
    FROM registry.person AS p JOIN registry.enrolment AS e ON e.person_id = p.id JOIN registry.class AS c ON c.id = e.class_id
    WHERE p.id = ${personId ?? null}::uuid AND c.organisation_id = ${organisationId}
      AND (${grade ?? null}::int IS NULL OR c.grade = ${grade ?? null}::int)
    ORDER BY c.school_year DESC, e.valid_until DESC NULLS FIRST LIMIT 1`.execute(transaction);
  const [found] = rows;
  if (!found || !personId) throw noLearner(grade);
  const { fullName, birthDate, educationId, className, schoolYear } = found;
  return {
    personId,
    printed: {
      fullName,
      birthDate: dateText(birthDate ?? ''),
      educationId,
      className,
      schoolYear: `${schoolYear}–${schoolYear + 1}`,
    },
  };
}

/** @throws Conflict `forms/not-replaceable` */
async function replacedBy(
  transaction: Transaction,
  { replacesId, kind, personId, organisationId }: FormOrder,
): Promise<RequestRow | undefined> {
  if (!replacesId) return undefined;
  const found = await lockRequest(transaction, replacesId);
  const isSame =
    found.kind === kind && found.organisation_id === organisationId && found.subject_id === (personId ?? null);
  if (isSame && found.state === 'issued') return found;
  throw new Conflict('forms/not-replaceable', {
    vi: 'Chỉ cấp lại được văn bản cùng loại, cùng người, đang có hiệu lực.',
    en: 'Only a document of the same kind and person that is in force can be issued again.',
  });
}

async function mustBeNone(transaction: Transaction, { kind }: Form, personId: string): Promise<void> {
  const found = await signingOf(transaction)
    .selectFrom('signing.request')
    .select('id')
    .where('kind', '=', kind)
    .where('subject_id', '=', personId)
    .where('state', 'in', ['waiting', 'signed', 'issued'])
    .executeTakeFirst();
  if (found) throw inForce();
}

function noLearner(grade: number | undefined): NotFound {
  return new NotFound('forms/no-learner', {
    vi: grade ? `Không có học sinh lớp ${grade} này ở trường.` : 'Không có học sinh này ở trường.',
    en: grade ? `The school has no such learner of grade ${grade}.` : 'The school has no such learner.',
  });
}

function inForce(): Conflict {
  return new Conflict(
    'forms/in-force',
    {
      vi: 'Người này đã có một bản đang chờ ký hoặc đang có hiệu lực.',
      en: 'This person has one that is being signed or in force already.',
    },
    {
      remedy: {
        vi: 'Muốn cấp lại thì chọn «Cấp lại» ở bản đó; nếu sai thì thu hồi hoặc huỷ bỏ trước.',
        en: 'To issue it again choose so on that document; if it is wrong, revoke or cancel it first.',
      },
    },
  );
}
