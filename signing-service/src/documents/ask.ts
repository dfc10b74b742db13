import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput } from '@edutrust/platform/errors';
import { findSigners } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import { type Signatory, signatoryFor } from '../delegations/delegations.ts';
import type { FormatName, SignatureFormat } from '../formats/format.ts';
import { formatsFor } from '../formats/formats.ts';
import { newVerificationCode } from '../requests/code.ts';
import { createRequest, lockRequest, type NewRequest } from '../requests/requests.ts';
import type { NewStep } from '../requests/steps.ts';
import { signingOf } from '../tables.ts';
import { type DocumentLook, lookOf, nothingSeen } from './look.ts';
import type { WishedPlace } from './placing.ts';
import { storeDocument } from './store.ts';
import { findUpload, type WaitingFile } from './upload.ts';

export interface WishedSigner {
  readonly personId: string;
  /** What the person signs as; the title in the organisation when absent. */
  readonly title?: string | undefined;
  /** Where the visible block goes; without one nothing is seen of the signature on the page. */
  readonly place?: WishedPlace | undefined;
}

export interface DocumentWish {
  readonly organisationId: string;
  readonly title: string;
  /** The usual one of the file when absent. */
  readonly format?: FormatName | undefined;
  readonly signers: readonly WishedSigner[];
  /** One after another as they are listed, or each whenever they like. */
  readonly order: 'sequential' | 'parallel';
  /** The issued document whose place it takes once it is issued itself. */
  readonly replacesId?: string | undefined;
  /** What is seen of the signatures: see `DocumentBody`. */
  readonly look: DocumentLook;
  /** Of a copy or an annex: what its line begins with. */
  readonly line?: string | undefined;
  /** The organisation's seal, after every signature (Decree 30/2020/NĐ-CP, article 32.2). */
  readonly seal?: { readonly place?: WishedPlace | undefined } | undefined;
  readonly dueAt?: Date | undefined;
}

/**
 * Asks for signatures on a file that was sent. Idempotent by the upload: it becomes one document.
 *
 * @throws NotFound `signing/no-upload`; and as {@link prepareRequest}
 */
export async function askForSignatures(
  context: ServiceContext,
  { uploadId, ...wish }: DocumentWish & { readonly uploadId: string },
  actor: PersonActor,
): Promise<string> {
  const { db, clock } = context;
  const { organisationId } = wish;
  const upload = await findUpload(db, { id: uploadId, organisationId }, actor);
  const { format, request } = await prepareRequest(context, upload.bytes, wish);
  const now = clock.now();
  return db.transaction().execute(async (transaction) => {
    const taken = await signingOf(transaction).deleteFrom('signing.upload').where('id', '=', upload.id).execute();
    if (taken[0]?.numDeletedRows !== 1n) throw askedAlready();
    const document = await enclosed(transaction, upload, format, now);
    const replaces = wish.replacesId ? await replacedBy(transaction, organisationId, wish.replacesId) : undefined;
    const id = await createRequest(
      transaction,
      { ...request, document, ...(replaces ? { replaces } : {}) },
      { actor, now },
    );
    if (!id) throw askedAlready();
    return id;
  });
}

/**
 * A request as it was wished for, with a code of its own; without its file, which belongs into its transaction.
 *
 * @throws InvalidInput `signing/format`, `signing/place`, `signing/same-signer-twice`, `signing/no-picture`,
 *   `signing/no-line`; Conflict `signing/not-a-signer`
 */
export async function prepareRequest(
  context: ServiceContext,
  file: Buffer,
  wish: DocumentWish,
): Promise<{ readonly format: SignatureFormat; readonly request: Omit<NewRequest, 'document'> }> {
  const { organisationId, signers, seal } = wish;
  if (new Set(signers.map(({ personId }) => personId)).size < signers.length) throw sameTwice();
  const now = context.clock.now();
  const people: Signatory[] = [];
  for (const [index, { personId }] of signers.entries()) {
    const [found] = await findSigners(context, { organisationId, personId });
    if (!found) throw notASigner(index);
    people.push(await signatoryFor(context, found, { organisationId, kind: 'upload', now }));
  }
  if (new Set(people.map(({ personId }) => personId)).size < people.length) throw sameTwice(); // one stands in for another
  const format = formatFor(file, wish.format);
  const seen = await lookOf(context.db, file, format, wish, people);
  const steps = people.map((person, index): NewStep => {
    const { place, look } = seen.get(`/signers/${index}/place`) ?? nothingSeen;
    const wished = person.onBehalfOf ? undefined : signers[index]?.title?.normalize('NFC').trim();
    const signerTitle = wished || person.title;
    const turn = wish.order === 'parallel' ? 0 : index;
    return { role: 'signer', place, look, signerId: person.personId, signerTitle, onBehalfOf: person.onBehalfOf, turn };
  });
  if (seal) {
    const signerTitle = 'Dấu của đơn vị';
    steps.push({
      role: 'school-seal',
      ...(seen.get('/seal/place') ?? nothingSeen),
      signerId: null,
      signerTitle,
      turn: people.length,
    });
  }
  const last = people.at(-1);
  if (!last) throw new TypeError('a document has a signer');
  return {
    format,
    request: {
      kind: 'upload',
      title: wish.title,
      organisationId,
      steps,
      signerId: last.personId,
      signerTitle: steps[people.length - 1]?.signerTitle ?? last.title,
      code: newVerificationCode(),
      format: format.name,
      signaturesBefore: format.countSignatures(file),
      ...(wish.dueAt ? { dueAt: wish.dueAt } : {}),
    },
  };
}

/**
 * What the next version says of the issued upload that it will replace; an app replaces what it asked for itself.
 *
 * @throws NotFound; Conflict `signing/not-replaceable`
 */
export async function replacedBy(
  transaction: Transaction,
  organisationId: string,
  id: string,
  clientId?: string,
): Promise<NonNullable<NewRequest['replaces']>> {
  const found = await lockRequest(transaction, id);
  const isOwn = clientId === undefined || found.app_id === clientId;
  const isOurs = isOwn && found.kind === 'upload' && found.organisation_id === organisationId;
  const { rows } = await sql`
    SELECT FROM signing.request WHERE replaces_id = ${id} AND state IN ('waiting', 'signed', 'issued', 'replaced')`.execute(
    transaction,
  );
  if (isOurs && found.state === 'issued' && rows.length === 0) return { id, version: found.version + 1 };
  throw new Conflict('signing/not-replaceable', {
    vi: 'Chỉ thay được văn bản đã phát hành của đơn vị, còn hiệu lực và chưa có bản nào đang chờ thay.',
    en: 'Only an issued document of the organisation that is in force, and that none is about to replace, can be replaced.',
  });
}

/** @throws InvalidInput `signing/format` */
function formatFor(file: Buffer, wished: FormatName | undefined): SignatureFormat {
  const possible = formatsFor(file);
  const found = wished ? possible.find(({ name }) => name === wished) : possible[0];
  if (found) return found;
  throw new InvalidInput('signing/format', {
    vi: `Không ký được tệp này theo định dạng ${wished}.`,
    en: `This file cannot be signed as ${wished}.`,
  });
}

/** The id of the file that is signed: the one that was sent, or the container that it goes into and that takes its place. */
async function enclosed(
  transaction: Transaction,
  { document_id: sentId, file_name, bytes, pages }: WaitingFile,
  format: SignatureFormat,
  now: Date,
): Promise<string> {
  const file = format.enclose(bytes, file_name);
  if (file.equals(bytes)) return sentId;
  await signingOf(transaction).deleteFrom('signing.document').where('id', '=', sentId).execute();
  return storeDocument(transaction, file, { pages, now });
}

function sameTwice(): InvalidInput {
  return new InvalidInput('signing/same-signer-twice', {
    vi: 'Mỗi người chỉ ký một lần trên một văn bản.',
    en: 'Each person signs a document once.',
  });
}

function askedAlready(): Conflict {
  return new Conflict('signing/asked-already', {
    vi: 'Tệp này vừa được trình ký rồi.',
    en: 'Signatures on this file were asked for just now.',
  });
}

export function notASigner(index: number): Conflict {
  return new Conflict(
    'signing/not-a-signer',
    {
      vi: 'Có người chưa được giao vai trò «người ký» của đơn vị.',
      en: 'Somebody does not hold the role "signer" of the organisation.',
    },
    {
      remedy: {
        vi: 'Nhờ quản trị của Sở giao vai trò «người ký».',
        en: 'Ask the department to grant the role "signer".',
      },
      fields: [
        {
          pointer: `/signers/${index}/personId`,
          detail: { vi: 'Không phải người ký.', en: 'Is not a signer.' },
        },
      ],
    },
  );
}
