import type { ServiceContext } from '@edutrust/platform/context';
import { type Database, statement } from '@edutrust/platform/database';
import { sql } from 'kysely';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { refreshSeconds } from '../provider/grants.ts';
import { endGrants } from '../provider/models/end-grants.ts';
import { grantForSession } from '../provider/models/grant.ts';
import { type InventedPerson, inventedPerson } from './people.ts';

const ofGrant = statement<{ invented_person: string | null }, [id: string | null, clientId: string, personId: string]>(
  'idp.sandbox-person',
  `SELECT invented_person FROM idp.oauth_grant WHERE client_id = $2 AND person_id = $3
   ORDER BY (id = $1) DESC NULLS LAST, expires_at DESC LIMIT 1`,
);

/**
 * Whom a developer is at an app in its sandbox: the grant says it. By the grant of this request where there is one, else
 * (a logout) by the developer's last. Undefined: nobody, and the app learns nothing.
 */
export async function inventedPersonOf(
  db: Database,
  ctx: KoaContextWithOIDC | undefined,
  { clientId, personId }: { readonly clientId: string; readonly personId: string },
): Promise<InventedPerson | undefined> {
  const { entities, session } = ctx?.oidc ?? {};
  const grantId = entities?.Grant?.jti ?? session?.grantIdFor(clientId) ?? null;
  const [row] = await ofGrant(db, grantId, clientId, personId);
  return inventedPerson(row?.invented_person);
}

/**
 * Has the developer be this invented person at the app in this session; gives the grant's id. What the app had as the one
 * before ends: a token is of one person.
 *
 * @throws SessionNotFound when the session or the sandbox ended meanwhile.
 */
export async function chooseInvented(
  { db }: Pick<ServiceContext, 'db'>,
  chosen: {
    readonly sessionUid: string;
    readonly personId: string;
    readonly clientId: string;
    readonly scopes: readonly string[];
    readonly invented: string;
  },
): Promise<string> {
  const { sessionUid, personId, clientId, scopes, invented } = chosen;
  return db.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ epoch: string }>`
      SELECT a.epoch FROM idp.account AS a JOIN idp.session AS s ON s.person_id = a.person_id
      WHERE a.person_id = ${personId} AND s.uid = ${sessionUid} FOR KEY SHARE OF a, s`.execute(transaction);
    // Held until this is done: a process that has not yet heard that the app is in real use makes it no sandbox grant.
    const app = await sql`
      SELECT FROM idp.app WHERE client_id = ${clientId} AND is_sandbox AND ended_at IS NULL FOR SHARE`.execute(
      transaction,
    );
    if (!rows[0] || app.rows.length === 0) throw new errors.SessionNotFound('the session or the sandbox ended');
    await endGrants(transaction, sql`session_uid = ${sessionUid} AND client_id = ${clientId}`);
    const { epoch } = rows[0];
    const grant = { sessionUid, personId, clientId, scopes, epoch, lifetimeSeconds: refreshSeconds };
    const id = await grantForSession(transaction, grant);
    if (!id) throw new errors.SessionNotFound('the session ended');
    await sql`UPDATE idp.oauth_grant SET invented_person = ${invented} WHERE id = ${id}`.execute(transaction);
    return id;
  });
}
