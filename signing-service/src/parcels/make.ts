import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { makeAsic } from '../formats/asic/sign.ts';
import { largestFileBytes } from '../public-verification/limits.ts';
import { formatVerificationCode, newVerificationCode } from '../requests/code.ts';
import { lockRegister, nextNumber } from '../requests/register-number.ts';
import { createRequest } from '../requests/requests.ts';
import { signingOf } from '../tables.ts';
import { parcelTemplate } from '../templates/parcel.ts';
import { type ParcelReport, parcelNumber, parcelSchema } from './manifest.ts';
import { noClass, nothingIssued, notIssued, notReplaceable, otherParcel, tooLarge } from './refusals.ts';

/** Which reports go into a parcel. */
export interface ParcelOrder {
  /** Made by who asks: the same id again is the same parcel. */
  readonly id: string;
  readonly organisationId: string;
  readonly classId: string;
  /** Issued school reports of the class; all that are in force when absent. */
  readonly requestIds?: readonly string[] | undefined;
  /** The parcel that it takes the place of. */
  readonly replacesId?: string | undefined;
}

/** Our own page judges what leaves; the signature needs some room. */
const largestParcelBytes = largestFileBytes - 1024 * 1024;

/**
 * Makes a parcel of a class's issued school reports: a container with both files of each exactly as issued and a manifest (ADR 0254). It has a number
 * in the register of its school and year, and waits for the school's seal as any document that only the seal is put on.
 *
 * @throws NotFound `classes/not-found`; Conflict `parcels/…`; InvalidInput `parcels/not-issued`
 */
export async function makeParcel(context: ServiceContext, order: ParcelOrder, actor: PersonActor): Promise<void> {
  const now = context.clock.now();
  await context.db.transaction().execute(async (transaction) => {
    const place = await placeOf(transaction, order);
    const register = { register: 'parcel', organisationId: order.organisationId, year: place.schoolYear } as const;
    await lockRegister(transaction, register); // no parcel is replaced twice
    if (await isMade(transaction, order)) return;
    const issued = await reportsOf(transaction, order);
    const [first] = issued;
    if (!first) throw nothingIssued();
    const replaces = order.replacesId ? await replacedNumber(transaction, order, order.replacesId) : null;
    const number = await nextNumber(transaction, register);
    const code = newVerificationCode();
    const shown = parcelNumber(number, place.schoolYear);
    const container = pack({ ...place, number: shown, code, replaces, madeAt: now, reports: issued.map(reportOf) });
    const title = `Gói học bạ số lớp ${place.className}, số ${shown}`;
    const requestId = await createRequest(
      transaction,
      {
        kind: parcelTemplate.kind,
        format: 'ASiC-E',
        title,
        organisationId: order.organisationId,
        steps: [{ role: 'school-seal', place: undefined, signerId: null, signerTitle: 'Dấu của nhà trường' }],
        signerId: first.signerId,
        signerTitle: first.signerTitle,
        code,
        document: { bytes: container, pages: 1 },
      },
      { actor, now },
    );
    if (!requestId) throw new Error('a parcel that exists before it is made'); // of no class, so nothing is like it
    await signingOf(transaction)
      .insertInto('signing.parcel')
      .values({
        id: order.id,
        request_id: requestId,
        organisation_id: order.organisationId,
        class_id: order.classId,
        school_year: place.schoolYear,
        number,
        replaces_id: order.replacesId ?? null,
        made_by: actor.personId,
        made_at: now,
        receipt: null,
        sent_by: null,
        sent_at: null,
      })
      .execute();
    await signingOf(transaction)
      .insertInto('signing.parcel_item')
      .values(issued.map(({ id }) => ({ parcel_id: order.id, request_id: id })))
      .execute();
    await record(transaction, {
      type: 'signing-request.packed',
      actor,
      subject: { kind: 'signing-request', id: requestId },
      organisationId: order.organisationId,
      data: { parcelId: order.id, number, schoolYear: place.schoolYear, reports: issued.length },
    });
  });
}

interface Issued {
  readonly id: string;
  readonly code: string;
  readonly version: number;
  readonly signerId: string;
  readonly signerTitle: string;
  readonly educationId: string;
  readonly pdf: Buffer;
  readonly xml: Buffer;
}

type Contents = Parameters<typeof parcelSchema.write>[0];

/** @throws Conflict `parcels/too-large` */
function pack(content: Contents): Buffer {
  const files = content.reports.flatMap((report) => report.files);
  if (files.reduce((sum, { bytes }) => sum + bytes.length, 0) > largestParcelBytes) throw tooLarge();
  const manifest = parcelSchema.write({ ...content, code: formatVerificationCode(content.code) });
  return makeAsic(
    new Map([[parcelSchema.fileName, manifest], ...files.map(({ name, bytes }) => [name, bytes] as const)]),
  );
}

function reportOf({ educationId, code, version, pdf, xml }: Issued): ParcelReport {
  const printed = formatVerificationCode(code);
  return {
    educationId,
    code: printed,
    version,
    files: [
      { name: `hoc-ba-so-${printed}.pdf`, mediaType: 'application/pdf', bytes: pdf },
      { name: `hoc-ba-so-${printed}.xml`, mediaType: 'application/xml', bytes: xml },
    ],
  };
}

/** School, class and year. @throws NotFound `classes/not-found` for a class of another school */
async function placeOf(transaction: Transaction, { organisationId, classId }: ParcelOrder) {
  const { rows } = await sql<{ className: string; schoolYear: number; school: { code: string; name: string } }>`
    SELECT c.code AS "className", c.school_year AS "schoolYear", jsonb_build_object('code', o.code, 'name', o.name) AS school
    FROM registry.class AS c JOIN registry.organisation AS o ON o.id = c.organisation_id
    WHERE c.id = ${classId} AND o.id = ${organisationId}`.execute(transaction);
  if (!rows[0]) throw noClass();
  return rows[0];
}

/** @throws Conflict `parcels/other-parcel` when the id is another parcel's */
async function isMade(transaction: Transaction, order: ParcelOrder): Promise<boolean> {
  const found = await signingOf(transaction)
    .selectFrom('signing.parcel')
    .select(['organisation_id', 'class_id', 'replaces_id'])
    .where('id', '=', order.id)
    .executeTakeFirst();
  if (!found) return false;
  const isSame =
    found.organisation_id === order.organisationId &&
    found.class_id === order.classId &&
    found.replaces_id === (order.replacesId ?? null);
  if (!isSame) throw otherParcel();
  return true;
}

/** Reports with both files as issued; none is replaced while the parcel is made. @throws InvalidInput `parcels/not-issued` */
async function reportsOf(
  transaction: Transaction,
  { organisationId, classId, requestIds }: ParcelOrder,
): Promise<Issued[]> {
  const chosen = requestIds ? sql`AND r.id = ANY(${[...requestIds]}::uuid[])` : sql``;
  const { rows } = await sql<Issued>`
    SELECT r.id, r.code, r.version, r.signer_id AS "signerId", r.signer_title AS "signerTitle",
      p.education_id AS "educationId", pdf.bytes AS pdf, xml.bytes AS xml
    FROM signing.request AS r JOIN registry.person AS p ON p.id = r.subject_id
    JOIN signing.document AS pdf ON pdf.id = r.signed_document_id
    JOIN signing.document AS xml ON xml.id = r.signed_data_id
    WHERE r.organisation_id = ${organisationId} AND r.class_id = ${classId} AND r.kind = 'school-report'
      AND r.state = 'issued' ${chosen}
    ORDER BY p.education_id FOR SHARE OF r`.execute(transaction);
  const found = new Set(rows.map(({ id }) => id));
  const missing = (requestIds ?? []).flatMap((id, index) => (found.has(id) ? [] : [index]));
  if (missing.length > 0) throw notIssued(missing);
  return rows;
}

/** Number of the parcel that is replaced. @throws Conflict `parcels/not-replaceable` */
async function replacedNumber(
  transaction: Transaction,
  { organisationId, classId }: ParcelOrder,
  replacesId: string,
): Promise<string> {
  const { rows } = await sql<{ number: number; schoolYear: number }>`
    SELECT k.number, k.school_year AS "schoolYear" FROM signing.parcel AS k
    WHERE k.id = ${replacesId} AND k.organisation_id = ${organisationId} AND k.class_id = ${classId}
      AND NOT EXISTS (SELECT FROM signing.parcel AS n JOIN signing.request AS r ON r.id = n.request_id
        WHERE n.replaces_id = k.id AND r.state IN ('signed', 'issued'))`.execute(transaction);
  if (!rows[0]) throw notReplaceable();
  return parcelNumber(rows[0].number, rows[0].schoolYear);
}
