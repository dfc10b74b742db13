import type { PersonActor } from '@edutrust/platform/actor';
import { Conflict, NotFound } from '@edutrust/platform/errors';
import { personActor, signedIn } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { nullable, strict, Time } from '@edutrust/platform/schemas';
import { needPasskey } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { accountStatus } from '../accounts/accounts.ts';
import { mayOfferPasskey } from '../passkeys/offer.ts';
import { creationOptions, keepPasskey, listPasskeys, removePasskey, verifyAttestation } from '../passkeys/passkeys.ts';
import { AttestationBody } from '../passkeys/schemas.ts';
import { listSessions } from '../sessions/sessions.ts';
import type { IdpTools } from '../tools.ts';
import { endOwnSession, mustBeFresh } from './pages.ts';

const tags = ['account'];
const Instant = Time;
const IdParams = Type.Object({ id: Type.String({ maxLength: 200 }) });

const PasskeyView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  createdAt: Instant,
  lastUsedAt: nullable(Instant),
  isSynced: Type.Boolean(),
});
const SessionView = Type.Object({
  id: Type.String(),
  device: Type.String(),
  method: Type.Enum(['badge', 'password', 'code', 'passkey']),
  isCurrent: Type.Boolean(),
  signedInAt: Instant,
  lastSeenAt: Instant,
  apps: Type.Array(Type.String()),
});
const OwnAccount = Type.Object({
  status: Type.Enum(['none', 'invited', 'active', 'suspended']),
  hasPassword: Type.Boolean(),
  lastSignInAt: nullable(Instant),
  passkeys: Type.Array(PasskeyView),
});

const NewPasskey = Type.Object(
  {
    credential: AttestationBody,
    name: Type.Optional(Type.String({ maxLength: 200 })),
    conditional: Type.Optional(Type.Literal(true)),
  },
  strict,
);

const readAccount = ({ context }: IdpTools) =>
  route({
    method: 'GET',
    url: '/api/v1/account',
    access: signedIn,
    schema: { tags, summary: 'The caller’s own account', response: { 200: OwnAccount } },
    handle: async (request) => {
      const { personId } = personActor(request);
      const { status, hasPassword, lastSignInAt } = await accountStatus(context, personId);
      const passkeys = await listPasskeys(context.db, personId);
      return {
        status,
        hasPassword,
        lastSignInAt: lastSignInAt?.toISOString() ?? null,
        passkeys: passkeys.map((passkey) => ({
          id: passkey.id,
          name: passkey.name,
          createdAt: passkey.created_at.toISOString(),
          lastUsedAt: passkey.last_used_at?.toISOString() ?? null,
          isSynced: passkey.is_synced,
        })),
      };
    },
  });

const passkeyOptions = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: '/api/v1/account/passkeys/options',
    access: signedIn,
    schema: {
      tags,
      summary: 'Options to create a passkey',
      body: Type.Optional(Type.Object({ conditional: Type.Optional(Type.Literal(true)) }, strict)),
      response: { 200: Type.Object({ options: Type.Unknown() }) },
    },
    handle: async (request) => {
      const actor = personActor(request);
      await mustBeFresh(tools, actor);
      const { personId } = actor;
      const boundTo = await ceremonyOf(tools, actor, request.body?.conditional);
      return { options: await creationOptions(tools.context, { boundTo, personId }) };
    },
  });

/**
 * What the challenge is bound to. A browser may make a passkey by itself for who has just typed a password on a device of
 * their own and has none yet; its challenge serves no ceremony in which the person is verified, nor the other way round.
 *
 * @throws Conflict `passkeys/not-by-itself`
 */
async function ceremonyOf({ context }: IdpTools, actor: PersonActor, isConditional: true | undefined): Promise<string> {
  if (!isConditional) return `session:${actor.sessionId}`;
  if (!(await mayOfferPasskey(context.db, actor))) {
    throw new Conflict('passkeys/not-by-itself', {
      vi: 'Ở đây trình duyệt không tự tạo passkey.',
      en: 'Here the browser makes no passkey by itself.',
    });
  }
  return `session:${actor.sessionId}:conditional`;
}

const addPasskey = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: '/api/v1/account/passkeys',
    access: signedIn,
    schema: {
      tags,
      summary: 'Keeps the passkey that the browser made',
      body: NewPasskey,
      response: { 201: Type.Object({ id: Type.String(), location: Type.String() }) },
    },
    handle: async (request, reply) => {
      const actor = personActor(request);
      await mustBeFresh(tools, actor);
      const { personId } = actor;
      const { credential, conditional, name = '' } = request.body;
      const boundTo = await ceremonyOf(tools, actor, conditional);
      const ceremony = { boundTo, personId, isConditional: conditional === true };
      const passkey = await verifyAttestation(tools.context, credential, ceremony);
      const id = await tools.context.db
        .transaction()
        .execute((transaction) => keepPasskey(transaction, tools.context, { personId, name, passkey }, actor));
      // Who had none to sign in with goes on to use it: the session is still the password's.
      const isWeak = actor.acr !== 'passkey' && needPasskey(actor.roles);
      return reply
        .code(201)
        .send({ id, location: isWeak ? '/signin?acr=passkey&return_to=%2F' : '/account?done=added' });
    },
  });

const endPasskey = (tools: IdpTools) =>
  route({
    method: 'DELETE',
    url: '/api/v1/account/passkeys/:id',
    access: signedIn,
    schema: { tags, summary: 'Removes a passkey', params: IdParams, response: { 204: Type.Null() } },
    handle: async (request, reply) => {
      const actor = personActor(request);
      await mustBeFresh(tools, actor);
      await tools.context.db
        .transaction()
        .execute((transaction) => removePasskey(transaction, actor.personId, request.params.id, actor));
      return reply.code(204).send(null);
    },
  });

const sessions = ({ context: { db } }: IdpTools) =>
  route({
    method: 'GET',
    url: '/api/v1/account/sessions',
    access: signedIn,
    schema: {
      tags,
      summary: 'Where the caller is signed in',
      response: { 200: Type.Object({ items: Type.Array(SessionView), nextCursor: Type.Null() }) },
    },
    handle: async (request) => {
      const { personId, sessionId } = personActor(request);
      const items = (await listSessions(db, personId)).map(({ signedInAt, lastSeenAt, ...session }) => ({
        ...session,
        isCurrent: session.id === sessionId,
        signedInAt: signedInAt.toISOString(),
        lastSeenAt: lastSeenAt.toISOString(),
      }));
      return { items, nextCursor: null };
    },
  });

const endSession = (tools: IdpTools) =>
  route({
    method: 'DELETE',
    url: '/api/v1/account/sessions/:id',
    access: signedIn,
    schema: { tags, summary: 'Ends one session', params: IdParams, response: { 204: Type.Null() } },
    handle: async (request, reply) => {
      if (!(await endOwnSession(tools, personActor(request), request.params.id))) {
        throw new NotFound('sessions/not-found', { vi: 'Không có phiên này.', en: 'There is no such session.' });
      }
      return reply.code(204).send(null);
    },
  });

/** The signed-in person's own account over JSON. */
export const accountRoutes = (tools: IdpTools): Route[] => [
  readAccount(tools),
  passkeyOptions(tools),
  addPasskey(tools),
  endPasskey(tools),
  sessions(tools),
  endSession(tools),
];
