/**
 * Asks again until the answer is there; fails with the last reason after the deadline. What an outbox reader has read is
 * such a thing: another database of the same server holds it up while a transaction there is open.
 */
export async function eventually<Value>(ask: () => Promise<Value>, withinMs = 60_000): Promise<Value> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
