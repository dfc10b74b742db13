import { randomBytes } from 'node:crypto';
import { EduTrustError } from '@edutrust/platform/errors';
import { personActor, refersTo } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { hide, nullable, OfficialName, strict, Time, Uuid } from '@edutrust/platform/schemas';
import { type Action, actionsAt, placesOfOrganisations, requires } from '@edutrust/registry/permissions';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sql } from 'kysely';
import Type from 'typebox';
import { changeApp, endApp, findApp, hashSecret, registerApp } from '../apps/apps.ts';
import { mustBeCallable } from '../apps/public-address.ts';
import { releasableScopes } from '../provider/claims.ts';
import type { IdpTools } from '../tools.ts';
import { appOf, defaultsOf, kindOf, type Metadata, metadataOf, RegistrationError, readMetadata } from './metadata.ts';
import {
  endToken,
  listTokens,
  makeToken,
  mostDays,
  mostUses,
  registeredWith,
  tokenStates,
  useToken,
} from './tokens.ts';

export const registrationPath = '/oidc/register';
const access = { kind: 'self-authenticating', scheme: 'initial or registration access token' } as const;
const tags = ['apps'];
const Params = Type.Object({ clientId: Type.String({ maxLength: 100 }) });
const days = 24 * 3_600_000;

const bearerOf = ({ headers }: FastifyRequest) => /^Bearer ([\w-]{40,100})$/i.exec(headers.authorization ?? '')?.[1];

const noToken = (reply: FastifyReply) =>
  reply
    .code(401)
    .header('www-authenticate', 'Bearer error="invalid_token"')
    .send({ error: 'invalid_token', error_description: 'the token is none, or it is used up, too old or ended' });

/** Answers as RFC 7591 §3.2.2 where the metadata are wrong, in its words or in ours. */
async function answering(reply: FastifyReply, act: () => Promise<FastifyReply>): Promise<FastifyReply> {
  reply.header('cache-control', 'no-store');
  try {
    return await act();
  } catch (error) {
    if (error instanceof RegistrationError)
      return reply.code(400).send({ error: error.code, error_description: error.message });
    if (!(error instanceof EduTrustError) || error.status >= 500) throw error;
    const isAddress = error.fields.some(({ pointer }) => pointer === '/redirectUris');
    const code = isAddress ? 'invalid_redirect_uri' : 'invalid_client_metadata';
    return reply.code(400).send({ error: code, error_description: error.detail.en });
  }
}

/** An app has the actor of itself: what it does to itself ends its approval as what anybody does. */
const itself = (clientId: string) => ({ kind: 'app', clientId, scopes: [] }) as const;

function mustBeReachable({ context: { config } }: IdpTools, given: Metadata): void {
  mustBeCallable(given.backchannel_logout_uri, 'backchannelLogoutUri', config.url);
  mustBeCallable(given.jwks_uri, 'jwksUri', config.url);
}

const register = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: registrationPath,
    access,
    schema: { ...hide, body: Type.Object({}) },
    handle: (request, reply) =>
      answering(reply, async () => {
        const { db, clock, config } = tools.context;
        const token = bearerOf(request);
        const metadata = token ? readMetadata(request.body) : undefined;
        if (!token || !metadata) return noToken(reply);
        mustBeReachable(tools, metadata);
        const management = randomBytes(32).toString('base64url');
        const clientId = `app-${randomBytes(10).toString('hex')}`;
        const made = await db.transaction().execute(async (transaction) => {
          const policy = await useToken(transaction, token, clock.now());
          if (!policy) return undefined;
          const { id: tokenId, organisationId, scopes, isSandbox, hasStandardDefaults } = policy;
          const kind = kindOf(metadata);
          const name = metadata.client_name;
          const purpose = { vi: `Đăng nhập vào ${name}.`, en: `To sign in to ${name}.` };
          const input = {
            ...appOf(metadata, scopes, defaultsOf(kind, hasStandardDefaults)),
            clientId,
            purpose,
            kind,
            organisationId,
            isSandbox,
          };
          const registered = await registerApp(transaction, input, itself(clientId), clock.now());
          await sql`
            UPDATE idp.app SET management_hash = ${hashSecret(management)} WHERE client_id = ${clientId}`.execute(
            transaction,
          );
          await registeredWith(transaction, clientId, tokenId);
          return registered;
        });
        if (!made) return noToken(reply);
        return reply.code(201).send({
          ...metadataOf(made.app),
          ...(made.clientSecret ? { client_secret: made.clientSecret, client_secret_expires_at: 0 } : {}),
          registration_access_token: management,
          registration_client_uri: `${config.url.origin}${registrationPath}/${clientId}`,
        });
      }),
  });

/** Whether the request holds the registration access token of the app (RFC 7592 §2). */
async function managesIt({ context: { db } }: IdpTools, request: FastifyRequest, clientId: string): Promise<boolean> {
  const token = bearerOf(request);
  if (!token) return false;
  const { rows } = await sql`
    SELECT FROM idp.app WHERE client_id = ${clientId} AND management_hash = ${hashSecret(token)} AND ended_at IS NULL`.execute(
    db,
  );
  return rows.length === 1;
}

const managed = ({ context: { config } }: IdpTools, request: FastifyRequest, clientId: string) => ({
  registration_access_token: bearerOf(request),
  registration_client_uri: `${config.url.origin}${registrationPath}/${clientId}`,
});

const readOwn = (tools: IdpTools) =>
  route({
    method: 'GET',
    url: `${registrationPath}/:clientId`,
    access,
    schema: { ...hide, params: Params },
    handle: (request, reply) =>
      answering(reply, async () => {
        const { clientId } = request.params;
        if (!(await managesIt(tools, request, clientId))) return noToken(reply);
        const app = await findApp(tools.context.db, clientId);
        return reply.send({ ...metadataOf(app), ...managed(tools, request, clientId) });
      }),
  });

/** RFC 7592 §2.2: replaces; of scopes it may keep or give up what it has. */
const changeOwn = (tools: IdpTools) =>
  route({
    method: 'PUT',
    url: `${registrationPath}/:clientId`,
    access,
    schema: { ...hide, params: Params, body: Type.Object({}) },
    handle: (request, reply) =>
      answering(reply, async () => {
        const { clientId } = request.params;
        if (!(await managesIt(tools, request, clientId))) return noToken(reply);
        const metadata = readMetadata(request.body);
        mustBeReachable(tools, metadata);
        const before = await findApp(tools.context.db, clientId);
        if (kindOf(metadata) !== before.kind)
          throw new RegistrationError('invalid_client_metadata', 'an app stays of its kind: register another one');
        const change = appOf(metadata, before.scopes, before);
        const app = await tools.context.db
          .transaction()
          .execute((transaction) => changeApp(transaction, clientId, change, itself(clientId)));
        return reply.send({ ...metadataOf(app), ...managed(tools, request, clientId) });
      }),
  });

const endOwn = (tools: IdpTools) =>
  route({
    method: 'DELETE',
    url: `${registrationPath}/:clientId`,
    access,
    schema: { ...hide, params: Params },
    handle: (request, reply) =>
      answering(reply, async () => {
        const { clientId } = request.params;
        const { db, clock } = tools.context;
        if (!(await managesIt(tools, request, clientId))) return noToken(reply);
        await db.transaction().execute((transaction) => endApp(transaction, clientId, itself(clientId), clock.now()));
        return reply.code(204).send();
      }),
  });

const NewToken = Type.Object(
  {
    scopes: Type.Array(Type.Enum([...releasableScopes]), { maxItems: releasableScopes.length }),
    isSandbox: Type.Boolean({ description: 'true: apps that meet invented people alone; else they wait for approval' }),
    hasStandardDefaults: Type.Optional(
      Type.Boolean({
        description:
          'true: what an app leaves out is as OpenID Connect has it: ID tokens by RS256, and a nonce may stand for PKCE',
      }),
    ),
    uses: Type.Integer({ minimum: 1, maximum: mostUses }),
    days: Type.Integer({ minimum: 1, maximum: mostDays }),
  },
  strict,
);

const make = ({ context: { db, clock } }: IdpTools) =>
  route({
    method: 'POST',
    url: '/api/v1/organisations/:id/registration-tokens',
    access: requires('apps.write'),
    schema: {
      tags,
      summary: 'Makes a token with which software registers apps (RFC 7591); it is shown once',
      params: Type.Object({ id: refersTo('organisation') }),
      body: NewToken,
      response: { 201: Type.Object({ id: Uuid, token: Type.String(), expiresAt: Time }) },
    },
    handle: async (request, reply) => {
      const { days: count, hasStandardDefaults = false, ...rest } = request.body;
      const policy = { ...rest, hasStandardDefaults, organisationId: request.params.id };
      const expiresAt = new Date(clock.now().getTime() + count * days);
      const made = await db
        .transaction()
        .execute((transaction) => makeToken(transaction, { ...policy, expiresAt }, personActor(request), clock.now()));
      reply.header('cache-control', 'no-store');
      return reply.code(201).send({ ...made, expiresAt: expiresAt.toISOString() });
    },
  });

const Kept = Type.Object({
  id: Uuid,
  state: Type.Enum([...tokenStates]),
  organisationId: Uuid,
  organisation: Type.String(),
  scopes: Type.Array(Type.String()),
  isSandbox: Type.Boolean(),
  hasStandardDefaults: Type.Boolean(),
  usesLeft: Type.Integer({ minimum: 0 }),
  expiresAt: Time,
  madeAt: nullable(Time),
  madeBy: nullable(Type.Object({ id: Uuid, fullName: OfficialName })),
  apps: Type.Array(
    Type.Object({ clientId: Type.String(), name: Type.String(), registeredAt: Time, isEnded: Type.Boolean() }),
    { description: 'What was registered with it' },
  ),
  may: Type.Array(Type.Enum(['apps.write']), { description: 'What the caller may do to it' }),
});

const list = ({ context: { db, clock } }: IdpTools) =>
  route({
    method: 'GET',
    url: '/api/v1/registration-tokens',
    access: requires('apps.read'),
    schema: {
      tags,
      summary:
        'The tokens with which apps register themselves, of organisations that the caller sees, the newest first',
      response: { 200: Type.Object({ items: Type.Array(Kept), nextCursor: Type.Null() }) },
    },
    handle: async (request) => {
      const actor = personActor(request);
      const tokens = await listTokens(db, clock.now());
      const places = await placesOfOrganisations(
        db,
        tokens.map(({ organisationId }) => organisationId),
      );
      const may = <One extends Action>(action: One, organisationId: string) =>
        actionsAt(actor, [action], places.get(organisationId) ?? { path: [] });
      const items = tokens
        .filter(({ organisationId }) => may('apps.read', organisationId).length > 0)
        .map(({ scopes, apps, ...token }) => ({
          ...token,
          scopes: [...scopes],
          apps: [...apps],
          may: may('apps.write', token.organisationId),
        }));
      return { items, nextCursor: null };
    },
  });

const end = ({ context: { db, clock } }: IdpTools) =>
  route({
    method: 'DELETE',
    url: '/api/v1/organisations/:id/registration-tokens/:tokenId',
    access: requires('apps.write'),
    schema: {
      tags,
      summary: 'Ends a token for registering apps; the apps stay',
      params: Type.Object({ id: refersTo('organisation'), tokenId: Type.String({ maxLength: 60 }) }),
      response: { 204: Type.Null() },
    },
    handle: async (request, reply) => {
      await db
        .transaction()
        .execute((transaction) => endToken(transaction, request.params, personActor(request), clock.now()));
      return reply.code(204).send(null);
    },
  });

/** Apps that register themselves (RFC 7591, 7592) behind a token that somebody who may register apps made. */
export const registrationRoutes = (tools: IdpTools): Route[] => [
  register(tools),
  readOwn(tools),
  changeOwn(tools),
  endOwn(tools),
  make(tools),
  list(tools),
  end(tools),
];
