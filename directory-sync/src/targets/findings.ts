import type { ServiceContext } from '@edutrust/platform/context';
import { localeOf, longAnswerMs } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { nullable, Uuid } from '@edutrust/platform/schemas';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { examineTarget } from './doctor.ts';
import { findTarget } from './store.ts';

const Findings = Type.Object({
  items: Type.Array(
    Type.Object({
      step: Type.Enum([
        ...['connection', 'credentials', 'clock', 'base', 'schema', 'limits', 'accounts'],
        ...['contract', 'queue', 'quarantine', 'digest'],
      ]),
      state: Type.Enum(['good', 'warning', 'bad']),
      sentence: Type.String(),
      next: nullable(Type.String({ description: 'What to do about it' })),
    }),
  ),
});

/** What `edutrust sync doctor` says of a target. */
const examine = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/sync/targets/:id/findings',
    access: requires('sync.read'),
    schema: {
      tags: ['sync'],
      summary:
        'Looks at a target step by step, from its connection to its digest, and says of each what to do; writes nothing',
      params: Type.Object({ id: Uuid }),
      response: { 200: Findings },
    },
    resource: async ({ params: { id } }) => ({ organisationId: (await findTarget(context.db, id)).organisation_id }),
    limits: { handlerTimeout: longAnswerMs },
    handle: async (request) => {
      const locale = localeOf(request);
      const items = [];
      for await (const { step, state, sentence, next } of examineTarget(context, request.params.id))
        items.push({ step, state, sentence: sentence[locale], next: next?.[locale] ?? null });
      return { items };
    },
  });

export const findingRoutes = (context: ServiceContext): Route[] => [examine(context)];
