import type { ServiceContext } from '@edutrust/platform/context';
import { type HttpServer, localeOf } from '@edutrust/platform/http';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { findAlarms } from './alarms.ts';

export function addAlarmRoutes(app: HttpServer, context: ServiceContext): void {
  app.get(
    '/api/v1/certificate-alarms',
    {
      config: { access: requires('certificates.read') },
      schema: {
        tags: ['certificates'],
        summary: 'What an operator must do something about; empty when all is well',
        response: {
          200: Type.Object({
            items: Type.Array(Type.Object({ code: Type.String(), about: Type.String(), sentence: Type.String() })),
          }),
        },
      },
    },
    async (request) => {
      const alarms = await findAlarms(context);
      const locale = localeOf(request);
      return { items: alarms.map(({ sentence, ...rest }) => ({ ...rest, sentence: sentence[locale] })) };
    },
  );
}
