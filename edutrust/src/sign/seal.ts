import { createHash } from 'node:crypto';
import { askStatus, findIssuers } from '@edutrust/certs/status-client';
import {
  clockSkewSeconds,
  code4Of,
  extensionOf,
  mustAgree,
  type NamingList,
  otherDocument,
  type PreparedFile,
  toBeSealed,
} from '@edutrust/signing-service/sealing-machine';
import type { Client } from './client.ts';
import type { SchoolComputer, UnlockedKey } from './machine.ts';

/** What waits, as the service says. */
interface Waiting {
  readonly items: readonly { readonly requestId: string }[];
}

interface Batch {
  readonly id: string;
  readonly list: string;
  /** The time that the signatures claim, ISO 8601. */
  readonly at: string;
  /** Of a school report two: the document, and its data. */
  readonly items: readonly {
    readonly requestId: string;
    readonly artefact: PreparedFile['artefact'];
    readonly title: string;
    readonly code: string;
    readonly digestHex: string;
  }[];
}

interface Results {
  readonly items: readonly {
    readonly title: string;
    readonly state: 'signed' | 'failed' | 'pending';
    readonly error: { readonly code: string; readonly detail: string } | null;
  }[];
}

/** What came of one batch. */
export interface Sealed {
  readonly sealed: number;
  /** Of the batch, not sealed. */
  readonly waiting: number;
  /** What the token said when it stopped. */
  readonly problem?: unknown;
}

/** A file that this computer has read, and what its key is to sign of it. */
interface Read extends PreparedFile {
  readonly toBeSigned: Buffer;
}

/**
 * Seals the next documents that wait, at most a hundred, with one PIN: shows each, computes from its files what is signed,
 * and sends what the token signed. When the token stops in the middle, what it signed is whole and the rest waits.
 *
 * Gives undefined when nothing waits; nothing is sealed when the clerk gives no PIN.
 */
export async function sealNext(computer: SchoolComputer, client: Client): Promise<Sealed | undefined> {
  const { key, say, askPin } = computer;
  const waiting = await client.get<Waiting>('/api/v1/sealing/waiting');
  if (waiting.items.length === 0) return undefined;
  const batch = await client.post<Batch>('/api/v1/sealing/batches', {
    requestIds: waiting.items.map(({ requestId }) => requestId),
    ...(await statusOf(computer)),
  });
  mustBeOfOrigin(batch, computer);
  const files = await readFiles(computer, client, batch);
  const challenge = createHash('sha256').update(batch.list, 'utf8').digest();
  const documents = batch.items.filter(({ artefact }) => artefact === 'document');
  for (const { code, title } of documents) say(both(`${code}  ${title}`));
  const code4 = code4Of(challenge);
  say({
    vi: `${documents.length} văn bản chờ đóng dấu. Mã của danh sách: ${code4} (trùng với mã ở «Máy đóng dấu» trên trình duyệt). Nhập PIN để đóng dấu, để trống để thôi.`,
    en: `${documents.length} documents wait for the seal. Code of this list: ${code4} (the browser shows the same under “Sealing machines”). Type the PIN to seal them, nothing to leave them.`,
  });
  const pin = await askPin();
  if (pin === '') return { sealed: 0, waiting: documents.length };
  const { signatures, problem } = await signAll(key.unlock(pin), files);
  if (signatures.length === 0) throw problem;
  const body = { challenge: challenge.toString('hex'), signatures };
  const results = await client.post<Results>(`/api/v1/sealing/batches/${batch.id}/signatures`, body);
  for (const { title, error } of results.items) if (error) say(both(`${title}: ${error.detail}`));
  const sealed = results.items.filter(({ state }) => state !== 'failed').length;
  return { sealed, waiting: results.items.length - sealed, ...(problem === undefined ? {} : { problem }) };
}

const base64Url = (bytes: Buffer) => bytes.toString('base64url');

/** Of the server, in its words: nothing in them moves the cursor or hides what was shown. */
const both = (line: string) => {
  const text = line.replaceAll(/\p{C}/gu, '');
  return { vi: text, en: text };
};

/** What the authorities of the certificate say of it at this moment. */
async function statusOf({ key, fetch }: SchoolComputer) {
  const chain = [key.certificate, ...(await findIssuers(key.certificate, key.issuers, fetch))];
  const { crls, ocspResponses } = await askStatus(chain, fetch);
  return { crls: crls.map(base64Url), ocspResponses: ocspResponses.map(base64Url) };
}

/** The files of a batch; what is signed of each is computed here. @throws InvalidInput `sign/other-document`, `sign/not-prepared` */
async function readFiles(computer: SchoolComputer, client: Client, { id, items, at: claimed }: Batch): Promise<Read[]> {
  const { key, keepFile } = computer;
  const at = timeOf(claimed, computer);
  const files: Read[] = [];
  for (const { requestId, artefact, code, digestHex } of items) {
    const bytes = await client.file(`/api/v1/sealing/batches/${id}/documents/${requestId}/${artefact}`);
    const { digest, toBeSigned } = toBeSealed({ artefact, bytes }, key.certificate, at);
    if (digest.toString('hex') !== digestHex) throw otherDocument();
    files.push({ requestId, artefact, bytes, toBeSigned });
    await keepFile?.(`${code.replaceAll(/[^\dA-Z-]/g, '')}.${extensionOf({ artefact, bytes })}`, bytes);
  }
  mustAgree(files);
  return files;
}

/** The school's seal claims the time of now, by this computer's own clock, and no other. @throws InvalidInput `sign/other-document` */
function timeOf(claimed: string, { clock }: SchoolComputer): Date {
  const at = new Date(claimed);
  if (!(Math.abs(at.getTime() - clock.now().getTime()) <= clockSkewSeconds * 1000)) throw otherDocument();
  return at;
}

/** As many as the token signs: one that fails ends it, and those before it count. */
async function signAll(key: UnlockedKey, files: readonly Read[]) {
  const signatures: { requestId: string; artefact: Read['artefact']; signature: string }[] = [];
  try {
    const atOnce = await key.signAll?.(files.map(({ toBeSigned }) => toBeSigned));
    for (const [index, { requestId, artefact, toBeSigned }] of files.entries()) {
      const signature = atOnce?.[index] ?? (await key.sign(toBeSigned));
      signatures.push({ requestId, artefact, signature: base64Url(signature) });
    }
    return { signatures };
  } catch (problem) {
    return { signatures, problem };
  } finally {
    key.lock();
  }
}

/** The list names this very origin and certificate, and the documents that are shown. @throws InvalidInput `sign/other-document` */
function mustBeOfOrigin(batch: Batch, { origin, key }: SchoolComputer): void {
  const list = JSON.parse(batch.list) as NamingList; // compared member by member below
  const isSame =
    list.origin === origin &&
    list.session === batch.id &&
    list.purpose === 'seal' &&
    list.certificate === createHash('sha256').update(key.certificate).digest('hex') &&
    list.documents.length === batch.items.length &&
    batch.items.every(({ requestId, digestHex }, index) => {
      const listed = list.documents[index];
      return listed?.request === requestId && listed.digest === digestHex;
    });
  if (!isSame) throw otherDocument();
}
