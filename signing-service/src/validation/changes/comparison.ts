import type { PdfFile, PdfView } from '../../pdf/document.ts';
import { as, nameOf, type PdfObject, sameObject } from '../../pdf/object.ts';

/** The document as it was signed against the document as it is now, object by object. */
export interface Comparison {
  readonly file: PdfFile;
  readonly signed: PdfView;
  readonly current: PdfView;
  /** Numbers whose object is not as it was. */
  readonly added: ReadonlySet<number>;
  readonly modified: ReadonlySet<number>;
  readonly removed: ReadonlySet<number>;
  /** What a rule has accounted for. */
  readonly explained: Set<number>;
  /**
   * Accounts for everything new that can be reached from a value; what is modified or removed is judged by itself.
   * `false` when the signed document already referred to one of the new objects: a reference to nothing that is filled
   * later changes what was signed.
   */
  claimAdded(value: PdfObject | undefined): boolean;
}

export function compare(file: PdfFile, revision: number): Comparison {
  const signed = file.at(revision);
  const { current } = file;
  const [added, modified, removed] = [new Set<number>(), new Set<number>(), new Set<number>()];
  const candidates = new Set(file.revisions.slice(revision + 1).flatMap(({ entries }) => [...entries.keys()]));
  for (const number of candidates) {
    const before = signed.entry(number) ?? { type: 'free' };
    const after = current.entry(number) ?? { type: 'free' };
    if (before.type === 'free' && after.type === 'free') continue;
    if (before.type === 'free') added.add(number);
    else if (after.type === 'free') removed.add(number);
    else if (!isSameEntry(before, after) && !isSameAt(signed, current, number)) modified.add(number);
  }
  const awaited = added.size > 0 ? danglingReferences(signed) : new Set<number>();
  const explained = new Set<number>();
  const claimAdded = (root: PdfObject | undefined): boolean => {
    const waiting: PdfObject[] = [root ?? null];
    for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
      const link = as('reference', value);
      if (!link) waiting.push(...childrenOf(value));
      else if (awaited.has(link.number)) return false;
      else if (added.has(link.number) && !explained.has(link.number)) {
        explained.add(link.number);
        waiting.push(current.get(link.number, link.generation));
      }
    }
    return true;
  };
  const comparison = { file, signed, current, added, modified, removed, explained, claimAdded };
  explainContainers(comparison, awaited);
  return comparison;
}

type Entry = NonNullable<ReturnType<PdfView['entry']>>;

function isSameEntry(a: Entry, b: Entry): boolean {
  if (a.type === 'offset' && b.type === 'offset') return a.offset === b.offset && a.generation === b.generation;
  // The stream itself may have been replaced: then its own number is among the modified.
  if (a.type === 'compressed' && b.type === 'compressed') return a.stream === b.stream && a.index === b.index;
  return false;
}

/** Written again, but saying the same. */
function isSameAt(signed: PdfView, current: PdfView, number: number): boolean {
  const generation = (view: PdfView) => {
    const entry = view.entry(number);
    return entry?.type === 'offset' ? entry.generation : 0;
  };
  if (generation(signed) !== generation(current)) return false;
  return sameObject(signed.get(number, generation(signed)), current.get(number, generation(current)));
}

/** New cross-reference and object streams hold other objects, which are judged themselves (ISO 32000-1 §7.5.7, §7.5.8). */
function explainContainers({ added, current, explained }: Comparison, awaited: ReadonlySet<number>): void {
  for (const number of added) {
    const entry = current.entry(number);
    if (entry?.type !== 'offset' || awaited.has(number)) continue;
    const type = nameOf(as('stream', current.get(number, entry.generation))?.dictionary.entries.get('Type'));
    if (type === 'XRef' || type === 'ObjStm') explained.add(number);
  }
}

/** The values inside an array, dictionary or stream. */
function childrenOf(value: PdfObject): readonly PdfObject[] {
  if (typeof value !== 'object' || value === null) return [];
  if (value.kind === 'array') return value.items;
  if (value.kind === 'dictionary') return [...value.entries.values()];
  if (value.kind === 'stream') return [...value.dictionary.entries.values()];
  return [];
}

/** Every object number that can be reached from a value, the dangling ones too. */
export function reachable(view: PdfView, root: PdfObject): Set<number> {
  const seen = new Set<number>();
  const waiting: PdfObject[] = [root];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    const link = as('reference', value);
    if (!link) waiting.push(...childrenOf(value));
    else if (!seen.has(link.number)) {
      seen.add(link.number);
      waiting.push(view.get(link.number, link.generation));
    }
  }
  return seen;
}

function danglingReferences(view: PdfView): Set<number> {
  const found = new Set<number>();
  for (const number of reachable(view, view.trailer)) {
    if ((view.entry(number)?.type ?? 'free') === 'free') found.add(number);
  }
  return found;
}
