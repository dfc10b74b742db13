/**
 * State whose loss breaks no promise: WebAuthn challenges, interactions, rate-limit counters, caches.
 * Two implementations under one contract test: PostgreSQL (UNLOGGED table, the default) and Redis.
 * Keys are namespaced by the caller (`webauthn:challenge:…`); values are JSON.
 */
export interface ShortLivedStore {
  /** Stores under the key for the given life, replacing what was there. */
  put(key: string, value: unknown, lifetimeSeconds: number): Promise<void>;
  /** Stores only when the key is free; whether it did. One atomic step: the first caller wins. */
  putIfAbsent(key: string, value: unknown, lifetimeSeconds: number): Promise<boolean>;
  get<Value>(key: string): Promise<Value | undefined>;
  /** Reads and removes in one atomic step: of many callers at once exactly one gets the value. */
  take<Value>(key: string): Promise<Value | undefined>;
  delete(key: string): Promise<void>;
  /** Adds `by` (one) and returns the new count; the life starts with the first count and is not extended. */
  increment(key: string, lifetimeSeconds: number, by?: number): Promise<number>;
  /** Resolves when the store answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
