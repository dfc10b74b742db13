import { anyone } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { hide } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { localPath } from '../local-path.ts';
import { seeOther, sendPage, viewOf } from '../page-reply.ts';
import { listPasskeys } from '../passkeys/passkeys.ts';
import { isStrongEnough } from '../provider/assurance.ts';
import { ownClientId, ownReturnPath, signedOutPath } from '../provider/first-party.ts';
import { isOfLeft, isOwnOfLeft } from '../sessions/of-left.ts';
import { signOutHere } from '../sessions/sign-out.ts';
import type { IdpTools } from '../tools.ts';

const Query = Type.Object({
  return_to: Type.Optional(Type.String({ maxLength: 2_000 })),
  /** Seconds: an older sign-in is confirmed again. */
  fresh: Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400 })),
  /** At least this: the roles of the person ask for a passkey (W5), or a badge is not enough. `badge` begins with the camera. */
  acr: Type.Optional(Type.Enum(['badge', 'pwd', 'passkey'])),
  lang: Type.Optional(Type.String()),
});

const Done = Type.Object({
  state: Type.Optional(Type.String({ maxLength: 2_000 })),
  error: Type.Optional(Type.String({ maxLength: 100 })),
  error_description: Type.Optional(Type.String({ maxLength: 1_000 })),
  iss: Type.Optional(Type.String({ maxLength: 300 })),
});

const signIn = ({ context }: IdpTools) =>
  route({
    method: 'GET',
    url: '/signin',
    access: anyone,
    schema: { ...hide, querystring: Query },
    handle: async (request, reply) => {
      const { origin } = context.config.url;
      const { return_to, fresh, acr } = request.query;
      const { actor } = request;
      const asked = localPath(return_to, origin);
      const returnTo = isOfLeft(request) && !isOwnOfLeft(asked) ? '/' : asked; // and not in a circle
      if (actor?.kind === 'person') {
        const ageSeconds = (context.clock.now().getTime() - actor.authenticatedAt.getTime()) / 1000;
        const isStrong = isStrongEnough(actor.acr, acr);
        if (isStrong && (fresh === undefined || ageSeconds < fresh)) return seeOther(reply, returnTo);
        if (!isStrong && acr === 'passkey' && (await listPasskeys(context.db, actor.personId)).length === 0) {
          return seeOther(reply, '/account/passkey');
        }
      }
      const parameters = new URLSearchParams({
        client_id: ownClientId,
        response_type: 'none',
        scope: 'openid',
        redirect_uri: `${origin}${ownReturnPath}`,
        state: returnTo,
      });
      if (fresh !== undefined) parameters.set('max_age', String(fresh));
      if (acr) parameters.set('acr_values', acr);
      // A cookie of an ended session, or of a suspended person, must not count as signed in.
      if (!actor) parameters.set('prompt', 'login');
      return seeOther(reply, `/oidc/auth?${parameters}`);
    },
  });

// The state is no secret here: it is a path of ours, checked again, and the session alone decides what it shows.
const returned = ({ context }: IdpTools) =>
  route({
    method: 'GET',
    url: ownReturnPath,
    access: anyone,
    schema: { ...hide, querystring: Done },
    handle: async (request, reply) => seeOther(reply, localPath(request.query.state, context.config.url.origin)),
  });

const signOut = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: '/sign-out',
    access: anyone,
    schema: hide,
    handle: async (request, reply) => {
      await signOutHere(tools, request, reply);
      return seeOther(reply, signedOutPath);
    },
  });

const signedOut = ({ pages }: IdpTools) =>
  route({
    method: 'GET',
    url: signedOutPath,
    access: anyone,
    schema: hide,
    handle: async (request, reply) =>
      sendPage(reply, pages.loggedOut({ app: null, signInPath: '/signin?return_to=%2F' }, viewOf(request))),
  });

/** Signing in to our own pages, `/signin?return_to=/path`, is an authorization request to our own provider. */
export const ownPageRoutes = (tools: IdpTools): Route[] => [
  signIn(tools),
  returned(tools),
  signOut(tools),
  signedOut(tools),
];
