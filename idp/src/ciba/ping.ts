import type { ServiceContext } from '@edutrust/platform/context';
import { post } from '@edutrust/platform/public-address';
import type { AppDirectory } from '../apps/directory.ts';
import { pingOf } from './requests.ts';

/** How long an app may take to answer. */
const answerMs = 5_000;

/**
 * Tells an app that there is an answer (OpenID CIBA §10.2), not which: it asks at the token endpoint. Throws when the app
 * did not take it for a reason of its own; the job then tries again a few times, and the app may ask unasked.
 */
export async function pingApp(
  context: Pick<ServiceContext, 'db' | 'secrets' | 'config'>,
  apps: AppDirectory,
  handle: string,
): Promise<void> {
  const ping = await pingOf(context, handle);
  const address = ping && (await apps.app(ping.clientId))?.ciba?.notificationUri;
  if (!address) return; // the app has ended or asks by itself now
  const { status } = await post(address, {
    headers: { 'content-type': 'application/json', authorization: `Bearer ${ping.token}` },
    body: JSON.stringify({ auth_req_id: ping.authReqId }),
    issuer: context.config.url,
    timeoutMs: answerMs,
  });
  // §10.2: 204; 200 is common. Another address is not followed, and who says that we are wrong is not asked again.
  if (status >= 500) throw new Error(`${ping.clientId} answered ${status} to a ping`);
}
