import type { paths } from '../../generated/api.d.ts';

export type SigningRequest =
  paths['/api/v1/signing/requests']['get']['responses']['200']['content']['application/json']['items'][number];
export type Upload =
  paths['/api/v1/signing/organisations/{organisationId}/uploads']['post']['responses']['201']['content']['application/json'];
