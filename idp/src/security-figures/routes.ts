import { personActor } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { Uuid } from '@edutrust/platform/schemas';
import { requires, scopeOf } from '@edutrust/registry/permissions';
import Type from 'typebox';
import type { IdpTools } from '../tools.ts';
import { securityFigures } from './figures.ts';

const Count = Type.Integer({ minimum: 0 });
const counts = { guessing: Count, locked: Count, newDevices: Count, questioned: Count, privileged: Count };

const readFigures = ({ context }: IdpTools) =>
  route({
    method: 'GET',
    url: '/api/v1/security/figures',
    access: requires('security.read'),
    schema: {
      tags: ['security'],
      summary:
        'Guessing, locks, new devices, unusual sign-ins and privileged acts by day, and where most of it was; numbers, no people',
      querystring: Type.Object({ days: Type.Integer({ minimum: 7, maximum: 365, default: 30 }) }),
      response: {
        200: Type.Object({
          days: Type.Array(Type.Object({ day: Type.String({ format: 'date' }), ...counts })),
          organisations: Type.Array(Type.Object({ id: Uuid, name: Type.String(), ...counts })),
        }),
      },
    },
    handle: async (request) => {
      const scope = scopeOf(personActor(request), 'security.read');
      const { days, organisations } = await securityFigures(context.db, scope, {
        now: context.clock.now(),
        days: request.query.days,
      });
      return { days: [...days], organisations: [...organisations] };
    },
  });

/** What officers watch over time: counts of organisations, never of people. */
export const securityFigureRoutes = (tools: IdpTools): Route[] => [readFigures(tools)];
