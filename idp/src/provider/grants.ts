import type { ServiceContext } from '@edutrust/platform/context';
import { statement } from '@edutrust/platform/database';
import { errors, type Grant, type KoaContextWithOIDC } from 'oidc-provider';
import { actingForScope, childrenToActFor } from '../acting-for/children.ts';
import type { AppDirectory } from '../apps/directory.ts';
import { isForPerson } from '../apps/release.ts';
import { guardianWord, whoseWord } from '../consent/guardian.ts';
import { askedScopes } from './claims-parameter.ts';
import { keptDetailsOf } from './credential-details.ts';
import { ownClientId } from './first-party.ts';
import { grantForSession } from './models/grant.ts';
import { readPrefetched, stampOf } from './prefetch.ts';

/** The life of a grant, and of a family of refresh tokens from its first one, however often it is rotated (P6). */
export const refreshSeconds = 14 * 24 * 3600;

/** The grant of a request, with what it says of a person's key: of this request alone, and nothing that is kept with the grant. */
export async function loadGrant(
  context: Pick<ServiceContext, 'db' | 'clock'>,
  apps: AppDirectory,
  ctx: KoaContextWithOIDC,
): Promise<Grant | undefined> {
  const grant = await grantOf(context, apps, ctx);
  const details = keptDetailsOf(ctx.oidc.params);
  if (grant && details) grant.rar = details;
  return grant;
}

/**
 * The grant that the session already has for the app; else one made by policy: for our own pages, for apps that the
 * department or school approved, and for what the person agreed to before. Otherwise none, and the person is asked.
 * A grant holds what was agreed to in this session; what an app gets of it is what it asked for.
 */
async function grantOf(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  apps: AppDirectory,
  ctx: KoaContextWithOIDC,
): Promise<Grant | undefined> {
  const { client, session, provider, params, result } = ctx.oidc;
  if (!client || !session?.accountId) return undefined;
  const asked = askedScopes(params ?? {}, String(client.scope ?? '').split(' '));
  const held = result?.consent?.grantId ?? session.grantIdFor(client.clientId);
  const grant = held ? await provider.Grant.find(held) : undefined;
  if (grant?.accountId === session.accountId) {
    const has = new Set(grant.getOIDCScope().split(' '));
    if (result?.consent || asked.every((scope) => has.has(scope))) return grant;
  }
  if (!(await isAgreed({ db, clock }, apps, client.clientId, session.accountId, asked))) return grant;
  const { accountId: personId, uid: sessionUid } = session;
  const made = await grantForSession(db, {
    ...{ sessionUid, personId, clientId: client.clientId, scopes: asked },
    epoch: stampOf(personId),
    lifetimeSeconds: refreshSeconds,
  });
  if (!made) throw new errors.LoginRequired('the sign-in ended');
  return provider.Grant.find(made);
}

const consent = statement<
  { given: true },
  [personId: string, clientId: string, scopes: readonly string[], children: readonly string[]]
>(
  'idp.consent-find',
  'SELECT true AS given FROM idp.consent WHERE person_id = $1 AND client_id = $2 AND scopes @> $3::text[] AND children @> $4::uuid[]',
);

async function isAgreed(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  apps: AppDirectory,
  clientId: string,
  personId: string,
  scopes: readonly string[],
): Promise<boolean> {
  if (clientId === ownClientId) return true;
  const app = await apps.app(clientId);
  if (!app || app.isSandbox || !scopes.every((scope) => app.scopes.includes(scope))) return false;
  // Approval answers for the people whose app it is; others are asked.
  // Acting for a child is agreed to by its guardian, whoever approved the app, and for the children that were named.
  const children = scopes.includes(actingForScope) ? await childrenToActFor(db, personId, clock.now()) : [];
  if (app.isApproved && children.length === 0 && (await isTheirs(db, clientId, personId))) return true;
  const ids = children.map(({ id }) => id);
  const isGiven = (await consent(db, personId, clientId, scopes, ids)).length > 0;
  const who = await whoseWord(db, app, personId, clock.now());
  if (who === 'self' || (who === 'both' && !isGiven)) return isGiven;
  return (await guardianWord(db, personId, clientId, scopes, clock.now())) === 'given';
}

async function isTheirs(db: ServiceContext['db'], clientId: string, personId: string): Promise<boolean> {
  const { appOfPerson: known } = readPrefetched();
  if (known?.personId === personId && known.clientId === clientId) return known.isForPerson;
  return isForPerson(db, { clientId }, personId);
}
