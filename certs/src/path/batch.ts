import { readPem } from '../certificate/pem.ts';
import { type PathRequest, validatePath } from './path.ts';
import type { PolicyRequest } from './policy.ts';
import { refusals } from './reason.ts';
import { parseStrictJson } from './strict-json.ts';

/**
 * The longest line of a batch, in characters: with what it is parsed into, it fits into the memory that a verdict may
 * take (V2).
 */
export const longestLine = 8 * 1024 * 1024;

class BadRequest extends Error {}

/** A JSON value before anything is known of it. */
type Json = Readonly<Record<string, unknown>>;

/**
 * The lines of a batch, whatever they are: a line ends at a line feed alone, since JSON may hold every other separator;
 * of one that is too long just enough is kept to be refused.
 */
export async function* boundedLines(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let line = '';
  const add = (text: string) => {
    if (line.length <= longestLine) line += text.slice(0, longestLine + 1);
  };
  for await (const chunk of input) {
    const [first = '', ...more] = (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })).split(
      '\n',
    );
    add(first);
    for (const next of more) {
      yield line;
      line = '';
      add(next);
    }
  }
  add(decoder.decode());
  if (line !== '') yield line;
}

/** One request as JSON in, one verdict as JSON out (`edutrust certs verify --batch`); never throws. */
export function verifyBatchLine(line: string): string {
  const started = performance.now();
  let id: unknown = null;
  const answer = (verdict: string, details: Json) =>
    JSON.stringify({ id, verdict, ...details, ms: Math.round((performance.now() - started) * 100) / 100 });
  const badRequest = (why: string) =>
    answer('invalid', { reason: `bad-request: ${why}`, code: 'bad-request', section: refusals['bad-request'].section });
  try {
    const input = parseJson(line);
    id = input.id ?? null;
    const result = validatePath(parseRequest(input));
    if (result.verdict === 'valid') return answer('valid', { policies: result.policies });
    const { code, sentence, section, text, subject } = result.refused;
    const about = subject ? `: ${subject}` : '';
    return answer(result.verdict, { reason: `${code}: ${sentence} (${section})${about}`, code, section, text });
  } catch (error) {
    return badRequest(error instanceof Error ? error.message : String(error));
  }
}

function parseJson(line: string): Json {
  if (line.length > longestLine) throw new BadRequest(`a line longer than ${longestLine} characters`);
  return object(parseStrictJson(line), 'the line');
}

/**
 * An absent field and one that is null are the same. What a field of ours says is understood, or the line is refused;
 * other fields are the sender's own.
 */
function parseRequest(input: Json): PathRequest {
  const { leaf, at, trusted, untrusted, crls, ocsp, eku, name, requireRevocation, maxDepth, policies } = input;
  const certificates = (texts: readonly string[], field: string) =>
    texts.flatMap((text) => pem(text, field, 'CERTIFICATE', 'X509 CERTIFICATE'));
  const [first, ...others] = certificates([string(leaf, 'leaf')], 'leaf');
  if (!first || others.length > 0) throw new BadRequest('leaf is not exactly one certificate');
  return {
    leaf: first,
    at: at == null ? new Date() : time(at),
    anchors: certificates(strings(trusted, 'trusted'), 'trusted'),
    untrusted: certificates(strings(untrusted ?? [], 'untrusted'), 'untrusted'),
    crls: strings(crls ?? [], 'crls').flatMap((text) => pem(text, 'crls', 'X509 CRL', 'CRL')),
    ocsp: strings(ocsp ?? [], 'ocsp').map(base64),
    requireRevocation: requireRevocation == null ? 'when-given' : boolean(requireRevocation, 'requireRevocation'),
    ...(eku == null ? {} : { extendedKeyUsage: objectIdentifier(eku, 'eku') }),
    ...(name == null ? {} : { name: parseName(object(name, 'name')) }),
    ...(maxDepth == null ? {} : { maxDepth: count(maxDepth) }),
    ...(policies == null ? {} : { policies: parsePolicies(object(policies, 'policies')) }),
  };
}

/** A text without what it should hold would silently be a list that says nothing. */
function pem(text: string, field: string, ...labels: readonly string[]): Buffer[] {
  const found = readPem(text, ...labels);
  if (found.length === 0) throw new BadRequest(`${field} has a text without ${labels[0]}`);
  return found;
}

function parseName(input: Json): NonNullable<PathRequest['name']> {
  const { dns, email, ip, ...rest } = input;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new BadRequest(`name.${unknown} is not known: dns, email or ip`);
  return {
    ...(dns == null ? {} : { dns: string(dns, 'name.dns') }),
    ...(email == null ? {} : { email: string(email, 'name.email') }),
    ...(ip == null ? {} : { ip: string(ip, 'name.ip') }),
  };
}

function parsePolicies(input: Json): PolicyRequest {
  const { initial, requireExplicit, inhibitMapping, inhibitAny, ...rest } = input;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new BadRequest(`policies.${unknown} is not known`);
  return {
    ...(initial == null
      ? {}
      : { initial: strings(initial, 'policies.initial').map((one) => objectIdentifier(one, 'policies.initial')) }),
    requireExplicit: boolean(requireExplicit ?? false, 'policies.requireExplicit'),
    inhibitMapping: boolean(inhibitMapping ?? false, 'policies.inhibitMapping'),
    inhibitAny: boolean(inhibitAny ?? false, 'policies.inhibitAny'),
  };
}

function object(value: unknown, field: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BadRequest(`${field} is no object`);
  return value as Json; // an object that is no array has string keys
}

function string(value: unknown, field: string): string {
  if (typeof value !== 'string') throw new BadRequest(`${field} is no text`);
  return value;
}

function strings(value: unknown, field: string): string[] {
  if (!Array.isArray(value)) throw new BadRequest(`${field} is no list`);
  return value.map((one) => string(one, field));
}

function boolean(value: unknown, field: string): boolean {
  if (typeof value !== 'boolean') throw new BadRequest(`${field} is neither true nor false`);
  return value;
}

function count(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) throw new BadRequest('maxDepth is no number');
  return value;
}

function objectIdentifier(value: unknown, field: string): string {
  const text = string(value, field);
  if (!/^[0-2](?:\.(?:0|[1-9]\d{0,38}))+$/.test(text)) throw new BadRequest(`${field} is no object identifier`);
  return text;
}

function time(value: unknown): Date {
  const at = new Date(string(value, 'at'));
  if (Number.isNaN(at.getTime())) throw new BadRequest('at is no time');
  return at;
}

function base64(text: string): Buffer {
  const compact = text.replaceAll(/\s/g, '');
  const der = Buffer.from(compact, 'base64');
  if (der.toString('base64') !== compact) throw new BadRequest('ocsp is not DER in base64');
  return der;
}
