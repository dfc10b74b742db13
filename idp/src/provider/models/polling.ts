import type { ServiceContext } from '@edutrust/platform/context';
import Provider, { errors } from 'oidc-provider';
import { hashOf } from './hash.ts';

/** RFC 8628 §3.2, OpenID CIBA §7.3: who waits asks every five seconds; a second of that is the network's. */
const pollSeconds = 4;

/** @throws SlowDown for who asks again too soon while nobody has answered (RFC 8628 §3.5, OpenID CIBA §11) */
export async function mustNotHurry(store: ServiceContext['store'], kind: 'device' | 'ciba', id: string): Promise<void> {
  const key = `idp:${kind}-poll:${hashOf(id).toString('base64url')}`;
  if (Provider.ctx?.oidc.route !== 'token' || (await store.putIfAbsent(key, true, pollSeconds))) return;
  throw new errors.SlowDown('ask every five seconds, and five seconds later after this answer');
}
