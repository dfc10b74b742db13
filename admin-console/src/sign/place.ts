import { useLayoutEffect, useState } from 'preact/hooks';

/** What was unticked and how far one had scrolled, by page, for as long as the app is open: «back» finds it so. */
const places = new Map<string, { unticked: ReadonlySet<string>; scrollY: number }>();

/** Documents of which every page was drawn in the reader while the app is open. */
const read = new Set<string>();

export const keepRead = (id: string) => read.add(id);
export const wasRead = (id: string) => read.has(id);

const chosenName = (key: string) => `chosen ${key}`;

/** What was chosen on a page to be signed at once, which is too much for an address; a reload of the next page finds it. */
export const keepChosen = (key: string, ids: readonly string[]) => sessionStorage.setItem(chosenName(key), ids.join());
export const chosenOf = (key: string): readonly string[] =>
  (sessionStorage.getItem(chosenName(key)) ?? '').split(',').filter(Boolean);

/** The state of a list that is left to read one of its documents and come back to. */
export function usePlace(
  key: string,
  isDrawn: boolean,
): readonly [unticked: ReadonlySet<string>, set: (unticked: ReadonlySet<string>) => void] {
  const [unticked, setUnticked] = useState<ReadonlySet<string>>(() => places.get(key)?.unticked ?? new Set());
  useLayoutEffect(() => {
    if (isDrawn) scrollTo(0, places.get(key)?.scrollY ?? 0);
  }, [key, isDrawn]);
  // Taken off before the next page is laid out: that page's own place at the top is not this one's.
  useLayoutEffect(() => {
    if (!isDrawn) return undefined;
    const keep = () => places.set(key, { unticked, scrollY });
    keep();
    addEventListener('scroll', keep, { passive: true });
    addEventListener('click', keep, { capture: true }); // who taps at once is away before a slow phone says that it scrolled
    return () => {
      removeEventListener('scroll', keep);
      removeEventListener('click', keep, { capture: true });
    };
  }, [key, isDrawn, unticked]);
  return [unticked, setUnticked];
}
