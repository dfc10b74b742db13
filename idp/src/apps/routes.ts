import type { Actor } from '@edutrust/platform/actor';
import { Forbidden, NotFound } from '@edutrust/platform/errors';
import { type HttpServer, personActor, refersTo } from '@edutrust/platform/http';
import { nullable, strict, Time, Uuid } from '@edutrust/platform/schemas';
import {
  type Action,
  actionsAt,
  can,
  ofDepartment,
  placesOfOrganisations,
  requires,
} from '@edutrust/registry/permissions';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { releasableScopes } from '../provider/claims.ts';
import type { IdpTools } from '../tools.ts';
import { addActivationsOfApps } from './activations.ts';
import { type App, changeApp, endApp, findApp, listApps, registerApp, rotateSecret } from './apps.ts';
import { appPictures } from './pictures.ts';
import { mustBeCallable } from './public-address.ts';

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
  /** The department's to give; a change of what it approved takes it back. */
  isApproved: Type.Optional(Type.Boolean()),
  isExternal: Type.Optional(Type.Boolean()),
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
  const mayApprove = async (actor: Actor) => decide(actor, 'apps.approve', await department());
  const mustApprove = async (actor: Actor) => {
    if (!(await mayApprove(actor))) throw notYoursToApprove();
  };
  const decide = can(db);
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
      if (input.isApproved) await mustApprove(personActor(request));
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
      schema: { tags, summary: 'Changes an app', params: Params, body: AppChange, response: { 200: AppView } },
    },
    async (request) => {
      const actor = personActor(request);
      const change = request.body;
      mustBeCallable(change.backchannelLogoutUri, config.url);
      if (change.isApproved) await mustApprove(actor);
      // What was approved is what the app was: whoever changes it does not keep the approval, unless they may give it.
      const keeps = change.isApproved !== undefined || (await mayApprove(actor));
      const made = keeps ? change : { ...change, isApproved: false };
      return viewOf(
        actor,
        await db.transaction().execute((transaction) => changeApp(transaction, request.params.clientId, made, actor)),
      );
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

function notYoursToApprove(): Forbidden {
  return new Forbidden('apps/approval', {
    vi: 'Chỉ Sở phê duyệt ứng dụng; người đăng ký ứng dụng không tự phê duyệt.',
    en: 'Only the department approves apps; an owner does not approve their own.',
  });
}

function defaultPurpose(name: string): { vi: string; en: string } {
  return { vi: `Đăng nhập vào ${name}.`, en: `To sign in to ${name}.` };
}
