import type { ServiceContext } from '@edutrust/platform/context';
import { statement } from '@edutrust/platform/database';
import { addressOf, personClaims } from '@edutrust/registry/people';
import { actingIn, type Subjects } from '../acting-for/details.ts';
import type { AppDirectory } from '../apps/directory.ts';
import { guardedScopes, isForPerson, releasedScopes } from '../apps/release.ts';
import { derivedClaims } from './claims.ts';
import { ownClientId } from './first-party.ts';
import { readPrefetched, standingColumns, standingOf } from './prefetch.ts';

const standing = statement<{ may_sign_in: boolean }, [personId: string]>(
  'idp.person-standing',
  `SELECT ${standingColumns} FROM (SELECT $1::uuid AS id) AS person ${standingOf('person.id')}`,
);

/** Refused: every grant of somebody who may not sign in (S2), and of who left every grant to an app. */
export async function maySignIn(
  { db }: Pick<ServiceContext, 'db'>,
  personId: string,
  clientId: string | undefined,
): Promise<boolean> {
  const { account } = readPrefetched();
  if (account?.personId === personId) return account.maySignIn && (!account.hasLeft || clientId === ownClientId);
  return (await standing(db, personId))[0]?.may_sign_in === true;
}

/** What there is to say of a person to this app; a pupil's data beyond the name goes to approved apps of theirs only (N2). */
export async function claimsOf(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  {
    apps,
    subjectOf,
  }: {
    readonly apps: AppDirectory;
    readonly subjectOf: (sector: string, personId: string) => Promise<string>;
  },
  { personId, clientId, scopes: asked }: { personId: string; clientId: string; scopes: readonly string[] },
): Promise<Record<string, unknown>> {
  const known = await personClaims(db, personId);
  const app = clientId === ownClientId ? undefined : await apps.app(clientId);
  const asksMore = app?.isApproved === true && app.scopes.some((scope) => guardedScopes.has(scope));
  const theirs = asksMore && (await isForPerson(db, app, personId));
  const scopes = app ? releasedScopes(app, known, app.scopes, theirs) : [];
  const { birthdate, education_id, ...claims } = known;
  return {
    ...claims,
    ...(app ? derivedClaims(await subjectOf(app.sector, personId), known) : {}),
    ...(asked.includes('email') && scopes.includes('email') ? await emailOf(db, personId) : {}),
    ...(birthdate && scopes.includes('birthdate') ? { birthdate } : {}),
    ...(scopes.includes('education_id') ? { education_id } : {}),
    ...(app && asked.includes('acting_for')
      ? { acting_for: await childrenIn({ context: { db, clock }, apps, subjectOf }, { personId, clientId }, asked) }
      : {}),
  };
}

/** For whom they act in the app; names only where it is told theirs. */
async function childrenIn(
  parts: Subjects,
  who: { readonly personId: string; readonly clientId: string },
  asked: readonly string[],
): Promise<{ sub: string; relation: string; name?: string }[]> {
  const acting = await actingIn(parts, who);
  return acting.map(({ sub, relation, fullName }) => ({
    sub,
    relation,
    ...(asked.includes('profile') ? { name: fullName } : {}),
  }));
}

/** Of grown-ups alone: a pupil has none here. Nobody has proved that they read it (OpenID Connect Core §5.1). */
async function emailOf(db: ServiceContext['db'], personId: string) {
  const email = await addressOf(db, personId);
  return email === null ? {} : { email, email_verified: false };
}
