import { NotFound } from '@edutrust/platform/errors';
import { type HttpServer, personActor, signedIn } from '@edutrust/platform/http';
import { nullable, strict, Time } from '@edutrust/platform/schemas';
import { needPasskey } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { accountStatus } from '../accounts/accounts.ts';
import { creationOptions, keepPasskey, listPasskeys, removePasskey, verifyAttestation } from '../passkeys/passkeys.ts';
import { AttestationBody } from '../passkeys/schemas.ts';
import { listSessions } from '../sessions/sessions.ts';
import type { IdpTools } from '../tools.ts';
import { endOwnSession, mustBeFresh } from './pages.ts';

const tags = ['account'];
const config = { access: signedIn };
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

/** The signed-in person's own account over JSON. */
export function addAccountRoutes(app: HttpServer, tools: IdpTools): void {
  const { context } = tools;
  const { db } = context;

  app.get(
    '/api/v1/account',
    { config, schema: { tags, summary: 'The caller’s own account', response: { 200: OwnAccount } } },
    async (request) => {
      const { personId } = personActor(request);
      const { status, hasPassword, lastSignInAt } = await accountStatus(context, personId);
      const passkeys = await listPasskeys(db, personId);
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
  );

  app.post(
    '/api/v1/account/passkeys/options',
    {
      config,
      schema: {
        tags,
        summary: 'Options to create a passkey',
        body: Type.Optional(Type.Object({}, strict)),
        response: { 200: Type.Object({ options: Type.Unknown() }) },
      },
    },
    async (request) => {
      const actor = personActor(request);
      await mustBeFresh(tools, actor);
      const { personId, sessionId } = actor;
      return { options: await creationOptions(context, { boundTo: `session:${sessionId}`, personId }) };
    },
  );

  const NewPasskey = Type.Object(
    { credential: AttestationBody, name: Type.Optional(Type.String({ maxLength: 200 })) },
    strict,
  );
  app.post(
    '/api/v1/account/passkeys',
    {
      config,
      schema: {
        tags,
        summary: 'Keeps the passkey that the browser made',
        body: NewPasskey,
        response: { 201: Type.Object({ id: Type.String(), location: Type.String() }) },
      },
    },
    async (request, reply) => {
      const actor = personActor(request);
      await mustBeFresh(tools, actor);
      const { personId, sessionId } = actor;
      const { credential, name = '' } = request.body;
      const passkey = await verifyAttestation(context, credential, { boundTo: `session:${sessionId}`, personId });
      const id = await db
        .transaction()
        .execute((transaction) => keepPasskey(transaction, context, { personId, name, passkey }, actor));
      // Who had none to sign in with goes on to use it: the session is still the password's.
      const isWeak = actor.acr !== 'passkey' && needPasskey(actor.roles);
      return reply
        .code(201)
        .send({ id, location: isWeak ? '/signin?acr=passkey&return_to=%2F' : '/account?done=added' });
    },
  );

  app.delete(
    '/api/v1/account/passkeys/:id',
    { config, schema: { tags, summary: 'Removes a passkey', params: IdParams, response: { 204: Type.Null() } } },
    async (request, reply) => {
      const actor = personActor(request);
      await mustBeFresh(tools, actor);
      await db
        .transaction()
        .execute((transaction) => removePasskey(transaction, actor.personId, request.params.id, actor));
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/api/v1/account/sessions',
    {
      config,
      schema: {
        tags,
        summary: 'Where the caller is signed in',
        response: { 200: Type.Object({ items: Type.Array(SessionView), nextCursor: Type.Null() }) },
      },
    },
    async (request) => {
      const { personId, sessionId } = personActor(request);
      const items = (await listSessions(db, personId)).map(({ signedInAt, lastSeenAt, ...session }) => ({
        ...session,
        isCurrent: session.id === sessionId,
        signedInAt: signedInAt.toISOString(),
        lastSeenAt: lastSeenAt.toISOString(),
      }));
      return { items, nextCursor: null };
    },
  );

  app.delete(
    '/api/v1/account/sessions/:id',
    { config, schema: { tags, summary: 'Ends one session', params: IdParams, response: { 204: Type.Null() } } },
    async (request, reply) => {
      if (!(await endOwnSession(tools, personActor(request), request.params.id))) {
        throw new NotFound('sessions/not-found', { vi: 'Không có phiên này.', en: 'There is no such session.' });
      }
      return reply.code(204).send(null);
    },
  );
}
