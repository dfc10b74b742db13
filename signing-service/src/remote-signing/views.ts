import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { sql } from 'kysely';
import type Type from 'typebox';
import { askOfPhone } from '../activation/phone.ts';
import { readEnrolment } from '../enrolment/enrolment.ts';
import { signingOf } from '../tables.ts';
import type { HashList } from './ask.ts';
import { noAuthorisation } from './confirm.ts';
import type { AppsPort } from './port.ts';
import type { Authorisation, WaitingAuthorisations } from './schemas.ts';

/** What apps ask the person to sign now, the newest first. */
export async function listWaitingAuthorisations(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  apps: Pick<AppsPort, 'app'>,
  { personId }: PersonActor,
): Promise<Type.Static<typeof WaitingAuthorisations>> {
  const { rows } = await sql<{ id: string; clientId: string; description: string | null; count: number; at: Date }>`
    SELECT a.id, a.client_id AS "clientId", a.description, a.expires_at AS at,
      (SELECT count(*)::int FROM signing.remote_hash AS h WHERE h.authorisation_id = a.id) AS count
    FROM signing.remote_authorisation AS a
    WHERE a.person_id = ${personId} AND a.state = 'waiting' AND a.expires_at > ${clock.now()}
    ORDER BY a.id DESC`.execute(db);
  const items = await Promise.all(
    rows.map(async ({ id, clientId, description, count, at }) => ({
      id,
      app: (await apps.app(clientId))?.name ?? clientId,
      description,
      count,
      expiresAt: at.toISOString(),
    })),
  );
  return { items };
}

/** One of the person's, with all that the phone needs. @throws NotFound `signing/no-authorisation` */
export async function readAuthorisation(
  { db, config }: Pick<ServiceContext, 'db' | 'config'>,
  apps: Pick<AppsPort, 'app'>,
  id: string,
  { personId }: PersonActor,
): Promise<Type.Static<typeof Authorisation>> {
  const row = await signingOf(db)
    .selectFrom('signing.remote_authorisation')
    .selectAll()
    .where('id', '=', id)
    .where('person_id', '=', personId)
    .executeTakeFirst();
  if (!row) throw noAuthorisation();
  const enrolment = await readEnrolment(db, row.enrolment_id);
  const { hashes } = JSON.parse(row.list) as HashList; // written by `askToSign` alone
  return {
    id,
    app: (await apps.app(row.client_id))?.name ?? row.client_id,
    description: row.description,
    count: hashes.length,
    expiresAt: row.expires_at.toISOString(),
    state: row.state,
    code4: row.code4,
    custody: enrolment.custody,
    list: row.list,
    hashes: hashes.map(({ hash, label }) => ({ hashHex: hash, label })),
    ...askOfPhone(config, enrolment, row.challenge, enrolment.custody),
    continueAt: row.interaction === null ? null : `/signin/${row.interaction}`,
  };
}
