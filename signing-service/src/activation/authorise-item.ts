import { verify, X509Certificate } from 'node:crypto';
import type { Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';
import { ecdsaSignatureFromRaw } from '../formats/ecdsa.ts';
import { lockRequests } from '../requests/requests.ts';
import { dueSteps } from '../requests/steps.ts';
import type { Confirmation } from './schemas.ts';
import { failItem, fileKey, type Item, type ItemError } from './session-items.ts';
import { itemMoves } from './states.ts';

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

/** A file with what the confirmation brings for it. */
export type ConfirmedFile = ItemSignature & { readonly item: Item };

/**
 * Authorises the files of each request, all or none, or says in them why not: the other requests of the session are not held up by it. A thousand take as
 * many statements as one.
 */
export async function authoriseFiles(transaction: Transaction, files: readonly ConfirmedFile[]): Promise<void> {
  if (files.length === 0) return;
  const refusalOf = await refusalsOf(transaction, files);
  const taken = files.filter(({ item }) => !refusalOf.has(item.request_id));
  const items = taken.map(({ item }) => item);
  for (const { state } of items) itemMoves.mustMove(state, 'authorised');
  await sql`
    UPDATE signing.step AS s SET session_id = t.session_id
    FROM unnest(${items.map(({ request_id }) => request_id)}::uuid[], ${items.map(({ step }) => step)}::int[],
      ${items.map(({ session_id }) => session_id)}::uuid[]) AS t (request_id, position, session_id)
    WHERE s.request_id = t.request_id AND s.position = t.position`.execute(transaction);
  await sql`
    UPDATE signing.session_item AS i SET state = 'authorised', signature = t.signature
    FROM unnest(${items.map(({ session_id }) => session_id)}::uuid[], ${items.map(({ request_id }) => request_id)}::uuid[],
      ${items.map(({ artefact }) => artefact)}::text[], ${taken.map(({ signature }) => signature)}::bytea[]
    ) AS t (session_id, request_id, artefact, signature)
    WHERE i.session_id = t.session_id AND i.request_id = t.request_id AND i.artefact = t.artefact AND i.state = 'waiting'`.execute(
    transaction,
  );
  for (const { item } of files) {
    const refused = refusalOf.get(item.request_id);
    if (refused) await failItem(transaction, item, refused);
  }
}

/**
 * By request, why it cannot become this session's. Those that are not refused are this session's alone from now on: nobody else signs, rejects or
 * withdraws them until this signature is in their files. Where several may sign whenever they like, the file must still be the one that was prepared.
 */
async function refusalsOf(
  transaction: Transaction,
  files: readonly ConfirmedFile[],
): Promise<ReadonlyMap<string, ItemError>> {
  const byRequest = Map.groupBy(files, ({ item }) => item.request_id);
  const locked = await lockRequests(transaction, [...byRequest.keys()]);
  const requestOf = new Map(locked.map((request) => [request.id, request]));
  const dueOf = Map.groupBy(await dueSteps(transaction, ...byRequest.keys()), ({ request_id }) => request_id);
  const refusalOf = ([id, own]: readonly [string, readonly ConfirmedFile[]]): ItemError | undefined => {
    const wrong = own.find(({ error }) => error)?.error;
    const [first] = own;
    const request = requestOf.get(id);
    const due = dueOf.get(id) ?? [];
    if (wrong) return wrong;
    if (!request || due.some(({ session_id }) => session_id)) return notWaiting;
    if (!due.some(({ position }) => position === first?.item.step)) return notWaiting;
    const current = {
      document: request.signed_document_id ?? request.unsigned_document_id,
      data: request.signed_data_id ?? request.unsigned_data_id,
    };
    const isOld = ({ item: { artefact, base_document_id } }: ConfirmedFile) =>
      base_document_id !== null && base_document_id !== current[artefact];
    return own.some(isOld) ? signedMeanwhile : undefined;
  };
  return new Map(
    [...byRequest].flatMap((entry) => {
      const refused = refusalOf(entry);
      return refused ? [[entry[0], refused] as const] : [];
    }),
  );
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
