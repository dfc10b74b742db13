import type { ShortLivedStore } from './short-lived-store.ts';

/**
 * Does what is worth doing once in a time, of many callers at once in one; another try may follow when it failed. A process
 * that dies in the middle leaves it undone for that time.
 *
 * @throws what the work throws
 */
export async function once(
  store: Pick<ShortLivedStore, 'putIfAbsent' | 'delete'>,
  key: string,
  lifetimeSeconds: number,
  work: () => Promise<void>,
): Promise<void> {
  if (!(await store.putIfAbsent(key, true, lifetimeSeconds))) return;
  try {
    await work();
  } catch (error) {
    await store.delete(key);
    throw error;
  }
}
