import { randomBytes } from 'node:crypto';
import { type Database, statement, type Transaction } from '@edutrust/platform/database';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { librarySeconds } from '../library-time.ts';
import { keepPrefetched, readPrefetched } from '../prefetch.ts';
import { holdGrant } from './entering.ts';
import { nothing } from './model.ts';
import { isKnownSession } from './session.ts';

const find = statement<{ payload: AdapterPayload }, [id: string]>(
  'idp.grant-find',
  'SELECT payload FROM idp.oauth_grant WHERE id = $1 AND expires_at > now()',
);
const destroy = statement<never, [id: string]>('idp.grant-destroy', 'DELETE FROM idp.oauth_grant WHERE id = $1');

/** What a session lets an app have. They are made by {@link grantForSession} alone. */
export function grantAdapter(db: Database): Adapter {
  return {
    ...nothing,
    find: async (id) => {
      const { grant } = readPrefetched();
      if (grant?.id === id) return grant.payload;
      return (await find(db, id))[0]?.payload;
    },
    upsert: async () => {
      throw new Error('grants are made for a session');
    },
    destroy: async (id) => {
      await destroy(db, id);
    },
  };
}

const put = statement<
  { id: string; payload: AdapterPayload },
  [
    id: string,
    personId: string,
    clientId: string,
    sessionUid: string,
    payload: string,
    expiresAt: number,
    scopes: readonly string[],
    epoch: string | null,
  ]
>(
  'idp.grant-put',
  `WITH allowed AS (SELECT 1 FROM idp.account WHERE person_id = $2::uuid AND epoch = $8::bigint FOR KEY SHARE)
   INSERT INTO idp.oauth_grant AS held (id, person_id, client_id, session_uid, payload, expires_at)
   SELECT $1, $2::uuid, $3, $4, $5::jsonb, to_timestamp($6::bigint) FROM allowed
   ON CONFLICT (session_uid, client_id) WHERE session_uid IS NOT NULL DO UPDATE SET
     id = CASE WHEN held.expires_at > now() AND held.person_id = excluded.person_id THEN held.id ELSE excluded.id END,
     person_id = excluded.person_id,
     payload = CASE WHEN held.expires_at > now() AND held.person_id = excluded.person_id
       THEN held.payload || jsonb_build_object('exp', $6::bigint, 'openid', jsonb_build_object('scope', (
         SELECT string_agg(DISTINCT scope, ' ')
         FROM unnest(string_to_array(held.payload#>>'{openid,scope}', ' ') || $7::text[]) AS scope)))
       ELSE excluded.payload END,
     expires_at = excluded.expires_at
   RETURNING id, payload`,
);

/**
 * The grant of an app in a session, made or widened by the scopes: tabs that ask at once share one, so that what one of
 * them was given outlives the others' answers. Gives its id; undefined when the person's sessions have all ended
 * since `epoch` (S9).
 */
export async function grantForSession(
  db: Database | Transaction,
  {
    sessionUid,
    personId,
    clientId,
    scopes,
    epoch,
    lifetimeSeconds,
  }: {
    readonly sessionUid: string;
    readonly personId: string;
    readonly clientId: string;
    readonly scopes: readonly string[];
    readonly epoch: string | undefined;
    readonly lifetimeSeconds: number;
  },
): Promise<string | undefined> {
  const jti = randomBytes(32).toString('base64url');
  const iat = librarySeconds();
  const exp = iat + lifetimeSeconds;
  const scope = [...new Set(scopes)].join(' ');
  const made = { kind: 'Grant', jti, iat, exp, accountId: personId, clientId, openid: { scope } };
  const payload = JSON.stringify(made);
  // A session that is stored later than this has no grant yet that another tab could have made.
  if (!isKnownSession(sessionUid) && holdGrant({ id: jti, clientId, payload, expiresAt: exp })) {
    keepPrefetched({ ...readPrefetched(), grant: { id: jti, payload: made } });
    return jti;
  }
  const [row] = await put(db, jti, personId, clientId, sessionUid, payload, exp, scopes, epoch ?? null);
  if (row) keepPrefetched({ ...readPrefetched(), grant: row });
  return row?.id;
}
