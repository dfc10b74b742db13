import type { paths } from '../../generated/api.d.ts';

type Answer<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { 'application/json': infer Body } } } };
}
  ? Body
  : never;

export type AppView = Answer<'/api/v1/apps/{clientId}'>;
export type SeenRequest = Answer<'/api/v1/apps/{clientId}/requests'>['items'][number];
export type Invented = Answer<'/api/v1/apps/{clientId}/preview'>['people'][number]['id'];
export type Refusal = NonNullable<SeenRequest['reason']>;
export type RegistrationToken = Answer<'/api/v1/registration-tokens'>['items'][number];
export type AppHealth = Answer<'/api/v1/apps/{clientId}/health'>;
