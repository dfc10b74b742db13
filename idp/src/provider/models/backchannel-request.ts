import type { ServiceContext } from '@edutrust/platform/context';
import type { Adapter } from 'oidc-provider';
import { beginRequest } from '../../ciba/requests.ts';
import { mustNotHurry } from './polling.ts';
import { tokenAdapter } from './token.ts';

/** Sign-ins that wait on somebody's phone (OpenID CIBA): answered on our page alone, redeemed as an authorization code is. */
export function backchannelRequestAdapter(context: Pick<ServiceContext, 'db' | 'store' | 'secrets'>): Adapter {
  const requests = tokenAdapter(context.db, 'backchannel_request');
  return {
    ...requests,
    find: async (id) => {
      const request = await requests.find(id);
      if (request && !request.grantId && !request.error) await mustNotHurry(context.store, 'ciba', id);
      return request;
    },
    upsert: (id, payload, lifetimeSeconds = 0) => beginRequest(context, id, payload, lifetimeSeconds),
  };
}
