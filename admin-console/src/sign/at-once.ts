/**
 * Does the work for each item, at most `most` at once, in their order as far as that allows; gives the results in the
 * order of the items. The first error ends it: what was begun is left to end, nothing more is begun.
 */
export async function atOnce<Item, Result>(
  items: readonly Item[],
  most: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = items.entries();
  let hasFailed = false;
  const lane = async () => {
    for (const [index, item] of waiting) {
      if (hasFailed) return;
      results[index] = await work(item, index);
    }
  };
  const lanes = Array.from({ length: most }, () =>
    lane().catch((error: unknown) => {
      hasFailed = true;
      throw error;
    }),
  );
  await Promise.all(lanes);
  return results;
}
