import type { ServiceContext } from '@edutrust/platform/context';
import type { App } from '../apps/app.ts';
import type { AppDirectory } from '../apps/directory.ts';
import { accessTokenSeconds } from './adapter.ts';
import { machineTokenAdapter } from './models/machine-token.ts';

/** The app that got this token for itself (client credentials), and what it is for as far as the app still may. */
export interface OwnToken {
  readonly app: App;
  readonly scopes: readonly string[];
}

/** Of a live bearer token that is bound to no key and for no API; undefined for anything else. */
export async function ownToken(
  context: Pick<ServiceContext, 'db' | 'store'>,
  apps: Pick<AppDirectory, 'app'>,
  bearer: string,
): Promise<OwnToken | undefined> {
  const token = await machineTokenAdapter(context, accessTokenSeconds).find(bearer);
  const isPlain =
    token?.kind === 'ClientCredentials' && [token.jkt, token['x5t#S256'], token.aud].every((of) => of === undefined);
  const app = isPlain && token.clientId ? await apps.app(token.clientId) : undefined;
  if (!app) return undefined;
  const scopes = String(token?.scope ?? '').split(' ');
  return { app, scopes: scopes.filter((scope) => app.scopes.includes(scope)) };
}
