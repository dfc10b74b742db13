import { fromBase64Url, listOf, MalformedJson, membersOf, readJson, stringOf } from '../json/read.ts';

/** One signature of a JWS, taken apart. */
export interface Jws {
  /** Base64url, as it was signed. */
  readonly protectedText: string;
  readonly header: Readonly<Record<string, unknown>>;
  /** What nobody signed. */
  readonly unprotected: Readonly<Record<string, unknown>>;
  /** Base64url; `undefined` when what is signed stands elsewhere. */
  readonly payload: string | undefined;
  readonly signature: Buffer;
  readonly signatureText: string;
  /** Whether the file has members that are no part of a JWS. */
  readonly hasMore: boolean;
}

const mostSignatures = 100;
const compact = /^([\w-]+)\.([\w-]*)\.([\w-]+)\s*$/u;

/** Whether bytes may be a JWS: compact, or a JSON object with a protected header. */
export function isJws(file: Uint8Array): boolean {
  const text = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (text[0] === 0x65 && text[1] === 0x79) return compact.test(text.toString('latin1'));
  return /^\s*\{/u.test(text.toString('latin1', 0, 64)) && text.includes('"protected"') && text.includes('"signature');
}

/** The signatures of a JWS in any of its three forms (RFC 7515 §7). @throws MalformedJson */
export function readJws(file: Uint8Array): Jws[] {
  const found = compact.exec(Buffer.from(file).toString('latin1'));
  if (found) {
    const [, header, payload, signature] = found;
    return [readOne({ protected: header, signature }, payload === '' ? undefined : payload, false)];
  }
  const whole = membersOf(readJson(file));
  if (!whole) throw new MalformedJson('no object');
  const { payload, signatures, protected: header, header: unprotected, signature, ...more } = whole;
  if (payload !== undefined && typeof payload !== 'string') throw new MalformedJson('a payload that is no text');
  const hasMore = Object.keys(more).length > 0;
  const content = payload === '' ? undefined : payload;
  if (signatures === undefined)
    return [readOne({ protected: header, header: unprotected, signature }, content, hasMore)];
  const list = listOf(signatures);
  // Flattened or general, not both (§7.2.1)
  if (header !== undefined || signature !== undefined || list.length === 0 || list.length > mostSignatures)
    throw new MalformedJson('not one list of signatures');
  return list.map((one) => readOne(membersOf(one) ?? {}, content, hasMore));
}

function readOne(
  { protected: header, signature, header: unprotected = {} }: Readonly<Record<string, unknown>>,
  payload: string | undefined,
  hasMore: boolean,
): Jws {
  const [protectedText, signatureText] = [stringOf(header), stringOf(signature)];
  const [bytes, value] = [fromBase64Url(protectedText), fromBase64Url(signatureText)];
  const [members, others] = [bytes && membersOf(readJson(bytes)), membersOf(unprotected)];
  if (protectedText === undefined || signatureText === undefined || !value || !members || !others)
    throw new MalformedJson('a signature without its parts');
  // A name in both headers would be read in two ways (§4)
  if (Object.keys(others).some((name) => Object.hasOwn(members, name))) throw new MalformedJson('a header twice');
  return { protectedText, header: members, unprotected: others, payload, signature: value, signatureText, hasMore };
}
