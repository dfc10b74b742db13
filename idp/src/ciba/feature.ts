import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput } from '@edutrust/platform/errors';
import { findByEducationId } from '@edutrust/registry/people';
import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { AppDirectory } from '../apps/directory.ts';
import { isForPerson } from '../apps/release.ts';
import { assuranceLevels } from '../provider/assurance.ts';
import { personOfSubject } from '../provider/subject.ts';

/** The grant type of OpenID CIBA §4. */
export const cibaGrant = 'urn:openid:params:grant-type:ciba';
export const cibaRoute = 'backchannel_authentication';

/** How long a person has to answer; an app may ask for less (`requested_expiry`). */
export const requestSeconds = 5 * 60;

/** What both screens show: short, and nothing that a screen would take for more than text (OpenID CIBA §7.1). */
const message = /^[\p{L}\p{M}\p{N} .,:;#/+()_-]{1,60}$/u;

type Ciba = NonNullable<NonNullable<Configuration['features']>['ciba']>;

/**
 * Sign-in on the person's phone (OpenID CIBA Core 1.0, poll and ping). The person is named by their education ID
 * (`login_hint`) or an ID token of the app (`id_token_hint`); whom an app is not for, it cannot ask.
 */
export function cibaFeature({ db }: Pick<ServiceContext, 'db'>): Ciba {
  return {
    enabled: true,
    deliveryModes: ['poll', 'ping'],
    processLoginHint: async (ctx, hint = '') => {
      const found = await named(hint);
      return found && (await mayAsk(ctx, found.id)) ? found.id : undefined;
    },
    processLoginHintToken: async () => {
      throw new errors.InvalidRequest('login_hint_token is not supported: use login_hint or id_token_hint');
    },
    verifyUserCode: async () => undefined, // there is none: the person's passkey answers
    validateBindingMessage: async (_ctx, given) => {
      if (given !== undefined && !message.test(given))
        throw new errors.InvalidBindingMessage(
          'binding_message is 1 to 60 letters, digits, spaces and . , : ; # / + ( ) _ -',
        );
    },
    validateRequestContext: async (ctx) => {
      const asked = String(ctx.oidc.params?.acr_values ?? '')
        .split(' ')
        .filter(Boolean);
      if (asked.length > 0 && !asked.some((value) => assuranceLevels.some((level) => level === value)))
        throw new errors.InvalidRequest(`acr can be ${assuranceLevels.join(', ')}`);
    },
    // The request, its notice and its event are one transaction (`models/backchannel-request.ts`): nothing is left to do.
    triggerAuthenticationDevice: async () => undefined,
  };

  async function named(hint: string) {
    try {
      return await findByEducationId(db, hint.slice(0, 40));
    } catch (error) {
      if (error instanceof InvalidInput) return undefined; // no education ID at all
      throw error;
    }
  }

  async function mayAsk(ctx: KoaContextWithOIDC, personId: string): Promise<boolean> {
    return isForPerson(db, { clientId: ctx.oidc.client?.clientId ?? '' }, personId);
  }
}

interface Parts {
  readonly context: Pick<ServiceContext, 'db'>;
  readonly apps: AppDirectory;
}

/**
 * Of `id_token_hint` the library knows the subject, which is the app's own name of the person. Gives the person whom the app
 * may ask; undefined for nobody, or one whom it is not for.
 */
export async function personOfHint(
  { context: { db }, apps }: Parts,
  ctx: KoaContextWithOIDC,
  accountId: string,
): Promise<string | undefined> {
  const { client, entities, route } = ctx.oidc;
  if (route !== cibaRoute || !entities.IdTokenHint) return accountId;
  const app = await apps.app(client?.clientId ?? '');
  const personId = app && (await personOfSubject(db, app.sector, accountId));
  return personId && (await isForPerson(db, app, personId)) ? personId : undefined;
}
