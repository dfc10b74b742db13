import type { PersonActor } from '@edutrust/platform/actor';
import { wallClockInVietnam } from '@edutrust/platform/calendar';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput } from '@edutrust/platform/errors';
import { storeDocument } from '../documents/store.ts';
import { record } from '../events.ts';
import { formatVerificationCode, newVerificationCode } from '../requests/code.ts';
import { nextNumber } from '../requests/register-number.ts';
import { nameOf, officeOf } from '../requests/registry.ts';
import { createRequest, lockRequest, type RequestRow } from '../requests/requests.ts';
import { signingOf } from '../tables.ts';
import { extractTemplate } from '../templates/extract/template.ts';
import { type ReportContent, readReport } from '../templates/school-report/read-xml.ts';
import { registerNumber } from './number.ts';
import { makePrint } from './print.ts';

/** Which copy of an issued document is asked for. */
export interface CopyOrder {
  /** Made by who asks: the same id again is the same copy. */
  readonly id: string;
  readonly requestId: string;
  readonly form: 'extract' | 'print';
  /** Who asked the school for it, and what for, as they stand in the register. */
  readonly requester: string;
  readonly purpose: string;
  /** Of an extract: names of the subjects whose rows it holds; all when absent. */
  readonly subjects?: readonly string[] | undefined;
  /** Of an extract: results of the whole learner, award and outcome. */
  readonly withResults?: boolean | undefined;
}

/**
 * Makes one copy of an issued document and enters it into the register of its organisation: with a number, a code and a file of its own. A print is
 * done at once; an extract waits for the clerk to seal it. Idempotent by the order's id.
 *
 * @throws NotFound; Conflict `copies/not-issued`, `copies/no-data`, `copies/other-order`; InvalidInput `copies/no-such-subject`
 */
export async function makeCopy(context: ServiceContext, order: CopyOrder, actor: PersonActor): Promise<string> {
  const { db, clock } = context;
  return db.transaction().execute(async (transaction) => {
    const request = await lockRequest(transaction, order.requestId);
    if (await isMade(transaction, order)) return order.id;
    if (request.state !== 'issued' || !request.signed_document_id || request.format !== 'PAdES') throw notIssued();
    const now = clock.now();
    const year = wallClockInVietnam(now).getUTCFullYear();
    const number = await nextNumber(transaction, { register: 'copy', organisationId: request.organisation_id, year });
    const made: Making = {
      order,
      request,
      now,
      year,
      number: registerNumber(order.form, number),
      code: newVerificationCode(),
      actor,
    };
    const files =
      order.form === 'print'
        ? await putPrint(context, transaction, made)
        : await putExtract(context, transaction, made);
    await signingOf(transaction)
      .insertInto('signing.copy')
      .values({
        id: order.id,
        form: order.form,
        request_id: request.id,
        extract_id: files.extractId,
        organisation_id: request.organisation_id,
        year,
        number,
        code: made.code,
        requester: order.requester,
        purpose: order.purpose,
        made_by: actor.personId,
        made_at: now,
        document_id: files.documentId,
      })
      .execute();
    await record(transaction, {
      type: 'signing-request.copied',
      actor,
      subject: { kind: 'signing-request', id: request.id },
      organisationId: request.organisation_id,
      data: { copyId: order.id, form: order.form, number, year },
    });
    return order.id;
  });
}

interface Making {
  readonly order: CopyOrder;
  readonly request: RequestRow;
  readonly now: Date;
  readonly year: number;
  /** As it is printed. */
  readonly number: string;
  readonly code: string;
  readonly actor: PersonActor;
}

interface CopyFiles {
  readonly documentId: string;
  readonly extractId: string | null;
}

/** @throws Conflict `copies/other-order` when the id is another copy's */
async function isMade(transaction: Transaction, { id, requestId, form }: CopyOrder): Promise<boolean> {
  const found = await signingOf(transaction)
    .selectFrom('signing.copy')
    .select(['request_id', 'form'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (!found) return false;
  if (found.request_id === requestId && found.form === form) return true;
  throw new Conflict('copies/other-order', {
    vi: 'Mã yêu cầu này đã dùng cho một bản sao khác.',
    en: 'This id belongs to another copy.',
  });
}

async function putPrint(context: ServiceContext, transaction: Transaction, made: Making): Promise<CopyFiles> {
  const { request, now } = made;
  const { bytes, pages } = await fileOf(transaction, request.signed_document_id ?? '');
  const office = await officeOf(transaction, request.organisation_id);
  const code = formatVerificationCode(made.code);
  const print = makePrint(bytes, {
    mark: `Bản sao y số ${made.number}, năm ${made.year}, của ${office.name}`,
    system: `EduTrust (${context.config.url.host})`,
    owner: office.departmentName,
    address: new URL(`/verify/${code}`, context.config.url).href,
    code,
    convertedAt: now,
    convertedBy: await nameOf(transaction, made.actor.personId),
  });
  return { documentId: await storeDocument(transaction, print, { pages, now }), extractId: null };
}

async function putExtract({ config }: ServiceContext, transaction: Transaction, made: Making): Promise<CopyFiles> {
  const { order, request, now } = made;
  const source = await fileOf(transaction, request.signed_document_id ?? '');
  if (!request.unsigned_data_id) throw noData();
  const whole = readReport((await fileOf(transaction, request.unsigned_data_id)).bytes);
  const fields = {
    report: partOf(whole, order.subjects),
    withResults: order.withResults ?? false,
    number: made.number,
    year: made.year,
    requester: order.requester,
    purpose: order.purpose,
    sourceSha256: source.sha256.toString('hex'),
    issuedAt: now,
    place: whole.place,
    url: config.url.origin,
    code: formatVerificationCode(made.code),
  };
  const { document } = await extractTemplate.make(fields);
  const documentId = await storeDocument(transaction, document, { pages: 1, now });
  const extractId = await createRequest(
    transaction,
    {
      kind: 'extract',
      title: extractTemplate.titleOf(fields),
      organisationId: request.organisation_id,
      ...(request.subject_id ? { subjectId: request.subject_id } : {}),
      steps: extractTemplate.order.map(({ role, place }) => ({
        role,
        place,
        signerId: null,
        signerTitle: 'Dấu của cơ quan sao',
      })),
      signerId: request.signer_id,
      signerTitle: request.signer_title,
      code: made.code,
      document: documentId,
    },
    { actor: made.actor, now },
  );
  if (!extractId) throw new Error('an extract that exists before it is made'); // of no class, so nothing is like it
  return { documentId, extractId };
}

/** The report with some of its rows. @throws InvalidInput `copies/no-such-subject` */
function partOf(report: ReportContent, subjects: readonly string[] | undefined): ReportContent {
  if (!subjects) return report;
  const missing = subjects.flatMap((name, index) => (report.subjects.some((row) => row.name === name) ? [] : [index]));
  if (missing.length > 0) throw noSuchSubject(missing);
  return { ...report, subjects: report.subjects.filter(({ name }) => subjects.includes(name)) };
}

async function fileOf(transaction: Transaction, id: string) {
  return signingOf(transaction)
    .selectFrom('signing.document')
    .select(['bytes', 'sha256', 'pages'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
}

function notIssued(): Conflict {
  return new Conflict(
    'copies/not-issued',
    {
      vi: 'Chỉ sao được văn bản PDF đã phát hành và chưa bị thay thế.',
      en: 'Only a PDF that is issued and not replaced can be copied.',
    },
    {
      remedy: {
        vi: 'Nếu văn bản đã bị thay thế, hãy sao bản mới.',
        en: 'If it was replaced, make the copy of the new version.',
      },
    },
  );
}

function noData(): Conflict {
  return new Conflict(
    'copies/no-data',
    {
      vi: 'Văn bản này không có dữ liệu kèm theo nên không trích sao được.',
      en: 'This document carries no data, so no extract can be made of it.',
    },
    { remedy: { vi: 'Hãy in cả văn bản.', en: 'Print the whole document instead.' } },
  );
}

function noSuchSubject(indexes: readonly number[]): InvalidInput {
  return new InvalidInput(
    'copies/no-such-subject',
    { vi: 'Có môn không có trong học bạ này.', en: 'A subject does not stand in this report.' },
    {
      fields: indexes.map((index) => ({
        pointer: `/subjects/${index}`,
        detail: { vi: 'Không có môn này.', en: 'No such subject.' },
      })),
    },
  );
}
