import { decodeContentStream } from '../../pdf/content-filters.ts';
import type { PdfView } from '../../pdf/document.ts';
import { Budget, defaultLimits } from '../../pdf/limits.ts';
import { MalformedPdf } from '../../pdf/malformed.ts';
import { as, nameOf, type PdfDictionary, type PdfObject, type PdfStream } from '../../pdf/object.ts';
import { type Box, inherited } from '../../pdf/pages.ts';
import { Parser } from '../../pdf/parser.ts';
import { type FontMetrics, fontMetrics, noMetrics } from './font-metrics.ts';
import { endOfInlineImage } from './inline-image.ts';

/** A place on a page in its default user space (ISO 32000-1 §8.3.2.3). */
interface Point {
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

const deepestForm = 8;
const mostOperators = 200_000;

/** Of a `path` the box is around it: it may fill less; `rectangle` and `picture` fill theirs. */
type Shape = 'rectangle' | 'path' | 'picture';

/** What a page draws, one thing after another: the middle of a glyph, or the box of a picture or a filled rectangle. */
export type Mark =
  /** `code` as the font has it, a byte a character; of composite fonts not told. */
  | { readonly kind: 'glyph'; readonly at: Point; readonly code: string; readonly isInvisible: boolean }
  | { readonly kind: 'area'; readonly box: Box; readonly isOpaque: boolean; readonly shape: Shape }
  /** From here on it cannot be read: anything may stand anywhere. */
  | { readonly kind: 'unread' };

/** The graphics state as far as this needs it (§8.4, §9.3). */
interface State extends FontMetrics {
  readonly matrix: Matrix;
  /** Whether what is filled hides what lies below (§11.6.4.4). */
  readonly isOpaque: boolean;
  /** Nothing is drawn outside. */
  readonly clip: Box | undefined;
  /** Text rendering mode 3, 7: neither filled nor stroked (§9.3.6). */
  readonly isInvisible: boolean;
  readonly size: number;
  readonly lineWidth: number;
  readonly leading: number;
  readonly characterSpace: number;
  readonly wordSpace: number;
  readonly scale: number;
}

/** What a look draws that is no page: an appearance of an annotation (§12.5.5), in its own space. */
export function* marksOfForm(view: PdfView, form: PdfStream, work = newWork()): Generator<Mark> {
  try {
    yield* formMarks(view, form, null, identity, work, 0);
  } catch {
    yield { kind: 'unread' }; // as below
  }
}

/** How much may be interpreted, of one page or of several together. */
export const newWork = (): Work => ({ operators: mostOperators, bytes: new Budget(defaultLimits) });

/**
 * What a page draws, by its content streams and the forms that they use, glyphs that are invisible too, which are text to whoever
 * copies it. Never more than an estimate, and no judgement of its own: of content that cannot be read it is told that it was not.
 */
export function* marksOf(view: PdfView, page: PdfDictionary, work = newWork()): Generator<Mark> {
  const contents = view.resolve(page.entries.get('Contents'));
  const streams = (as('array', contents)?.items ?? [contents]).flatMap(
    (item) => as('stream', view.resolve(item)) ?? [],
  );
  try {
    const bytes = Buffer.concat(
      streams.flatMap((stream) => [decodeContentStream(stream, work.bytes), Buffer.of(0x0a)]),
    );
    yield* interpret(view, bytes, inherited(view, page, 'Resources'), identity, work, 0);
  } catch {
    yield { kind: 'unread' }; // filters that we do not decode, content that is not by the book, or more of it than we read
  }
}

export interface Work {
  operators: number;
  readonly bytes: Budget;
}

/** Where interpreting a content stream has come to. */
interface Canvas {
  state: State;
  readonly saved: State[];
  /** Rectangles of the path that is being made. */
  path: Box[];
  /** Around its other parts. */
  around: Box | undefined;
  text: Matrix;
  line: Matrix;
}

type Named = (kind: string, name: string | undefined) => PdfObject;

function* interpret(
  view: PdfView,
  bytes: Buffer,
  resources: PdfObject,
  start: Matrix,
  work: Work,
  depth: number,
  around?: Pick<State, 'isOpaque' | 'clip'>,
): Generator<Mark> {
  const named: Named = (kind, name) =>
    view.resolve(view.dictionary(as('dictionary', resources)?.entries.get(kind))?.entries.get(name ?? ''));
  const state = { ...firstState, ...(around && { isOpaque: around.isOpaque, clip: around.clip }), matrix: start };
  const canvas: Canvas = { state, saved: [], path: [], around: undefined, text: identity, line: identity };
  for (const { operator, operands } of operatorsIn(bytes, work)) {
    const numbers = operands.map((operand) => as('number', operand)?.value ?? 0);
    if (setState(canvas, operator, numbers) || moveText(canvas, operator, numbers)) continue;
    if (operator === 'Tf')
      canvas.state = {
        ...canvas.state,
        size: numbers[1] ?? 0,
        ...fontMetrics(view, named('Font', nameOf(operands[0]))),
      };
    else if (operator === 'gs')
      canvas.state = { ...canvas.state, isOpaque: isOpaque(named('ExtGState', nameOf(operands[0]))) };
    else if (operator === 'Tj' || operator === 'TJ') yield* show(canvas, operands[0]);
    else if (operator === "'" || operator === '"') {
      moveText(canvas, 'T*', []);
      yield* show(canvas, operands.at(-1));
    } else if (fills.has(operator)) {
      for (const box of canvas.path) yield* area(box, canvas.state, canvas.state.isOpaque);
      if (canvas.around) yield* area(canvas.around, canvas.state, canvas.state.isOpaque, 'path');
      clearPath(canvas);
    } else if (strokes.has(operator)) {
      const width = canvas.state.lineWidth * scaleOf(canvas.state.matrix);
      for (const box of [...canvas.path, ...(canvas.around ? [canvas.around] : [])])
        if (width > hairline) yield* area(grown(box, width / 2), canvas.state, canvas.state.isOpaque, 'path');
      clearPath(canvas);
    } else if (operator === 'sh') yield* area(everywhere, canvas.state, canvas.state.isOpaque, 'path');
    else if (operator === 'EI') yield* area(boxAround(canvas.state.matrix, unit), canvas.state, false, 'picture');
    else if (operator === 'Do') {
      if (depth >= deepestForm) throw new MalformedPdf('forms too deep in each other');
      const drawn = as('stream', named('XObject', nameOf(operands[0])));
      const { matrix } = canvas.state;
      if (nameOf(view.resolve(drawn?.dictionary.entries.get('Subtype'))) === 'Image')
        yield* area(boxAround(matrix, unit), canvas.state, canvas.state.isOpaque && !isMasked(drawn), 'picture');
      else yield* formMarks(view, drawn, resources, matrix, work, depth, canvas.state);
    }
  }
}

/** The square that a picture fills (§8.9.5). */
const unit: Box = [0, 0, 1, 1];

const firstState: State = {
  matrix: identity,
  isOpaque: true,
  clip: undefined,
  isInvisible: false,
  size: 0,
  ...noMetrics,
  lineWidth: 1,
  leading: 0,
  characterSpace: 0,
  wordSpace: 0,
  scale: 1,
};

/** Operators of the graphics state, of text state and of paths (§8.4.4, §8.5.2, §9.3); false for any other. */
function setState(
  canvas: Canvas,
  operator: string,
  [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0]: readonly number[],
): boolean {
  const { state, path } = canvas;
  const set = (change: Partial<State>) => {
    canvas.state = { ...state, ...change };
  };
  if (operator === 'q') canvas.saved.push(state);
  else if (operator === 'Q') canvas.state = canvas.saved.pop() ?? state;
  else if (operator === 'cm') set({ matrix: multiply([a, b, c, d, e, f], state.matrix) });
  else if (operator === 'TL') set({ leading: a });
  else if (operator === 'Tc') set({ characterSpace: a });
  else if (operator === 'Tw') set({ wordSpace: a });
  else if (operator === 'Tz') set({ scale: a / 100 });
  else if (operator === 'Tr') set({ isInvisible: a === 3 || a === 7 });
  else if (operator === 're') path.push(boxAround(state.matrix, [a, b, a + c, b + d]));
  else if (operator === 'W' || operator === 'W*') {
    const [only, ...others] = path;
    if (only && others.length === 0) set({ clip: within(only, state.clip) });
  } else if (operator === 'w') set({ lineWidth: a });
  else if (operator === 'n') clearPath(canvas);
  else if (operator === 'm' || operator === 'l' || operator === 'c' || operator === 'v' || operator === 'y') {
    // The end and, of a curve, what it is drawn towards: it stays between them (§8.5.2.2).
    const points = [apply(state.matrix, a, b), apply(state.matrix, c, d), apply(state.matrix, e, f)];
    for (const { x, y } of points.slice(0, operator === 'c' ? 3 : operator === 'v' || operator === 'y' ? 2 : 1))
      canvas.around = canvas.around ? joined(canvas.around, [x, y, x, y]) : [x, y, x, y];
  } else return false;
  return true;
}

/** Operators that say where text goes (§9.4.2); false for any other. */
function moveText(
  canvas: Canvas,
  operator: string,
  [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0]: readonly number[],
): boolean {
  const move = (x: number, y: number) => {
    canvas.line = multiply([1, 0, 0, 1, x, y], canvas.line);
    canvas.text = canvas.line;
  };
  if (operator === 'BT') canvas.text = canvas.line = identity;
  else if (operator === 'Tm') canvas.text = canvas.line = [a, b, c, d, e, f];
  else if (operator === 'Td') move(a, b);
  else if (operator === 'TD') {
    canvas.state = { ...canvas.state, leading: -b };
    move(a, b);
  } else if (operator === 'T*') move(0, -canvas.state.leading);
  else return false;
  return true;
}

/** The glyphs of a string, or of several with shifts between them (§9.4.3). */
function* show(canvas: Canvas, value: PdfObject | undefined): Generator<Mark> {
  const { matrix, size, scale, codeBytes, advanceOf, characterSpace, wordSpace, isInvisible } = canvas.state;
  const advance = (by: number) => {
    canvas.text = multiply([1, 0, 0, 1, by * scale, 0], canvas.text);
  };
  for (const item of as('array', value)?.items ?? [value ?? null]) {
    const shift = as('number', item);
    if (shift) advance((-shift.value / 1000) * size);
    const codes = as('string', item)?.bytes ?? Buffer.alloc(0);
    for (let at = 0; at < codes.length; at += codeBytes) {
      const bytes = codes.subarray(at, at + codeBytes);
      const isSpace = codeBytes === 1 && bytes[0] === 0x20;
      const width = advanceOf(bytes) * size;
      const middle = apply(multiply(canvas.text, matrix), (width * scale) / 2, size * 0.3);
      const code = codeBytes === 1 ? bytes.toString('latin1') : '\u00a0';
      if (!isSpace) yield { kind: 'glyph', at: middle, code, isInvisible };
      advance(width + characterSpace + (isSpace ? wordSpace : 0));
    }
  }
}

const fills = new Set(['f', 'F', 'f*', 'B', 'B*', 'b', 'b*']);
const strokes = new Set(['S', 's']);
/** Lines up to this width in points are frames and dashes. */
const hairline = 3;
const everywhere: Box = [-1e6, -1e6, 1e6, 1e6];

const clearPath = (canvas: Canvas) => {
  canvas.path = [];
  canvas.around = undefined;
};
const scaleOf = ([a, b, c, d]: Matrix) => Math.sqrt(Math.abs(a * d - b * c));
const grown = ([left, bottom, right, top]: Box, by: number): Box => [left - by, bottom - by, right + by, top + by];
const joined = (one: Box, other: Box): Box => [
  Math.min(one[0], other[0]),
  Math.min(one[1], other[1]),
  Math.max(one[2], other[2]),
  Math.max(one[3], other[3]),
];

const boxAround = (matrix: Matrix, [left, bottom, right, top]: Box): Box => {
  const corners = [
    apply(matrix, left, bottom),
    apply(matrix, right, top),
    apply(matrix, left, top),
    apply(matrix, right, bottom),
  ];
  const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
};

const within = (box: Box, clip: Box | undefined): Box =>
  clip
    ? [Math.max(box[0], clip[0]), Math.max(box[1], clip[1]), Math.min(box[2], clip[2]), Math.min(box[3], clip[3])]
    : box;

function* area(whole: Box, { clip }: State, hides: boolean, shape: Shape = 'rectangle'): Generator<Mark> {
  const box = within(whole, clip);
  if (box[0] < box[2] && box[1] < box[3]) yield { kind: 'area', box, isOpaque: hides, shape };
}

/** `/ca` below 1, a soft mask and blend modes let through what lies below. */
function isOpaque(state: PdfObject): boolean {
  const entries = as('dictionary', state)?.entries;
  const isNone = (key: string, none: string) =>
    [none, undefined].includes(nameOf(entries?.get(key))) && as('dictionary', entries?.get(key) ?? null) === undefined;
  return (
    (as('number', entries?.get('ca') ?? null)?.value ?? 1) === 1 && isNone('BM', 'Normal') && isNone('SMask', 'None')
  );
}

const isMasked = (image: PdfStream | undefined): boolean =>
  ['SMask', 'Mask', 'ImageMask'].some((key) => image?.dictionary.entries.has(key));

/** What a form XObject shows (§8.10). */
function* formMarks(
  view: PdfView,
  form: PdfStream | undefined,
  resources: PdfObject,
  matrix: Matrix,
  work: Work,
  depth: number,
  around?: Pick<State, 'isOpaque' | 'clip'>,
): Generator<Mark> {
  if (!form || nameOf(view.resolve(form.dictionary.entries.get('Subtype'))) !== 'Form') return;
  const numbers = (view.array(form.dictionary.entries.get('Matrix')) ?? []).map(
    (item) => as('number', item)?.value ?? 0,
  );
  const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0] = numbers;
  const own = view.resolve(form.dictionary.entries.get('Resources')) ?? resources;
  const start = multiply([a, b, c, d, e, f], matrix);
  yield* interpret(view, decodeContentStream(form, work.bytes), own, start, work, depth + 1, around);
}

const constants: ReadonlyMap<string, PdfObject> = new Map<string, PdfObject>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/** Operators with what stands before each (§7.8.2); an inline image is one, `EI`. @throws MalformedPdf */
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
    if (operator === '' || --work.operators < 0) throw new MalformedPdf('content that is not read to its end');
    parser.position += operator.length;
    const value = constants.get(operator);
    if (value !== undefined) {
      operands.push(value);
      continue;
    }
    const isImage = operator === 'ID';
    if (isImage) parser.position = endOfInlineImage(bytes, parser.position, operands);
    yield { operator: isImage ? 'EI' : operator, operands };
    operands = [];
  }
}
