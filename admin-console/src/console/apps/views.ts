import type { paths } from '../../generated/api.d.ts';

export type AppView = paths['/api/v1/apps/{clientId}']['get']['responses']['200']['content']['application/json'];
