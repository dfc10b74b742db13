import { anyone } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { hide, strict } from '@edutrust/platform/schemas';
import { getPerson } from '@edutrust/registry/people';
import { breakGlassAcr } from '@edutrust/registry/permissions';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { pictures } from '../badges/pins.ts';
import { showConsent } from '../consent/routes.ts';
import { closedByExam } from '../lessons/entering.ts';
import { loggingRefusals } from '../level-three/sign-in-log.ts';
import { formErrorOf, seeOther, sendPage, viewOf } from '../page-reply.ts';
import type { FormError } from '../pages.ts';
import { isStrongEnough } from '../provider/assurance.ts';
import { acrAsked } from '../provider/claims-parameter.ts';
import { closedReason } from '../provider/sign-in-policy.ts';
import { why } from '../risk/words.ts';
import { signOutHere } from '../sessions/sign-out.ts';
import { originOf } from '../throttling/origin.ts';
import type { IdpTools } from '../tools.ts';
import { takeActivation } from './activated.ts';
import { askSigner } from './credential.ts';
import {
  askingApp,
  attemptOf,
  doubtsOfSession,
  finishSignIn,
  type Interaction,
  keepAccount,
  keepDoubts,
  knownPerson,
  openInteraction,
  openPage,
  refuseSignIn,
} from './flow.ts';
import type { Offers, SignInMethod } from './methods/method.ts';
import { signInMethods } from './methods/methods.ts';
import { waitsForCode } from './second-step.ts';
import { secondStepRoutes } from './second-step-routes.ts';

const Params = Type.Object({ uid: Type.String({ maxLength: 100 }) });

const showPage = (tools: IdpTools) =>
  route({
    method: 'GET',
    url: '/signin/:uid',
    access: anyone,
    schema: {
      ...hide,
      params: Params,
      querystring: Type.Object({
        upstream: Type.Optional(Type.Literal('not-linked')),
        way: Type.Optional(Type.Literal('other')),
        lang: Type.Optional(Type.String()),
      }),
    },
    handle: async (request, reply) => {
      const interaction = await openPage(tools, request, reply);
      if (!interaction) return seeOther(reply, '/');
      if (interaction.prompt.name === 'consent') return showConsent(tools, interaction, request, reply);
      if (interaction.prompt.name === 'credential') return askSigner(tools, interaction, request, reply);
      if (interaction.prompt.name === 'select_account') return showAccount(tools, interaction, request, reply);
      if (interaction.prompt.reasons.includes(closedReason)) throw closedByExam();
      const activated = await takeActivation(tools, request);
      // A code of the desk replaces what was forgotten, never the factor that was not (A4).
      const waiting = activated && { proof: { ...activated, isUsual: true }, isShared: false };
      if (waiting && (await waitsForCode(tools, request, interaction, waiting)))
        return seeOther(reply, `/signin/${interaction.uid}/second`);
      if (activated && isStrongEnough(activated.acr, acrAsked(interaction.params))) {
        const how = { isShared: activated.acr === breakGlassAcr, isActivation: true };
        return seeOther(reply, await finishSignIn(tools, request, reply, interaction, activated, how));
      }
      // A computer of a lab asks for badges: the camera first, and the other ways behind it.
      if (interaction.params.acr_values === 'badge' && !request.query.way && !knownPerson(interaction))
        return seeOther(reply, `/signin/${interaction.uid}/badge`);
      if (request.query.upstream) {
        const error = { detail: notLinked[viewOf(request).locale] };
        return showSignIn(tools, interaction, request, reply, { error });
      }
      await keepDoubts(tools, interaction);
      return showSignIn(tools, interaction, request, reply, {});
    },
  });

/** A page of its own: a child sees the camera and nothing else. */
const showBadge = (tools: IdpTools) =>
  route({
    method: 'GET',
    url: '/signin/:uid/badge',
    access: anyone,
    schema: { ...hide, params: Params },
    handle: async (request, reply) => {
      const interaction = await openPage(tools, request, reply, 'login');
      if (!interaction) return seeOther(reply, '/');
      const action = `/signin/${interaction.uid}`;
      const { badge } = await offersOf(tools, interaction, request, action);
      if (!badge) return seeOther(reply, action);
      const app = await askingApp(tools, interaction);
      return sendPage(
        reply,
        tools.pages.badge({ badge, pictures, app, backPath: `${action}?way=other` }, viewOf(request)),
      );
    },
  });

/** Where any other camera leads that reads a badge: the secret is in the fragment, which no server sees. */
const showBadgeOutside = ({ pages }: IdpTools) =>
  route({
    method: 'GET',
    url: '/b',
    access: anyone,
    schema: hide,
    handle: async (request, reply) =>
      sendPage(reply, pages.badgeOutside({ signInPath: '/signin?return_to=%2F' }, viewOf(request))),
  });

const cancel = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: '/signin/:uid/cancel',
    access: anyone,
    schema: { ...hide, params: Params },
    handle: async (request, reply) => {
      await openInteraction(tools, request, reply);
      return refuseSignIn(tools, request, reply);
    },
  });

/** `prompt=select_account`: the person of the session says that it is them. */
const sameAccount = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: '/signin/:uid/same-account',
    access: anyone,
    schema: { ...hide, params: Params },
    handle: async (request, reply) =>
      seeOther(reply, await keepAccount(await openInteraction(tools, request, reply, 'select_account'))),
  });

async function showAccount(
  tools: IdpTools,
  interaction: Interaction,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const action = `/signin/${interaction.uid}`;
  const { fullName: name } = await getPerson(tools.context.db, interaction.session?.accountId ?? '');
  const app = await askingApp(tools, interaction);
  const props = { name, app, action: `${action}/same-account`, someoneElseAction: `${action}/someone-else` };
  return sendPage(reply, tools.pages.selectAccount(props, viewOf(request)));
}

/** Somebody else sits at this computer: the session that was left open ends, and the app's request begins anew. */
const someoneElse = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: '/signin/:uid/someone-else',
    access: anyone,
    schema: { ...hide, params: Params },
    handle: async (request, reply) => {
      const interaction = await openInteraction(tools, request, reply);
      await signOutHere(tools, request, reply);
      const again = new URLSearchParams(
        Object.entries(interaction.params).flatMap(([name, value]) =>
          typeof value === 'string' && !['prompt', 'max_age', 'login_hint'].includes(name) ? [[name, value]] : [],
        ),
      );
      again.set('prompt', 'login');
      return seeOther(reply, `/oidc/auth?${again}`);
    },
  });

/** Where a method's answer is posted: the form of the page itself has no path of its own. */
function pathOf(method: SignInMethod): string {
  return method.by === 'form' ? '/signin/:uid' : `/signin/:uid/${method.name}`;
}

function methodRoutes(tools: IdpTools, method: SignInMethod): Route[] {
  const { begin } = method;
  const take = method.by === 'form' ? takeForm(tools, method) : takeScript(tools, method);
  return begin ? [beginMethod(tools, method, begin), take] : [take];
}

const beginMethod = (tools: IdpTools, method: SignInMethod, begin: NonNullable<SignInMethod['begin']>) =>
  route({
    method: 'POST',
    url: `${pathOf(method)}/options`,
    access: anyone,
    schema: { ...hide, params: Params, body: Type.Object(begin.asks.properties, strict) },
    handle: async (request, reply) => {
      const interaction = await openInteraction(tools, request, reply, 'login');
      return { options: await begin.options(tools, attemptOf(request, interaction), request.body) };
    },
  });

/** A refusal is kept at security level 3: of whom, where the answer or the session says it. */
function prove(
  tools: IdpTools,
  method: SignInMethod,
  request: FastifyRequest,
  interaction: Interaction,
  answer: Parameters<SignInMethod['prove']>[2],
) {
  const attempt = attemptOf(request, interaction);
  const typed = 'identifier' in answer && typeof answer.identifier === 'string' ? answer.identifier : undefined;
  const tried = { method: method.name, personId: attempt.personId, typed };
  return loggingRefusals(tools.context, request, tried, () => method.prove(tools, attempt, answer));
}

function takeForm(tools: IdpTools, method: SignInMethod): Route {
  const Form = Type.Object(
    {
      identifier: Type.Optional(Type.String({ maxLength: 1_024 })),
      ...method.answer.properties,
      shared: Type.Optional(Type.Literal('yes')),
    },
    strict,
  );
  return route({
    method: 'POST',
    url: pathOf(method),
    access: anyone,
    schema: { ...hide, params: Params, body: Form },
    handle: async (request, reply) => {
      const interaction = await openInteraction(tools, request, reply, 'login');
      const { shared, ...answer } = request.body;
      try {
        const proof = await prove(tools, method, request, interaction, answer);
        const isShared = shared === 'yes';
        if (await waitsForCode(tools, request, interaction, { proof, isShared })) {
          await tools.throttle.forget(proof.counters ?? []); // the password was right, whatever becomes of the code
          return seeOther(reply, `/signin/${interaction.uid}/second`);
        }
        const how = { isShared, isActivation: false };
        return seeOther(reply, await finishSignIn(tools, request, reply, interaction, proof, how));
      } catch (error) {
        const { error: shown, status, retryAfterSeconds } = formErrorOf(error, request);
        if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
        const { identifier = '' } = answer;
        return showSignIn(tools, interaction, request, reply, { identifier, shared, error: shown, status });
      }
    },
  });
}

function takeScript(tools: IdpTools, method: SignInMethod): Route {
  const Body = Type.Object({ ...method.answer.properties, shared: Type.Optional(Type.Boolean()) }, strict);
  return route({
    method: 'POST',
    url: pathOf(method),
    access: anyone,
    schema: { ...hide, params: Params, body: Body },
    handle: async (request, reply) => {
      const interaction = await openInteraction(tools, request, reply, 'login');
      const { shared, ...answer } = request.body;
      const proof = await prove(tools, method, request, interaction, answer);
      const how = { isShared: shared === true, isActivation: false };
      return { location: await finishSignIn(tools, request, reply, interaction, proof, how) };
    },
  });
}

/** The pages of a sign-in under way, `/signin/{uid}`: who you are, and what the app may know. */
export const signInRoutes = (tools: IdpTools): Route[] => [
  showPage(tools),
  ...signInMethods.flatMap((method) => methodRoutes(tools, method)),
  ...secondStepRoutes(tools),
  showBadge(tools),
  showBadgeOutside(tools),
  cancel(tools),
  someoneElse(tools),
  sameAccount(tools),
];

interface Shown {
  readonly identifier?: string;
  readonly shared?: 'yes' | undefined;
  readonly error?: FormError;
  readonly status?: number;
}

async function showSignIn(
  tools: IdpTools,
  interaction: Interaction,
  request: FastifyRequest,
  reply: FastifyReply,
  { identifier = '', shared, error, status }: Shown,
): Promise<FastifyReply> {
  const { context, pages, throttle, cookies } = tools;
  const action = `/signin/${interaction.uid}`;
  const view = viewOf(request);
  const app = await askingApp(tools, interaction);
  const { passkey, badge, hasPassword = false } = await offersOf(tools, interaction, request, action);
  const common = {
    action,
    app,
    ...(passkey ? { passkey } : {}),
    ...(badge ? { badgePath: `${action}/badge` } : {}),
    ...(error ? { error } : {}),
    ...(app.isOwn ? {} : { cancelAction: `${action}/cancel` }),
  };
  const known = knownPerson(interaction);
  if (known) {
    const { fullName: name } = await getPerson(context.db, known);
    const someoneElseAction = `${action}/someone-else`;
    return sendPage(
      reply,
      pages.stepUp(
        { ...common, name, hasPassword, someoneElseAction, why: why(doubtsOfSession(interaction), view.locale) },
        view,
      ),
      status,
    );
  }
  const hint = String(interaction.params.login_hint ?? '').slice(0, 40);
  const typed = identifier || (/^[\d .-]+$/.test(hint) ? hint : '');
  const isAtSchool = await throttle.isSchoolNetwork(originOf(request, cookies.device));
  const html = pages.signIn(
    {
      ...common,
      identifier: typed.slice(0, 100),
      activatePath: '/activate',
      // After a refusal as the person left it, else ticked in a school.
      isShared: error ? shared === 'yes' : isAtSchool,
      isAtSchool,
      ...(isStrongEnough('pwd', interaction.params.acr_values)
        ? { upstream: upstreamLinks(tools, action, view.locale) }
        : {}),
    },
    view,
  );
  return sendPage(reply, html, status);
}

const upstreamLinks = ({ upstreams }: IdpTools, action: string, locale: 'vi' | 'en') =>
  upstreams.all.map(({ id, name }) => ({ name: name[locale], path: `${action}/upstream/${id}` }));

/** After coming back from another house with an account that is linked to nobody: no account is made, nobody is guessed. */
const notLinked = {
  vi: 'Tài khoản đó chưa nối với ai ở đây. Vào bằng mã giáo dục trước, rồi nối ở trang «Tài khoản».',
  en: 'That account is not linked to anybody here. Sign in with your education ID first, then link it on “Account”.',
};

/** What the page offers: of a person who confirms, only what proves as much as the app asks. */
async function offersOf(
  tools: IdpTools,
  interaction: Interaction,
  request: FastifyRequest,
  action: string,
): Promise<Offers> {
  const attempt = attemptOf(request, interaction);
  const fitting = signInMethods.filter(
    ({ acr }) => attempt.personId === undefined || isStrongEnough(acr, acrAsked(interaction.params)),
  );
  const offers = await Promise.all(fitting.map((method) => method.offer(tools, attempt, action)));
  return Object.assign({}, ...offers);
}
