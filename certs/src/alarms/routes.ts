import type { ServiceContext } from '@edutrust/platform/context';
import { localeOf } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { findAlarms } from './alarms.ts';

const listAlarms = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/certificate-alarms',
    access: requires('certificates.read'),
    schema: {
      tags: ['certificates'],
      summary: 'What an operator must do something about; empty when all is well',
      response: {
        200: Type.Object({
          items: Type.Array(Type.Object({ code: Type.String(), about: Type.String(), sentence: Type.String() })),
        }),
      },
    },
    handle: async (request) => {
      const alarms = await findAlarms(context);
      const locale = localeOf(request);
      return { items: alarms.map(({ sentence, ...rest }) => ({ ...rest, sentence: sentence[locale] })) };
    },
  });

/** What is not as it should be with the authorities. */
export const alarmRoutes = (context: ServiceContext): Route[] => [listAlarms(context)];
