/** The same, with the next one under way while one is worked on. */
export async function* ahead<Item>(source: AsyncGenerator<Item>): AsyncGenerator<Item> {
  const ask = () => {
    const asked = source.next();
    asked.catch(() => undefined); // told when it is waited for
    return asked;
  };
  let next = ask();
  try {
    for (;;) {
      const { value, done } = await next;
      if (done) return;
      next = ask();
      yield value;
    }
  } finally {
    await Promise.allSettled([next]);
    await source.return(undefined);
  }
}
