import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';
import type { AdapterPayload } from 'oidc-provider';
import type { App } from '../apps/app.ts';
import { record } from '../events.ts';
import { askedScopes } from '../provider/claims-parameter.ts';
import { refreshSeconds } from '../provider/grants.ts';
import { grantForSession } from '../provider/models/grant.ts';
import { sidOf } from '../sessions/sid.ts';
import { keepAnswer, lockRequest, requestGone } from './requests.ts';

/** The task that calls an app of `ping`. */
export const pingTask = 'idp.ciba-ping';

/** How the person proved for this answer who they are. */
export interface AnswerProof {
  readonly acr: string;
  readonly amr: readonly string[];
  /** Seconds since 1970. */
  readonly authTime: number;
}

interface Answer {
  readonly handle: string;
  readonly actor: PersonActor;
}

/**
 * The person lets the app in: as part of the session of the phone, so that signing out there ends it, as with a device
 * (`offline_access` outlives it).
 *
 * @throws NotFound `sign-in-requests/gone`, also when the app is another than was shown
 */
export async function allowRequest(
  transaction: Transaction,
  { secrets, jobs }: Pick<ServiceContext, 'secrets' | 'jobs'>,
  { handle, actor, app, proof }: Answer & { readonly app: App; readonly proof: AnswerProof },
): Promise<void> {
  const { personId, sessionId: sessionUid } = actor;
  const { rows } = await sql<{ epoch: string; entered: AdapterPayload | null }>`
    SELECT a.epoch, s.payload->'authorizations'->${app.clientId} AS entered
    FROM idp.account AS a JOIN idp.session AS s ON s.person_id = a.person_id
    WHERE a.person_id = ${personId} AND a.status = 'active' AND s.uid = ${sessionUid}
    FOR KEY SHARE OF a FOR NO KEY UPDATE OF s`.execute(transaction);
  const [held] = rows;
  const request = await lockRequest(transaction, personId, handle);
  if (!held || request.clientId !== app.clientId) throw requestGone();
  const scopes = askedScopes(request.params, app.scopes).filter((scope) => app.scopes.some((one) => one === scope));
  const grantId = await grantForSession(transaction, {
    ...{ sessionUid, personId, clientId: app.clientId, scopes },
    epoch: held.epoch,
    lifetimeSeconds: refreshSeconds,
  });
  if (!grantId) throw requestGone();
  const keepsAccess = scopes.includes('offline_access');
  const sid = app.backchannelLogoutUri ? { sid: sidOf(secrets, sessionUid, app.clientId) } : {};
  const entered = { ...held.entered, ...sid, grantId, ...(keepsAccess ? { persistsLogout: true } : {}) };
  await sql`
    UPDATE idp.session SET payload = jsonb_set(payload, '{authorizations}',
      coalesce(payload->'authorizations', '{}') || jsonb_build_object(${app.clientId}::text, ${JSON.stringify(entered)}::jsonb))
    WHERE uid = ${sessionUid}`.execute(transaction);
  await keepAnswer(transaction, handle, {
    ...proof,
    ...sid,
    grantId,
    sessionUid,
    ...(keepsAccess ? {} : { expiresWithSession: true }),
  });
  await recordAnswer(transaction, 'sign-in.allowed', actor, app.clientId);
  await callApp(transaction, jobs, handle, app);
}

/** The person does not want to. @throws NotFound `sign-in-requests/gone` */
export async function refuseRequest(
  transaction: Transaction,
  { jobs }: Pick<ServiceContext, 'jobs'>,
  { handle, actor, appOf }: Answer & { readonly appOf: (clientId: string) => Promise<App | undefined> },
): Promise<void> {
  const { clientId } = await lockRequest(transaction, actor.personId, handle);
  await keepAnswer(transaction, handle, { error: 'access_denied', errorDescription: 'the person refused' });
  await recordAnswer(transaction, 'sign-in.refused', actor, clientId);
  const app = await appOf(clientId);
  if (app) await callApp(transaction, jobs, handle, app);
}

const recordAnswer = (
  transaction: Transaction,
  type: 'sign-in.allowed' | 'sign-in.refused',
  actor: PersonActor,
  app: string,
) => record(transaction, { type, actor, subject: { kind: 'person', id: actor.personId }, data: { app } });

async function callApp(
  transaction: Transaction,
  jobs: ServiceContext['jobs'],
  handle: string,
  { ciba }: App,
): Promise<void> {
  if (ciba?.delivery !== 'ping') return;
  await jobs.enqueue(transaction, pingTask, { handle }, { key: `${pingTask}:${handle}`, maxAttempts: 4 });
}
