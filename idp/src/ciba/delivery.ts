import { InvalidInput } from '@edutrust/platform/errors';
import { optionalAddress } from '../apps/addresses.ts';
import type { AppKind } from '../apps/protocol.ts';

/** How an app that asks for sign-ins on the phone hears of the answer (OpenID CIBA §5): it asks, or is called first. */
export const deliveries = ['poll', 'ping'] as const;

/** What an app that may ask people on their phones is registered with (OpenID CIBA §4). */
export interface Ciba {
  readonly delivery: (typeof deliveries)[number];
  /** Called when there is an answer; of `ping` alone. */
  readonly notificationUri: string | null;
}

/** @throws InvalidInput `apps/bad-ciba` for an app without a server, or whose ways do not fit; `apps/bad-address` */
export function cibaOf(kind: AppKind, given: Ciba | null): Ciba | null {
  if (!given) return null;
  const notificationUri = optionalAddress(given.notificationUri, 'ciba');
  if (kind === 'web' && (given.delivery === 'ping') === (notificationUri !== null))
    return { delivery: given.delivery, notificationUri };
  const detail = {
    vi: 'Đăng nhập qua điện thoại chỉ dành cho ứng dụng có máy chủ; cách «ping» cần địa chỉ nhận tin, cách «poll» thì không.',
    en: 'Sign-in on the phone is for apps with a server; “ping” needs an address to be called at, “poll” takes none.',
  };
  throw new InvalidInput('apps/bad-ciba', detail, { fields: [{ pointer: '/ciba', detail }] });
}
