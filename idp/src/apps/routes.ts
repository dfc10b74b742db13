import { NotFound } from '@edutrust/platform/errors';
import { type App as HttpApp, personActor, refersTo } from '@edutrust/platform/http';
import { can, requires } from '@edutrust/registry/permissions';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { releasableScopes } from '../provider/claims.ts';
import type { IdpTools } from '../tools.ts';
import { type App, changeApp, endApp, findApp, listApps, registerApp, rotateSecret } from './apps.ts';

const tags = ['apps'];
const strict = { additionalProperties: false } as const;
const Uuid = Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' });
const Instant = Type.String({ format: 'date-time' });
const Address = Type.String({ minLength: 1, maxLength: 2_000 });
const Addresses = Type.Array(Address, { maxItems: 20 });
const nullable = <Schema extends Type.TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);
const Scopes = Type.Array(Type.Enum([...releasableScopes]), { maxItems: releasableScopes.length });
const Name = Type.String({ minLength: 1, maxLength: 200 });
const Purpose = Type.Object(
  { vi: Type.String({ minLength: 1, maxLength: 500 }), en: Type.String({ minLength: 1, maxLength: 500 }) },
  strict,
);
const Params = Type.Object({ clientId: Type.String({ maxLength: 100 }) });

const AppView = Type.Object({
  clientId: Type.String(),
  name: Type.String(),
  purpose: Type.Object({ vi: Type.String(), en: Type.String() }),
  kind: Type.Enum(['web', 'spa', 'machine']),
  organisationId: Uuid,
  redirectUris: Type.Array(Type.String()),
  postLogoutRedirectUris: Type.Array(Type.String()),
  backchannelLogoutUri: nullable(Type.String()),
  homeUri: nullable(Type.String()),
  scopes: Type.Array(Type.String()),
  isApproved: Type.Boolean(),
  createdAt: Instant,
});
const NewAppView = Type.Object({ ...AppView.properties, clientSecret: Type.Optional(Type.String()) });

const changeable = {
  purpose: Type.Optional(Purpose),
  postLogoutRedirectUris: Type.Optional(Addresses),
  backchannelLogoutUri: Type.Optional(nullable(Address)),
  homeUri: Type.Optional(nullable(Address)),
  scopes: Type.Optional(Scopes),
  isApproved: Type.Optional(Type.Boolean()),
};
const NewApp = Type.Object(
  {
    ...changeable,
    name: Name,
    kind: Type.Enum(['web', 'spa', 'machine']),
    organisationId: refersTo('organisation'),
    redirectUris: Type.Optional(Addresses),
  },
  strict,
);
const AppChange = Type.Object(
  { ...changeable, name: Type.Optional(Name), redirectUris: Type.Optional(Addresses) },
  strict,
);

const viewOf = ({ sector: _sector, createdAt, ...app }: App) => ({ ...app, createdAt: createdAt.toISOString() });

/** Relying apps, for those who answer for them in their organisation. */
export function addAppsRoutes(app: HttpApp, { context }: IdpTools): void {
  const { db, clock } = context;
  const decide = can(db);
  const ofApp = async (request: FastifyRequest) => {
    const { clientId } = request.params as { clientId: string }; // validated by Params
    const found = await findApp(db, clientId).catch((error: unknown) => {
      if (error instanceof NotFound) return undefined; // refused as another's would be
      throw error;
    });
    return found ? { organisationId: found.organisationId } : {};
  };

  app.get(
    '/api/v1/apps',
    {
      config: { access: requires('apps.read') },
      schema: {
        tags,
        summary: 'The apps that the caller may see',
        response: { 200: Type.Object({ items: Type.Array(AppView), nextCursor: Type.Null() }) },
      },
    },
    async (request) => {
      const actor = personActor(request);
      const apps = await listApps(db);
      const seen = await Promise.all(apps.map(({ organisationId }) => decide(actor, 'apps.read', { organisationId })));
      return { items: apps.filter((_app, index) => seen[index]).map(viewOf), nextCursor: null };
    },
  );

  app.post(
    '/api/v1/apps',
    {
      config: {
        access: requires('apps.write', (request) => ({
          organisationId: (request.body as { organisationId: string }).organisationId, // validated by NewApp
        })),
      },
      schema: {
        tags,
        summary: 'Registers an app; its secret is shown once',
        body: NewApp,
        response: { 201: NewAppView },
      },
    },
    async (request, reply) => {
      const { purpose, ...input } = request.body;
      const registered = await db
        .transaction()
        .execute((transaction) =>
          registerApp(
            transaction,
            { ...input, purpose: purpose ?? defaultPurpose(input.name) },
            personActor(request),
            clock.now(),
          ),
        );
      const { clientSecret } = registered;
      reply.header('cache-control', 'no-store');
      return reply.code(201).send({ ...viewOf(registered.app), ...(clientSecret ? { clientSecret } : {}) });
    },
  );

  app.get(
    '/api/v1/apps/:clientId',
    {
      config: { access: requires('apps.read', ofApp) },
      schema: { tags, summary: 'One app', params: Params, response: { 200: AppView } },
    },
    async (request) => viewOf(await findApp(db, request.params.clientId)),
  );

  app.patch(
    '/api/v1/apps/:clientId',
    {
      config: { access: requires('apps.write', ofApp) },
      schema: { tags, summary: 'Changes an app', params: Params, body: AppChange, response: { 200: AppView } },
    },
    async (request) =>
      viewOf(
        await db
          .transaction()
          .execute((transaction) =>
            changeApp(transaction, request.params.clientId, request.body, personActor(request)),
          ),
      ),
  );

  app.post(
    '/api/v1/apps/:clientId/secret',
    {
      config: { access: requires('apps.write', ofApp) },
      schema: {
        tags,
        summary: 'A new secret; the one before works for another day',
        params: Params,
        response: { 201: Type.Object({ clientSecret: Type.String(), previousWorksUntil: Instant }) },
      },
    },
    async (request, reply) => {
      const { clientSecret, previousWorksUntil } = await db
        .transaction()
        .execute((transaction) =>
          rotateSecret(transaction, request.params.clientId, personActor(request), clock.now()),
        );
      reply.header('cache-control', 'no-store');
      return reply.code(201).send({ clientSecret, previousWorksUntil: previousWorksUntil.toISOString() });
    },
  );

  app.delete(
    '/api/v1/apps/:clientId',
    {
      config: { access: requires('apps.write', ofApp) },
      schema: { tags, summary: 'Ends an app', params: Params, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      await db
        .transaction()
        .execute((transaction) => endApp(transaction, request.params.clientId, personActor(request), clock.now()));
      return reply.code(204).send(null);
    },
  );
}

function defaultPurpose(name: string): { vi: string; en: string } {
  return { vi: `Đăng nhập vào ${name}.`, en: `To sign in to ${name}.` };
}
