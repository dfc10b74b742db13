import { createHash } from 'node:crypto';
import { type Certificate, parseCertificate } from '@edutrust/certs/certificate';
import { DerError } from '@edutrust/certs/der';
import { counterName, withCounterSignatures } from '../../validation/counter-signatures.ts';
import { judgeSignature } from '../../validation/judge-signature.ts';
import type { ValidationOptions } from '../../validation/options.ts';
import { type Reason, reason } from '../../validation/reasons.ts';
import type { SignatureReport, ValidationReport } from '../../validation/report.ts';
import { type Surroundings, surroundingsOf, withMaterial } from '../../validation/surroundings.ts';
import { emptyReport, fileReport, unjudged, withVerdict } from '../../validation/verdict.ts';
import { isHeld } from '../content.ts';
import { fromBase64, fromBase64Url, listOf, MalformedJson, membersOf, stringOf } from '../json/read.ts';
import { checkNamedValue, joseAlgorithms } from '../signature-value.ts';
import { type Jws, readJws } from './jws.ts';
import { archiveStamps, materialOf, tokensIn, unsignedProperties } from './long-term.ts';
import { byUriHash, hashedFile } from './sign.ts';

/**
 * Judges every signature of a JWS (RFC 7515), compact or JSON: JAdES (ETSI TS 119 182-1), or a plain one with a certificate. What is
 * signed is inside, or is `options.content`; with both they must be the same bytes.
 */
export async function validateJades(bytes: Uint8Array, options: ValidationOptions): Promise<ValidationReport> {
  const { content } = options;
  if (content && !isHeld(content)) return unjudged('beyond-limits', 'a large file beside it');
  const around = surroundingsOf(options);
  try {
    const found = readJws(bytes);
    return fileReport(found.map((jws, index) => judgeJws(jws, { name: `Signature${index + 1}`, content }, around)));
  } catch (error) {
    if (error instanceof MalformedJson) return unjudged('json-malformed', error.message);
    throw error;
  }
}

type Members = Readonly<Record<string, unknown>>;

/** What a signature is called, and what it signs when that stands elsewhere. */
interface Place {
  readonly name: string;
  readonly content: Uint8Array | undefined;
  /** Whether it is over another signature. */
  readonly isCounter?: boolean;
}

function judgeJws(jws: Jws, { name, content, isCounter = false }: Place, around: Surroundings): SignatureReport {
  const { header } = jws;
  const binding = bindingOf(header);
  const at = claimedTime(header);
  const profile = binding && at ? 'baseline' : 'plain';
  const own: SignatureReport = {
    ...emptyReport(name),
    format: profile === 'baseline' ? 'JAdES' : 'JWS',
    coverage: 'whole',
    time: { ...emptyReport('').time, claimed: at?.toISOString() ?? null },
  };
  const counters = countersOf(jws);
  // One that is signed itself is shown to be, and no more: a file cannot ask for work without end.
  const base = withCounterSignatures(
    own,
    counters.map(
      (counter, index) => () => (isCounter ? undefined : judgeCounter(jws, counter, counterName(name, index), around)),
    ),
  );
  const refused = header.b64 === false ? 'b64' : criticalFault(header);
  if (refused !== undefined) return withVerdict(base, [reason('reference-refused', `the header ${refused}`)]);
  const signed = signedContent(jws, content);
  if ('code' in signed) return withVerdict(base, [signed]);
  const found: Reason[] = [...signed.found];
  if (jws.hasMore) found.push(reason('part-not-signed', 'members beside the signature'));
  const certificates = listOf(header.x5c).flatMap((one) => fromBase64(one) ?? []);
  const signer = findSigner(certificates, binding, around.untrusted);
  if (typeof signer === 'string') return withVerdict(base, [...found, reason(signer)]);
  const archived = header.sigD === undefined || !content ? signed.payload : Buffer.from(content).toString('base64url');
  const along = materialOf(jws);
  const material = { ...along, untrusted: [...certificates, ...along.untrusted] };
  const data = Buffer.from(`${jws.protectedText}.${signed.payload}`);
  const algorithm = typeof header.alg === 'string' ? joseAlgorithms.get(header.alg) : undefined;
  return judgeSignature(
    {
      base,
      found,
      isContentSame: !found.some(({ code }) => code === 'content-changed'),
      // What nobody signed is not called unchanged.
      isChangedLater: jws.hasMore,
      certificate: signer,
      material,
      stamps: stampsOf(jws),
      ...archiveStamps(jws, archived, { around, material }),
      hasLevels: profile === 'baseline',
      checkValue: (when) => checkNamedValue(algorithm, signer.publicKey, data, jws.signature, when),
      checkLog: () => null,
    },
    around,
  );
}

/** Headers of JAdES that say something about the signature, and nothing about how it is verified (ETSI TS 119 182-1 §5.2). */
const known = new Set(['sigT', 'sigD', 'sigX5ts', 'x5t#o', 'srCms', 'sigPl', 'srAts', 'adoTst', 'sigPId', 'b64']);

/** What must be understood and is not: a list without doubles of headers that are there (RFC 7515 §4.1.11). */
function criticalFault(header: Members): string | undefined {
  if (header.crit === undefined) return undefined;
  const names = listOf(header.crit);
  if (names.length === 0 || new Set(names).size < names.length) return 'crit';
  const unknown = names.find((name) => typeof name !== 'string' || !known.has(name) || !Object.hasOwn(header, name));
  return unknown === undefined ? undefined : String(unknown);
}

/** What goes into the signing input (RFC 7515 §5.2), and what is wrong between it and the file beside it. */
function signedContent(
  { header, payload }: Jws,
  content: Uint8Array | undefined,
): { readonly payload: string; readonly found: readonly Reason[] } | Reason {
  const detached = membersOf(header.sigD);
  if (header.sigD !== undefined) return detachedContent(detached, header, { payload, content });
  if (payload === undefined)
    return content ? { payload: Buffer.from(content).toString('base64url'), found: [] } : reason('content-missing');
  const inside = fromBase64Url(payload);
  if (!inside) return reason('json-malformed', 'a payload that is no base64url');
  const isAnother = content && !inside.equals(content);
  return {
    payload,
    found: isAnother ? [reason('content-changed', 'the file is not the one inside the signature')] : [],
  };
}

/** A file by name and digest (ETSI TS 119 182-1 §5.2.8): the one that came along. */
function detachedContent(
  detached: Members | undefined,
  header: Members,
  { payload, content }: { readonly payload: string | undefined; readonly content: Uint8Array | undefined },
): { readonly payload: string; readonly found: readonly Reason[] } | Reason {
  const names = listOf(detached?.pars);
  const values = listOf(detached?.hashV);
  const isKnown = detached?.mId === byUriHash && listOf(header.crit).includes('sigD') && !payload;
  if (!isKnown || names.length !== 1 || values.length !== 1) return reason('reference-refused', 'sigD');
  const hash = hashes.get(detached.hashM);
  if (!hash) return reason('algorithm-refused', `digest ${stringOf(detached.hashM) ?? ''}`);
  if (!content) return reason('content-missing', stringOf(names[0]));
  const isSame = fromBase64Url(values[0])?.equals(hashedFile(hash, content));
  return { payload: '', found: isSame ? [] : [reason('content-changed')] };
}

const hashes: ReadonlyMap<unknown, string> = new Map([
  ['S256', 'sha256'],
  ['S384', 'sha384'],
  ['S512', 'sha512'],
]);

interface Binding {
  readonly hash: string;
  readonly digest: Buffer;
}

/** The digest that binds the signer's certificate: `x5t#S256`, or the first of `x5t#o` and `sigX5ts` (§5.1.7, §5.2.2). */
function bindingOf(header: Members): Binding | undefined {
  const short = fromBase64Url(header['x5t#S256']);
  if (short) return { hash: 'sha256', digest: short };
  const other = membersOf(header['x5t#o']) ?? membersOf(listOf(header.sigX5ts)[0]);
  const [hash, digest] = [hashes.get(other?.digAlg), fromBase64Url(other?.digVal)];
  return hash && digest ? { hash, digest } : undefined;
}

/** `iat` in seconds, or `sigT` of before (§5.1.11, §5.2.1). */
function claimedTime({ iat, sigT }: Members): Date | undefined {
  const at =
    typeof iat === 'number'
      ? new Date(iat * 1000)
      : typeof sigT === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/u.test(sigT)
        ? new Date(sigT)
        : undefined;
  return at && !Number.isNaN(at.getTime()) ? at : undefined;
}

/** The certificate that is bound, or, where nothing binds one, the first that came along. No key of the header is believed. */
function findSigner(
  own: readonly Buffer[],
  binding: Binding | undefined,
  untrusted: readonly Uint8Array[],
): Certificate | 'signer-not-found' | 'signer-mismatch' {
  const named = binding
    ? [...own, ...untrusted].find((der) => createHash(binding.hash).update(der).digest().equals(binding.digest))
    : own[0];
  try {
    return named ? parseCertificate(named) : own.length > 0 ? 'signer-mismatch' : 'signer-not-found';
  } catch (error) {
    if (error instanceof DerError) return 'signer-mismatch';
    throw error;
  }
}

/** Time stamps over the base64url of the signature value (§5.3.4), in the list of what nobody signed. */
function stampsOf(jws: Jws): { readonly token: Buffer; readonly over: Buffer }[] {
  const tokens = unsignedProperties(jws).flatMap((one) => tokensIn(one?.sigTst));
  return tokens.map((token) => ({ token, over: Buffer.from(jws.signatureText) }));
}

/** Signatures of others over this one's value (ETSI TS 119 182-1 §5.3.2), as they stand there. */
const countersOf = (jws: Jws): unknown[] =>
  unsignedProperties(jws).flatMap((one) => (one?.cSig === undefined ? [] : [one.cSig]));

/** Judges a counter-signature, compact or JSON, whose payload is the value that it signs; `undefined` when it cannot be read. */
function judgeCounter(jws: Jws, counter: unknown, name: string, around: Surroundings): SignatureReport | undefined {
  const text = typeof counter === 'string' ? counter : JSON.stringify(counter);
  try {
    const [only, ...others] = readJws(Buffer.from(text));
    if (!only || others.length > 0) return undefined;
    const material = materialOf(jws);
    const certificates = listOf(jws.header.x5c).flatMap((one) => fromBase64(one) ?? []);
    const along = { ...material, untrusted: [...certificates, ...material.untrusted] };
    return judgeJws(only, { name, content: jws.signature, isCounter: true }, withMaterial(around, along));
  } catch (error) {
    if (error instanceof MalformedJson) return undefined;
    throw error;
  }
}
