import type { ServiceContext } from '@edutrust/platform/context';
import { disclose, personActor, signedIn } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, Time } from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { listReleases } from './releases.ts';

const Release = Type.Object({
  recipient: Type.String(),
  fields: Type.Array(Type.String()),
  firstAt: Time,
  lastAt: Time,
  times: Type.Integer(),
});

const listOwn = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/account/releases',
    access: signedIn,
    schema: {
      tags: ['account'],
      summary: 'What other systems got to know of the person who is signed in: which fields, who, when',
      response: { 200: Type.Object({ items: Type.Array(Release) }) },
    },
    handle: async (request) => ({ items: await releasesOf(db, personActor(request).personId) }),
  });

const listOfPerson = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/people/:id/releases',
    access: requires('audit.read'),
    discloses: tells('accesses.list'),
    schema: {
      tags: ['people'],
      summary: 'What other systems got to know of a person: which fields, who, when',
      params: IdParams,
      response: { 200: Type.Object({ items: Type.Array(Release) }) },
    },
    resource: ({ params: { id } }) => ({ personId: id }),
    handle: async (request) => {
      disclose(request, [request.params.id]);
      return { items: await releasesOf(db, request.params.id) };
    },
  });

async function releasesOf(db: ServiceContext['db'], personId: string) {
  return (await listReleases(db, personId)).map(({ firstAt, lastAt, ...release }) => ({
    ...release,
    firstAt: firstAt.toISOString(),
    lastAt: lastAt.toISOString(),
  }));
}

/** To whom data of the caller, or of somebody whom the caller answers for, was released. */
export const releaseRoutes = (context: ServiceContext): Route[] => [listOwn(context), listOfPerson(context)];
