import type { paths } from '../generated/api.d.ts';

export type Waiting =
  paths['/api/v1/signing/inbox']['get']['responses']['200']['content']['application/json']['items'][number];

/** Documents that were asked for together: the transcripts of one class. */
export interface Batch {
  /** Part of the address: the class, or the one document that has none. */
  readonly key: string;
  readonly className: string | null;
  /** More than one only in {@link everyClass}. */
  readonly classCount: number;
  readonly organisation: string;
  readonly requestedBy: string | null;
  readonly dueAt: string | null;
  /** By given name. */
  readonly items: readonly Waiting[];
}

/** The documents by class, most urgent first; in each class by given name. */
export function batchesOf(items: readonly Waiting[]): Batch[] {
  const groups = new Map<string, Waiting[]>();
  for (const item of items) {
    const key = item.classId ?? item.id;
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups]
    .map(([key, group]) => {
      const [first] = group;
      const dates = group.flatMap(({ dueAt }) => dueAt ?? []).sort();
      return {
        key,
        className: first?.className ?? null,
        classCount: first?.className ? 1 : 0,
        organisation: first?.organisation.name ?? '',
        requestedBy: first?.requestedBy?.fullName ?? null,
        dueAt: dates[0] ?? null,
        items: [...group].sort(byGivenName),
      };
    })
    .sort((one, other) => (one.dueAt ?? '9').localeCompare(other.dueAt ?? '9'));
}

/** The key of {@link everyClass}, among those of classes. */
export const everyClassKey = 'all';

/** The documents of all classes as one batch, class after class; undefined where there are not several. */
export function everyClass(batches: readonly Batch[]): Batch | undefined {
  const classes = batches.filter(({ className }) => className !== null);
  const [first] = classes;
  if (!first || classes.length < 2) return undefined;
  const one = (of: (batch: Batch) => string | null) => {
    const values = new Set(classes.map(of));
    return values.size === 1 ? of(first) : null;
  };
  return {
    key: everyClassKey,
    className: null,
    classCount: classes.length,
    organisation: one(({ organisation }) => organisation) ?? '',
    requestedBy: one(({ requestedBy }) => requestedBy),
    dueAt: first.dueAt,
    items: classes.flatMap(({ items }) => items),
  };
}

/** As a class is read: what stands out first, the others by given name. */
export function inReadingOrder(
  { items }: Pick<Batch, 'items'>,
  unusual: ReadonlyMap<string, unknown>,
): readonly Waiting[] {
  const [odd, usual] = [items.filter(({ id }) => unusual.has(id)), items.filter(({ id }) => !unusual.has(id))];
  return [...odd, ...usual];
}

/** Which of its class a document is, and which is read after it. */
export interface ReadingPlace {
  readonly key: string;
  /** From 1. */
  readonly number: number;
  readonly count: number;
  /** Request id; undefined at the end. */
  readonly next: string | undefined;
}

/** Undefined for a document that does not wait, or waits alone. */
export function readingPlace(
  due: readonly Waiting[],
  unusual: ReadonlyMap<string, unknown>,
  id: string,
): ReadingPlace | undefined {
  const batch = batchesOf(due).find(({ items }) => items.some((one) => one.id === id));
  if (!batch || batch.items.length < 2) return undefined;
  const order = inReadingOrder(batch, unusual).map((one) => one.id);
  const at = order.indexOf(id);
  return { key: batch.key, number: at + 1, count: order.length, next: order[at + 1] };
}

const collator = new Intl.Collator('vi');

function byGivenName(one: Waiting, other: Waiting): number {
  const [left, right] = [one.subject?.fullName ?? one.title, other.subject?.fullName ?? other.title];
  const given = (name: string) => name.split(' ').at(-1) ?? name;
  return collator.compare(given(left), given(right)) || collator.compare(left, right) || one.id.localeCompare(other.id);
}

/** Names that more than one learner of the list has: those are shown with birth date and education ID. */
export function sharedNames(items: readonly Waiting[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const { subject } of items) {
    if (!subject) continue;
    if (seen.has(subject.fullName)) shared.add(subject.fullName);
    seen.add(subject.fullName);
  }
  return shared;
}
