import { statement } from '@edutrust/platform/database';
import type { AdapterPayload } from 'oidc-provider';
import { liveSession, standingColumns, standingOf } from '../prefetch.ts';

export type TokenTable =
  | 'authorization_code'
  | 'backchannel_request'
  | 'device_code'
  | 'refresh_token'
  | 'access_token'
  | 'pushed_request';

/** A token, and beside it what judging it asks for next. */
export interface TokenRow {
  readonly found_in: TokenTable;
  readonly payload: AdapterPayload;
  readonly consumed_at: Date | null;
  readonly grant_id: string | null;
  readonly grant_payload: AdapterPayload | null;
  readonly session_uid: string | null;
  readonly session_payload: AdapterPayload | null;
  readonly person_id: string | null;
  readonly may_sign_in: boolean;
  readonly epoch: string;
}

export type NewToken = [
  idHash: Buffer,
  grantId: string | null,
  personId: string | null,
  sessionUid: string | null,
  payload: string,
  lifetimeSeconds: number,
  epoch: string | null,
  /** The session that has to be there, when there is one. */
  neededSession: string | null,
];

const columns = 'id_hash, grant_id, person_id, session_uid, payload, consumed_at, expires_at';
const rowOf = (from: string) => `
  SELECT t.found_in, t.payload, t.consumed_at, t.grant_id, g.payload AS grant_payload, t.session_uid,
    s.payload AS session_payload, t.person_id, ${standingColumns}
  FROM ${from} AS t
  LEFT JOIN idp.oauth_grant AS g ON g.id = t.grant_id AND g.expires_at > now()
  LEFT JOIN idp.session AS s ON s.uid = t.session_uid AND ${liveSession} ${standingOf('t.person_id')}`;
/** Of what an app polls for the library says that it has expired (RFC 8628 §3.5, OpenID CIBA §11), until it is swept away. */
const isPolled = (table: TokenTable) => table === 'device_code' || table === 'backchannel_request';
const selectFrom = (table: TokenTable) => `
  SELECT '${table}' AS found_in, ${columns} FROM idp.${table} WHERE id_hash = $1 ${isPolled(table) ? '' : 'AND expires_at > now()'}`;

/** Of any kind that can be asked about (RFC 7009, RFC 7662), which the one who asks need not know. */
export const findAnyToken = statement<TokenRow, [idHash: Buffer]>(
  'idp.any-token-find',
  rowOf(`(${selectFrom('access_token')} UNION ALL ${selectFrom('refresh_token')})`),
);

/**
 * One row in `allowed` when the token may be stored: for nobody; else while the account is in its epoch and the session,
 * when one has to be there, is. Both are held until the statement ends (S9).
 */
const allowed = `
  account_held AS MATERIALIZED (
    SELECT 1 FROM idp.account AS a WHERE $8::text IS NULL AND a.person_id = $3::uuid AND a.epoch = $7::bigint FOR KEY SHARE),
  both_held AS MATERIALIZED (
    SELECT 1 FROM idp.account AS a JOIN idp.session AS s ON s.uid = $8
    WHERE a.person_id = $3::uuid AND a.epoch = $7::bigint FOR KEY SHARE OF a, s),
  allowed AS (
    SELECT 1 WHERE $3::uuid IS NULL UNION ALL SELECT 1 FROM account_held UNION ALL SELECT 1 FROM both_held)`;

function statementsOf(table: TokenTable) {
  const name = `idp.${table.replace('_', '-')}`;
  return {
    find: statement<TokenRow, [idHash: Buffer]>(`${name}-find`, rowOf(`(${selectFrom(table)})`)),
    insert: statement<{ done: true }, NewToken>(
      `${name}-insert`,
      `WITH ${allowed}, put AS (
         INSERT INTO idp.${table} (id_hash, grant_id, person_id, session_uid, payload, expires_at)
         SELECT $1, $2, $3::uuid, $4, $5::jsonb, now() + make_interval(secs => $6) FROM allowed
         ON CONFLICT (id_hash) DO NOTHING)
       SELECT true AS done FROM allowed`,
    ),
    consume: statement<{ won: true }, [idHash: Buffer]>(
      `${name}-consume`,
      `UPDATE idp.${table} SET consumed_at = now() WHERE id_hash = $1 AND consumed_at IS NULL
       RETURNING true AS won`,
    ),
    /** Whether it was used within the time of grace, and what followed it was not. */
    isRetry: statement<{ again: true }, [idHash: Buffer, successorHash: Buffer, graceSeconds: number]>(
      `${name}-is-retry`,
      `SELECT true AS again FROM idp.${table} AS t WHERE t.id_hash = $1
         AND t.consumed_at > now() - make_interval(secs => $3)
         AND NOT EXISTS (SELECT FROM idp.${table} AS next WHERE next.id_hash = $2 AND next.consumed_at IS NOT NULL)`,
    ),
    /** The holder of what came of the first use may be a thief (RFC 9700 §4.5.3, §4.14.2). */
    revokeGrant: statement<never, [idHash: Buffer]>(
      `${name}-revoke-grant`,
      `WITH used AS (SELECT grant_id FROM idp.${table} WHERE id_hash = $1 AND grant_id IS NOT NULL),
         access AS (DELETE FROM idp.access_token WHERE grant_id IN (SELECT grant_id FROM used)),
         refresh AS (DELETE FROM idp.refresh_token WHERE grant_id IN (SELECT grant_id FROM used))
       DELETE FROM idp.oauth_grant WHERE id IN (SELECT grant_id FROM used)`,
    ),
    destroy: statement<never, [idHash: Buffer]>(`${name}-destroy`, `DELETE FROM idp.${table} WHERE id_hash = $1`),
    revoke: statement<never, [grantId: string]>(`${name}-revoke`, `DELETE FROM idp.${table} WHERE grant_id = $1`),
  };
}

/** What takes the place of what is redeemed; the first eight values are those of the access token. */
export type Redemption = [...NewToken, idHash: Buffer];

/** What tokens are given for, once. */
export type RedeemedTable = 'authorization_code' | 'backchannel_request' | 'device_code' | 'refresh_token';

interface Redeemed {
  /** Whether nobody had redeemed it before. */
  readonly won: boolean;
  /** Whether the tokens could be stored. */
  readonly is_allowed: boolean;
}

/**
 * Redeems and stores what comes of it, in one round trip and one commit. Account and session are held before the row
 * that is redeemed, in the order in which whatever ends sessions takes them.
 */
const redeem = (source: RedeemedTable, others = '') => `
  WITH ${allowed}, won AS (
    UPDATE idp.${source} SET consumed_at = now()
    WHERE id_hash = $9 AND consumed_at IS NULL AND (SELECT count(*) FROM allowed) >= 0 RETURNING 1), access AS (
    INSERT INTO idp.access_token (id_hash, grant_id, person_id, session_uid, payload, expires_at)
    SELECT $1, $2, $3::uuid, $4, $5::jsonb, now() + make_interval(secs => $6) FROM allowed, won
    ON CONFLICT (id_hash) DO NOTHING)${others}
  SELECT EXISTS (SELECT FROM won) AS won, EXISTS (SELECT FROM allowed) AS is_allowed`;

export const redeemCode = {
  authorization_code: statement<Redeemed, Redemption>('idp.redeem-code', redeem('authorization_code')),
  device_code: statement<Redeemed, Redemption>('idp.redeem-device-code', redeem('device_code')),
  backchannel_request: statement<Redeemed, Redemption>('idp.redeem-backchannel-request', redeem('backchannel_request')),
};

export const redeemRefreshToken = statement<
  Redeemed,
  [...Redemption, nextHash: Buffer, nextPayload: string, nextLifetimeSeconds: number]
>(
  'idp.redeem-refresh-token',
  redeem(
    'refresh_token',
    `, next AS (
    INSERT INTO idp.refresh_token (id_hash, grant_id, person_id, session_uid, payload, expires_at)
    SELECT $10, $2, $3::uuid, $4, $11::jsonb, now() + make_interval(secs => $12) FROM allowed, won
    ON CONFLICT (id_hash) DO NOTHING)`,
  ),
);

/** One step of a code of a device: from waiting to confirmed, and from there or at once to allowed or refused; a row when it was made. */
export const moveDeviceCode = statement<{ moved: true }, NewToken>(
  'idp.device-code-move',
  `WITH ${allowed}
   UPDATE idp.device_code SET grant_id = $2, person_id = $3::uuid, session_uid = $4, payload = $5::jsonb,
     expires_at = now() + make_interval(secs => $6)
   FROM allowed WHERE id_hash = $1 AND consumed_at IS NULL AND NOT payload ?| '{accountId,error}'
     AND (NOT payload ? 'inFlight' OR $5::jsonb ?| '{accountId,error}')
   RETURNING true AS moved`,
);

export type TokenStatements = ReturnType<typeof statementsOf>;

export const tokenStatements: Readonly<Record<TokenTable, TokenStatements>> = {
  authorization_code: statementsOf('authorization_code'),
  backchannel_request: statementsOf('backchannel_request'),
  device_code: statementsOf('device_code'),
  refresh_token: statementsOf('refresh_token'),
  access_token: statementsOf('access_token'),
  pushed_request: statementsOf('pushed_request'),
};
