import { personActor, signedIn } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { Uuid } from '@edutrust/platform/schemas';
import { scopeOf } from '@edutrust/registry/permissions';
import Type from 'typebox';
import type { IdpTools } from '../tools.ts';
import { signInsOfDay } from './counting.ts';

const Count = Type.Integer({ minimum: 0 });

const Day = Type.Object({
  hours: Type.Array(Type.Object({ hour: Type.Integer({ minimum: 0, maximum: 23 }), count: Count, weekBefore: Count })),
  behind: Type.Array(Type.Object({ id: Uuid, name: Type.String(), count: Count, weekBefore: Count })),
});

const readDay = ({ context }: IdpTools) =>
  route({
    method: 'GET',
    url: '/api/v1/sign-ins',
    access: signedIn,
    schema: {
      tags: ['accounts'],
      summary: 'Sign-ins of today and of the same day a week before, by hour, where the caller may see accounts',
      response: { 200: Day },
    },
    handle: async (request) => {
      const scope = scopeOf(personActor(request), 'accounts.read');
      return scope.length === 0 ? { hours: [], behind: [] } : signInsOfDay(context.db, scope, context.clock.now());
    },
  });

/** Sign-ins of today as the console's first page shows them: numbers of organisations, never of people. */
export const signInFigures = (tools: IdpTools): Route[] => [readDay(tools)];
