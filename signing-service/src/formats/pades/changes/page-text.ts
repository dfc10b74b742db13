import type { PdfView } from '../../pdf/document.ts';
import { decodeStructureStream } from '../../pdf/filters.ts';
import { Budget, defaultLimits } from '../../pdf/limits.ts';
import { as, nameOf, type PdfDictionary, type PdfObject, type PdfStream } from '../../pdf/object.ts';
import { inherited } from '../../pdf/pages.ts';
import { Parser } from '../../pdf/parser.ts';

/** A place on a page in its default user space (ISO 32000-1 §8.3.2.3). */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** `[a b c d e f]` (§8.3.3). */
type Matrix = readonly [number, number, number, number, number, number];
const identity: Matrix = [1, 0, 0, 1, 0, 0];

const multiply = (m: Matrix, n: Matrix): Matrix => [
  m[0] * n[0] + m[1] * n[2],
  m[0] * n[1] + m[1] * n[3],
  m[2] * n[0] + m[3] * n[2],
  m[2] * n[1] + m[3] * n[3],
  m[4] * n[0] + m[5] * n[2] + n[4],
  m[4] * n[1] + m[5] * n[3] + n[5],
];
const apply = ([a, b, c, d, e, f]: Matrix, x: number, y: number): Point => ({
  x: a * x + c * y + e,
  y: b * x + d * y + f,
});

/** Advance of a glyph whose font does not say, in ems: narrow enough that a line is not taken to be longer than it is. */
const estimatedAdvance = 0.45;
const deepestForm = 8;
const mostOperators = 200_000;

/** The graphics state as far as text needs it (§8.4, §9.3). */
interface State {
  readonly matrix: Matrix;
  readonly size: number;
  readonly advanceOf: (code: Buffer) => number;
  readonly codeBytes: number;
  readonly leading: number;
  readonly characterSpace: number;
  readonly wordSpace: number;
  readonly scale: number;
}

/**
 * Where a page shows glyphs, by its content streams and the forms that they use: the middle of each, about. Never more
 * than an estimate, and no judgement of its own: content that cannot be read shows nothing.
 */
export function* glyphsOf(view: PdfView, page: PdfDictionary): Generator<Point> {
  const budget = { operators: mostOperators, bytes: new Budget(defaultLimits) };
  const contents = view.resolve(page.entries.get('Contents'));
  const streams = (as('array', contents)?.items ?? [contents]).flatMap(
    (item) => as('stream', view.resolve(item)) ?? [],
  );
  try {
    const bytes = Buffer.concat(
      streams.flatMap((stream) => [decodeStructureStream(stream, budget.bytes), Buffer.of(0x0a)]),
    );
    yield* interpret(view, bytes, inherited(view, page, 'Resources'), identity, budget, 0);
  } catch {
    // Filters that we do not decode, or content that is not by the book.
  }
}

interface Work {
  operators: number;
  readonly bytes: Budget;
}

function* interpret(
  view: PdfView,
  bytes: Buffer,
  resources: PdfObject,
  start: Matrix,
  work: Work,
  depth: number,
): Generator<Point> {
  const named = (kind: string, name: string | undefined) =>
    view.resolve(view.dictionary(as('dictionary', resources)?.entries.get(kind))?.entries.get(name ?? ''));
  let state: State = {
    matrix: start,
    size: 0,
    advanceOf: () => estimatedAdvance,
    codeBytes: 1,
    leading: 0,
    characterSpace: 0,
    wordSpace: 0,
    scale: 1,
  };
  const saved: State[] = [];
  let text: Matrix = identity;
  let line: Matrix = identity;
  const nextLine = (x: number, y: number) => {
    line = multiply([1, 0, 0, 1, x, y], line);
    text = line;
  };
  function* show(value: PdfObject | undefined): Generator<Point> {
    for (const item of as('array', value)?.items ?? [value ?? null]) {
      const shift = as('number', item);
      if (shift) text = multiply([1, 0, 0, 1, (-shift.value / 1000) * state.size * state.scale, 0], text);
      const codes = as('string', item)?.bytes ?? Buffer.alloc(0);
      for (let at = 0; at < codes.length; at += state.codeBytes) {
        const code = codes.subarray(at, at + state.codeBytes);
        const isSpace = state.codeBytes === 1 && code[0] === 0x20;
        const width = state.advanceOf(code) * state.size;
        if (!isSpace) yield apply(multiply(text, state.matrix), (width * state.scale) / 2, state.size * 0.3);
        const advance = (width + state.characterSpace + (isSpace ? state.wordSpace : 0)) * state.scale;
        text = multiply([1, 0, 0, 1, advance, 0], text);
      }
    }
  }
  for (const { operator, operands } of operatorsIn(bytes, work)) {
    const numbers = operands.map((operand) => as('number', operand)?.value ?? 0);
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = numbers;
    if (operator === 'q') saved.push(state);
    else if (operator === 'Q') state = saved.pop() ?? state;
    else if (operator === 'cm') state = { ...state, matrix: multiply([a, b, c, d, e, f], state.matrix) };
    else if (operator === 'BT') text = line = identity;
    else if (operator === 'Tf') state = { ...state, size: b, ...fontMetrics(view, named('Font', nameOf(operands[0]))) };
    else if (operator === 'TL') state = { ...state, leading: a };
    else if (operator === 'Tc') state = { ...state, characterSpace: a };
    else if (operator === 'Tw') state = { ...state, wordSpace: a };
    else if (operator === 'Tz') state = { ...state, scale: a / 100 };
    else if (operator === 'Tm') text = line = [a, b, c, d, e, f];
    else if (operator === 'Td') nextLine(a, b);
    else if (operator === 'TD') {
      state = { ...state, leading: -b };
      nextLine(a, b);
    } else if (operator === 'T*') nextLine(0, -state.leading);
    else if (operator === 'Tj' || operator === 'TJ') yield* show(operands[0]);
    else if (operator === "'" || operator === '"') {
      nextLine(0, -state.leading);
      yield* show(operands.at(-1));
    } else if (operator === 'Do' && depth < deepestForm) {
      yield* formGlyphs(
        view,
        as('stream', named('XObject', nameOf(operands[0]))),
        resources,
        state.matrix,
        work,
        depth,
      );
    }
  }
}

/** What a form XObject shows (§8.10). */
function* formGlyphs(
  view: PdfView,
  form: PdfStream | undefined,
  resources: PdfObject,
  matrix: Matrix,
  work: Work,
  depth: number,
): Generator<Point> {
  if (!form || nameOf(form.dictionary.entries.get('Subtype')) !== 'Form') return;
  const numbers = (view.array(form.dictionary.entries.get('Matrix')) ?? []).map(
    (item) => as('number', item)?.value ?? 0,
  );
  const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0] = numbers;
  const own = view.resolve(form.dictionary.entries.get('Resources')) ?? resources;
  const start = multiply([a, b, c, d, e, f], matrix);
  yield* interpret(view, decodeStructureStream(form, work.bytes), own, start, work, depth + 1);
}

/** Widths by code, where the font says them simply (§9.6.2.1); composite fonts have two bytes a code (§9.7). */
function fontMetrics(view: PdfView, font: PdfObject): Pick<State, 'advanceOf' | 'codeBytes'> {
  const entries = as('dictionary', font)?.entries;
  if (nameOf(entries?.get('Subtype')) === 'Type0') return { advanceOf: () => estimatedAdvance, codeBytes: 2 };
  const widths = view.array(entries?.get('Widths'));
  const first = as('number', view.resolve(entries?.get('FirstChar')))?.value ?? 0;
  return {
    advanceOf: ([code = 0]) => {
      const width = as('number', view.resolve(widths?.[code - first]))?.value;
      return width === undefined ? estimatedAdvance : width / 1000;
    },
    codeBytes: 1,
  };
}

/** Operators with what stands before each (§7.8.2); the data of inline images is passed over. */
function* operatorsIn(
  bytes: Buffer,
  work: Work,
): Generator<{ readonly operator: string; readonly operands: readonly PdfObject[] }> {
  const parser = new Parser(bytes, 0, work.bytes, false);
  let operands: PdfObject[] = [];
  for (;;) {
    parser.skip();
    const byte = bytes[parser.position];
    if (byte === undefined) return;
    if ('0123456789+-./(<['.includes(String.fromCharCode(byte))) {
      operands.push(parser.object());
      continue;
    }
    const [operator = ''] =
      /^[A-Za-z0-9*'"]+/u.exec(bytes.toString('latin1', parser.position, parser.position + 16)) ?? [];
    if (operator === '' || --work.operators < 0) return;
    parser.position += operator.length;
    if (operator === 'ID') {
      const end = bytes.indexOf('EI', parser.position, 'latin1');
      if (end < 0) return;
      parser.position = end + 2;
    } else yield { operator, operands };
    operands = [];
  }
}
