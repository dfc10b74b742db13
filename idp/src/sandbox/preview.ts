import { type Route, route } from '@edutrust/platform/route';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { findApp } from '../apps/apps.ts';
import { ofApp } from '../apps/of-app.ts';
import { guardedScopes } from '../apps/release.ts';
import { claimNamesOf, claimsOfScopes } from '../provider/claims.ts';
import { createSubjects } from '../provider/subject.ts';
import type { IdpTools } from '../tools.ts';
import { InventedId, inventedClaims, inventedPeople, inventedPerson } from './people.ts';

const Preview = Type.Object({
  people: Type.Array(Type.Object({ id: InventedId, name: Type.String(), role: Type.String() })),
  /** As the app would read them; `affiliations`, `groups` and `roles` are lists. */
  userinfo: Type.Record(Type.String(), Type.Unknown()),
  idToken: Type.Record(Type.String(), Type.Unknown()),
  /** Claims that of real pupils reach approved apps alone. */
  guarded: Type.Array(Type.String()),
});

const preview = ({ context }: IdpTools) => {
  const subjectOf = createSubjects(context);
  return route({
    method: 'GET',
    url: '/api/v1/apps/:clientId/preview',
    access: requires('apps.write'),
    schema: {
      tags: ['apps'],
      summary: 'What the app would learn of an invented person, as it is registered now',
      params: Type.Object({ clientId: Type.String({ maxLength: 100 }) }),
      querystring: Type.Object({ person: Type.Optional(InventedId) }),
      response: { 200: Preview },
    },
    resource: ({ params }) => ofApp(context.db, params.clientId),
    handle: async ({ params, query }) => {
      const app = await findApp(context.db, params.clientId);
      const person = inventedPerson(query.person) ?? inventedPeople[0] ?? never();
      const sub = await subjectOf(app.sector, person.id);
      const userinfo = claimsOfScopes({ ...inventedClaims(person, sub), sub }, app.scopes);
      const seconds = Math.floor(context.clock.now().getTime() / 1000);
      return {
        people: inventedPeople.map((one) => ({
          id: one.id,
          name: one.claims.name,
          role: one.claims.affiliations[0]?.role ?? '',
        })),
        userinfo,
        idToken: {
          ...{ iss: context.config.url.origin, aud: app.clientId, iat: seconds, exp: seconds + 600 },
          ...{ acr: 'passkey', amr: ['hwk', 'user'], auth_time: seconds, nonce: '…' },
          ...(app.hasClaimsInIdToken ? userinfo : { sub }),
        },
        guarded: claimNamesOf([...guardedScopes].filter((scope) => app.scopes.includes(scope))),
      };
    },
  });
};

const never = (): never => {
  throw new TypeError('there are invented people');
};

export const previewRoutes = (tools: IdpTools): Route[] => [preview(tools)];
