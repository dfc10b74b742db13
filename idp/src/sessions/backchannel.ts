import { randomUUID } from 'node:crypto';
import { post } from '@edutrust/platform/public-address';
import type Provider from 'oidc-provider';

/** How long an app may take to answer. */
const answerMs = 5_000;

/** What of the library's IdToken a logout token needs; its types leave this out. */
interface LogoutToken {
  mask: object;
  set(name: string, value: unknown): void;
  issue(options: { use: 'logout' }): Promise<string>;
}

/**
 * Sends a logout token (OpenID Connect Back-Channel Logout §2.4) to the app. An app that has ended, or registered no
 * address, needs none. Throws when the app does not say that it took it; the job then tries again.
 */
export async function deliverLogout(
  provider: Provider,
  { clientId, personId, sid }: { readonly clientId: string; readonly personId: string; readonly sid?: string },
): Promise<void> {
  const client = await provider.Client.find(clientId);
  const address = (client as { backchannelLogoutUri?: string } | undefined)?.backchannelLogoutUri;
  if (!client || !address) return;
  const IdToken = provider.IdToken as unknown as new (claims: object, options: object) => LogoutToken;
  const token = new IdToken({ sub: personId }, { client, ctx: undefined });
  token.mask = { sub: null }; // the pairwise subject, and nothing else of the person
  token.set('events', { 'http://schemas.openid.net/event/backchannel-logout': {} });
  token.set('jti', randomUUID());
  if (sid) token.set('sid', sid); // without it the token means every session of the person (§2.4)
  const form = new URLSearchParams({ logout_token: await token.issue({ use: 'logout' }) });
  const { status } = await post(address, {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    issuer: new URL(provider.issuer),
    timeoutMs: answerMs,
  });
  // §2.8: 200; 204 is common too. 400 means that the app refused the token: trying again may help after its keys load.
  if (status !== 200 && status !== 204) {
    throw new Error(`${clientId} answered ${status} to a logout token`);
  }
}
