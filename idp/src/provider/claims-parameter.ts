import Provider, { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { assuranceLevels } from './assurance.ts';
import { claimNamesOf, dataScopes, scopeClaims } from './claims.ts';

type Claims = Readonly<Record<string, unknown>>;

interface ClaimsRequest {
  readonly userinfo?: Claims | null;
  readonly id_token?: Claims | null;
}

/** The scope that releases each claim. */
const scopeOf: ReadonlyMap<string, string> = new Map(
  Object.entries(scopeClaims).flatMap(([scope, claims]) => claims.map((claim) => [claim, scope] as const)),
);

const scopesOfClaims = (claims: Iterable<string>): string[] => [
  ...new Set([...claims].flatMap((claim) => scopeOf.get(claim) ?? [])),
];

function readClaims(text: unknown): ClaimsRequest {
  if (typeof text !== 'string') return {};
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {}; // refused by the library with its reason
  }
}

/**
 * The scopes about data that a request is for: those that it names, and those of the claims that it asks for one by one
 * (OpenID Connect Core §5.5) or of acting for a child (RFC 9396), as far as the app is registered for them: what an app
 * learns is approved as scopes.
 */
export function askedScopes(params: Readonly<Record<string, unknown>>, registered: readonly string[]): string[] {
  const { userinfo, id_token } = readClaims(params.claims);
  const ofClaims = scopesOfClaims(Object.keys({ ...userinfo, ...id_token })).filter((scope) =>
    registered.includes(scope),
  );
  const { authorization_details: details } = params;
  const ofDetails = typeof details === 'string' && registered.includes('acting_for') ? ['acting_for'] : [];
  return [...new Set([...dataScopes(params.scope), ...ofClaims, ...ofDetails])];
}

/** The scopes of the claims that one answer is to hold. */
export const scopesOfAsked = (claims: unknown): string[] =>
  scopesOfClaims(Object.keys((claims as Claims | undefined) ?? {}));

/**
 * An essential `acr` that we can never give is a failed sign-in (OpenID Connect Core §5.5.1.1): said at once.
 *
 * @throws InvalidRequest
 */
export async function mustBeGivable(_ctx: KoaContextWithOIDC, claims: unknown): Promise<void> {
  for (const part of [(claims as ClaimsRequest).userinfo, (claims as ClaimsRequest).id_token]) {
    for (const asked of Object.values(part ?? {})) {
      if (asked !== null && (typeof asked !== 'object' || Array.isArray(asked)))
        throw new errors.InvalidRequest('each claim that is asked for is null or an object');
    }
  }
  const acr = (claims as ClaimsRequest).id_token?.acr as ({ essential?: unknown } & Wish) | null | undefined;
  if (!acr?.essential) return;
  const wished = wishedOf(acr);
  if (wished.length > 0 && !wished.some((value) => assuranceLevels.some((level) => level === value)))
    throw new errors.InvalidRequest(`acr can be ${assuranceLevels.join(', ')}`);
}

interface Wish {
  readonly value?: unknown;
  readonly values?: unknown;
}

const wishedOf = ({ value, values }: Wish): unknown[] => [
  ...(value === undefined ? [] : [value]),
  ...(Array.isArray(values) ? values : []),
];

/** The `acr_values` of a request, those of its claims parameter included. */
export function acrAsked(params: Readonly<Record<string, unknown>>): string {
  const acr = readClaims(params.claims).id_token?.acr;
  const ofClaims = acr && typeof acr === 'object' ? wishedOf(acr) : [];
  return [params.acr_values, ...ofClaims].filter((value) => typeof value === 'string').join(' ');
}

/** What a grant lets an app have claim by claim is what its scopes release; beyond them nobody is asked. */
export function claimsByScopes(provider: Provider): void {
  const grant = provider.Grant.prototype as unknown as {
    getOIDCScope(): string;
    getOIDCClaims(): string[];
    getOIDCClaimsEncountered(): string[];
    getRejectedOIDCClaims(): string[];
  };
  grant.getOIDCClaims = function () {
    return claimNamesOf(this.getOIDCScope().split(' '));
  };
  grant.getRejectedOIDCClaims = () => [];
  grant.getOIDCClaimsEncountered = function () {
    const registered = String(Provider.ctx?.oidc.client?.scope ?? '').split(' ');
    const asked = [...(Provider.ctx?.oidc.requestParamClaims ?? [])];
    const obtainable = new Set(claimNamesOf(registered));
    return [...this.getOIDCClaims(), ...asked.filter((claim) => !obtainable.has(claim))];
  };
}
