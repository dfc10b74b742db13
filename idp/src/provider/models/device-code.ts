import type { ServiceContext } from '@edutrust/platform/context';
import { statement } from '@edutrust/platform/database';
import Provider, { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import { type IdpEvent, record } from '../../events.ts';
import { mustNotHurry } from './polling.ts';
import { rowOf, tokenAdapter } from './token.ts';
import { moveDeviceCode } from './token-statements.ts';

interface Found {
  readonly id_hash: Buffer;
  readonly payload: AdapterPayload;
}

const find = statement<Found, [idHash: Buffer]>(
  'idp.device-code-read',
  'SELECT id_hash, payload FROM idp.device_code WHERE id_hash = $1',
);
const findByUserCode = statement<Found, [userCode: string]>(
  'idp.device-code-of-user',
  `SELECT id_hash, payload FROM idp.device_code WHERE payload->>'userCode' = $1`,
);

/** In place of the device code, which the device alone has: good in a browser, never at the token endpoint. */
const handlePrefix = '#';
const handleOf = (idHash: Buffer) => `${handlePrefix}${idHash.toString('base64url')}`;
const idHashOf = (handle: string) => Buffer.from(handle.slice(handlePrefix.length), 'base64url');
const isHandle = (id: string) => id.startsWith(handlePrefix) && Provider.ctx?.oidc.route !== 'token';

const toPayload = ({ id_hash, payload }: Found): AdapterPayload => ({ ...payload, jti: handleOf(id_hash) });

/** Who sees it in the list of what happened learns of a device that they never saw. */
function allowed(code: AdapterPayload & { readonly accountId: string }): IdpEvent {
  const { accountId: personId, clientId: app = '', sessionUid: sessionId = '', acr = '', authTime = 0 } = code;
  return {
    type: 'device.allowed',
    actor: { kind: 'person', personId, sessionId, roles: [], acr, authenticatedAt: new Date(authTime * 1000) },
    subject: { kind: 'person', id: personId },
    data: { app },
  };
}

/**
 * Codes of the device flow (RFC 8628). The device redeems its code as an app does an authorization code; a browser finds
 * it by the code that the person types, and moves it on: confirmed, then allowed or refused, each step once, however many
 * browsers have the code.
 */
export function deviceCodeAdapter({ db, store }: Pick<ServiceContext, 'db' | 'store'>): Adapter {
  const codes = tokenAdapter(db, 'device_code');
  return {
    ...codes,
    find: async (id) => {
      if (!isHandle(id)) {
        const code = await codes.find(id);
        if (code && !code.accountId && !code.error) await mustNotHurry(store, 'device', id);
        return code;
      }
      const [found] = await find(db, idHashOf(id));
      return found && toPayload(found);
    },
    findByUserCode: async (userCode) => {
      const [found] = await findByUserCode(db, userCode);
      return found && toPayload(found);
    },
    upsert: async (id, { jti: _secret, ...payload }, lifetimeSeconds = 0) => {
      if (!isHandle(id)) return codes.upsert(id, payload, lifetimeSeconds);
      const [, ...values] = rowOf(id, payload, lifetimeSeconds);
      await db.transaction().execute(async (transaction) => {
        if ((await moveDeviceCode(transaction, idHashOf(id), ...values)).length === 0)
          throw new errors.InvalidRequest('the code was used meanwhile, or the sign-in ended');
        if (payload.accountId) await record(transaction, allowed({ ...payload, accountId: payload.accountId }));
      });
    },
  };
}
