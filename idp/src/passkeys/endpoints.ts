import { NotFound } from '@edutrust/platform/errors';
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

const related = ({ context: { config } }: IdpTools) =>
  route({
    method: 'GET',
    url: '/.well-known/webauthn',
    access: anyone,
    schema: {
      tags: ['account'],
      summary:
        'Other origins that may ask for the passkeys of here (WebAuthn level 3 §5.11), where the operator named some',
      response: { 200: Type.Object({ origins: Type.Array(Type.String()) }) },
    },
    handle: async () => {
      if (config.relatedOrigins.length === 0)
        throw new NotFound('passkeys/no-related-origins', {
          vi: 'Passkey của hệ thống này chỉ dùng ở địa chỉ này.',
          en: 'The passkeys of this installation are for this origin alone.',
        });
      return { origins: [...config.relatedOrigins] };
    },
  });

export const passkeyEndpointRoutes = (tools: IdpTools): Route[] => [show(tools), related(tools)];
