import { statement } from '@edutrust/platform/database';
import type { AdapterPayload } from 'oidc-provider';
import { liveSession, standingColumns, standingOf } from '../prefetch.ts';

/** A session, and beside it the grant of the app that is asked for and the standing of its person. */
export interface SessionRow {
  uid: string;
  payload: AdapterPayload;
  grant_id: string | null;
  grant_payload: AdapterPayload | null;
  person_id: string | null;
  attestation: Buffer | null;
  may_sign_in: boolean;
  has_left: boolean;
  is_of_left: boolean;
  epoch: string;
  exam_apps: string[] | null;
  device: string;
  place: string | null;
  signed_in_at: Date | null;
}

/** The living session with this cookie. */
export const find = statement<SessionRow, [idHash: Buffer, clientId: string | null]>(
  'idp.session-find',
  `SELECT s.uid, s.payload, s.person_id, s.is_of_left, s.attestation, s.device, s.place, s.signed_in_at, g.id AS grant_id, g.payload AS grant_payload, ${standingColumns},
     (SELECT l.apps FROM idp.lesson AS l WHERE l.id = s.lesson_id AND l.kind = 'exam') AS exam_apps
   FROM idp.session AS s
   LEFT JOIN idp.oauth_grant AS g ON g.session_uid = s.uid AND g.client_id = $2 AND g.expires_at > now()
   ${standingOf('s.person_id')} WHERE s.id_hash = $1 AND ${liveSession}`,
);

/** The living session with this identifier. */
export const findByUid = statement<{ payload: AdapterPayload }, [uid: string]>(
  'idp.session-find-by-uid',
  `SELECT s.payload FROM idp.session AS s WHERE s.uid = $1 AND ${liveSession}`,
);

// Another cookie since: another tab signed in again, and all but the apps is as that tab left it.
const touched = (condition = '') => `
  UPDATE idp.session AS held SET last_seen_at = now(),
     payload = jsonb_set(
       CASE WHEN held.id_hash = $2 THEN $4::jsonb ELSE held.payload END, '{authorizations}',
       (coalesce(held.payload->'authorizations', '{}') || $5::jsonb) - $6::text[]),
     expires_at = CASE WHEN held.id_hash = $2 THEN now() + make_interval(secs => $7) ELSE held.expires_at END,
     attestation = CASE WHEN held.id_hash = $2 THEN $8::bytea ELSE held.attestation END
   WHERE held.uid = $1 AND held.person_id IS NOT DISTINCT FROM $3::uuid ${condition}
   RETURNING held.id_hash = $2 AS is_same`;

type Touched = [
  uid: string,
  idHash: Buffer,
  personId: string | null,
  payload: string,
  authorizations: string,
  goneClientIds: readonly string[],
  lifetimeSeconds: number,
  attestation: Buffer | null,
];

/** What a request did to a session that it found; gives whether it still has the cookie, no row when it ended. */
export const touch = statement<{ is_same: boolean }, Touched>('idp.session-touch', touched());

/** The code of an app that the session enters: with the account's epoch, which is held before the session (S9). */
export const enter = statement<
  { is_same: boolean; is_allowed: boolean },
  [...Touched, epoch: string | null, idHash: Buffer, grantId: string | null, code: string, codeSeconds: number]
>(
  'idp.session-enter',
  `WITH account_held AS MATERIALIZED (
     SELECT 1 FROM idp.account WHERE person_id = $3::uuid AND epoch = $9::bigint FOR KEY SHARE), touched AS (
     ${touched('AND (SELECT count(*) FROM account_held) >= 0')}), code AS (
     INSERT INTO idp.authorization_code (id_hash, grant_id, person_id, session_uid, payload, expires_at)
     SELECT $10, $11, $3::uuid, $1, $12::jsonb, now() + make_interval(secs => $13) FROM touched, account_held
     ON CONFLICT (id_hash) DO NOTHING)
   SELECT is_same, EXISTS (SELECT FROM account_held) AS is_allowed FROM touched`,
);

/** True for nobody's session, and while the account is in the epoch of the sign-in; held until the statement ends. */
const allowed = (personId: string, epoch: string) => `
  held_account AS MATERIALIZED (
    SELECT 1 FROM idp.account WHERE person_id = ${personId}::uuid AND epoch = ${epoch}::bigint FOR KEY SHARE),
  allowed AS (SELECT 1 WHERE ${personId}::uuid IS NULL UNION ALL SELECT 1 FROM held_account)`;

/** A session as a sign-in, or nobody's first request, leaves it. */
export type SignedIn = [
  personId: string | null,
  epoch: string | null,
  uid: string,
  idHash: Buffer,
  payload: string,
  signedInAt: Date | null,
  lifetimeSeconds: number,
  idleSeconds: number,
  attestation: Buffer | null,
  lessonId: string | null,
  roomId: string | null,
  place: string | null,
  device: string,
  isOfLeft: boolean,
];

/** The bell of the lesson, whose row is held until the statement ends; a lesson that ended meanwhile begins nothing (S9). */
const bell = `bell AS MATERIALIZED (SELECT ends_at FROM idp.lesson WHERE id = $10::uuid AND ended_at IS NULL FOR SHARE)`;
const endsAt = `(CASE WHEN $10::uuid IS NULL THEN 'infinity' ELSE coalesce((SELECT ends_at FROM bell), '-infinity') END)::timestamptz`;

/** Somebody signs in to a session that was found, which gets another cookie; no row when that cookie is gone. */
export const signIn = statement<{ done: true }, [...SignedIn, before: Buffer]>(
  'idp.session-sign-in',
  `WITH ${allowed('$1', '$2')}, ${bell}
   UPDATE idp.session AS held SET id_hash = $4, person_id = $1::uuid, payload = $5::jsonb, signed_in_at = $6::timestamptz,
     last_seen_at = now(), expires_at = now() + make_interval(secs => $7), idle_seconds = $8, attestation = $9::bytea,
     lesson_id = coalesce($10::uuid, CASE WHEN held.person_id = $1::uuid THEN held.lesson_id END),
     room_id = coalesce($11::uuid, CASE WHEN held.person_id = $1::uuid THEN held.room_id END),
     place = $12, device = $13, is_of_left = $14,
     ends_at = CASE WHEN $10::uuid IS NULL AND held.person_id = $1::uuid THEN held.ends_at ELSE ${endsAt} END
   WHERE held.uid = $3 AND held.id_hash = $15 AND EXISTS (SELECT FROM allowed)
   RETURNING true AS done`,
);

/** A new session, with the grant and the code of the app that it enters; no row when the account is in another epoch. */
export const insert = statement<
  { done: true },
  [
    ...SignedIn,
    grantId: string | null,
    clientId: string | null,
    grant: string | null,
    grantExpiresAt: number | null,
    codeHash: Buffer | null,
    codeGrantId: string | null,
    code: string | null,
    codeSeconds: number | null,
  ]
>(
  'idp.session-insert',
  `WITH ${allowed('$1', '$2')}, ${bell}, made AS (
     INSERT INTO idp.session (person_id, uid, id_hash, payload, signed_in_at, expires_at, idle_seconds, attestation, lesson_id, room_id, ends_at, place, device, is_of_left)
     SELECT $1::uuid, $3, $4, $5::jsonb, $6::timestamptz, now() + make_interval(secs => $7), $8::int, $9::bytea, $10::uuid, $11::uuid, ${endsAt}, $12, $13, $14 FROM allowed
     RETURNING true AS done), granted AS (
     INSERT INTO idp.oauth_grant (id, person_id, client_id, session_uid, payload, expires_at)
     SELECT $15, $1::uuid, $16, $3, $17::jsonb, to_timestamp($18::bigint) FROM made WHERE $15::text IS NOT NULL), code AS (
     INSERT INTO idp.authorization_code (id_hash, grant_id, person_id, session_uid, payload, expires_at)
     SELECT $19, $20, $1::uuid, $3, $21::jsonb, now() + make_interval(secs => $22) FROM made WHERE $19::bytea IS NOT NULL
     ON CONFLICT (id_hash) DO NOTHING)
   SELECT done FROM made`,
);
