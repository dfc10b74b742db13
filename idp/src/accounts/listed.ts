import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { can } from '@edutrust/registry/permissions';
import { sql } from 'kysely';

/** How somebody in a list stands with signing in, in a word. */
export interface ListedAccount {
  readonly personId: string;
  readonly status: 'none' | 'invited' | 'active' | 'suspended';
  readonly lastSignInAt: Date | null;
  /** Somebody tried wrongly too often: from there it takes until then. */
  readonly waitsUntil: Date | null;
}

/** Of these people those whose accounts the actor may read, each decided as its own page decides; the others are left out. */
export async function listAccounts(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  personIds: readonly string[],
  actor: PersonActor,
): Promise<ListedAccount[]> {
  const may = can(db);
  const allowed = await Promise.all(personIds.map((personId) => may(actor, 'accounts.read', { personId })));
  const { rows } = await sql<ListedAccount>`
    SELECT p.id AS "personId", coalesce(a.status, 'none') AS status, a.last_sign_in_at AS "lastSignInAt",
      (SELECT max(t.blocked_until) FROM idp.throttle AS t
       WHERE t.person_id = p.id AND t.blocked_until > ${clock.now()}) AS "waitsUntil"
    FROM unnest(${personIds.filter((_id, index) => allowed[index])}::uuid[]) AS p (id)
    LEFT JOIN idp.account AS a ON a.person_id = p.id`.execute(db);
  return rows;
}
