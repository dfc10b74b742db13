import { api, must } from '../design/api.ts';
import type { paths } from '../generated/api.d.ts';

export type Finding =
  paths['/api/v1/signing/inbox/unusual']['get']['responses']['200']['content']['application/json']['items'][number]['findings'][number];

/** What stands out in each waiting document, by request; nothing where it could not be asked: it is a help, no condition. */
export async function loadUnusual(): Promise<ReadonlyMap<string, readonly Finding[]>> {
  const { items } = await must(api.GET('/api/v1/signing/inbox/unusual')).catch(() => ({ items: [] }));
  return new Map(items.map(({ requestId, findings }) => [requestId, findings]));
}
