import type { ServiceContext } from '@edutrust/platform/context';
import type { App } from '../apps/app.ts';
import type { AppDirectory } from '../apps/directory.ts';
import { accessTokenSeconds } from './adapter.ts';
import { machineTokenAdapter } from './models/machine-token.ts';
import type { FoundToken } from './presented.ts';

/** The app that got this token for itself (client credentials), and what it is for as far as the app still may. */
export interface OwnToken {
  readonly app: App;
  readonly scopes: readonly string[];
}

/** Of a live token that is for no API of others; undefined for anything else. */
export async function ownToken(
  context: Pick<ServiceContext, 'db' | 'store'>,
  apps: Pick<AppDirectory, 'app'>,
  presented: string,
): Promise<FoundToken<OwnToken> | undefined> {
  const token = await machineTokenAdapter(context, accessTokenSeconds).find(presented);
  const isOwn = token?.kind === 'ClientCredentials' && token.aud === undefined;
  const app = isOwn && token.clientId ? await apps.app(token.clientId) : undefined;
  if (!token || !app) return undefined;
  const scopes = String(token.scope ?? '').split(' ');
  return { token, app, holder: { app, scopes: scopes.filter((scope) => app.scopes.includes(scope)) } };
}
