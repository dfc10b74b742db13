import { type Database, statement, type Transaction } from '@edutrust/platform/database';
import type { PersonClaims } from '@edutrust/registry/people';
import type { App } from './app.ts';

/** Data beyond the name that an app is told of a pupil only when the department approved it and it is theirs to use. */
export const guardedScopes: ReadonlySet<string> = new Set(['birthdate', 'education_id']);

/** A row when the app is for the person, for a statement that reads it beside something else. */
export const appIsForPerson = (clientId: string, personId: string) => `
  SELECT true AS found FROM idp.app AS app
  JOIN registry.affiliation AS f ON f.person_id = ${personId} AND f.valid_until IS NULL AND f.role = ANY(app.audience)
  JOIN registry.organisation AS o ON o.id = f.organisation_id
  WHERE app.client_id = ${clientId} AND (
    (NOT app.is_external AND app.organisation_id = ANY(o.path))
    OR EXISTS (SELECT FROM idp.app_activation AS v WHERE v.client_id = app.client_id AND v.organisation_id = ANY(o.path)))
  LIMIT 1`;

const forPerson = statement<{ found: true }, [clientId: string, personId: string]>(
  'idp.app-is-for-person',
  appIsForPerson('$1', '$2'),
);

/**
 * Whether an app is for the person, by what they are there: it belongs to one of their organisations or above one, or, from outside, one of
 * their organisations activated it.
 */
export async function isForPerson(
  db: Database | Transaction,
  app: Pick<App, 'clientId'>,
  personId: string,
): Promise<boolean> {
  return (await forPerson(db, app.clientId, personId)).length > 0;
}

/** The scopes whose data the app gets of this person, of those that it asked for (N2). */
export function releasedScopes(
  app: Pick<App, 'isApproved'>,
  claims: PersonClaims,
  scopes: readonly string[],
  isTheirs: boolean,
): string[] {
  const isPupil = claims.affiliations.some(({ role }) => role === 'learner');
  if (!isPupil || (app.isApproved && isTheirs)) return [...scopes];
  return scopes.filter((scope) => !guardedScopes.has(scope));
}
