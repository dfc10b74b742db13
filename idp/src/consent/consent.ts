import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { record } from '@edutrust/platform/events';
import type { Actor } from '@edutrust/platform/http';
import { sql } from 'kysely';
import type Provider from 'oidc-provider';

const actorOf = (personId: string): Actor => ({
  kind: 'person',
  personId,
  sessionId: '',
  roles: [],
  acr: '',
  authenticatedAt: new Date(0),
});

/** Keeps what the person agreed to, so that it is asked once, and makes the grant for it; gives the grant's id. */
export async function giveConsent(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  provider: Provider,
  { personId, clientId, scopes }: { personId: string; clientId: string; scopes: readonly string[] },
): Promise<string> {
  await db.transaction().execute(async (transaction) => {
    await sql`
      INSERT INTO idp.consent AS held (person_id, client_id, scopes, given_at)
      VALUES (${personId}, ${clientId}, ${[...scopes]}, ${clock.now()})
      ON CONFLICT (person_id, client_id) DO UPDATE SET given_at = excluded.given_at,
        scopes = (SELECT array_agg(DISTINCT scope) FROM unnest(held.scopes || excluded.scopes) AS scope)`.execute(
      transaction,
    );
    await record(transaction, {
      type: 'consent.given',
      actor: actorOf(personId),
      subject: { kind: 'person', id: personId },
      data: { app: clientId, scopes: [...scopes] },
    });
  });
  const grant = new provider.Grant({ clientId, accountId: personId });
  grant.addOIDCScope(scopes.join(' '));
  return grant.save();
}

/** Takes the agreement back: the app's grants and tokens for this person end with it. */
export async function withdrawConsent(transaction: Transaction, personId: string, clientId: string): Promise<void> {
  const { numAffectedRows } = await sql`
    DELETE FROM idp.consent WHERE person_id = ${personId} AND client_id = ${clientId}`.execute(transaction);
  if (numAffectedRows === 0n) return;
  const grants = sql`SELECT id FROM idp.oauth_grant WHERE person_id = ${personId} AND client_id = ${clientId}`;
  for (const table of [sql`idp.access_token`, sql`idp.refresh_token`, sql`idp.authorization_code`]) {
    await sql`DELETE FROM ${table} WHERE grant_id IN (${grants})`.execute(transaction);
  }
  await sql`DELETE FROM idp.oauth_grant WHERE person_id = ${personId} AND client_id = ${clientId}`.execute(transaction);
  await record(transaction, {
    type: 'consent.withdrawn',
    actor: actorOf(personId),
    subject: { kind: 'person', id: personId },
    data: { app: clientId },
  });
}
