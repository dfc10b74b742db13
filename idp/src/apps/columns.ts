import { type Ciba, cibaOf } from '../ciba/delivery.ts';
import { type ApiAccess, type AppApi, apiAccessOf, apiOf } from './apis.ts';
import type { Proofs } from './certificates.ts';
import type { AppKind, AppProtocol } from './protocol.ts';

/** The columns of how an app speaks OpenID Connect, of what is given. */
export const protocolColumns = ({
  idTokenAlg,
  codeProtection,
  hasClaimsInIdToken,
  securityProfile,
  exchangesTokens,
}: Partial<AppProtocol>) => ({
  ...(idTokenAlg === undefined ? {} : { id_token_alg: idTokenAlg }),
  ...(codeProtection === undefined ? {} : { code_protection: codeProtection }),
  ...(hasClaimsInIdToken === undefined ? {} : { has_claims_in_id_token: hasClaimsInIdToken }),
  ...(securityProfile === undefined ? {} : { security_profile: securityProfile }),
  ...(exchangesTokens === undefined ? {} : { exchanges_tokens: exchangesTokens }),
});

export const proofColumns = ({ jwks, jwksUri, certificates }: Proofs) => ({
  jwks: jwks && JSON.stringify(jwks),
  jwks_uri: jwksUri,
  certificates: [...certificates],
});

/** @throws InvalidInput as `apiOf` */
export const apiColumns = ({
  api,
  apiAccess,
}: {
  readonly api?: AppApi | null;
  readonly apiAccess?: readonly ApiAccess[];
}) => ({
  ...(api === undefined ? {} : { api: api && JSON.stringify(apiOf(api)) }),
  ...(apiAccess === undefined ? {} : { api_access: JSON.stringify(apiAccessOf(apiAccess)) }),
});

/** @throws InvalidInput as `cibaOf` */
export const cibaColumn = (kind: AppKind, { ciba }: { readonly ciba?: Ciba | null }) =>
  ciba === undefined ? {} : { ciba: ciba && JSON.stringify(cibaOf(kind, ciba)) };
