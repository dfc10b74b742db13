/** JSON that is read in one way only, or not at all. */
export class MalformedJson extends Error {}

/**
 * Reads JSON (RFC 8259) in UTF-8 in which no member stands twice: programs differ in which one they take.
 *
 * @throws MalformedJson
 */
export function readJson(bytes: Uint8Array): unknown {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw new MalformedJson('not JSON in UTF-8'); // or deeper than the stack
  }
  mustBeUnique(text);
  return value;
}

/**
 * Brackets, commas and strings of text that is known to be JSON. By hand: a pattern keeps a place to come back to for each letter, and
 * a document in a string has more of them than fit.
 */
function* tokensOf(text: string): Generator<string> {
  const next = /["{}[\],]/gu;
  for (let found = next.exec(text); found; found = next.exec(text)) {
    const at = found.index;
    if (found[0] !== '"') yield found[0];
    else {
      let end = text.indexOf('"', at + 1);
      while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
      next.lastIndex = end + 1;
      yield text.slice(at, end + 1);
    }
  }
}

/** Whether an odd number of backslashes stands before a place. */
function isEscaped(text: string, at: number): boolean {
  let before = at;
  while (text[before - 1] === '\\') before -= 1;
  return (at - before) % 2 === 1;
}

/** Walks through text that is known to be JSON. */
function mustBeUnique(text: string): void {
  /** Of each open object the names so far, of each open array nothing. */
  const open: (Set<string> | undefined)[] = [];
  let isName = false;
  for (const found of tokensOf(text)) {
    if (found === '{' || found === '[') open.push(found === '{' ? new Set() : undefined);
    else if (found === '}' || found === ']') open.pop();
    else if (found !== ',' && isName) {
      const name: string = JSON.parse(found);
      if (open.at(-1)?.has(name)) throw new MalformedJson(`${name.slice(0, 40)} twice`);
      open.at(-1)?.add(name);
    }
    isName = (found === '{' || found === ',') && open.at(-1) !== undefined;
  }
}

/** The members of an object; `undefined` of anything else. */
export function membersOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>) // each member is looked at before it is used
    : undefined;
}

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const stringOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Bytes of base64url without padding, in the one form that they have (RFC 7515 §2); `undefined` for anything else. */
export function fromBase64Url(value: unknown): Buffer | undefined {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'base64url') : undefined;
  return bytes?.toString('base64url') === value ? bytes : undefined;
}

/** Bytes of base64 with padding; `undefined` for anything else. */
export function fromBase64(value: unknown): Buffer | undefined {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : undefined;
  return bytes?.toString('base64') === value ? bytes : undefined;
}
