import { personActor, refersTo } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { nullable, strict, Time, Uuid } from '@edutrust/platform/schemas';
import { ProposedApproval } from '@edutrust/registry/approvals';
import { actionsAt, ofDepartment, placesOfOrganisations, requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { deliveries } from '../ciba/delivery.ts';
import { releasableScopes } from '../provider/claims.ts';
import type { IdpTools } from '../tools.ts';
import { appActivationRoutes } from './activations.ts';
import { changeApp, endApp, findApp, listApps, registerApp, rotateSecret } from './apps.ts';
import { audiences } from './audience.ts';
import { mustTakeCertificates } from './certificates.ts';
import { ofApp } from './of-app.ts';
import { appPictures } from './pictures.ts';
import { appKinds, codeProtections, idTokenAlgorithms, securityProfiles } from './protocol.ts';
import { mustBeCallable } from './public-address.ts';
import { proposeRelease } from './release-approval.ts';
import { viewOf, viewsOf } from './view.ts';

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

/** RFC 7517: other members are passed over, private ones refused (`keys.ts`). */
const Member = Type.Optional(Type.String({ maxLength: 2_000 }));
const Jwks = Type.Object(
  {
    keys: Type.Array(
      Type.Object({
        ...{ kty: Type.Enum(['EC', 'OKP', 'RSA']), kid: Member, alg: Member },
        ...{ crv: Member, x: Member, y: Member, n: Member, e: Member },
      }),
      { minItems: 1, maxItems: 10 },
    ),
  },
  { ...strict, description: 'Public keys: the app proves itself with assertions (private_key_jwt) and has no secret' },
);

const Certificates = Type.Array(Type.String({ minLength: 1, maxLength: 20_000 }), {
  maxItems: 5,
  description:
    'Certificates (PEM, or base64 of the DER) that the app proves itself with at the TLS connection, RFC 8705',
});

/** An API that it offers, and those of others that it may call (RFC 8707). */
const ApiScopeName = Type.String({ minLength: 1, maxLength: 60 });
const Api = Type.Object(
  {
    identifier: Address,
    scopes: Type.Array(Type.Object({ name: ApiScopeName, means: Purpose }, strict), { minItems: 1, maxItems: 30 }),
  },
  strict,
);
const Access = Type.Object(
  { identifier: Address, scopes: Type.Array(ApiScopeName, { minItems: 1, maxItems: 30 }) },
  strict,
);
const AccessList = Type.Array(Access, { maxItems: 20 });

/** Sign-in on the person's phone (OpenID CIBA). */
const CibaView = Type.Object(
  { delivery: Type.Enum([...deliveries]), notificationUri: nullable(Address) },
  { ...strict, description: 'It asks people to sign in on their phones, and polls for the answer or is pinged' },
);

const protocol = {
  idTokenAlg: Type.Enum([...idTokenAlgorithms], { description: 'Signs its ID tokens and logout tokens' }),
  codeProtection: Type.Enum([...codeProtections], {
    description:
      'What a request needs: pkce; nonce: PKCE or a nonce, of an app with a secret; none: neither, of an approved web app of the standard profile whose software knows neither',
  }),
  hasClaimsInIdToken: Type.Boolean({ description: 'true: what its scopes release stands in the ID token too' }),
  securityProfile: Type.Enum([...securityProfiles], {
    description:
      'fapi2: FAPI 2.0 Security Profile (pushed requests, keys or a certificate, bound tokens); fapi2-signed: Message Signing too',
  }),
  exchangesTokens: Type.Boolean({ description: 'true: it calls other APIs as the person who called it (RFC 8693)' }),
};

const AppView = Type.Object({
  clientId: Type.String(),
  name: Type.String(),
  purpose: Type.Object({ vi: Type.String(), en: Type.String() }),
  kind: Type.Enum([...appKinds]),
  organisationId: Uuid,
  redirectUris: Type.Array(Type.String()),
  postLogoutRedirectUris: Type.Array(Type.String()),
  backchannelLogoutUri: nullable(Type.String()),
  homeUri: nullable(Type.String()),
  scopes: Type.Array(Type.String()),
  isApproved: Type.Boolean(),
  isSandbox: Type.Boolean({ description: 'It meets invented people only, on loopback addresses' }),
  isExternal: Type.Boolean(),
  audience: Audiences,
  picture: nullable(Picture),
  jwks: nullable(Jwks),
  jwksUri: nullable(Type.String()),
  certificates: Certificates,
  api: nullable(Api),
  apiAccess: AccessList,
  ciba: nullable(CibaView),
  ...protocol,
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
  jwks: Type.Optional(nullable(Jwks)),
  jwksUri: Type.Optional(nullable(Address)),
  certificates: Type.Optional(Certificates),
  api: Type.Optional(nullable(Api)),
  apiAccess: Type.Optional(AccessList),
  ciba: Type.Optional(nullable(CibaView)),
  ...Type.Partial(Type.Object(protocol)).properties,
};
const NewApp = Type.Object(
  {
    ...changeable,
    name: Name,
    kind: Type.Enum([...appKinds]),
    organisationId: refersTo('organisation'),
    redirectUris: Type.Optional(Addresses),
    isSandbox: Type.Optional(Type.Boolean()),
  },
  strict,
);
const AppChange = Type.Object(
  {
    ...changeable,
    name: Type.Optional(Name),
    redirectUris: Type.Optional(Addresses),
    isSandbox: Type.Optional(Type.Literal(false, { description: 'From the sandbox to real people, for good' })),
  },
  strict,
);

const list = ({ context: { db } }: IdpTools) =>
  route({
    method: 'GET',
    url: '/api/v1/apps',
    access: requires('apps.read'),
    schema: {
      tags,
      summary: 'The apps that the caller may see',
      response: { 200: Type.Object({ items: Type.Array(AppView), nextCursor: Type.Null() }) },
    },
    handle: async (request) => {
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
      return { items: await viewsOf(db, actor, visible), nextCursor: null };
    },
  });

const register = ({ context: { db, clock, config } }: IdpTools) =>
  route({
    method: 'POST',
    url: '/api/v1/apps',
    access: requires('apps.write'),
    schema: {
      tags,
      summary: 'Registers an app; its secret is shown once',
      body: NewApp,
      response: { 201: NewAppView },
    },
    resource: ({ body }) => ({ organisationId: body.organisationId }),
    handle: async (request, reply) => {
      const { purpose, ...input } = request.body;
      mustBeCallable(input.backchannelLogoutUri, 'backchannelLogoutUri', config.url);
      mustBeCallable(input.jwksUri, 'jwksUri', config.url);
      mustBeCallable(input.ciba?.notificationUri, 'ciba', config.url);
      mustTakeCertificates(input.certificates, config.mtlsUrl);
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
      return reply.code(201).send({
        ...(await viewOf(db, personActor(request), registered.app)),
        ...(clientSecret ? { clientSecret } : {}),
      });
    },
  });

const readOne = ({ context: { db } }: IdpTools) =>
  route({
    method: 'GET',
    url: '/api/v1/apps/:clientId',
    access: requires('apps.read'),
    schema: { tags, summary: 'One app', params: Params, response: { 200: AppView } },
    resource: ({ params }) => ofApp(db, params.clientId),
    handle: async (request) => viewOf(db, personActor(request), await findApp(db, request.params.clientId)),
  });

const change = ({ context: { db, config } }: IdpTools) =>
  route({
    method: 'PATCH',
    url: '/api/v1/apps/:clientId',
    access: requires('apps.write'),
    schema: {
      tags,
      summary: 'Changes an app; a change of what was approved ends the approval',
      params: Params,
      body: AppChange,
      response: { 200: AppView },
    },
    resource: ({ params }) => ofApp(db, params.clientId),
    handle: async (request) => {
      const actor = personActor(request);
      const change = request.body;
      mustBeCallable(change.backchannelLogoutUri, 'backchannelLogoutUri', config.url);
      mustBeCallable(change.jwksUri, 'jwksUri', config.url);
      mustBeCallable(change.ciba?.notificationUri, 'ciba', config.url);
      mustTakeCertificates(change.certificates, config.mtlsUrl);
      return viewOf(
        db,
        actor,
        await db.transaction().execute((transaction) => changeApp(transaction, request.params.clientId, change, actor)),
      );
    },
  });

const approvalPath = '/api/v1/apps/:clientId/approval';

const proposeApproval = ({ context }: IdpTools) =>
  route({
    method: 'POST',
    url: approvalPath,
    access: requires('apps.approve'),
    schema: {
      tags,
      summary: 'Proposes to approve the app as it is; a second person, who does not own it, approves',
      params: Params,
      response: { 202: ProposedApproval },
    },
    resource: ofDepartment(context.db),
    handle: async (request, reply) =>
      reply.code(202).send(await proposeRelease(context, request.params.clientId, personActor(request))),
  });

const endApproval = ({ context: { db } }: IdpTools) =>
  route({
    method: 'DELETE',
    url: approvalPath,
    access: requires('apps.approve'),
    schema: { tags, summary: 'Ends the approval, at once', params: Params, response: { 204: Type.Null() } },
    resource: ofDepartment(db),
    handle: async (request, reply) => {
      const { clientId } = request.params;
      await db
        .transaction()
        .execute((transaction) => changeApp(transaction, clientId, { isApproved: false }, personActor(request)));
      return reply.code(204).send(null);
    },
  });

const newSecret = ({ context: { db, clock } }: IdpTools) =>
  route({
    method: 'POST',
    url: '/api/v1/apps/:clientId/secret',
    access: requires('apps.write'),
    schema: {
      tags,
      summary: 'A new secret; the one before works for another day',
      params: Params,
      response: { 201: Type.Object({ clientSecret: Type.String(), previousWorksUntil: Instant }) },
    },
    resource: ({ params }) => ofApp(db, params.clientId),
    handle: async (request, reply) => {
      const { clientSecret, previousWorksUntil } = await db
        .transaction()
        .execute((transaction) =>
          rotateSecret(transaction, request.params.clientId, personActor(request), clock.now()),
        );
      reply.header('cache-control', 'no-store');
      return reply.code(201).send({ clientSecret, previousWorksUntil: previousWorksUntil.toISOString() });
    },
  });

const end = ({ context: { db, clock } }: IdpTools) =>
  route({
    method: 'DELETE',
    url: '/api/v1/apps/:clientId',
    access: requires('apps.write'),
    schema: { tags, summary: 'Ends an app', params: Params, response: { 204: Type.Null() } },
    resource: ({ params }) => ofApp(db, params.clientId),
    handle: async (request, reply) => {
      await db
        .transaction()
        .execute((transaction) => endApp(transaction, request.params.clientId, personActor(request), clock.now()));
      return reply.code(204).send(null);
    },
  });

/** Relying apps, for those who answer for them in their organisation. */
export const appRoutes = (tools: IdpTools): Route[] => [
  ...appActivationRoutes(tools.context),
  list(tools),
  register(tools),
  readOne(tools),
  change(tools),
  proposeApproval(tools),
  endApproval(tools),
  newSecret(tools),
  end(tools),
];

function defaultPurpose(name: string): { vi: string; en: string } {
  return { vi: `Đăng nhập vào ${name}.`, en: `To sign in to ${name}.` };
}
