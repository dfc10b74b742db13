import type { errors } from 'oidc-provider';

/** Why a request was refused, as far as a developer can do something about it; the console has a sentence for each. */
export const refusals = [
  'redirect-uri',
  'pkce-missing',
  'not-pushed',
  'request-object',
  'proof',
  'certificate',
  'assertion',
  'verifier',
  'code-used',
  'code-unknown',
  'code-other-app',
  'secret',
  'secret-method',
  'scope',
  'not-signed-in',
  'refused',
  'token',
  'other',
] as const;
export type Refusal = (typeof refusals)[number];

/** What the library says of it, from the most particular; its sentences are pinned with its version and tested. */
const sentences: readonly (readonly [RegExp, Refusal])[] = [
  [/Pushed Authorization Request/i, 'not-pushed'],
  [/Request Object/i, 'request-object'],
  [/redirect_uri/i, 'redirect-uri'],
  [/code_verifier/i, 'verifier'],
  [/requires PKCE|code_challenge/i, 'pkce-missing'],
  [/already consumed|already used/i, 'code-used'],
  [/(code|token) (not found|is expired)/i, 'code-unknown'],
  [/client mismatch/i, 'code-other-app'],
  [/DPoP/i, 'proof'],
  [/certificate/i, 'certificate'],
  [/client.assertion|\(aud\)|\(exp\)|\(jti\)/i, 'assertion'],
  [/invalid secret|secret/i, 'secret'],
  [/authentication m(ech|eth)/i, 'secret-method'],
];

const byCode: Readonly<Record<string, Refusal>> = {
  invalid_scope: 'scope',
  invalid_request_object: 'request-object',
  invalid_dpop_proof: 'proof',
  login_required: 'not-signed-in',
  consent_required: 'not-signed-in',
  interaction_required: 'not-signed-in',
  account_selection_required: 'not-signed-in',
  access_denied: 'refused',
  invalid_token: 'token',
  invalid_client: 'secret-method',
};

export function refusalOf(error: Error): { readonly reason: Refusal; readonly detail: string } {
  const { error_description: description = '', error_detail: more } = error as errors.OIDCProviderError;
  const detail = more ?? description;
  const found = sentences.find(([sentence]) => sentence.test(`${detail} ${description}`));
  return { reason: found?.[1] ?? byCode[error.message] ?? 'other', detail: detail.slice(0, 300) };
}
