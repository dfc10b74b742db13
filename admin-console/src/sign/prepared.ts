import { t } from '../design/language.ts';
import { atOnce } from './at-once.ts';
import { isContainer, readContainer } from './container.ts';
import { hexOf, sha256 } from './keys.ts';
import { boundDocument, digestOfXml, isXml } from './xml.ts';

/** As many connections as a browser opens to one server. */
const mostConnections = 6;

/** A server that is too busy says when to ask again. What it has prepared is kept meanwhile: to begin anew would give it more to do. */
const mostTries = 5;
const longestWaitSeconds = 60;

/** Of a request that has both: what people read, or the same data as XML. */
export type Artefact = 'document' | 'data';

/** Names one file of a session. */
export const fileKey = ({ requestId, artefact }: Pick<Prepared, 'requestId' | 'artefact'>) =>
  `${requestId} ${artefact}`;

/** A file that a session signs, as this phone received it, and the digest that this phone computed of it. */
export interface Prepared {
  readonly requestId: string;
  readonly artefact: Artefact;
  readonly title: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly digestHex: string;
}

/**
 * The very files that a session signs, one for each item. Each digest is computed here over the bytes that will be drawn;
 * one that is not the authorised one is refused, whoever replaced the file on its way.
 */
export async function fetchPrepared(
  session: {
    readonly id: string;
    readonly items: readonly Omit<Prepared, 'bytes'>[];
  },
  fetchFile: (address: string) => Promise<Response> = fetch,
  pause: (seconds: number) => Promise<unknown> = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000)),
): Promise<Prepared[]> {
  const files = await atOnce(session.items, mostConnections, async ({ requestId, artefact, title, digestHex }) => {
    const which = artefact === 'data' ? '?artefact=data' : '';
    const address = `/api/v1/signing/sessions/${session.id}/documents/${requestId}${which}`;
    let answer = await fetchFile(address);
    for (let tries = 1; isBusy(answer) && tries < mostTries; tries += 1) {
      await pause(Math.min(Number(answer.headers.get('retry-after')) || 1, longestWaitSeconds));
      answer = await fetchFile(address);
    }
    if (!answer.ok) {
      throw new Error(
        t('Chưa tải được văn bản. Chưa có gì được ký.', 'The document did not load. Nothing was signed.'),
      );
    }
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if ((await digestOfPrepared(bytes)) !== digestHex) {
      throw new Error(
        t(
          'Văn bản nhận được không phải văn bản sẽ ký. Chưa có gì được ký. Hãy báo bộ phận kỹ thuật của Sở.',
          'The document received is not the one that would be signed. Nothing was signed. Tell your department’s IT.',
        ),
      );
    }
    return { requestId, artefact, title, bytes, digestHex };
  });
  for (const data of files) if (data.artefact === 'data') await mustBeOfItsDocument(data, files);
  return files;
}

const isBusy = ({ status }: Response) => status === 503 || status === 429;

/** The data that is signed names the very PDF that is drawn: what nobody reads says nothing about another document. */
async function mustBeOfItsDocument(data: Prepared, files: readonly Prepared[]): Promise<void> {
  const document = files.find(({ requestId, artefact }) => requestId === data.requestId && artefact === 'document');
  const bound = boundDocument(data.bytes);
  const made = bound && document?.bytes.slice(0, bound.length);
  if (made?.length === bound?.length && made && hexOf(await sha256(made)) === bound?.sha256) return;
  throw new Error(
    t(
      'Dữ liệu XML không thuộc bản PDF này. Chưa có gì được ký. Hãy báo bộ phận kỹ thuật của Sở.',
      'The XML does not belong to this PDF. Nothing was signed. Tell your department’s IT.',
    ),
  );
}

/**
 * SHA-256 of everything in a prepared file but the room for its signature (ISO 32000-1 §12.8.1), hexadecimal; `undefined`
 * when the file has no such room. The room holds zeros and nothing else: whatever is drawn is in the digest. Of a container it is
 * the digest of its last manifest, of XML of the document without signatures.
 */
export async function digestOfPrepared(bytes: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
  if (isXml(bytes)) return digestOfXml(bytes);
  if (isContainer(bytes)) return (await readContainer(bytes))?.digestHex;
  const text = new TextDecoder('latin1').decode(bytes);
  const found = /^\/ByteRange \[0 (\d{1,10}) (\d{1,10}) (\d{1,10}) *\]/.exec(
    text.slice(text.lastIndexOf('/ByteRange [')),
  );
  const [gapStart = 0, gapEnd = 0, rest = 0] = found?.slice(1).map(Number) ?? [];
  const isWhole = gapStart > 0 && gapStart < gapEnd && gapEnd + rest === bytes.length;
  if (!isWhole || !/^<0+>$/.test(text.slice(gapStart, gapEnd))) return undefined;
  const signed = new Uint8Array(gapStart + rest);
  signed.set(bytes.subarray(0, gapStart));
  signed.set(bytes.subarray(gapEnd), gapStart);
  return hexOf(await sha256(signed));
}
