import type { ServiceContext } from '@edutrust/platform/context';
import { personActor, signedIn } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { Time } from '@edutrust/platform/schemas';
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
    handle: async (request) => {
      const releases = await listReleases(db, personActor(request).personId);
      const items = releases.map(({ firstAt, lastAt, ...release }) => ({
        ...release,
        firstAt: firstAt.toISOString(),
        lastAt: lastAt.toISOString(),
      }));
      return { items };
    },
  });

/** Whom the caller's data was released to. */
export const releaseRoutes = (context: ServiceContext): Route[] => [listOwn(context)];
