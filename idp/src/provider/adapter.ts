import type { ServiceContext } from '@edutrust/platform/context';
import type { Adapter } from 'oidc-provider';
import type { AppDirectory } from '../apps/directory.ts';
import { backchannelRequestAdapter } from './models/backchannel-request.ts';
import { deviceCodeAdapter } from './models/device-code.ts';
import { grantAdapter } from './models/grant.ts';
import { interactionAdapter } from './models/interaction.ts';
import { machineTokenAdapter } from './models/machine-token.ts';
import { nothing } from './models/model.ts';
import { sessionAdapter } from './models/session.ts';
import { createSuccessor, tokenAdapter } from './models/token.ts';

/** The life of access tokens, of people and of machines. */
export const accessTokenSeconds = 10 * 60;

/** Where each model of oidc-provider is kept: one adapter a model, made once for each Provider. */
export function createAdapter(context: ServiceContext, apps: AppDirectory): (model: string) => Adapter {
  return (model) => {
    switch (model) {
      case 'Client':
        return { ...nothing, find: (id) => apps.find(id), upsert: readOnly, destroy: readOnly };
      case 'Session':
        return sessionAdapter(context);
      case 'Grant':
        return grantAdapter(context.db);
      case 'AuthorizationCode':
        return tokenAdapter(context.db, 'authorization_code');
      case 'BackchannelAuthenticationRequest':
        return backchannelRequestAdapter(context);
      case 'DeviceCode':
        return deviceCodeAdapter(context);
      case 'RefreshToken':
        return tokenAdapter(context.db, 'refresh_token', createSuccessor(context.secrets));
      case 'AccessToken':
        return tokenAdapter(context.db, 'access_token');
      case 'ClientCredentials':
        return machineTokenAdapter(context, accessTokenSeconds);
      case 'PushedAuthorizationRequest':
        return tokenAdapter(context.db, 'pushed_request');
      case 'Interaction':
        return interactionAdapter(context);
      default:
        throw new Error(`${model} is not enabled`);
    }
  };
}

async function readOnly(): Promise<void> {
  throw new Error('apps are changed by their own routes');
}
