import type { paths } from '../../generated/api.d.ts';

export type PersonView = paths['/api/v1/people/{id}']['get']['responses']['200']['content']['application/json'];
