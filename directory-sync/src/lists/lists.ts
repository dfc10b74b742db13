import type { Clock } from '@edutrust/platform/clock';

/** The last row of a page: what the next one goes on after. */
export interface Place {
  readonly id: string;
  /** By what the list is sorted; undefined by id. */
  readonly value?: string | undefined;
}

/** A place, and how many rows of the list stand up to and with it. */
export interface KnownPlace {
  readonly index: number;
  readonly place: Place;
}

interface Kept {
  readonly places: Map<number, { readonly place: Place; readonly until: number }>;
  total?: { readonly count: number; readonly until: number };
  counting?: Promise<number>;
}

/** Fewer are counted anew for each page: it costs nothing, and what was just added is counted. */
const mostCounted = 10_000;
const totalMs = 60_000;
const placeMs = 15 * 60_000;
const mostLists = 500;
const mostPlaces = 100;

/**
 * What this process remembers of lists that somebody reads page by page: where pages ended, so that the next one begins
 * there and does not walk through all before it, and for a minute how many there are in a list of more than ten thousand.
 * A list is named by who reads it and all that was asked for but its page. Nothing here has to be: what is forgotten, or
 * known to another process, is found by walking.
 */
export class Lists {
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The last known place that has at most so many rows up to it. */
  placeUpTo(list: string, index: number): KnownPlace | undefined {
    const now = this.#clock.now().getTime();
    let found: KnownPlace | undefined;
    for (const [at, { place, until }] of this.#kept.get(list)?.places ?? [])
      if (at <= index && until > now && at > (found?.index ?? 0)) found = { index: at, place };
    return found;
  }

  keepPlace(list: string, index: number, place: Place): void {
    const { places } = this.#of(list);
    places.delete(index); // the newest stands last
    places.set(index, { place, until: this.#clock.now().getTime() + placeMs });
    dropOldest(places, mostPlaces);
  }

  /** The total if it is remembered. */
  knownTotal(list: string): number | undefined {
    const total = this.#kept.get(list)?.total;
    return total && total.until > this.#clock.now().getTime() ? total.count : undefined;
  }

  /** How many are in the list: remembered, or counted once for all who ask meanwhile. */
  async total(list: string, count: () => Promise<number>): Promise<number> {
    const known = this.knownTotal(list);
    if (known !== undefined) return known;
    const kept = this.#of(list);
    kept.counting ??= count().finally(() => {
      delete kept.counting;
    });
    const counted = await kept.counting;
    if (counted > mostCounted) kept.total = { count: counted, until: this.#clock.now().getTime() + totalMs };
    return counted;
  }

  #of(list: string): Kept {
    const kept = this.#kept.get(list) ?? { places: new Map() };
    this.#kept.delete(list);
    this.#kept.set(list, kept);
    dropOldest(this.#kept, mostLists);
    return kept;
  }
}

function dropOldest(map: Map<unknown, unknown>, most: number): void {
  const [oldest] = map.keys();
  if (map.size > most) map.delete(oldest);
}
