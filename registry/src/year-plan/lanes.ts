/** Schools at once: while the database works on one, the rows and events of another are made. */
const lanes = 2;

/**
 * Does the work for each, a few at once. One that throws ends its lane; the others finish what there is, and what was
 * thrown is thrown then.
 */
export async function inLanes<Item>(items: Iterable<Item>, work: (item: Item) => Promise<void>): Promise<void> {
  const left = items[Symbol.iterator]();
  const lane = async () => {
    for (let next = left.next(); !next.done; next = left.next()) await work(next.value);
  };
  const ended = await Promise.allSettled(Array.from({ length: lanes }, lane));
  const broken = ended.find((one) => one.status === 'rejected');
  if (broken) throw broken.reason;
}
