import { api, must } from '../design/api.ts';
import { t } from '../design/language.ts';
import { fromBase64Url, hexOf, sha256, signBytes, toBase64Url, unwrapKey } from './keys.ts';
import { type Artefact, fetchPrepared, type Prepared } from './prepared.ts';
import { rootOf } from './root.ts';
import { isXml, signsDocument } from './xml.ts';

/** What one confirmation would sign, as the API gives it. */
export interface Session {
  readonly id: string;
  readonly code4: string;
  readonly expiresAt: string;
  readonly custody: 'device' | 'hsm';
  readonly list: string;
  readonly items: readonly {
    readonly requestId: string;
    readonly artefact: Artefact;
    readonly title: string;
    readonly digestHex: string;
    readonly signedAttributes: string;
    /** The year's marks in one line, for who does not open the file. */
    readonly marks: string | null;
    /** It stands out, or has no marks that say what it is. */
    readonly mustOpen: boolean;
  }[];
  readonly assertionOptions: { readonly challenge: string };
  readonly wrappedKey: string | null;
}

/** The part of the authorised list that the phone compares; the whole text is what its hash stands for. */
interface AuthorisedList {
  readonly root: string;
  readonly count: number;
}

/** A session together with the very files of what is opened of it, checked and ready to be drawn. */
export interface OpenedSession {
  readonly session: Session;
  readonly files: readonly Prepared[];
}

/** A session whose opened files were all drawn; `pages` is how many of each, by {@link fileKey}. */
export interface DrawnSession extends OpenedSession {
  readonly pages: ReadonlyMap<string, number>;
}

/** What is signed, one for each request: a document and the same data as XML count once. */
export const documentsOf = <Item extends { readonly artefact: Artefact }>(items: readonly Item[]): Item[] =>
  items.filter(({ artefact }) => artefact === 'document');

/** In whose name: the person's own, or the seal of the organisation that the person keeps. */
export type Purpose = 'sign' | 'seal';

/** So few documents are all opened. */
const fewDocuments = 5;

/**
 * Opens a session over waiting requests and fetches what of it is opened at once: everything of a few; of many what has to be read
 * closely, and what `wasRead` before. Throws when anything in it does not fit together.
 */
export async function openSession(
  requestIds: readonly string[],
  purpose: Purpose,
  wasRead: (requestId: string) => boolean = () => false,
): Promise<OpenedSession> {
  const session: Session = await must(
    api.POST('/api/v1/signing/sessions', { body: { requestIds: [...requestIds], purpose } }),
  );
  await mustBeWhatIsShown(session);
  const isOpened = (item: Session['items'][number]) =>
    requestIds.length <= fewDocuments || item.mustOpen || wasRead(item.requestId);
  return { session, files: await fetchPrepared({ id: session.id, items: session.items.filter(isOpened) }) };
}

/** The files of one more document of a session. */
export function openDocument({ id, items }: Session, requestId: string): Promise<Prepared[]> {
  return fetchPrepared({ id, items: items.filter((item) => item.requestId === requestId) });
}

/**
 * The passkey authorises the hash of the list. The phone believes no server about that list or about the documents: it
 * computes the hash, the four digits and the root of all digests itself, finds each digest in the bytes that the key will sign,
 * and (`prepared.ts`) computes each digest over the file that it draws.
 */
export async function mustBeWhatIsShown(
  session: Pick<Session, 'list' | 'items' | 'assertionOptions' | 'code4'>,
): Promise<void> {
  const challenge = await sha256(new TextEncoder().encode(session.list));
  const { root, count } = JSON.parse(session.list) as AuthorisedList;
  const isWhatIsShown =
    toBase64Url(challenge) === session.assertionOptions.challenge &&
    (await code4Of(challenge)) === session.code4 &&
    count === session.items.length &&
    (await rootOf(session.items)) === root &&
    session.items.every(({ digestHex, signedAttributes }) => signs(fromBase64Url(signedAttributes), digestHex));
  if (!isWhatIsShown) {
    throw new Error(
      t(
        'Nội dung máy chủ gửi không khớp. Chưa có gì được ký.',
        'What the server sent does not fit together. Nothing was signed.',
      ),
    );
  }
}

/** Device custody: ES256 over each document's signed attributes, with the key that only this passkey opens. */
export async function signHere(
  session: Session,
  prfOutput: ArrayBuffer | undefined,
): Promise<{ requestId: string; artefact: Artefact; signature: string }[]> {
  if (!prfOutput || !session.wrappedKey) {
    throw new Error(
      t(
        'Passkey này không mở được khoá ký trên điện thoại.',
        'This passkey does not open the signing key on the phone.',
      ),
    );
  }
  const key = await unwrapKey(prfOutput, session.wrappedKey);
  const signatures: { requestId: string; artefact: Artefact; signature: string }[] = [];
  for (const { requestId, artefact, signedAttributes } of session.items) {
    signatures.push({ requestId, artefact, signature: await signBytes(key, fromBase64Url(signedAttributes)) });
  }
  return signatures;
}

/** The four digits of a challenge, by the same rule as the requester's screen (last 16 bits of a further SHA-256). */
export async function code4Of(challenge: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = await sha256(challenge);
  return String(new DataView(hash.buffer).getUint16(30) % 10_000).padStart(4, '0');
}

/** Whether the bytes that the key signs are over this digest: signed attributes of CMS, or SignedInfo of XML. */
const signs = (bytes: Uint8Array, digestHex: string) =>
  isXml(bytes) ? signsDocument(bytes, digestHex) : hasMessageDigest(bytes, digestHex);

/** The attribute messageDigest (RFC 5652 §11.2) with exactly this SHA-256, in DER as CMS writes it. */
function hasMessageDigest(attributes: Uint8Array, digestHex: string): boolean {
  const attribute = `06092a864886f70d01090431220420${digestHex}`;
  return /^[0-9a-f]{64}$/.test(digestHex) && hexOf(attributes).split(attribute).length === 2;
}
