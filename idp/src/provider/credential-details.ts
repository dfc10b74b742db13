import { type AuthorizationDetail, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { detailTypes } from '../apps/protocol.ts';

/** Where the details are kept from the request on: the library wants an API (`resource`) beside its own parameter. */
export const keptDetails = 'credential_details';

const types: readonly string[] = detailTypes.credential;
const moved = new WeakSet<KoaContextWithOIDC>();

/** @throws InvalidAuthorizationDetails for more than one detail, and elsewhere than in a sign-in */
async function keep(ctx: KoaContextWithOIDC, _detail: AuthorizationDetail): Promise<void> {
  const { params, route } = ctx.oidc;
  if (!params || !['authorization', 'pushed_authorization_request'].includes(route))
    throw new errors.InvalidAuthorizationDetails('a credential is asked for in a sign-in');
  const { authorization_details: text, scope } = params;
  if ((JSON.parse(String(text)) as unknown[]).length > 1)
    throw new errors.InvalidAuthorizationDetails('one credential is asked for, and nothing else with it');
  params[keptDetails] = text;
  params.authorization_details = undefined;
  const asked = typeof scope === 'string' && scope ? scope.split(' ') : [];
  params.scope = [...new Set([...asked, 'credential'])].join(' '); // they say the same, and one of them is enough
  moved.add(ctx);
}

/** Nobody but {@link keep} puts details there, in this request or when it was pushed. @throws InvalidRequest */
export function mustBeKept(ctx: KoaContextWithOIDC, value: unknown): void {
  if (value !== undefined && !moved.has(ctx) && !ctx.oidc.entities.PushedAuthorizationRequest)
    throw new errors.InvalidRequest(`${keptDetails} is no parameter of a request`);
}

/** What an app asks for that has the scope `credential`; what is in one is read by who signs. */
export const credentialTypes = Object.fromEntries(types.map((type) => [type, { validate: keep }]));

/** The details of the sign-in's request. */
export function keptDetailsOf(
  params: Readonly<Record<string, unknown>> | undefined,
): AuthorizationDetail[] | undefined {
  const { [keptDetails]: text } = params ?? {};
  return typeof text === 'string' ? (JSON.parse(text) as AuthorizationDetail[]) : undefined; // the library has judged it
}

/** Of what a code or token has the details of a credential: they were confirmed, and stay as they are. */
export function confirmedOf(rar: readonly AuthorizationDetail[] | undefined): AuthorizationDetail[] | undefined {
  const confirmed = (rar ?? []).filter(({ type }) => types.includes(type));
  return confirmed.length > 0 ? confirmed : undefined;
}
