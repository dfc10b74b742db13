const deepest = 16;
const mostTokens = 200_000;

/** Thrown for text that is no JSON, or that two programs could read differently. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
}

/**
 * Parses JSON that is no deeper and has no more parts than a request needs, so that what it becomes in memory is in
 * proportion to the text, and in which no object has a name twice (RFC 8259 §4: what that means differs).
 *
 * @throws JsonError
 */
export function parseStrictJson(text: string): unknown {
  checkShape(text);
  try {
    return JSON.parse(text);
  } catch {
    throw new JsonError('the line is not JSON');
  }
}

/** Looks at brackets, separators and names only; whether it is JSON at all is not asked here. */
function checkShape(text: string): void {
  const open: Set<string>[] = [];
  let tokens = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at);
      const next = afterSpace(text, end + 1);
      if (text[next] === ':') addName(open.at(-1), text.slice(at, end + 1));
      at = next - 1;
    } else if (character === '{' || character === '[') open.push(new Set());
    else if (character === '}' || character === ']') open.pop();
    else if (character !== ',') continue;
    tokens += 1;
    if (open.length > deepest) throw new JsonError('the line is nested too deeply');
    if (tokens > mostTokens) throw new JsonError('the line has too many parts');
  }
}

function afterSpace(text: string, start: number): number {
  let at = start;
  while (text[at] === ' ' || text[at] === '\t' || text[at] === '\n' || text[at] === '\r') at += 1;
  return at;
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  throw new JsonError('the line is not JSON');
}

function addName(names: Set<string> | undefined, quoted: string): void {
  let name: string;
  try {
    name = JSON.parse(quoted);
  } catch {
    throw new JsonError('the line is not JSON');
  }
  if (names?.has(name)) throw new JsonError('the line has a name twice');
  names?.add(name);
}
