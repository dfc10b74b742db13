import { anyone } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import Type from 'typebox';
import type { IdpTools } from '../tools.ts';

const show = ({ context: { config } }: IdpTools) =>
  route({
    method: 'GET',
    url: '/.well-known/passkey-endpoints',
    access: anyone,
    schema: {
      tags: ['account'],
      summary: 'Where managers of passkeys send people to make or manage one here (W3C Passkey Endpoints)',
      response: { 200: Type.Object({ enroll: Type.String(), manage: Type.String() }) },
    },
    handle: async () => ({
      enroll: new URL('/account/passkey', config.url).href,
      manage: new URL('/account', config.url).href,
    }),
  });

export const passkeyEndpointRoutes = (tools: IdpTools): Route[] => [show(tools)];
