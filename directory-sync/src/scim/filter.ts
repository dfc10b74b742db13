import { scimError } from './errors.ts';

/** A path to an attribute (RFC 7644 §3.10): `name.familyName`, `urn:…:User:employeeNumber`. Names have no case. */
export interface AttributePath {
  /** The URN before the attribute, in lower case. */
  readonly schema: string | undefined;
  /** Lower case; a sub-attribute after a dot. */
  readonly name: string;
}

export const comparators = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] as const;
export type Comparator = (typeof comparators)[number];

export type Filter =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Filter[] }
  | { readonly kind: 'not'; readonly filter: Filter }
  | { readonly kind: 'present'; readonly path: AttributePath }
  | {
      readonly kind: 'compare';
      readonly path: AttributePath;
      readonly comparator: Comparator;
      readonly value: string | number | boolean | null;
    }
  /** `members[value eq "…"]` */
  | { readonly kind: 'values'; readonly path: AttributePath; readonly filter: Filter };

/** What a filter may cost (E5): its length, how deep it nests, how many comparisons it has. */
const most = { characters: 8_192, depth: 50, terms: 200 } as const;

const pathPattern = /^((?:urn:[A-Za-z0-9:._-]+:)?)([A-Za-z$][\w$-]*(?:\.[A-Za-z$][\w$-]*)?)$/;

/**
 * An attribute path. A URN may hold dots (`…:2.0:User:employeeNumber`): it ends at its last colon.
 *
 * @throws scimError 400 `invalidPath` or `invalidFilter`
 */
export function parseAttributePath(text: string, scimType: 'invalidPath' | 'invalidFilter'): AttributePath {
  const match = pathPattern.exec(text);
  if (!match) throw scimError(400, `No attribute path: ${text.slice(0, 80)}`, scimType);
  const [, urn = '', name = ''] = match;
  return { schema: urn ? urn.slice(0, -1).toLowerCase() : undefined, name: name.toLowerCase() };
}

const tokenPattern = /\s*(?:("(?:[^"\\]|\\.)*")|([()[\]])|([^\s()[\]"]+))/y;

/**
 * A filter (RFC 7644 §3.4.2.2). `and` binds before `or`, `not` before both; operators have no case.
 *
 * @throws scimError 400 `invalidFilter`, also for one that would cost too much
 */
export function parseFilter(text: string): Filter {
  if (text.length > most.characters) throw invalid('the filter is too long');
  return new Parser(tokensOf(text)).whole();
}

interface Token {
  readonly kind: 'text' | 'mark' | 'word';
  readonly text: string;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < end) {
    const at = tokenPattern.lastIndex;
    const match = tokenPattern.exec(text);
    if (!match) throw invalid(`something is wrong at ${at}`);
    const [, quoted, mark, word] = match;
    if (quoted !== undefined) tokens.push({ kind: 'text', text: readText(quoted) });
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark });
    else tokens.push({ kind: 'word', text: word ?? '' });
  }
  return tokens;
}

function readText(quoted: string): string {
  try {
    return JSON.parse(quoted) as string; // a JSON string by its quotes
  } catch {
    throw invalid('a text in it is no JSON string');
  }
}

const invalid = (why: string) => scimError(400, `Not a filter: ${why}.`, 'invalidFilter');

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #terms = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Filter {
    const filter = this.#either();
    if (this.#at < this.#tokens.length) throw invalid(`"${this.#tokens[this.#at]?.text.slice(0, 40)}" is left over`);
    return filter;
  }

  #isNext(kind: Token['kind'], text: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== kind || token.text.toLowerCase() !== text) return false;
    this.#at += 1;
    return true;
  }

  #must(text: string): void {
    if (!this.#isNext('mark', text)) throw invalid(`"${text}" is missing`);
  }

  #either(): Filter {
    const of = [this.#both()];
    while (this.#isNext('word', 'or')) of.push(this.#both());
    return of.length === 1 && of[0] ? of[0] : { kind: 'or', of };
  }

  #both(): Filter {
    const of = [this.#one()];
    while (this.#isNext('word', 'and')) of.push(this.#one());
    return of.length === 1 && of[0] ? of[0] : { kind: 'and', of };
  }

  #one(): Filter {
    this.#depth += 1;
    if (this.#depth > most.depth) throw invalid('it is nested too deeply');
    try {
      if (this.#isNext('word', 'not')) {
        this.#must('(');
        const filter = this.#either();
        this.#must(')');
        return { kind: 'not', filter };
      }
      if (this.#isNext('mark', '(')) {
        const filter = this.#either();
        this.#must(')');
        return filter;
      }
      return this.#term();
    } finally {
      this.#depth -= 1;
    }
  }

  #term(): Filter {
    this.#terms += 1;
    if (this.#terms > most.terms) throw invalid('it compares too much');
    const name = this.#tokens[this.#at];
    if (name?.kind !== 'word') throw invalid('an attribute is missing');
    this.#at += 1;
    const path = parseAttributePath(name.text, 'invalidFilter');
    if (this.#isNext('mark', '[')) {
      const filter = this.#either();
      this.#must(']');
      return { kind: 'values', path, filter };
    }
    if (this.#isNext('word', 'pr')) return { kind: 'present', path };
    const operator = this.#tokens[this.#at];
    const comparator = comparators.find((known) => operator?.kind === 'word' && operator.text.toLowerCase() === known);
    if (!comparator) throw invalid('an operator is missing');
    this.#at += 1;
    return { kind: 'compare', path, comparator, value: this.#value() };
  }

  #value(): string | number | boolean | null {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    if (token?.kind === 'text') return token.text;
    if (token?.kind === 'word') {
      const text = token.text.toLowerCase();
      if (text === 'true' || text === 'false') return text === 'true';
      if (text === 'null') return null;
      if (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text)) return Number(text);
    }
    throw invalid('a value is missing');
  }
}
