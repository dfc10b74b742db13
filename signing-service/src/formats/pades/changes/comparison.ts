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
  /**
   * Like `claimAdded`, and accounts for what was replaced below a value when the signed document reached it through the
   * given objects only: a field's own value or appearance, and nothing that a page or another field shares.
   */
  claimReplaced(value: PdfObject | undefined, owners: readonly number[]): boolean;
  /**
   * Accounts for an entry's own object that was replaced, when the signed document reached it over that entry alone. What is
   * also something else, a part of a page say, is not replaced by the rules of this entry. True when nothing was replaced.
   *
   * @param was the entry's value, as it stands in the signed document
   */
  claimOwn(was: PdfObject | undefined, is: PdfObject | undefined): boolean;
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
  let referrers: ReadonlyMap<number, ReadonlySet<number>> | undefined;
  const claimReplaced = (root: PdfObject | undefined, owners: readonly number[]): boolean => {
    referrers ??= referrersIn(signed);
    const own = new Set(owners);
    const waiting: PdfObject[] = [root ?? null];
    for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
      const link = as('reference', value);
      if (!link) waiting.push(...childrenOf(value));
      else if (!own.has(link.number) && !added.has(link.number)) {
        const isOwn = [...(referrers.get(link.number) ?? [])].every((number) => own.has(number));
        if (!isOwn && modified.has(link.number)) return false;
        if (!isOwn) continue; // shared, and as it was
        own.add(link.number);
        if (modified.has(link.number)) explained.add(link.number);
        waiting.push(current.get(link.number, link.generation));
      }
    }
    return claimAdded(root) && [...own].every((number) => claimAdded(current.get(number)));
  };
  const claimOwn = (was: PdfObject | undefined, is: PdfObject | undefined): boolean => {
    const link = as('reference', is);
    if (!link || !modified.has(link.number)) return true;
    if (reachable(signed, signed.trailer, was).has(link.number)) return false;
    explained.add(link.number);
    return true;
  };
  const comparison = {
    file,
    signed,
    current,
    added,
    modified,
    removed,
    explained,
    claimAdded,
    claimReplaced,
    claimOwn,
  };
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
export function childrenOf(value: PdfObject): readonly PdfObject[] {
  if (typeof value !== 'object' || value === null) return [];
  if (value.kind === 'array') return value.items;
  if (value.kind === 'dictionary') return [...value.entries.values()];
  if (value.kind === 'stream') return [...value.dictionary.entries.values()];
  return [];
}

/**
 * Every object number that can be reached from a value, the dangling ones too; `without` is one occurrence of a value that is
 * not gone over.
 */
export function reachable(view: PdfView, root: PdfObject, without?: PdfObject): Set<number> {
  const seen = new Set<number>();
  const waiting: PdfObject[] = [root];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (value !== null && value === without) continue;
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

/** The trailer, as a referrer. */
const fromTrailer = -1;

/** Which objects refer to each object of a document. */
function referrersIn(view: PdfView): ReadonlyMap<number, ReadonlySet<number>> {
  const referrers = new Map<number, Set<number>>();
  const waiting: { readonly owner: number; readonly value: PdfObject }[] = [
    { owner: fromTrailer, value: view.trailer },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { owner, value } = next;
    const link = as('reference', value);
    if (!link) {
      for (const child of childrenOf(value)) waiting.push({ owner, value: child });
      continue;
    }
    const known = referrers.get(link.number);
    if (known) known.add(owner);
    else {
      referrers.set(link.number, new Set([owner]));
      waiting.push({ owner: link.number, value: view.get(link.number, link.generation) });
    }
  }
  return referrers;
}

/** Types that a reader which repairs files could take for the document itself. */
const structuralTypes = new Set(['Catalog', 'Pages', 'Page', 'XRef', 'ObjStm', 'Sig', 'DocTimeStamp']);

/**
 * Accounts for objects that nothing in the file as it is refers to: lists of validation data that were written anew, fonts
 * and widgets that programs prepare and then do not use. They show nothing, as long as they come with a revision that does
 * something that is understood, and could not be taken for the document itself. A revision of nothing else stays open.
 */
export function explainUnused({ file, signed, current, added, modified, explained }: Comparison): void {
  const open = [...added, ...modified].filter((number) => !explained.has(number));
  if (open.length === 0) return;
  const reached = reachable(current, current.trailer);
  const isContainer = (number: number) => isOfTypes(current.get(number), ['XRef', 'ObjStm']);
  // Told once, before anything here is accounted for: unused objects do not explain each other.
  const isUnderstood = file.revisions.map(({ entries }) =>
    [...explained].some((number) => entries.has(number) && !isContainer(number)),
  );
  for (const number of open) {
    if (reached.has(number)) continue;
    const index = file.revisions.findLastIndex(({ entries }) => entries.has(number));
    if (index > signed.revision && isUnderstood[index] && !isOfTypes(current.get(number), structuralTypes))
      explained.add(number);
  }
}

function isOfTypes(value: PdfObject, types: Iterable<string>): boolean {
  const dictionary = as('stream', value)?.dictionary ?? as('dictionary', value);
  const type = nameOf(dictionary?.entries.get('Type'));
  return type !== undefined && [...types].includes(type);
}
