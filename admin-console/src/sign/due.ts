import { api, must } from '../design/api.ts';
import type { Waiting } from './batches.ts';

/** Pages are asked for until there are none; no phone is asked to hold more than this. */
const most = 1_000;

/** Everything whose turn it is for this person: to sign, or, for a clerk, to seal. */
export async function loadDue(purpose: 'sign' | 'seal'): Promise<Waiting[]> {
  const items: Waiting[] = [];
  let cursor: string | null = null;
  do {
    const page: { items: Waiting[]; nextCursor: string | null } = await must(
      api.GET('/api/v1/signing/inbox', {
        params: { query: { limit: 200, purpose, ...(cursor ? { cursor } : {}) } },
      }),
    );
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor && items.length < most);
  return items;
}
