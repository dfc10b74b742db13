import { sha256 } from '@noble/hashes/sha2.js';
import { api, must, NoConnection, Refused } from '../../design/api.ts';
import { t } from '../../design/language.ts';
import type { paths } from '../../generated/api.d.ts';

/** A file of the caller's own that arrives in pieces, or has arrived. */
export type Upload = paths['/api/v1/roster/uploads/{id}']['get']['responses']['200']['content']['application/json'];

/** How a file is on its way: `cut` and `busy` go on by themselves, `elsewhere` when the other tab has ended. */
export interface OnItsWay {
  readonly state: 'reading' | 'sending' | 'cut' | 'busy' | 'elsewhere';
  /** Bytes. */
  readonly done: number;
  readonly total: number;
}

/** What sending a file tells of itself, and what ends it. */
interface Sending {
  readonly signal: AbortSignal;
  readonly say: (now: OnItsWay) => void;
}

/** Bytes of one piece: it begins small and grows while the line is quick, so that a cut costs some seconds. */
const firstPiece = 256 * 1024;
/** What the server takes at most, in bytes; also what is read at once. */
const largestPiece = 4 * 1024 * 1024;
const quickMs = 2_000;
const lastTryAfterMs = 10_000;
const lookElsewhereMs = 2_000;

/** SHA-256 of a file in hex, read piece by piece: `crypto.subtle` would hold the whole of it, twice. */
export async function digestOf(file: File, { signal, say }: Sending): Promise<string> {
  const hash = sha256.create();
  for (let done = 0; done < file.size; done += largestPiece) {
    signal.throwIfAborted();
    say({ state: 'reading', done, total: file.size });
    hash.update(await bytesOf(file, done, largestPiece));
  }
  return Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** One's own files of the last day, newest first. */
export const listUploads = async (): Promise<readonly Upload[]> =>
  (await must(api.GET('/api/v1/roster/uploads'))).items;

export const endUpload = (id: string) => must(api.DELETE('/api/v1/roster/uploads/{id}', { params: { path: { id } } }));

/**
 * Sends what of the file is not there yet, in this tab alone: another one that has the same file waits. Cuts of the line
 * are waited for; after each the server says how far it is.
 *
 * @throws Refused what the server says of it; Error when the file changed since it was chosen
 */
export async function send(file: File, digest: string, sending: Sending): Promise<Upload> {
  const { signal, say } = sending;
  const whole = { name: file.name, size: file.size, sha256: digest };
  const upload = await persist(() => must(api.POST('/api/v1/roster/uploads', { body: whole, signal })), {
    ...sending,
    done: 0,
    total: file.size,
  });
  const { id, size: total } = upload;
  const name = `roster-upload ${id}`;
  const inThisTab = () => sendRest(file, id, sending);
  const sent = await navigator.locks.request(name, { ifAvailable: true }, (lock) => (lock ? inThisTab() : undefined));
  if (sent) return sent;
  const look = () =>
    where(id, signal).then(
      ({ offset }) => say({ state: 'elsewhere', done: offset, total }),
      () => undefined, // looked at again soon
    );
  const timer = setInterval(look, lookElsewhereMs);
  say({ state: 'elsewhere', done: upload.offset, total });
  try {
    return await navigator.locks.request(name, { signal }, () => {
      clearInterval(timer);
      return inThisTab();
    });
  } finally {
    clearInterval(timer);
  }
}

const where = (id: string, signal: AbortSignal) =>
  must(api.GET('/api/v1/roster/uploads/{id}', { params: { path: { id } }, signal }));

async function sendRest(file: File, id: string, sending: Sending): Promise<Upload> {
  const { signal, say } = sending;
  const total = file.size;
  let upload = await persist(() => where(id, signal), { ...sending, done: 0, total });
  for (let most = firstPiece; upload.offset < total; ) {
    const { offset } = upload;
    say({ state: 'sending', done: offset, total });
    const piece = await bytesOf(file, offset, most);
    const begunAt = performance.now();
    let isCut = false;
    upload = await persist(
      (isAgain) => {
        isCut = isAgain;
        return isAgain ? where(id, signal) : append(id, offset, piece, signal);
      },
      { ...sending, done: offset, total },
    );
    const isQuick = !isCut && performance.now() - begunAt < quickMs;
    most = isQuick ? Math.min(largestPiece, most * 2) : firstPiece;
  }
  return upload;
}

/** One piece; where another browser sends the same file, too, the server says how far it is. */
async function append(id: string, offset: number, piece: Uint8Array, signal: AbortSignal): Promise<Upload> {
  try {
    return await must(
      api.PATCH('/api/v1/roster/uploads/{id}', {
        params: { path: { id }, header: { 'upload-offset': offset } },
        headers: { 'content-type': 'application/offset+octet-stream' },
        body: piece as never, // OpenAPI cannot say that it is bytes
        bodySerializer: (body) => body as unknown as BodyInit,
        signal,
      }),
    );
  } catch (caught) {
    if (caught instanceof Refused && caught.problem.code === 'roster/upload-offset') return where(id, signal);
    throw caught;
  }
}

async function bytesOf(file: File, start: number, most: number): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.slice(start, start + most).arrayBuffer());
  } catch {
    throw new Error(
      t(
        `Tệp «${file.name}» đã đổi từ lúc chọn, hoặc không còn đọc được. Chọn lại tệp.`,
        `The file “${file.name}” has changed since it was chosen, or can no longer be read. Choose it again.`,
      ),
    );
  }
}

/** Asks until there is an answer: waits for the line and for a busy server, longer each time, less when the line is back. */
async function persist<Answer>(
  ask: (isAgain: boolean) => Promise<Answer>,
  { signal, say, done, total }: Sending & Pick<OnItsWay, 'done' | 'total'>,
): Promise<Answer> {
  for (let tries = 0; ; tries++) {
    try {
      return await ask(tries > 0);
    } catch (caught) {
      signal.throwIfAborted();
      const state = whyLater(caught);
      if (!state) throw caught;
      say({ state, done, total });
      await moment(Math.min(lastTryAfterMs, 1_000 * 2 ** tries), signal);
    }
  }
}

function whyLater(caught: unknown): 'cut' | 'busy' | undefined {
  if (caught instanceof NoConnection) return 'cut';
  const isBusy = caught instanceof Refused && [429, 502, 503, 504].includes(caught.problem.status);
  return isBusy ? 'busy' : undefined;
}

/** So long, or until the browser says that the line is back, or nobody waits any longer. */
const moment = (ms: number, signal: AbortSignal) =>
  new Promise<void>((done) => {
    const over = new AbortController();
    const end = () => {
      over.abort();
      clearTimeout(timer);
      done();
    };
    const timer = setTimeout(end, ms);
    addEventListener('online', end, { signal: over.signal });
    signal.addEventListener('abort', end, { signal: over.signal });
  });
