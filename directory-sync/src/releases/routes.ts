import type { ServiceContext } from '@edutrust/platform/context';
import { type HttpServer, personActor } from '@edutrust/platform/http';
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

export function addReleaseRoutes(app: HttpServer, { db }: ServiceContext): void {
  app.get(
    '/api/v1/account/releases',
    {
      config: { access: { kind: 'signed-in' } },
      schema: {
        tags: ['account'],
        summary: 'What other systems got to know of the person who is signed in: which fields, who, when',
        response: { 200: Type.Object({ items: Type.Array(Release) }) },
      },
    },
    async (request) => {
      const releases = await listReleases(db, personActor(request).personId);
      const items = releases.map(({ firstAt, lastAt, ...release }) => ({
        ...release,
        firstAt: firstAt.toISOString(),
        lastAt: lastAt.toISOString(),
      }));
      return { items };
    },
  );
}
