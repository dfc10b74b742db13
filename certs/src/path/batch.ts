import { type PathRequest, validatePath } from './path.ts';

/** What a line of `edutrust certs verify --batch` may say. */
interface BatchLine {
  readonly id?: unknown;
  readonly trusted?: unknown;
  readonly untrusted?: unknown;
  readonly leaf?: unknown;
  readonly crls?: unknown;
  readonly at?: unknown;
  readonly eku?: unknown;
  readonly name?: unknown;
  readonly requireRevocation?: unknown;
  readonly maxDepth?: unknown;
  readonly policies?: unknown;
}

/** One request as JSON in, one verdict as JSON out; never throws. */
export function verifyBatchLine(line: string): string {
  const started = performance.now();
  const answer = (id: unknown, verdict: string, reason: string | undefined) =>
    JSON.stringify({
      id: id ?? null,
      verdict,
      ...(reason ? { reason } : {}),
      ms: Math.round((performance.now() - started) * 100) / 100,
    });
  let input: BatchLine;
  try {
    input = JSON.parse(line) as BatchLine;
    if (input === null || typeof input !== 'object') throw new Error('not an object');
  } catch {
    return answer(null, 'invalid', 'bad-request: the line is not a JSON object');
  }
  try {
    const result = validatePath(parseLine(input));
    if (result.verdict === 'valid') return answer(input.id, 'valid', undefined);
    const { code, sentence, section, subject } = result.refused;
    return answer(
      input.id,
      result.verdict,
      `${code}: ${sentence} (RFC 5280 ${section})${subject ? `: ${subject}` : ''}`,
    );
  } catch (error) {
    return answer(input.id, 'invalid', `bad-request: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parseLine(input: BatchLine): PathRequest {
  const [leaf] = certificates(input.leaf, 'leaf');
  if (!leaf) throw new Error('leaf holds no certificate');
  if (input.policies !== undefined && Object.keys(input.policies as object).length > 0)
    throw new Error('policies are not processed');
  const at = input.at === undefined ? new Date() : new Date(String(input.at));
  if (Number.isNaN(at.getTime())) throw new Error('at is no time');
  return {
    leaf,
    at,
    anchors: list(input.trusted, 'trusted').flatMap((pem) => certificates(pem, 'trusted')),
    untrusted: list(input.untrusted ?? [], 'untrusted').flatMap((pem) => certificates(pem, 'untrusted')),
    crls: list(input.crls ?? [], 'crls').flatMap(pemBodies),
    ...(typeof input.eku === 'string' ? { extendedKeyUsage: input.eku } : {}),
    ...(input.name ? { name: input.name as NonNullable<PathRequest['name']> } : {}),
    ...(input.requireRevocation === true ? { requireRevocation: true } : {}),
    ...(typeof input.maxDepth === 'number' ? { maxDepth: input.maxDepth } : {}),
  };
}

function list(value: unknown, field: string): string[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
    throw new Error(`${field} is no list of PEM texts`);
  return value;
}

/** DER inside PEM; whether it parses is the validation's question. */
function certificates(pem: unknown, field: string): Buffer[] {
  if (typeof pem !== 'string') throw new Error(`${field} is no PEM text`);
  return pemBodies(pem);
}

function pemBodies(pem: string): Buffer[] {
  return [...pem.matchAll(/-----BEGIN [A-Z0-9 ]+-----([\s\S]*?)-----END [A-Z0-9 ]+-----/g)].map((match) =>
    Buffer.from(match[1] ?? '', 'base64'),
  );
}
