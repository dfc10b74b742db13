import { createHash, randomBytes } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { bearerOf, type ClientRow, clientOfToken, findClient } from '../clients/clients.ts';
import { OneRosterError } from './query.ts';

const scopeBase = 'https://purl.imsglobal.org/spec/or/v1p2/scope';
/** OneRoster 1.2 REST binding §4.4: everything but demographics, in two widths, and demographics alone. */
export const scopes = {
  core: `${scopeBase}/roster-core.readonly`,
  roster: `${scopeBase}/roster.readonly`,
  demographics: `${scopeBase}/roster-demographics.readonly`,
} as const;

const lifetimeSeconds = 3_600;
const keyOf = (token: string) => `oneroster:${createHash('sha256').update(token).digest('base64url')}`;

/** An access token: whose it is and what for. */
export interface Grant {
  readonly client: ClientRow;
  readonly scopes: readonly string[];
}

/** What a client may ask for: demographics only when its contract has any. */
function allowedScopes({ contract }: ClientRow): string[] {
  const fields = [...contract.learners, ...contract.others];
  const hasDemographics = fields.includes('birthDate') || fields.includes('gender');
  return [scopes.core, scopes.roster, ...(hasDemographics ? [scopes.demographics] : [])];
}

/** A refusal of the token endpoint (RFC 6749 §5.2). */
export class TokenRefused extends Error {
  readonly status: 400 | 401;
  readonly error: 'invalid_client' | 'invalid_request' | 'unsupported_grant_type' | 'invalid_scope';

  constructor(status: 400 | 401, error: TokenRefused['error']) {
    super(error);
    this.status = status;
    this.error = error;
  }
}

/** Client credentials (RFC 6749 §4.4), with Basic or in the form. @throws TokenRefused */
export async function giveToken(
  context: ServiceContext,
  authorization: string | undefined,
  form: Readonly<Record<string, unknown>>,
): Promise<{ access_token: string; token_type: 'Bearer'; expires_in: number; scope: string }> {
  const { id, secret } = credentialsOf(authorization, form);
  const client = await clientOfToken(context, secret, 'oneroster');
  if (client?.id !== id) throw new TokenRefused(401, 'invalid_client');
  if (form.grant_type !== 'client_credentials') throw new TokenRefused(400, 'unsupported_grant_type');
  const allowed = allowedScopes(client);
  const asked = typeof form.scope === 'string' && form.scope !== '' ? form.scope.split(' ') : allowed;
  if (asked.some((scope) => !allowed.includes(scope))) throw new TokenRefused(400, 'invalid_scope');
  const token = randomBytes(32).toString('base64url');
  await context.store.put(keyOf(token), { clientId: client.id, scopes: asked }, lifetimeSeconds);
  return { access_token: token, token_type: 'Bearer', expires_in: lifetimeSeconds, scope: asked.join(' ') };
}

function credentialsOf(
  authorization: string | undefined,
  form: Readonly<Record<string, unknown>>,
): { readonly id: string; readonly secret: string } {
  const basic = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(authorization ?? '')?.[1];
  const [id, secret] = basic
    ? Buffer.from(basic, 'base64').toString('utf8').split(':', 2)
    : [form.client_id, form.client_secret];
  if (typeof id !== 'string' || typeof secret !== 'string') throw new TokenRefused(401, 'invalid_client');
  return { id, secret };
}

/** Who asks; a client that was ended in the meantime asks no longer. @throws OneRosterError 401, 403 */
export async function mustBeGranted(
  context: ServiceContext,
  authorization: string | undefined,
  accepted: readonly string[],
): Promise<Grant> {
  const token = bearerOf(authorization);
  const kept = token ? await context.store.get<{ clientId: string; scopes: string[] }>(keyOf(token)) : undefined;
  const client = kept ? await findClient(context.db, kept.clientId) : undefined;
  if (!kept || !client || client.ended_at) throw new OneRosterError(401, 'unauthorisedrequest', 'A token is needed.');
  if (!kept.scopes.some((scope) => accepted.includes(scope)))
    throw new OneRosterError(403, 'forbidden', `The token is not for this; one of ${accepted.join(' ')} is.`);
  return { client, scopes: kept.scopes };
}
