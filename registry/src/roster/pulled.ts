const ended = Symbol('ended');

/** Nobody takes the items any longer; thrown into their giver. */
class Stopped extends Error {}

/**
 * Turns a reader that pushes into one that is pulled: one item waits at a time, and the next is read when it was taken.
 * Who stops taking stops the reader, which sees `give` throw and closes what it has open.
 */
export async function* pulled<Item>(
  push: (give: (item: Item) => Promise<void>) => Promise<void>,
): AsyncGenerator<Item> {
  let given = promised<Item | typeof ended>();
  let taken = promised<void>();
  const pushing = push(async (item) => {
    given.resolve(item);
    await taken.promise;
  }).then(
    () => given.resolve(ended),
    (error: unknown) => given.reject(error),
  );
  try {
    for (;;) {
      const item = await given.promise;
      if (item === ended) return;
      given = promised();
      yield item;
      const before = taken;
      taken = promised();
      before.resolve();
    }
  } finally {
    taken.reject(new Stopped('nobody takes the rows'));
    await pushing;
  }
}

/** A rejection that nobody waits for is none. */
function promised<Value>() {
  const made = Promise.withResolvers<Value>();
  made.promise.catch(() => undefined);
  return made;
}
