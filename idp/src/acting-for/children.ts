import { type Database, statement, type Transaction } from '@edutrust/platform/database';
import { type Child, listChildren } from '@edutrust/registry/guardians';

/** The scope with which an app may let guardians act for their children; of an approved app too each of them agrees to it. */
export const actingForScope = 'acting_for';

/** For whom the person may let an app act: whom they decide for now (under 16, no limit of a court). */
export async function childrenToActFor(db: Database | Transaction, guardianId: string, now: Date): Promise<Child[]> {
  return (await listChildren(db, guardianId, now)).filter(({ decidesAlone, isLimited }) => !decidesAlone && !isLimited);
}

const agreed = statement<{ children: string[] }, [personId: string, clientId: string]>(
  'idp.acting-for-agreed',
  `SELECT children FROM idp.consent WHERE person_id = $1 AND client_id = $2 AND 'acting_for' = ANY(scopes)`,
);

/** For whom the person acts in the app now: agreed to, and still theirs to decide for. Asked at each use, so nothing outlives it. */
export async function actsFor(
  db: Database,
  { personId, clientId }: { readonly personId: string; readonly clientId: string },
  now: Date,
): Promise<Child[]> {
  const [consent] = await agreed(db, personId, clientId);
  if (!consent || consent.children.length === 0) return [];
  return (await childrenToActFor(db, personId, now)).filter(({ id }) => consent.children.includes(id));
}
