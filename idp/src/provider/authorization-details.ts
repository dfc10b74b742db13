import type { AuthorizationDetail, KoaContextWithOIDC } from 'oidc-provider';
import { actingForDetails, type Source, type Subjects } from '../acting-for/details.ts';
import { confirmedOf, credentialTypes, keptDetailsOf } from './credential-details.ts';

type Details = Promise<AuthorizationDetail[]>;

/** Rich authorization requests (RFC 9396): for acting for a child, and for signatures with a person's key. */
export function authorizationDetails(parts: Subjects) {
  const acting = actingForDetails(parts);
  return {
    ...acting,
    types: { ...acting.types, ...credentialTypes },
    authorizationDetailsForGrantSource: async (ctx: KoaContextWithOIDC, source: Source): Details =>
      keptDetailsOf(ctx.oidc.params) ?? acting.authorizationDetailsForGrantSource(ctx, source),
    authorizationDetailsForAccessToken: async (ctx: KoaContextWithOIDC, token: Source, source?: Source): Details =>
      confirmedOf(source?.rar) ?? acting.authorizationDetailsForAccessToken(ctx, token, source),
    authorizationDetailsForIntrospection: async (ctx: KoaContextWithOIDC, token: Source): Details =>
      confirmedOf(token.rar) ?? acting.authorizationDetailsForIntrospection(ctx, token),
  };
}
