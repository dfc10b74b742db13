import type { Actor } from '@edutrust/platform/actor';
import { NotFound } from '@edutrust/platform/errors';
import { type HttpServer, personActor, refersTo } from '@edutrust/platform/http';
import { nullable, strict, Time, Uuid } from '@edutrust/platform/schemas';
import { ProposedApproval } from '@edutrust/registry/approvals';
import { type Action, actionsAt, ofDepartment, placesOfOrganisations, requires } from '@edutrust/registry/permissions';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { releasableScopes } from '../provider/claims.ts';
import type { IdpTools } from '../tools.ts';
import { addActivationsOfApps } from './activations.ts';
import { type App, changeApp, endApp, findApp, listApps, registerApp, rotateSecret } from './apps.ts';
import { audiences } from './audience.ts';
import { appPictures } from './pictures.ts';
import { mustBeCallable } from './public-address.ts';
import { proposeRelease } from './release-approval.ts';

const tags = ['apps'];
const Instant = Time;
const Address = Type.String({ minLength: 1, maxLength: 2_000 });
const Addresses = Type.Array(Address, { maxItems: 20 });
const Scopes = Type.Array(Type.Enum([...releasableScopes]), { maxItems: releasableScopes.length });
const Name = Type.String({ minLength: 1, maxLength: 200 });
const Purpose = Type.Object(
  { vi: Type.String({ minLength: 1, maxLength: 500 }), en: Type.String({ minLength: 1, maxLength: 500 }) },
  strict,
);
const Params = Type.Object({ clientId: Type.String({ maxLength: 100 }) });

/** What its tile shows; null: its first letters. */
const Picture = Type.Enum([...appPictures]);

const Audiences = Type.Array(Type.Enum([...audiences]), { minItems: 1, maxItems: audiences.length, uniqueItems: true });

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
  isExternal: Type.Boolean(),
  audience: Audiences,
  picture: nullable(Picture),
  createdAt: Instant,
  may: Type.Array(Type.Enum(['apps.write', 'apps.approve']), { description: 'What the caller may do to it' }),
});
const NewAppView = Type.Object({ ...AppView.properties, clientSecret: Type.Optional(Type.String()) });

const changeable = {
  purpose: Type.Optional(Purpose),
  postLogoutRedirectUris: Type.Optional(Addresses),
  backchannelLogoutUri: Type.Optional(nullable(Address)),
  homeUri: Type.Optional(nullable(Address)),
  scopes: Type.Optional(Scopes),
  isExternal: Type.Optional(Type.Boolean()),
  audience: Type.Optional(Audiences),
  picture: Type.Optional(nullable(Picture)),
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

/** Relying apps, for those who answer for them in their organisation. */
export function addAppsRoutes(app: HttpServer, { context }: IdpTools): void {
  const { db, clock, config } = context;
  const department = ofDepartment(db);
  /** Apps as the caller sees them: with what they may do to each. */
  const viewsOf = async (actor: Actor, apps: readonly App[]) => {
    const { organisationId: top = '' } = await department();
    const places = await placesOfOrganisations(db, [top, ...apps.map(({ organisationId }) => organisationId)]);
    const may = <One extends Action>(action: One, organisationId: string) =>
      actionsAt(actor, [action], places.get(organisationId) ?? { path: [] });
    return apps.map(({ sector: _sector, createdAt, ...app }) => ({
      ...app,
      createdAt: createdAt.toISOString(),
      may: [...may('apps.write', app.organisationId), ...may('apps.approve', top)],
    }));
  };
  const viewOf = async (actor: Actor, app: App) => {
    const [view] = await viewsOf(actor, [app]);
    if (!view) throw new TypeError('one app has one view');
    return view;
  };
  const ofApp = async (request: FastifyRequest) => {
    const { clientId } = request.params as { clientId: string }; // validated by Params
    const found = await findApp(db, clientId).catch((error: unknown) => {
      if (error instanceof NotFound) return undefined; // refused as another's would be
      throw error;
    });
    return found ? { organisationId: found.organisationId } : {};
  };

  addActivationsOfApps(app, context);

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
      const places = await placesOfOrganisations(
        db,
        apps.map(({ organisationId }) => organisationId),
      );
      const visible = apps.filter(({ organisationId }) => {
        const place = places.get(organisationId);
        return place && actionsAt(actor, ['apps.read'], place).length > 0;
      });
      return { items: await viewsOf(actor, visible), nextCursor: null };
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
      mustBeCallable(input.backchannelLogoutUri, config.url);
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
      return reply
        .code(201)
        .send({ ...(await viewOf(personActor(request), registered.app)), ...(clientSecret ? { clientSecret } : {}) });
    },
  );

  app.get(
    '/api/v1/apps/:clientId',
    {
      config: { access: requires('apps.read', ofApp) },
      schema: { tags, summary: 'One app', params: Params, response: { 200: AppView } },
    },
    async (request) => viewOf(personActor(request), await findApp(db, request.params.clientId)),
  );

  app.patch(
    '/api/v1/apps/:clientId',
    {
      config: { access: requires('apps.write', ofApp) },
      schema: {
        tags,
        summary: 'Changes an app; a change of what was approved ends the approval',
        params: Params,
        body: AppChange,
        response: { 200: AppView },
      },
    },
    async (request) => {
      const actor = personActor(request);
      const change = request.body;
      mustBeCallable(change.backchannelLogoutUri, config.url);
      return viewOf(
        actor,
        await db.transaction().execute((transaction) => changeApp(transaction, request.params.clientId, change, actor)),
      );
    },
  );

  const approvalPath = '/api/v1/apps/:clientId/approval';
  const ofApproval = requires('apps.approve', department);
  app.post(
    approvalPath,
    {
      config: { access: ofApproval },
      schema: {
        tags,
        summary: 'Proposes to approve the app as it is; a second person, who does not own it, approves',
        params: Params,
        response: { 202: ProposedApproval },
      },
    },
    async (request, reply) =>
      reply.code(202).send(await proposeRelease(context, request.params.clientId, personActor(request))),
  );

  app.delete(
    approvalPath,
    {
      config: { access: ofApproval },
      schema: { tags, summary: 'Ends the approval, at once', params: Params, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      const { clientId } = request.params;
      await db
        .transaction()
        .execute((transaction) => changeApp(transaction, clientId, { isApproved: false }, personActor(request)));
      return reply.code(204).send(null);
    },
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
