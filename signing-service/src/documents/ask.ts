import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { Conflict, InvalidInput } from '@edutrust/platform/errors';
import { findSigners, type Signer } from '@edutrust/registry/permissions';
import { formatNamed } from '../formats/formats.ts';
import { newVerificationCode } from '../requests/code.ts';
import { createRequest } from '../requests/requests.ts';
import type { NewStep } from '../requests/steps.ts';
import { signingOf } from '../tables.ts';
import { placeBlocks, type WishedPlace } from './placing.ts';
import { findUpload } from './upload.ts';

export interface WishedSigner {
  readonly personId: string;
  /** What the person signs as; the title in the organisation when absent. */
  readonly title?: string | undefined;
  readonly place: WishedPlace;
}

export interface DocumentWish {
  readonly organisationId: string;
  readonly uploadId: string;
  readonly title: string;
  readonly signers: readonly WishedSigner[];
  /** One after another as they are listed, or each whenever they like. */
  readonly order: 'sequential' | 'parallel';
  /** The organisation's seal, after every signature (Decree 30/2020/NĐ-CP, article 32.2). */
  readonly seal?: { readonly place: WishedPlace } | undefined;
  readonly dueAt?: Date | undefined;
}

/**
 * Asks for signatures on a file that was sent. Idempotent by the upload: it becomes one document.
 *
 * @throws NotFound `signing/no-upload`; InvalidInput `signing/place`, `signing/same-signer-twice`; Conflict
 *   `signing/not-a-signer`
 */
export async function askForSignatures(
  context: ServiceContext,
  wish: DocumentWish,
  actor: PersonActor,
): Promise<string> {
  const { db, clock } = context;
  const { organisationId, signers, seal } = wish;
  const upload = await findUpload(db, { id: wish.uploadId, organisationId }, actor);
  if (new Set(signers.map(({ personId }) => personId)).size < signers.length) throw sameTwice();
  const people: Signer[] = [];
  for (const [index, { personId }] of signers.entries()) {
    const [found] = await findSigners(context, { organisationId, personId });
    if (!found) throw notASigner(index);
    people.push(found);
  }
  const places = await placeBlocks(upload.bytes, [
    ...signers.map(({ place }, index) => ({ place, pointer: `/signers/${index}/place` })),
    ...(seal ? [{ place: seal.place, pointer: '/seal/place' }] : []),
  ]);
  const steps = people.map((person, index): NewStep => {
    const place = places[index];
    if (!place) throw new TypeError('a block without a place');
    const signerTitle = signers[index]?.title?.normalize('NFC').trim() || person.title;
    const turn = wish.order === 'parallel' ? 0 : index;
    return { role: 'signer', place, signerId: person.personId, signerTitle, turn };
  });
  const sealPlace = places[people.length];
  if (sealPlace) {
    const signerTitle = 'Dấu của đơn vị';
    steps.push({ role: 'school-seal', place: sealPlace, signerId: null, signerTitle, turn: people.length });
  }
  const last = people.at(-1);
  if (!last) throw new TypeError('a document has a signer');
  const now = clock.now();
  return db.transaction().execute(async (transaction) => {
    const taken = await signingOf(transaction).deleteFrom('signing.upload').where('id', '=', upload.id).execute();
    if (taken[0]?.numDeletedRows !== 1n) throw askedAlready();
    const id = await createRequest(
      transaction,
      {
        kind: 'upload',
        title: wish.title,
        organisationId,
        steps,
        signerId: last.personId,
        signerTitle: steps[people.length - 1]?.signerTitle ?? last.title,
        code: newVerificationCode(),
        document: upload.document_id,
        signaturesBefore: formatNamed('PAdES').countSignatures(upload.bytes),
        ...(wish.dueAt ? { dueAt: wish.dueAt } : {}),
      },
      { actor, now },
    );
    if (!id) throw askedAlready();
    return id;
  });
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

function notASigner(index: number): Conflict {
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
