import { InvalidInput, NotFound } from '@edutrust/platform/errors';
import { type App, anyone } from '@edutrust/platform/http';
import { getPerson, personClaims } from '@edutrust/registry/people';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errors, type Provider } from 'oidc-provider';
import Type from 'typebox';
import { findAccount } from '../accounts/account.ts';
import { isForPerson, releasedScopes } from '../apps/release.ts';
import { giveConsent } from '../consent/consent.ts';
import { formErrorOf, seeOther, sendPage, viewOf } from '../page-reply.ts';
import type { AskingApp, FormError, PasskeyPrompt } from '../pages.ts';
import { requestOptions } from '../passkeys/passkeys.ts';
import { AssertionBody } from '../passkeys/schemas.ts';
import { isStrongEnough } from '../provider/assurance.ts';
import { releasedData } from '../provider/claims.ts';
import { ownClientId } from '../provider/own-client.ts';
import { readCookie, setCookie } from '../sessions/cookies.ts';
import { endSessions } from '../sessions/end.ts';
import type { IdpTools } from '../tools.ts';
import { takeActivation } from './activated.ts';
import { originOf, type Proof, provePasskey, provePassword, recordSignIn } from './credentials.ts';

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

const config = { access: anyone };
const hide = { hide: true } as const;
const strict = { additionalProperties: false } as const;
const Params = Type.Object({ uid: Type.String({ maxLength: 100 }) });
/** Longer than any password or name that we take: what is longer is refused before it costs anything. */
const Text = Type.String({ maxLength: 1_024 });
const deviceSeconds = 365 * 24 * 3600;

/** The pages of a sign-in under way, `/signin/{uid}`: who you are, and what the app may know. */
export function addSignInRoutes(app: App, tools: IdpTools): void {
  const { context, pages, cookies } = tools;

  app.get('/signin/:uid', { config, schema: { ...hide, params: Params } }, async (request, reply) => {
    const interaction = await interactionOf(tools, request, reply);
    if (interaction.prompt.name === 'consent') return showConsent(tools, interaction, request, reply);
    const activated = await takeActivation(tools, request);
    if (activated && isStrongEnough(activated.acr, interaction.params.acr_values)) {
      const how = { isShared: false, isActivation: true };
      return seeOther(reply, await finishSignIn(request, reply, interaction, activated, how));
    }
    return showSignIn(tools, interaction, request, reply, {});
  });

  const PasswordForm = Type.Object(
    { identifier: Type.Optional(Text), password: Text, shared: Type.Optional(Type.Literal('yes')) },
    strict,
  );
  app.post(
    '/signin/:uid',
    { config, schema: { ...hide, params: Params, body: PasswordForm } },
    async (request, reply) => {
      const interaction = await interactionOf(tools, request, reply, 'login');
      const known = knownPerson(interaction);
      const { identifier = '', password, shared } = request.body;
      try {
        const name = known ? (await getPerson(context.db, known)).educationId : identifier;
        const proof = await provePassword(tools, request, { identifier: name, password });
        if (!isStrongEnough(proof.acr, interaction.params.acr_values)) throw passkeyNeeded();
        const how = { isShared: shared === 'yes', isActivation: false };
        return seeOther(reply, await finishSignIn(request, reply, interaction, proof, how));
      } catch (error) {
        const { error: shown, status, retryAfterSeconds } = formErrorOf(error, request);
        if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
        return showSignIn(tools, interaction, request, reply, { identifier, shared, error: shown, status });
      }
    },
  );

  app.post(
    '/signin/:uid/passkey/options',
    { config, schema: { ...hide, params: Params, body: Type.Object({}, strict) } },
    async (request, reply) => {
      const interaction = await interactionOf(tools, request, reply, 'login');
      return { options: await requestOptions(context, ceremonyOf(interaction)) };
    },
  );

  app.post(
    '/signin/:uid/passkey',
    {
      config,
      schema: {
        ...hide,
        params: Params,
        body: Type.Object({ credential: AssertionBody, shared: Type.Optional(Type.Boolean()) }, strict),
      },
    },
    async (request, reply) => {
      const interaction = await interactionOf(tools, request, reply, 'login');
      const proof = await provePasskey(tools, request.body.credential, ceremonyOf(interaction));
      if (!isStrongEnough(proof.acr, interaction.params.acr_values)) throw passkeyNeeded();
      const how = { isShared: request.body.shared === true, isActivation: false };
      return { location: await finishSignIn(request, reply, interaction, proof, how) };
    },
  );

  app.post(
    '/signin/:uid/consent',
    {
      config,
      schema: {
        ...hide,
        params: Params,
        body: Type.Object({ decision: Type.Enum(['allow', 'refuse']) }, strict),
      },
    },
    async (request, reply) => {
      const interaction = await interactionOf(tools, request, reply, 'consent');
      if (request.body.decision === 'refuse') return refuse(tools, request, reply);
      const personId = interaction.session?.accountId ?? '';
      const clientId = String(interaction.params.client_id);
      const scopes = String(interaction.params.scope).split(' ');
      const provider = await tools.provider();
      const sessionUid = interaction.session?.uid ?? '';
      const grantId = await giveConsent(context, { personId, clientId, scopes, sessionUid }).catch((error: unknown) => {
        if (error instanceof errors.SessionNotFound) throw noSignIn();
        throw error;
      });
      const location = await provider.interactionResult(request.raw, reply.raw, { consent: { grantId } });
      return seeOther(reply, localOf(location));
    },
  );

  app.post('/signin/:uid/cancel', { config, schema: { ...hide, params: Params } }, async (request, reply) => {
    await interactionOf(tools, request, reply);
    return refuse(tools, request, reply);
  });

  // Somebody else sits at this computer: the session that was left open ends, and the app's request begins anew.
  app.post('/signin/:uid/someone-else', { config, schema: { ...hide, params: Params } }, async (request, reply) => {
    const interaction = await interactionOf(tools, request, reply);
    const { actor } = request;
    if (actor?.kind === 'person') {
      await context.db
        .transaction()
        .execute((transaction) =>
          endSessions(transaction, context.jobs, { uid: actor.sessionId }, { actor, reason: 'signed-out' }),
        );
    }
    reply.header('set-cookie', setCookie(context.config.url, cookies.session, '', 0));
    const again = new URLSearchParams(
      Object.entries(interaction.params).flatMap(([name, value]) =>
        typeof value === 'string' && !['prompt', 'max_age', 'login_hint'].includes(name) ? [[name, value]] : [],
      ),
    );
    again.set('prompt', 'login');
    return seeOther(reply, `/oidc/auth?${again}`);
  });

  /** The answer of a proof: the provider's session begins when the browser follows the location. */
  async function finishSignIn(
    request: FastifyRequest,
    reply: FastifyReply,
    interaction: Interaction,
    proof: Proof,
    { isShared, isActivation }: { readonly isShared: boolean; readonly isActivation: boolean },
  ): Promise<string> {
    const known = knownPerson(interaction);
    if (known && known !== proof.personId) throw noSignIn();
    await recordSignIn(tools, request, proof, { isActivation });
    const devices = tools.throttle.devices.remember(readCookie(request.headers.cookie, cookies.device), proof.personId);
    reply.header('set-cookie', [
      setCookie(context.config.url, cookies.device, devices, deviceSeconds),
      ...(isActivation ? [setCookie(context.config.url, cookies.activated, '', 0)] : []),
    ]);
    const { personId: accountId, acr, amr, epoch } = proof;
    const ts = Math.floor(context.clock.now().getTime() / 1000);
    // S8: a pupil's session, and one on a shared computer, ends with the browser and after a quarter of an hour unused
    const login = { accountId, acr, amr: [...amr], ts, epoch, remember: !isShared && !proof.isPupil };
    const provider = await tools.provider();
    return localOf(
      await provider.interactionResult(request.raw, reply.raw, { login }, { mergeWithLastSubmission: false }),
    );
  }

  async function showSignIn(
    { provider: _provider }: IdpTools,
    interaction: Interaction,
    request: FastifyRequest,
    reply: FastifyReply,
    {
      identifier = '',
      shared,
      error,
      status,
    }: { identifier?: string; shared?: 'yes' | undefined; error?: FormError; status?: number },
  ): Promise<FastifyReply> {
    const action = `/signin/${interaction.uid}`;
    const asking = await askingApp(tools, interaction);
    const passkey: PasskeyPrompt = {
      options: await requestOptions(context, ceremonyOf(interaction)),
      optionsPath: `${action}/passkey/options`,
      verifyPath: `${action}/passkey`,
    };
    const common = {
      action,
      app: asking,
      passkey,
      ...(error ? { error } : {}),
      ...(asking.isOwn ? {} : { cancelAction: `${action}/cancel` }),
    };
    const known = knownPerson(interaction);
    const view = viewOf(request);
    if (known) {
      const [person, account] = await Promise.all([getPerson(context.db, known), findAccount(context.db, known)]);
      const hasPassword = account?.password_hash != null && isStrongEnough('pwd', interaction.params.acr_values);
      const someoneElseAction = `${action}/someone-else`;
      return sendPage(
        reply,
        pages.stepUp({ ...common, name: person.fullName, hasPassword, someoneElseAction }, view),
        status,
      );
    }
    const hint = String(interaction.params.login_hint ?? '').slice(0, 40);
    const typed = identifier || (/^[\d .-]+$/.test(hint) ? hint : '');
    return sendPage(
      reply,
      pages.signIn(
        {
          ...common,
          identifier: typed.slice(0, 100),
          activatePath: '/activate',
          // After a refusal as the person left it, else ticked in a school.
          isShared: error ? shared === 'yes' : await tools.throttle.isSchoolNetwork(originOf(request, cookies.device)),
        },
        view,
      ),
      status,
    );
  }
}

async function showConsent(
  tools: IdpTools,
  interaction: Interaction,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { context, pages, apps } = tools;
  const app = await apps.app(String(interaction.params.client_id));
  const personId = interaction.session?.accountId;
  if (!app || !personId) throw noSignIn();
  const view = viewOf(request);
  const scopes = String(interaction.params.scope).split(' ');
  const claims = await personClaims(context.db, personId);
  const asking = await askingApp(tools, interaction);
  const html = pages.consent(
    {
      action: `/signin/${interaction.uid}/consent`,
      app: { ...asking, purpose: app.purpose[view.locale], owner: null },
      data: releasedData(
        claims,
        releasedScopes(app, claims, scopes, await isForPerson(context.db, app, personId)),
        view.locale,
      ),
      keepsAccess: scopes.includes('offline_access'),
      name: claims.name,
      someoneElseAction: `/signin/${interaction.uid}/someone-else`,
    },
    view,
  );
  return sendPage(reply, html);
}

/** The sign-in of this browser's cookie; the path must name the same one. @throws NotFound `sign-in/expired` */
async function interactionOf(
  tools: IdpTools,
  request: FastifyRequest,
  reply: FastifyReply,
  prompt?: 'login' | 'consent',
): Promise<Interaction> {
  const { uid } = request.params as { uid: string }; // validated by Params
  const provider = await tools.provider();
  const interaction = await provider.interactionDetails(request.raw, reply.raw).catch((error: unknown) => {
    if (error instanceof errors.SessionNotFound) throw noSignIn();
    throw error;
  });
  if (interaction.uid !== uid || (prompt && interaction.prompt.name !== prompt)) throw noSignIn();
  return interaction;
}

const confirming = new Set(['max_age', 'login_prompt', 'acr_values']);

/** The person whose session it is, when they only confirm again: recently (`max_age`, `prompt=login`) or more strongly (`acr_values`). */
function knownPerson(interaction: Interaction): string | undefined {
  const again = interaction.prompt.reasons.every((reason) => confirming.has(reason));
  return again ? interaction.session?.accountId : undefined;
}

function ceremonyOf(interaction: Interaction): { boundTo: string; personId?: string } {
  const personId = knownPerson(interaction);
  return { boundTo: `signin:${interaction.uid}`, ...(personId ? { personId } : {}) };
}

async function askingApp({ apps, context }: IdpTools, interaction: Interaction): Promise<AskingApp> {
  const clientId = String(interaction.params.client_id);
  const host = new URL(String(interaction.params.redirect_uri)).host;
  if (clientId === ownClientId) return { name: 'EduTrust', host: context.config.url.host, isOwn: true };
  return { name: (await apps.app(clientId))?.name ?? clientId, host, isOwn: false };
}

async function refuse(tools: IdpTools, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const provider = await tools.provider();
  const result = { error: 'access_denied', error_description: 'the person refused' };
  return seeOther(reply, localOf(await provider.interactionResult(request.raw, reply.raw, result)));
}

/** Where the provider goes on, without the origin: relative, so that nothing else can get into it. */
function localOf(location: string): string {
  const { pathname, search } = new URL(location);
  return `${pathname}${search}`;
}

/** @throws InvalidInput: the credential is right, and the app asks for a stronger one (`acr_values`). */
function passkeyNeeded(): InvalidInput {
  return new InvalidInput(
    'sign-in/passkey-needed',
    {
      vi: 'Ứng dụng này chỉ nhận đăng nhập bằng passkey.',
      en: 'This app accepts a sign-in with a passkey only.',
    },
    {
      remedy: {
        vi: 'Bấm nút passkey bên dưới. Nếu chưa có, hãy đăng nhập vào EduTrust và thêm passkey ở trang «Tài khoản của tôi».',
        en: 'Press the passkey button below. If you have none yet, sign in to EduTrust and add one on “My account”.',
      },
    },
  );
}

function noSignIn(): NotFound {
  return new NotFound(
    'sign-in/expired',
    {
      vi: 'Lượt đăng nhập này đã hết hạn hoặc được mở ở trình duyệt khác.',
      en: 'This sign-in has expired or belongs to another browser.',
    },
    {
      remedy: {
        vi: 'Quay lại ứng dụng và bấm đăng nhập lần nữa.',
        en: 'Go back to the app and sign in again.',
      },
    },
  );
}
