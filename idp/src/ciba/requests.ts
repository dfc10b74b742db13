import type { ServiceContext } from '@edutrust/platform/context';
import { type Database, statement, type Transaction } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import { notify } from '@edutrust/registry/notices';
import { sql } from 'kysely';
import { type AdapterPayload, errors } from 'oidc-provider';
import { record } from '../events.ts';
import { hashOf } from '../provider/models/hash.ts';

/** How often an app may ask one person within an hour without being allowed, and all apps together: nobody is worn down. */
const mostUnanswered = { ofApp: 5, ofAll: 10 } as const;
/** The row outlives the request, so that the app is told that it ended. */
const keptSeconds = 3600;
/** What an auth_req_id is encrypted for. */
const purpose = 'idp.backchannel_request.encrypted_id';

type Keeping = Pick<ServiceContext, 'db' | 'secrets'>;

/** Of the person lately: how often the app asked since it was last allowed, and how often anybody was not. */
const count = statement<{ of_app: number; of_all: number }, [personId: string, clientId: string]>(
  'idp.backchannel-request-count',
  `WITH lately AS (
     SELECT client_id, created_at, payload ? 'grantId' AS is_allowed FROM idp.backchannel_request
     WHERE person_id = $1::uuid AND created_at > now() - interval '1 hour')
   SELECT count(*) FILTER (WHERE client_id = $2 AND created_at > coalesce(
       (SELECT max(created_at) FROM lately WHERE client_id = $2 AND is_allowed), '-infinity'))::int AS of_app,
     count(*) FILTER (WHERE NOT is_allowed)::int AS of_all FROM lately`,
);

/**
 * Keeps a request of an app and tells its person. One waits of each app: the newest takes the place of the one before,
 * which is refused.
 *
 * @throws AccessDenied for an app whose requests the person keeps not allowing; UnknownUserId without an account
 */
export async function beginRequest(
  { db, secrets }: Keeping,
  id: string,
  { jti: _secret, ...payload }: AdapterPayload,
  lifetimeSeconds: number,
): Promise<void> {
  const { accountId: personId = '', clientId = '' } = payload;
  await db.transaction().execute(async (transaction) => {
    // one request of a person at a time is counted and kept; sign-ins go on beside it
    const { rows } = await sql`
      SELECT 1 FROM idp.account WHERE person_id = ${personId} AND status = 'active' FOR NO KEY UPDATE`.execute(
      transaction,
    );
    if (rows.length === 0) throw new errors.UnknownUserId('could not identify end-user');
    const [asked] = await count(transaction, personId, clientId);
    if ((asked?.of_app ?? 0) >= mostUnanswered.ofApp || (asked?.of_all ?? 0) >= mostUnanswered.ofAll)
      throw new errors.AccessDenied('the person was asked too often without allowing it; wait an hour');
    await sql`
      UPDATE idp.backchannel_request SET answered_at = now(), payload = payload || ${JSON.stringify(superseded)}::jsonb
      WHERE person_id = ${personId} AND client_id = ${clientId} AND answered_at IS NULL`.execute(transaction);
    await sql`
      INSERT INTO idp.backchannel_request (id_hash, person_id, payload, expires_at, handle, client_id, encrypted_id)
      VALUES (${hashOf(id)}, ${personId}, ${JSON.stringify(payload)},
        now() + make_interval(secs => ${lifetimeSeconds + keptSeconds}), ${uuidv7()}, ${clientId},
        ${secrets.encrypt(Buffer.from(id), purpose)})`.execute(transaction);
    await record(transaction, {
      type: 'sign-in.asked',
      actor: { kind: 'app', clientId, scopes: [] },
      subject: { kind: 'person', id: personId },
      data: { app: clientId },
    });
    const { rows: names } = await sql<{ name: string }>`
      SELECT name FROM idp.app WHERE client_id = ${clientId}`.execute(transaction);
    await notify(transaction, { personId, kind: 'sign-in.asked', data: { app: names[0]?.name ?? '' } });
  });
}

const superseded = { error: 'access_denied', errorDescription: 'a newer request took its place' };

/** A request that waits for its person. */
export interface WaitingRequest {
  readonly handle: string;
  readonly clientId: string;
  /** As the app asked: `scope`, `acr_values`, `binding_message`. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly expiresAt: Date;
}

interface Row {
  handle: string;
  client_id: string;
  payload: AdapterPayload;
}

const waiting = sql`answered_at IS NULL AND (payload->>'exp')::bigint > extract(epoch FROM now())`;

const toRequest = ({ handle, client_id: clientId, payload }: Row): WaitingRequest => ({
  handle,
  clientId,
  params: payload.params ?? {},
  expiresAt: new Date(Number(payload.exp) * 1000),
});

/** What waits for the person, the oldest first. */
export async function waitingRequests(db: Database, personId: string): Promise<WaitingRequest[]> {
  const { rows } = await sql<Row>`
    SELECT handle, client_id, payload FROM idp.backchannel_request
    WHERE person_id = ${personId} AND ${waiting} ORDER BY created_at, handle`.execute(db);
  return rows.map(toRequest);
}

/** One that waits for the person, locked until it is answered. @throws NotFound `sign-in-requests/gone` */
export async function lockRequest(transaction: Transaction, personId: string, handle: string): Promise<WaitingRequest> {
  const { rows } = await sql<Row>`
    SELECT handle, client_id, payload FROM idp.backchannel_request
    WHERE person_id = ${personId} AND handle = ${handle} AND ${waiting} FOR UPDATE`.execute(transaction);
  if (!rows[0]) throw requestGone();
  return toRequest(rows[0]);
}

export const requestGone = () =>
  new NotFound(
    'sign-in-requests/gone',
    { vi: 'Yêu cầu này đã được trả lời hoặc đã hết giờ.', en: 'This request was answered, or its time is over.' },
    {
      remedy: {
        vi: 'Nếu vẫn cần vào ứng dụng, hãy làm lại từ ứng dụng.',
        en: 'If you still want to enter the app, begin there again.',
      },
    },
  );

/** The answer to a request, in the caller's transaction, which has it locked. */
export async function keepAnswer(
  transaction: Transaction,
  handle: string,
  answer:
    | { readonly grantId: string; readonly sessionUid: string }
    | { readonly error: string; readonly errorDescription: string },
): Promise<void> {
  await sql`
    UPDATE idp.backchannel_request SET answered_at = now(), payload = payload || ${JSON.stringify(answer)}::jsonb,
      grant_id = ${'grantId' in answer ? answer.grantId : null},
      session_uid = ${'sessionUid' in answer ? answer.sessionUid : null}
    WHERE handle = ${handle}`.execute(transaction);
}

/** What an app that is pinged is told (OpenID CIBA §10.2). Undefined when the request is gone. */
export async function pingOf(
  { db, secrets }: Keeping,
  handle: string,
): Promise<{ readonly clientId: string; readonly authReqId: string; readonly token: string } | undefined> {
  const { rows } = await sql<{ client_id: string; encrypted_id: Buffer; token: string | null }>`
    SELECT client_id, encrypted_id, payload#>>'{params,client_notification_token}' AS token
    FROM idp.backchannel_request WHERE handle = ${handle}`.execute(db);
  const [row] = rows;
  if (!row?.token) return undefined;
  return {
    clientId: row.client_id,
    authReqId: secrets.decrypt(row.encrypted_id, purpose).toString(),
    token: row.token,
  };
}
