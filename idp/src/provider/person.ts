import type { ServiceContext } from '@edutrust/platform/context';
import { statement } from '@edutrust/platform/database';
import { personClaims } from '@edutrust/registry/people';
import type { AppDirectory } from '../apps/directory.ts';
import { guardedScopes, isForPerson, releasedScopes } from '../apps/release.ts';
import { ownClientId } from './first-party.ts';
import { readPrefetched, standingColumns, standingOf } from './prefetch.ts';

const standing = statement<{ may_sign_in: boolean }, [personId: string]>(
  'idp.person-standing',
  `SELECT ${standingColumns} FROM (SELECT $1::uuid AS id) AS person ${standingOf('person.id')}`,
);

/** Refused: every grant of somebody who may not sign in (S2). */
export async function maySignIn({ db }: Pick<ServiceContext, 'db'>, personId: string): Promise<boolean> {
  const { account } = readPrefetched();
  if (account?.personId === personId) return account.maySignIn;
  return (await standing(db, personId))[0]?.may_sign_in === true;
}

/** What there is to say of a person to this app; a pupil's data beyond the name goes to approved apps of theirs only (N2). */
export async function claimsOf(
  { db }: Pick<ServiceContext, 'db'>,
  apps: AppDirectory,
  personId: string,
  clientId: string | undefined,
): Promise<Record<string, unknown>> {
  const known = await personClaims(db, personId);
  const app = clientId === undefined || clientId === ownClientId ? undefined : await apps.app(clientId);
  const asksMore = app?.isApproved === true && app.scopes.some((scope) => guardedScopes.has(scope));
  const theirs = asksMore && (await isForPerson(db, app, personId));
  const scopes = app ? releasedScopes(app, known, app.scopes, theirs) : [];
  const { birthdate, education_id, ...claims } = known;
  return {
    ...claims,
    ...(birthdate && scopes.includes('birthdate') ? { birthdate } : {}),
    ...(scopes.includes('education_id') ? { education_id } : {}),
  };
}
