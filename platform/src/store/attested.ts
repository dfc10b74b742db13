import { attestText, isAttestedText } from '../secrets/attestation.ts';
import type { SecretBox } from '../secrets/secrets.ts';
import type { ShortLivedStore } from './short-lived-store.ts';

/** A value as it is kept: its JSON, and what this program says of it under this key. */
interface Kept {
  readonly text: string;
  readonly attestation: string;
}

const purpose = 'platform.short_lived';

/**
 * A store whose values count only when this program put them there under that key (Q3). Sign-ins under way, tickets and
 * challenges lie here: anyone who can write to the table, or to Redis, could otherwise write that they have just signed in
 * as somebody else. Counters are as they were: what they say lets nobody in.
 */
export function attestedStore(store: ShortLivedStore, secrets: SecretBox): ShortLivedStore {
  const bound = (key: string, text: string) => `${key.length}:${key}${text}`;
  const keep = (key: string, value: unknown): Kept => {
    const text = JSON.stringify(value) ?? 'null';
    return { text, attestation: attestText(secrets, purpose, bound(key, text)).toString('base64url') };
  };
  const open = <Value>(key: string, kept: Partial<Kept> | undefined): Value | undefined => {
    if (typeof kept?.text !== 'string' || typeof kept.attestation !== 'string') return undefined;
    const attestation = Buffer.from(kept.attestation, 'base64url');
    if (!isAttestedText(secrets, purpose, bound(key, kept.text), attestation)) return undefined;
    return JSON.parse(kept.text) as Value; // as the caller put it: the attestation is of this text under this key
  };
  return {
    ...store,
    put: (key, value, lifetimeSeconds) => store.put(key, keep(key, value), lifetimeSeconds),
    putIfAbsent: (key, value, lifetimeSeconds) => store.putIfAbsent(key, keep(key, value), lifetimeSeconds),
    get: async <Value>(key: string) => {
      const kept = await store.get<Partial<Kept> | number>(key);
      return typeof kept === 'number' ? (kept as Value) : open<Value>(key, kept); // a counter, which `increment` keeps
    },
    take: async (key) => open(key, await store.take<Partial<Kept>>(key)),
  };
}
