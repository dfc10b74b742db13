import type { paths } from '../../generated/api.d.ts';

export type Verdict =
  paths['/api/v1/audit/verify']['post']['responses']['200']['content']['application/json']['items'][number];
export type Entry = paths['/api/v1/audit']['get']['responses']['200']['content']['application/json']['items'][number];
