import { verify, X509Certificate } from 'node:crypto';
import type { Transaction } from '@edutrust/platform/database';
import { ecdsaSignatureFromRaw } from '../formats/ecdsa.ts';
import { lockRequest } from '../requests/requests.ts';
import { dueSteps } from '../requests/steps.ts';
import { signingOf } from '../tables.ts';
import type { Confirmation } from './schemas.ts';
import { failItem, fileKey, type Item, type ItemError, moveItem } from './session-items.ts';

/** What the confirmation brings for one file. */
export interface ItemSignature {
  /** DER; null when a key that is kept here will make it. */
  readonly signature: Buffer | null;
  /** What is wrong with the phone's. */
  readonly error?: ItemError;
}

/** HSM custody and seals: the signature is made when the session is completed. */
export const signatureComesLater = (): ItemSignature => ({ signature: null });

/** Device custody: the phone's signature of each document, verified with the session's certificate (DER). */
export function phoneSignatures(
  certificate: Buffer,
  { signatures }: Pick<Confirmation, 'signatures'>,
): (item: Item) => ItemSignature {
  const signatureOf = new Map(
    signatures.map(({ requestId, artefact, signature }) => [fileKey(requestId, artefact ?? 'document'), signature]),
  );
  const key = new X509Certificate(certificate).publicKey;
  return ({ request_id, artefact, signed_attributes }) => {
    const raw = Buffer.from(signatureOf.get(fileKey(request_id, artefact)) ?? '', 'base64url');
    const isRight = verify('sha256', signed_attributes, { key, dsaEncoding: 'ieee-p1363' }, raw);
    return isRight ? { signature: ecdsaSignatureFromRaw(raw) } : { signature: null, error: wrongSignature };
  };
}

/**
 * Authorises the files of one request, all or none, or says in them why not: the other requests of the session are not held up by it.
 */
export async function authoriseFiles(
  transaction: Transaction,
  files: readonly (ItemSignature & { readonly item: Item })[],
): Promise<void> {
  const wrong = files.find(({ error }) => error)?.error;
  const refused =
    wrong ??
    (await claim(
      transaction,
      files.map(({ item }) => item),
    ));
  for (const { item, signature } of files) {
    if (refused) await failItem(transaction, item, refused);
    else await moveItem(transaction, item, 'authorised', { signature });
  }
}

/**
 * Makes the request this session's alone: nobody else signs, rejects or withdraws it until this signature is in its file.
 * Where several may sign whenever they like, the file must still be the one that was prepared.
 */
async function claim(transaction: Transaction, files: readonly Item[]): Promise<ItemError | undefined> {
  const [item] = files;
  if (!item) return notWaiting;
  const request = await lockRequest(transaction, item.request_id);
  const due = await dueSteps(transaction, item.request_id);
  const own = due.find(({ position }) => position === item.step);
  if (!own || due.some(({ session_id }) => session_id)) return notWaiting;
  const current = {
    document: request.signed_document_id ?? request.unsigned_document_id,
    data: request.signed_data_id ?? request.unsigned_data_id,
  };
  const isOld = files.some(
    ({ artefact, base_document_id }) => base_document_id !== null && base_document_id !== current[artefact],
  );
  if (isOld) return signedMeanwhile;
  await signingOf(transaction)
    .updateTable('signing.step')
    .set({ session_id: item.session_id })
    .where('request_id', '=', item.request_id)
    .where('position', '=', item.step)
    .execute();
  return undefined;
}

const signedMeanwhile: ItemError = {
  code: 'signing/signed-meanwhile',
  detail: {
    vi: 'Người khác vừa ký văn bản này trước. Hãy mở lại và ký.',
    en: 'Somebody else signed this document just before you. Open it again and sign.',
  },
};

const wrongSignature: ItemError = {
  code: 'signing/wrong-signature',
  detail: {
    vi: 'Chữ ký của điện thoại không khớp với văn bản này. Văn bản vẫn chờ ký.',
    en: "The phone's signature does not match this document. It still waits.",
  },
};

const notWaiting: ItemError = {
  code: 'signing/not-waiting',
  detail: {
    vi: 'Văn bản này không còn chờ ký: đã ký, bị từ chối hoặc đã rút.',
    en: 'This document is no longer waiting: it was signed, rejected or withdrawn.',
  },
};
