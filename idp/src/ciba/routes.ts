import type { PersonActor } from '@edutrust/platform/actor';
import { Forbidden } from '@edutrust/platform/errors';
import { anyone, personActor, signedIn } from '@edutrust/platform/http';
import { isUuid } from '@edutrust/platform/ids';
import { type Route, route } from '@edutrust/platform/route';
import { hide, strict } from '@edutrust/platform/schemas';
import { addressOf, personClaims } from '@edutrust/registry/people';
import Type from 'typebox';
import type { App } from '../apps/app.ts';
import { isForPerson, releasedScopes } from '../apps/release.ts';
import { seeOther, sendPage } from '../page-reply.ts';
import { listPasskeys, requestOptions, verifyAssertion } from '../passkeys/passkeys.ts';
import { AssertionBody } from '../passkeys/schemas.ts';
import { isStrongEnough } from '../provider/assurance.ts';
import { releasedData } from '../provider/claims.ts';
import { askedScopes } from '../provider/claims-parameter.ts';
import { signedInOr } from '../self-service/pages.ts';
import { viewOfSession } from '../sessions/view.ts';
import { passkeyNeeded } from '../signin/proof.ts';
import type { IdpTools } from '../tools.ts';
import { type AnswerProof, allowRequest, refuseRequest } from './answer.ts';
import type { SignInRequestProps } from './props.ts';
import { requestGone, type WaitingRequest, waitingRequests } from './requests.ts';

export const requestsPath = '/sign-in-requests';

/** An answer without a passkey follows a sign-in of these last seconds. */
const freshSeconds = 300;

const Params = Type.Object({ handle: Type.String({ maxLength: 60 }) });
const Query = Type.Object({
  done: Type.Optional(Type.Enum(['allowed', 'refused'])),
  lang: Type.Optional(Type.String()),
});

const ceremonyOf = (handle: string, { personId }: PersonActor) => ({ boundTo: `ciba:${handle}`, personId });

/** The request as it waits for this person. @throws NotFound `sign-in-requests/gone` */
async function requestOf({ context, apps }: IdpTools, { personId }: PersonActor, handle: string) {
  const waiting = isUuid(handle) ? await waitingRequests(context.db, personId) : [];
  const request = waiting.find((one) => one.handle === handle);
  const app = request && (await apps.app(request.clientId));
  if (!request || !app?.isApproved) throw requestGone();
  return { request, app };
}

async function askProps(
  { context, apps }: IdpTools,
  actor: PersonActor,
  waiting: readonly WaitingRequest[],
  locale: 'vi' | 'en',
): Promise<SignInRequestProps> {
  const { db } = context;
  const [request, ...others] = waiting;
  const app = request && (await apps.app(request.clientId));
  if (!request || !app) return { step: 'none', more: 0 };
  const { personId } = actor;
  const claims = await personClaims(db, personId);
  const scopes = askedScopes(request.params, app.scopes).filter((scope) => app.scopes.includes(scope));
  const email = scopes.includes('email') ? await addressOf(db, personId) : null;
  const released = releasedScopes(app, claims, scopes, await isForPerson(db, app, personId));
  const action = `${requestsPath}/${request.handle}`;
  const hasPasskey = (await listPasskeys(db, personId)).length > 0;
  return {
    step: 'ask',
    app: { name: app.name, purpose: app.purpose[locale] },
    message: typeof request.params.binding_message === 'string' ? request.params.binding_message : null,
    data: releasedData({ ...claims, email }, released, locale),
    name: claims.name,
    expiresAt: request.expiresAt.toISOString(),
    ...(hasPasskey
      ? {
          passkey: {
            options: await requestOptions(context, ceremonyOf(request.handle, actor)),
            optionsPath: `${action}/options`,
            verifyPath: `${action}/passkey`,
          },
        }
      : {}),
    allowAction: `${action}/allow`,
    refuseAction: `${action}/refuse`,
    more: others.length,
  };
}

const showPage = (tools: IdpTools) =>
  route({
    method: 'GET',
    url: requestsPath,
    access: anyone,
    schema: { ...hide, querystring: Query },
    handle: async (request, reply) => {
      const actor = signedInOr(request, reply);
      if (!actor) return reply;
      const view = await viewOfSession(tools.context, request, actor);
      const waiting = await waitingRequests(tools.context.db, actor.personId);
      const { done } = request.query;
      const props = done ? { step: done, more: waiting.length } : await askProps(tools, actor, waiting, view.locale);
      return sendPage(reply, tools.pages.signInRequest(props, view));
    },
  });

async function allow(
  { context }: IdpTools,
  actor: PersonActor,
  { request, app }: { readonly request: WaitingRequest; readonly app: App },
  proof: AnswerProof,
): Promise<string> {
  if (!isStrongEnough(proof.acr, request.params.acr_values)) throw passkeyNeeded();
  await context.db
    .transaction()
    .execute((transaction) => allowRequest(transaction, context, { handle: request.handle, actor, app, proof }));
  return `${requestsPath}?done=allowed`;
}

/** A new challenge: each works once. */
const passkeyOptions = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: `${requestsPath}/:handle/options`,
    access: signedIn,
    schema: {
      ...hide,
      params: Params,
      body: Type.Object({}, strict),
      response: { 200: Type.Object({ options: Type.Unknown() }) },
    },
    handle: async (request) => {
      const actor = personActor(request);
      const { handle } = (await requestOf(tools, actor, request.params.handle)).request;
      return { options: await requestOptions(tools.context, ceremonyOf(handle, actor)) };
    },
  });

/** The passkey's assertion is over this very request: it answers no other one. */
const allowByPasskey = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: `${requestsPath}/:handle/passkey`,
    access: signedIn,
    schema: {
      ...hide,
      params: Params,
      body: Type.Object({ credential: AssertionBody }, strict),
      response: { 200: Type.Object({ location: Type.String() }) },
    },
    handle: async (request) => {
      const actor = personActor(request);
      const asked = await requestOf(tools, actor, request.params.handle);
      const ceremony = ceremonyOf(asked.request.handle, actor);
      const { userVerified } = await verifyAssertion(tools.context, request.body.credential, ceremony);
      if (!userVerified) throw passkeyNeeded();
      const authTime = Math.floor(tools.context.clock.now().getTime() / 1000);
      const proof = { acr: 'passkey', amr: ['pop', 'user', 'mfa'], authTime };
      return { location: await allow(tools, actor, asked, proof) };
    },
  });

/** Who has no passkey answers after a fresh sign-in; a badge is not enough, it opens the school's computers alone. */
const allowByForm = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: `${requestsPath}/:handle/allow`,
    access: anyone,
    schema: { ...hide, params: Params },
    handle: async (request, reply) => {
      const actor = signedInOr(request, reply);
      if (!actor) return reply;
      const { context } = tools;
      const asked = await requestOf(tools, actor, request.params.handle);
      if ((await listPasskeys(context.db, actor.personId)).length > 0) throw ownPasskey();
      const ageSeconds = (context.clock.now().getTime() - actor.authenticatedAt.getTime()) / 1000;
      if (ageSeconds >= freshSeconds || actor.acr === 'badge') {
        const acr = actor.acr === 'badge' ? '&acr=pwd' : '';
        return seeOther(reply, `/signin?return_to=${encodeURIComponent(requestsPath)}&fresh=${freshSeconds}${acr}`);
      }
      const authTime = Math.floor(actor.authenticatedAt.getTime() / 1000);
      const proof = { acr: actor.acr, amr: actor.acr === 'mfa' ? ['pwd', 'otp', 'mfa'] : ['pwd'], authTime };
      return seeOther(reply, await allow(tools, actor, asked, proof));
    },
  });

const refuse = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: `${requestsPath}/:handle/refuse`,
    access: anyone,
    schema: { ...hide, params: Params },
    handle: async (request, reply) => {
      const actor = signedInOr(request, reply);
      if (!actor) return reply;
      const { context, apps } = tools;
      const { handle } = (await requestOf(tools, actor, request.params.handle)).request;
      await context.db
        .transaction()
        .execute((transaction) => refuseRequest(transaction, context, { handle, actor, appOf: apps.app }));
      return seeOther(reply, `${requestsPath}?done=refused`);
    },
  });

const ownPasskey = () =>
  new Forbidden('sign-in-requests/own-passkey', {
    vi: 'Tài khoản này có passkey: hãy cho vào bằng passkey.',
    en: 'Your account has a passkey: allow it with that.',
  });

/** Sign-ins that apps ask for and a person answers on their phone (OpenID CIBA). */
export const signInRequestRoutes = (tools: IdpTools): Route[] => [
  showPage(tools),
  passkeyOptions(tools),
  allowByPasskey(tools),
  allowByForm(tools),
  refuse(tools),
];
