import Provider, { type Adapter, errors } from 'oidc-provider';

/** What every model may leave out, because it is never asked for. */
export const nothing: Pick<Adapter, 'findByUserCode' | 'findByUid' | 'consume' | 'revokeByGrantId'> = {
  findByUserCode: async () => undefined,
  findByUid: async () => undefined,
  consume: async () => undefined,
  revokeByGrantId: async () => undefined,
};

/** What was to be stored belongs to a sign-in that ended while the request was under way (S9). */
export function endedMeanwhile(): Error {
  return Provider.ctx?.oidc.route === 'token'
    ? new errors.InvalidGrant('the sign-in ended')
    : new errors.LoginRequired('the sign-in ended');
}
