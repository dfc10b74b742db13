import type { Adapter, AdapterPayload } from 'oidc-provider';

const kept = new Map<string, AdapterPayload>();
const members = new Map<string, string[]>();

/**
 * As little as an adapter can be. oidc-provider's own keeps a thousand things, among which the session is soon lost, and
 * walks all tokens of a grant at each new one: a comparison with it would flatter us.
 */
export class MemoryAdapter implements Adapter {
  readonly #model: string;
  constructor(model: string) {
    this.#model = model;
  }
  async upsert(id: string, payload: AdapterPayload): Promise<undefined> {
    const key = `${this.#model}:${id}`;
    kept.set(key, payload);
    if (this.#model === 'Session' && payload.uid) kept.set(`uid:${payload.uid}`, payload);
    if (!payload.grantId) return;
    const list = members.get(payload.grantId);
    if (list) list.push(key);
    else members.set(payload.grantId, [key]);
  }
  async find(id: string): Promise<AdapterPayload | undefined> {
    return kept.get(`${this.#model}:${id}`);
  }
  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return kept.get(`uid:${uid}`);
  }
  async findByUserCode(): Promise<undefined> {}
  async consume(id: string): Promise<undefined> {
    const payload = kept.get(`${this.#model}:${id}`);
    if (payload) payload.consumed = Math.floor(Date.now() / 1000);
  }
  async destroy(id: string): Promise<undefined> {
    kept.delete(`${this.#model}:${id}`);
  }
  async revokeByGrantId(grantId: string): Promise<undefined> {
    for (const key of members.get(grantId) ?? []) kept.delete(key);
    members.delete(grantId);
  }
}
