import { type Database, statement, type Transaction } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { eventWrites } from '@edutrust/platform/events';
import { notify } from '@edutrust/registry/notices';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errors, type Provider } from 'oidc-provider';
import { isOfficer } from '../accounts/staff.ts';
import { eventRows } from '../events.ts';
import { takeSeat } from '../lessons/entering.ts';
import { isLevelThree, mustSuitLevelThree } from '../level-three/rules.ts';
import { logSignIn } from '../level-three/sign-in-log.ts';
import { seeOther } from '../page-reply.ts';
import type { AskingApp } from '../pages.ts';
import { isStrongEnough } from '../provider/assurance.ts';
import { acrAsked } from '../provider/claims-parameter.ts';
import { ownClientId } from '../provider/first-party.ts';
import { librarySeconds } from '../provider/library-time.ts';
import { keepDoubted, keepQuestioned, unusual } from '../risk/questioned.ts';
import { isSignal, riskReason, type Signal } from '../risk/words.ts';
import { readCookie, setCookie } from '../sessions/cookies.ts';
import { deviceOf } from '../sessions/device.ts';
import { originOf } from '../throttling/origin.ts';
import type { IdpTools } from '../tools.ts';
import type { Attempt } from './methods/method.ts';
import { type Proof, passkeyNeeded } from './proof.ts';
import { notForWhoLeft } from './standing.ts';

/** The provider's sign-in under way: what an app asked for, and what is missing. */
export type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

const deviceSeconds = 365 * 24 * 3600;

/** The sign-in of this browser's cookie; the path must name the same one. @throws NotFound `sign-in/expired` */
export async function openInteraction(
  tools: IdpTools,
  request: FastifyRequest<{ Params: { uid: string } }>,
  reply: FastifyReply,
  prompt?: 'login' | 'consent' | 'select_account',
): Promise<Interaction> {
  const provider = await tools.provider();
  const interaction = await provider.interactionDetails(request.raw, reply.raw).catch((error: unknown) => {
    if (error instanceof errors.SessionNotFound) throw signInExpired();
    throw error;
  });
  if (interaction.uid !== request.params.uid || (prompt && interaction.prompt.name !== prompt)) throw signInExpired();
  return interaction;
}

/** As {@link openInteraction}; nothing for who is in by now and went back to the page of a sign-in that is used up. */
export function openPage(
  tools: IdpTools,
  request: FastifyRequest<{ Params: { uid: string } }>,
  reply: FastifyReply,
  prompt?: 'login',
): Promise<Interaction | undefined> {
  return openInteraction(tools, request, reply, prompt).catch((error: unknown) => {
    if (request.actor && error instanceof NotFound) return undefined;
    throw error;
  });
}

const confirming = new Set(['max_age', 'login_prompt', 'acr_values', riskReason]);

/**
 * The person whose session it is, when they only confirm again: recently (`max_age`, `prompt=login`), more strongly
 * (`acr_values`), or because the session comes from where it did not begin.
 */
export function knownPerson(interaction: Interaction): string | undefined {
  const again = interaction.prompt.reasons.every((reason) => confirming.has(reason));
  return again ? interaction.session?.accountId : undefined;
}

/** A try of this request at the sign-in. */
export function attemptOf(request: FastifyRequest, interaction: Interaction): Attempt {
  return { request, uid: interaction.uid, personId: knownPerson(interaction) };
}

/** The app that waits for the sign-in. */
export async function askingApp({ apps, context }: IdpTools, interaction: Interaction): Promise<AskingApp> {
  const clientId = String(interaction.params.client_id);
  if (clientId === ownClientId) return { name: 'EduTrust', host: context.config.url.host, isOwn: true };
  const { redirect_uri: address } = interaction.params; // a device that waits has none
  const host = address === undefined ? null : new URL(String(address)).host;
  return { name: (await apps.app(clientId))?.name ?? clientId, host, isOwn: false };
}

/** What is unusual about the session that is to confirm; empty where it only confirms for an app. */
export function doubtsOfSession({ prompt }: Interaction): Signal[] {
  const found: unknown = prompt.reasons.includes(riskReason) ? prompt.details[riskReason] : [];
  return Array.isArray(found) ? found.map(String).filter(isSignal) : [];
}

/** A session that comes from where it did not begin is kept, and its owner told. */
export async function keepDoubts({ context }: IdpTools, interaction: Interaction): Promise<void> {
  const doubts = doubtsOfSession(interaction);
  const { accountId: personId, uid } = interaction.session ?? {};
  if (doubts.length > 0 && personId && uid) await keepDoubted(context, { uid, personId }, doubts);
}

/** Why this proof is not enough from where it comes; a passkey, a second factor and the owner's mailbox always are. */
export async function doubtsOf(
  { risk, cookies }: IdpTools,
  request: FastifyRequest,
  interaction: Interaction,
  { acr, isPupil, isUsual, personId }: Proof,
): Promise<Signal[]> {
  if (isPupil || isUsual || acr === 'passkey' || acr === 'mfa') return [];
  const ofSession = doubtsOfSession(interaction);
  const ofSignIn = await risk.ofSignIn(originOf(request, cookies.device), personId);
  return [...new Set([...ofSession, ...ofSignIn])];
}

/**
 * Ends the sign-in with a proof; gives where the browser goes on. The provider's session begins when it gets there.
 *
 * @throws InvalidInput `sign-in/passkey-needed` when the app asks for more, `sign-in/unusual` when it comes from where the
 *   person never was, `sign-in/left` when it is for an app and they belong nowhere any longer; NotFound `sign-in/expired` for another person
 *   than the one who confirms
 */
export async function finishSignIn(
  tools: IdpTools,
  request: FastifyRequest,
  reply: FastifyReply,
  interaction: Interaction,
  proof: Proof,
  { isShared, isActivation }: { readonly isShared: boolean; readonly isActivation: boolean },
): Promise<string> {
  const { context, cookies, throttle, risk } = tools;
  const origin = originOf(request, cookies.device);
  if (!isStrongEnough(proof.acr, acrAsked(interaction.params))) {
    await throttle.forget(proof.counters ?? []);
    throw passkeyNeeded();
  }
  const known = knownPerson(interaction);
  if (known && known !== proof.personId) throw signInExpired();
  if (proof.hasLeft && String(interaction.params.client_id) !== ownClientId) {
    await throttle.forget(proof.counters ?? []); // the password was right
    throw notForWhoLeft();
  }
  const isInside = isLevelThree(context) && (await throttle.isSchoolNetwork(origin));
  const isOfStaff = await mustSuitLevelThree(context, proof, { isInside, isActivation }).catch(async (error) => {
    await throttle.forget(proof.counters ?? []); // the password was right
    await logSignIn(context, request, { personId: proof.personId, outcome: 'second-factor-needed', method: proof.acr });
    throw error;
  });
  const doubts = isActivation ? [] : await doubtsOf(tools, request, interaction, proof);
  if (doubts.length > 0) {
    await throttle.forget(proof.counters ?? []);
    await keepQuestioned(context, proof.personId, 'refused', doubts);
    throw unusual(doubts);
  }
  const seat = await takeSeat(context, proof, {
    address: request.isBehindUndeclaredProxy ? undefined : request.ip,
    uid: interaction.uid,
    isConfirming: known !== undefined,
  });
  await recordSignIn(tools, request, proof, { isActivation });
  if (!proof.isPupil) await risk.remember(origin, proof.personId);
  const devices = throttle.devices.remember(readCookie(request.headers.cookie, cookies.device), proof.personId);
  reply.header('set-cookie', [
    setCookie(context.config.url, cookies.device, devices, deviceSeconds),
    ...(isActivation ? [setCookie(context.config.url, cookies.activated, '', 0)] : []),
  ]);
  const { personId: accountId, acr, amr, epoch } = proof;
  const ts = Math.floor(context.clock.now().getTime() / 1000);
  // S8: a pupil's session, an officer's, and one on a shared computer, ends with the browser and after a quarter of an
  // hour unused, and at security level 3 that of staff too; so does that of who left: they come rarely, from anywhere
  const isBrief =
    isShared || proof.isPupil || proof.hasLeft || isOfStaff || (await isOfficer(context.db, proof.personId));
  const place = risk.placeOf(origin);
  const login = {
    accountId,
    acr,
    amr: [...amr],
    ts,
    epoch,
    ...seat,
    ...(place === null ? {} : { place }),
    ...(proof.hasLeft ? { hasLeft: true } : {}),
    remember: !isBrief,
  };
  await logSignIn(context, request, { personId: accountId, outcome: 'signed-in', method: acr });
  return answerInteraction(interaction, { login, select_account: {} });
}

/**
 * Keeps the answer for the provider, which finds it when the browser gets where this says. It is the library's
 * `interactionResult`, for an interaction that the request has read already.
 */
async function answerInteraction(
  interaction: Interaction,
  result: NonNullable<Interaction['result']>,
): Promise<string> {
  interaction.result = result;
  await interaction.save(interaction.exp - librarySeconds());
  return localOf(interaction.returnTo);
}

/** The person confirmed with their phone what is signed: the app gets its code. */
export async function keepConfirmed(interaction: Interaction): Promise<string> {
  return answerInteraction(interaction, { credential: {} });
}

/** The person of the session goes on as who they are. */
export async function keepAccount(interaction: Interaction): Promise<string> {
  return answerInteraction(interaction, { select_account: {} });
}

/** Sends the browser back to the app: the person did not want to. */
export async function refuseSignIn(
  tools: IdpTools,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  return tellApp(tools, request, reply, { error: 'access_denied', error_description: 'the person refused' });
}

/** Sends the browser back to the app with an error (RFC 6749 §4.1.2.1). */
export async function tellApp(
  tools: IdpTools,
  request: FastifyRequest,
  reply: FastifyReply,
  result: { readonly error: string; readonly error_description: string },
): Promise<FastifyReply> {
  const provider = await tools.provider();
  return seeOther(reply, localOf(await provider.interactionResult(request.raw, reply.raw, result)));
}

/** Where the provider goes on, without the origin: relative, so that nothing else can get into it. */
export function localOf(location: string): string {
  const { pathname, search } = new URL(location);
  return `${pathname}${search}`;
}

export function signInExpired(): NotFound {
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

/** The effect, its event, and the end of the tries that a right one forgets. */
const signedIn = statement<
  { before: Date | null },
  [personId: string, at: Date, counters: readonly Buffer[], events: string]
>(
  'idp.account-signed-in',
  `WITH held AS (SELECT last_sign_in_at AS before FROM idp.account WHERE person_id = $1 FOR UPDATE), done AS (
     UPDATE idp.account AS a SET last_sign_in_at = $2 FROM held WHERE a.person_id = $1 RETURNING held.before), forgotten AS (
     DELETE FROM idp.throttle WHERE key = ANY($3)), homed AS (
     SELECT jsonb_agg(row || jsonb_build_object('organisation_id',
       (SELECT home_organisation_id FROM registry.person WHERE id = $1))) AS rows
     FROM jsonb_array_elements($4::jsonb) AS row), ${eventWrites('(SELECT rows FROM homed)')}
   SELECT before FROM done`,
  { isNews: true },
);

/**
 * Keeps that the person signed in. Staff are told when a browser that never saw them does (W7): not of the first sign-in
 * of an account, nor when they have just chosen its credentials there.
 */
async function recordSignIn(
  { context, throttle, cookies }: IdpTools,
  request: FastifyRequest,
  { personId, acr, isPupil, counters = [] }: Proof,
  { isActivation }: { readonly isActivation: boolean },
): Promise<void> {
  const at = context.clock.now();
  const isKnown = throttle.devices.deviceOf(readCookie(request.headers.cookie, cookies.device), personId) !== undefined;
  const keep = (on: Database | Transaction) =>
    signedIn(
      on,
      personId,
      at,
      counters.map((key) => Buffer.from(key, 'hex')),
      eventRows({
        type: 'account.signed-in',
        actor: { kind: 'person', personId, sessionId: '', roles: [], acr, authenticatedAt: at },
        subject: { kind: 'person', id: personId },
        data: { method: acr, newDevice: !isKnown },
      }),
    );
  if (isKnown || isPupil || isActivation) {
    await keep(context.db);
    return;
  }
  await context.db.transaction().execute(async (transaction) => {
    const [account] = await keep(transaction);
    if (!account?.before) return;
    const device = deviceOf(request.headers['user-agent'] ?? '');
    const data: Record<string, string> = device === 'unknown' ? {} : { device };
    await notify(transaction, { personId, kind: 'sign-in.new-device', data });
  });
}
