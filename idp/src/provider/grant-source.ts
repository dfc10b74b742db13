import type { AuthorizationCode, BackchannelAuthenticationRequest, DeviceCode, RefreshToken } from 'oidc-provider';

interface Entities {
  readonly AuthorizationCode?: AuthorizationCode | undefined;
  readonly RefreshToken?: RefreshToken | undefined;
  readonly DeviceCode?: DeviceCode | undefined;
  readonly BackchannelAuthenticationRequest?: BackchannelAuthenticationRequest | undefined;
}

/** What a person's tokens are given for in this request: it knows how they signed in, and what was asked for. */
export const sourceOf = ({
  AuthorizationCode,
  RefreshToken,
  DeviceCode,
  BackchannelAuthenticationRequest,
}: Entities): AuthorizationCode | RefreshToken | DeviceCode | BackchannelAuthenticationRequest | undefined =>
  AuthorizationCode ?? RefreshToken ?? DeviceCode ?? BackchannelAuthenticationRequest;
