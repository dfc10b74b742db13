import type { PersonActor } from '@edutrust/platform/actor';
import type { Database } from '@edutrust/platform/database';
import { Forbidden, InvalidInput } from '@edutrust/platform/errors';
import { anyone, passkeyNeeded, stepUpNeeded } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { hide, strict } from '@edutrust/platform/schemas';
import { formatEducationId } from '@edutrust/registry/education-id';
import { isDecidedFor } from '@edutrust/registry/guardians';
import { listNotices } from '@edutrust/registry/notices';
import { officialIdsOf, personClaims } from '@edutrust/registry/people';
import { needPasskey } from '@edutrust/registry/permissions';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { findAccount } from '../accounts/account.ts';
import { isByGlass } from '../break-glass/glass.ts';
import { withdrawConsent } from '../consent/consent.ts';
import { listSharing, receiptPath } from '../consent/sharing.ts';
import { copyPath } from '../own-data/copy.ts';
import { formErrorOf, seeOther, sendPage, viewOf } from '../page-reply.ts';
import type { AccountProps, FormError } from '../pages.ts';
import { acceptedPasskeys, listPasskeys, removePasskey } from '../passkeys/passkeys.ts';
import { passwordHashOf } from '../password/attestation.ts';
import { hashNewPassword, keepPassword, passwordRule } from '../password/password.ts';
import { normalizePassword } from '../password/policy.ts';
import { placeOf, releasedData } from '../provider/claims.ts';
import { findSecondFactor } from '../second-factor/second-factor.ts';
import { setCookie } from '../sessions/cookies.ts';
import { deviceOf } from '../sessions/device.ts';
import { endSessions } from '../sessions/end.ts';
import { mustNotBeOfLeft } from '../sessions/of-left.ts';
import { listSessions } from '../sessions/sessions.ts';
import { viewOfSession } from '../sessions/view.ts';
import type { IdpTools } from '../tools.ts';
import { openChanges } from '../undo/changes.ts';
import { accountActivity } from './activity.ts';
import { askedProps } from './asked.ts';
import { noticeProps } from './notices.ts';
import { sessionProps } from './session-props.ts';

const Text = Type.String({ maxLength: 1_024 });
const IdParams = Type.Object({ id: Type.String({ maxLength: 200 }) });
/** Changing how one signs in needs a proof of these last seconds (W7). */
export const freshSeconds = 900;

const notices = {
  password: { vi: 'Đã đổi mật khẩu; các phiên khác đã kết thúc.', en: 'Password changed; other sessions were ended.' },
  removed: { vi: 'Đã xoá passkey.', en: 'The passkey was removed.' },
  added: { vi: 'Đã thêm passkey.', en: 'The passkey was added.' },
  ended: { vi: 'Đã kết thúc phiên đó.', en: 'That session was ended.' },
  withdrawn: { vi: 'Đã rút lại đồng ý.', en: 'The agreement was withdrawn.' },
} as const;

const Query = Type.Object({
  done: Type.Optional(Type.Enum(['password', 'removed', 'added', 'ended', 'withdrawn'])),
  lang: Type.Optional(Type.String()),
});

async function showAccount(
  tools: IdpTools,
  request: FastifyRequest,
  reply: FastifyReply,
  actor: PersonActor,
  { notice, error, status }: { notice?: string; error?: FormError; status?: number },
) {
  const props = await accountProps(tools, actor, viewOf(request).locale);
  const extra = { ...(notice ? { notice } : {}), ...(error ? { error } : {}) };
  const view = await viewOfSession(tools.context, request, actor);
  return sendPage(reply, tools.pages.account({ ...props, ...extra }, view), status);
}

const Password = Type.Object({ current: Type.Optional(Text), password: Text, repeat: Text }, strict);

const showPage = (tools: IdpTools) =>
  route({
    method: 'GET',
    url: '/account',
    access: anyone,
    schema: { ...hide, querystring: Query },
    handle: async (request, reply) => {
      const actor = signedInOr(request, reply);
      if (!actor) return reply;
      const notice = request.query.done && notices[request.query.done][viewOf(request).locale];
      return showAccount(tools, request, reply, actor, { ...(notice ? { notice } : {}) });
    },
  });

const changePassword = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: '/account/password',
    access: anyone,
    schema: { ...hide, body: Password },
    handle: async (request, reply) => {
      const actor = await freshOr(tools, request, reply, { changes: 'password' });
      if (!actor) return reply;
      const { personId, sessionId } = actor;
      const { current = '', password, repeat } = request.body;
      try {
        const account = await findAccount(tools.context.db, personId);
        const stored = passwordHashOf(tools.context.secrets, account);
        if (account?.password_hash && !(await tools.hasher.verify(stored, normalizePassword(current)))) {
          throw field('current', { vi: 'Mật khẩu hiện tại không đúng.', en: 'The current password is wrong.' });
        }
        if (normalizePassword(password) !== normalizePassword(repeat)) {
          throw field('repeat', {
            vi: 'Hai lần nhập mật khẩu không giống nhau.',
            en: 'The two passwords are not the same.',
          });
        }
        const hash = await hashNewPassword(tools.context, tools.hasher, personId, password);
        await tools.context.db
          .transaction()
          .execute((transaction) =>
            keepPassword(transaction, tools.context, { personId, hash, exceptUid: sessionId }, actor),
          );
        return seeOther(reply, '/account?done=password');
      } catch (error) {
        const { error: shown, status } = formErrorOf(error, request);
        return showAccount(tools, request, reply, actor, { error: shown, status });
      }
    },
  });

const showPasskeyPage = (tools: IdpTools) =>
  route({
    method: 'GET',
    url: '/account/passkey',
    access: anyone,
    schema: hide,
    handle: async (request, reply) => {
      const actor = await freshOr(tools, request, reply, { returnTo: '/account/passkey', changes: 'passkeys' });
      if (!actor) return reply;
      const { name } = await personClaims(tools.context.db, actor.personId);
      const passkey = { optionsPath: '/api/v1/account/passkeys/options', verifyPath: '/api/v1/account/passkeys' };
      const deviceName = deviceOf(request.headers['user-agent'] ?? '').replace('unknown', '');
      return sendPage(
        reply,
        tools.pages.passkeyAdd({ name, deviceName, passkey, accountPath: '/account' }, viewOf(request)),
      );
    },
  });

const deletePasskey = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: '/account/passkeys/:id/remove',
    access: anyone,
    schema: { ...hide, params: IdParams },
    handle: async (request, reply) => {
      const actor = await freshOr(tools, request, reply, { changes: 'passkeys' });
      if (!actor) return reply;
      await tools.context.db
        .transaction()
        .execute((transaction) => removePasskey(transaction, actor.personId, request.params.id, actor));
      return seeOther(reply, '/account?done=removed');
    },
  });

const endAll = ({ context, cookies }: IdpTools) =>
  route({
    method: 'POST',
    url: '/account/sessions/end',
    access: anyone,
    schema: hide,
    handle: async (request, reply) => {
      const actor = signedInOr(request, reply);
      if (!actor) return reply;
      await context.db
        .transaction()
        .execute((transaction) =>
          endSessions(
            transaction,
            context.jobs,
            { personId: actor.personId },
            { actor, reason: 'signed-out-everywhere' },
          ),
        );
      reply.header('set-cookie', setCookie(context.config.url, cookies.session, '', 0));
      reply.header('clear-site-data', '"cache"');
      return seeOther(reply, '/signed-out');
    },
  });

const endOne = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: '/account/sessions/:id/end',
    access: anyone,
    schema: { ...hide, params: IdParams },
    handle: async (request, reply) => {
      const actor = signedInOr(request, reply);
      if (!actor) return reply;
      await endOwnSession(tools, actor, request.params.id);
      return seeOther(reply, '/account?done=ended');
    },
  });

const withdraw = ({ context: { db } }: IdpTools) =>
  route({
    method: 'POST',
    url: '/account/apps/:id/withdraw',
    access: anyone,
    schema: { ...hide, params: IdParams },
    handle: async (request, reply) => {
      const actor = signedInOr(request, reply);
      if (!actor) return reply;
      await db.transaction().execute((transaction) => withdrawConsent(transaction, actor.personId, request.params.id));
      return seeOther(reply, '/account?done=withdrawn');
    },
  });

/** `/account`: how one signs in, where one is signed in, which apps know what; plain forms. */
export const accountPages = (tools: IdpTools): Route[] => [
  showPage(tools),
  changePassword(tools),
  showPasskeyPage(tools),
  deletePasskey(tools),
  endAll(tools),
  endOne(tools),
  withdraw(tools),
];

/** Ends one of the person's own sessions; another person's is not found. Gives whether there was one. */
export async function endOwnSession({ context }: IdpTools, actor: PersonActor, uid: string): Promise<boolean> {
  const own = (await listSessions(context.db, actor.personId)).some(({ id }) => id === uid);
  if (!own) return false;
  await context.db
    .transaction()
    .execute((transaction) => endSessions(transaction, context.jobs, { uid }, { actor, reason: 'signed-out' }));
  return true;
}

async function accountProps(
  { context, apps, upstreams, releasedOf, receipts }: IdpTools,
  actor: PersonActor,
  locale: 'vi' | 'en',
): Promise<AccountProps> {
  const { db } = context;
  const { personId } = actor;
  const [claims, account, passkeys, sessions, rule, activity, told, sharing, secondFactor, released, undoable, asked] =
    await Promise.all([
      personClaims(db, personId),
      findAccount(db, personId),
      listPasskeys(db, personId),
      listSessions(db, personId),
      passwordRule(context, personId),
      accountActivity(db, personId, locale),
      listNotices(db, personId, 10),
      listSharing(db, apps, personId),
      findSecondFactor(db, personId),
      releasedOf(personId),
      openChanges(db, personId, context.clock.now()),
      askedProps({ context, apps }, personId, locale),
    ]);
  const hasPassword = account?.password_hash != null;
  const needed = await proofNeeded(db, actor, 'passkeys');
  return {
    name: claims.name,
    educationId: formatEducationId(claims.education_id),
    place: placeOf(claims, locale),
    isPupil: rule.isPupil,
    hasPassword,
    passwordChangedAt: account?.password_changed_at?.toISOString() ?? null,
    passwordAction: '/account/password',
    minimumLength: rule.minimumLength,
    accepted: acceptedPasskeys(context.config, account, passkeys, claims),
    passkeys: passkeyProps(passkeys, hasPassword && !needPasskey(actor.roles)),
    addPasskeyPath: '/account/passkey',
    ...(hasPassword && !rule.isPupil
      ? { secondFactor: { path: '/account/second-factor', isOn: secondFactor !== undefined } }
      : {}),
    sessions: sessions.map((session) => sessionProps(session, actor.sessionId, locale)),
    endAllAction: '/account/sessions/end',
    apps: sharing.map(({ app, since, scopes, isConsent, agreedBy }) => ({
      name: app.name,
      since: since.toISOString(),
      data: releasedData(claims, scopes, locale),
      withdrawAction: isConsent ? `/account/apps/${app.clientId}/withdraw` : null,
      receiptPath: receipts ? receiptPath(app.clientId, agreedBy, personId) : null,
    })),
    asked,
    releases: released.map(({ lastAt, ...release }) => ({ ...release, lastAt: lastAt.toISOString() })),
    notices: told.map(noticeProps({ secrets: context.secrets, undoable: rule.isPupil ? [] : undoable, locale })),
    activity,
    ...(await officialIdsOf(db, context.secrets, personId)),
    looksPath: '/account/looks',
    dataPath: (await isDecidedFor(db, personId, context.clock.now())) ? null : provedPath(copyPath(), needed),
    ...upstreamPath(upstreams),
    homePath: '/',
    signOutAction: '/sign-out',
  };
}

/** The last one stays, unless something else lets its owner in. */
const passkeyProps = (
  passkeys: Awaited<ReturnType<typeof listPasskeys>>,
  hasOther: boolean,
): AccountProps['passkeys'] =>
  passkeys.map(({ id, name, ...passkey }) => ({
    id,
    name,
    createdAt: passkey.created_at.toISOString(),
    lastUsedAt: passkey.last_used_at?.toISOString() ?? null,
    isSynced: passkey.is_synced,
    removeAction: passkeys.length > 1 || hasOther ? `/account/passkeys/${id}/remove` : null,
  }));

const upstreamPath = ({ all }: IdpTools['upstreams']) => (all.length > 0 ? { upstreamPath: '/account/upstream' } : {});

/** The signed-in person; else the browser is sent to sign in, and the answer is on its way. @throws Forbidden `account/left` */
export function signedInOr(request: FastifyRequest, reply: FastifyReply): PersonActor | undefined {
  if (request.actor?.kind === 'person') return request.actor;
  mustNotBeOfLeft(request);
  seeOther(reply, `/signin?return_to=${encodeURIComponent(request.method === 'GET' ? request.url : '/account')}`);
  return undefined;
}

/** As `signedInOr`, and the proof is recent and strong enough; else the person confirms again first. */
export async function freshOr(
  { context }: IdpTools,
  request: FastifyRequest,
  reply: FastifyReply,
  { returnTo = '/account', changes }: { readonly returnTo?: string; readonly changes: 'password' | 'passkeys' },
): Promise<PersonActor | undefined> {
  const actor = signedInOr(request, reply);
  if (!actor) return undefined;
  const needed = await proofNeeded(context.db, actor, changes);
  if (!needed && isFresh(actor, context.clock.now())) return actor;
  seeOther(reply, provedPath(returnTo, needed));
  return undefined;
}

/** A path that is reached by way of a fresh proof, or at once while there is one. */
export function provedPath(path: string, needed: 'pwd' | 'passkey' | undefined): string {
  const acr = needed ? `&acr=${needed}` : '';
  return `/signin?return_to=${encodeURIComponent(path)}&fresh=${freshSeconds}${acr}`;
}

function isFresh(actor: PersonActor, now: Date): boolean {
  return now.getTime() - actor.authenticatedAt.getTime() < freshSeconds * 1000;
}

/** For what is asked over JSON: @throws Forbidden `account/not-with-badge`, `account/not-by-break-glass`; Unauthenticated `session/step-up-required` */
export async function mustBeFresh({ context }: IdpTools, actor: PersonActor): Promise<void> {
  if (isByGlass(actor)) throw notByGlass();
  const needed = await proofNeeded(context.db, actor, 'passkeys');
  if (needed === 'passkey') throw passkeyNeeded();
  if (needed === 'pwd') throw notWithBadge();
  if (!isFresh(actor, context.clock.now())) throw stepUpNeeded();
}

/**
 * What a session has to be proved by before it changes how its person signs in, when that is more than it was. Who has a
 * passkey is asked for it before another is added or one is removed: whatever else let somebody in as them does not become
 * a passkey of their own (Q3, W7). Roles above a teacher's are worth a passkey, so theirs is also asked before the password
 * changes, or that would be the passkey's equal (W5). The first passkey is added after a password. A badge and its PIN open
 * a school's computer and lead to nothing that lasts.
 */
export async function proofNeeded(
  db: Database,
  actor: PersonActor,
  changes: 'password' | 'passkeys',
): Promise<'pwd' | 'passkey' | undefined> {
  if (actor.acr === 'badge') return 'pwd';
  if (actor.acr === 'passkey' || (changes === 'password' && !needPasskey(actor.roles))) return undefined;
  return (await listPasskeys(db, actor.personId)).length > 0 ? 'passkey' : undefined;
}

function notByGlass(): Forbidden {
  return new Forbidden(
    'account/not-by-break-glass',
    { vi: 'Truy cập khẩn cấp không đổi được gì của tài khoản.', en: 'Broken glass changes nothing of an account.' },
    { remedy: { vi: 'Đăng nhập như thường ngày.', en: 'Sign in as on any other day.' } },
  );
}

function notWithBadge(): Forbidden {
  return new Forbidden(
    'account/not-with-badge',
    { vi: 'Việc này không làm được khi vào bằng thẻ.', en: 'This cannot be done after signing in with a badge.' },
    {
      remedy: {
        vi: 'Đăng nhập bằng mã giáo dục và mật khẩu; chưa có mật khẩu thì xin giáo viên mã kích hoạt.',
        en: 'Sign in with your education ID and password; if you have none, ask your teacher for an activation code.',
      },
    },
  );
}

function field(name: string, detail: { vi: string; en: string }): InvalidInput {
  return new InvalidInput(`passwords/${name}`, detail, { fields: [{ pointer: `/${name}`, detail }] });
}
