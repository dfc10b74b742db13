import { readPem } from '../certificate/pem.ts';
import { type PathRequest, validatePath } from './path.ts';
import type { PolicyRequest } from './policy.ts';
import { refusals } from './reason.ts';

/** The longest line of a batch: with what it is parsed into, it fits into the memory that a verdict may take (V2). */
const longestLine = 8 * 1024 * 1024;

class BadRequest extends Error {}

/** A JSON value before anything is known of it. */
type Json = Readonly<Record<string, unknown>>;

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
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new BadRequest('the line is not JSON');
  }
  return object(value, 'the line');
}

/** An absent field and one that is null are the same. A field that is present is understood, or the line is refused. */
function parseRequest(input: Json): PathRequest {
  const { leaf, at, trusted, untrusted, crls, ocsp, eku, name, requireRevocation, maxDepth, policies } = input;
  const certificates = (texts: readonly string[]) =>
    texts.flatMap((text) => readPem(text, 'CERTIFICATE', 'X509 CERTIFICATE'));
  const [first, ...others] = certificates([string(leaf, 'leaf')]);
  if (!first || others.length > 0) throw new BadRequest('leaf is not exactly one certificate');
  return {
    leaf: first,
    at: at == null ? new Date() : time(at),
    anchors: certificates(strings(trusted, 'trusted')),
    untrusted: certificates(strings(untrusted ?? [], 'untrusted')),
    crls: strings(crls ?? [], 'crls').flatMap((text) => readPem(text, 'X509 CRL', 'CRL')),
    ocsp: strings(ocsp ?? [], 'ocsp').map(base64),
    requireRevocation: requireRevocation == null ? 'when-listed' : boolean(requireRevocation, 'requireRevocation'),
    ...(eku == null ? {} : { extendedKeyUsage: objectIdentifier(eku, 'eku') }),
    ...(name == null ? {} : { name: parseName(object(name, 'name')) }),
    ...(maxDepth == null ? {} : { maxDepth: count(maxDepth) }),
    ...(policies == null ? {} : { policies: parsePolicies(object(policies, 'policies')) }),
  };
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
