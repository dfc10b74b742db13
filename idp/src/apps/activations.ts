import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { personActor, refersTo } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { nullable, Time } from '@edutrust/platform/schemas';
import { lists, requires } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import Type from 'typebox';
import { record } from '../events.ts';
import { idpOf } from '../tables.ts';
import { findApp, listApps } from './apps.ts';

const tags = ['apps'];
const Params = Type.Object({ id: refersTo('organisation'), clientId: Type.String({ maxLength: 100 }) });

const Activatable = Type.Object({
  clientId: Type.String(),
  name: Type.String(),
  purpose: Type.Object({ vi: Type.String(), en: Type.String() }),
  scopes: Type.Array(Type.String()),
  activatedAt: nullable(Time),
});

/** Approved apps that are not for everybody at the organisation by themselves, by name. */
async function listActivatable(db: Database, organisationId: string) {
  const { rows } = await sql<{ clientId: string; activatedAt: Date | null }>`
    SELECT a.client_id AS "clientId", v.activated_at AS "activatedAt"
    FROM idp.app AS a JOIN registry.organisation AS o ON o.id = ${organisationId}
    LEFT JOIN idp.app_activation AS v ON v.client_id = a.client_id AND v.organisation_id = o.id
    WHERE a.ended_at IS NULL AND a.is_approved AND (a.is_external OR NOT a.organisation_id = ANY(o.path))`.execute(db);
  const at = new Map(rows.map(({ clientId, activatedAt }) => [clientId, activatedAt]));
  return (await listApps(db))
    .filter(({ clientId }) => at.has(clientId))
    .map(({ clientId, name, purpose, scopes }) => ({
      clientId,
      name,
      purpose,
      scopes: [...scopes],
      activatedAt: at.get(clientId)?.toISOString() ?? null,
    }))
    .sort((one, other) => one.name.localeCompare(other.name, 'vi'));
}

const path = '/api/v1/organisations/:id/apps/:clientId';

const list = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/organisations/:id/apps',
    access: lists('apps.activate'),
    schema: {
      tags,
      summary: 'Approved apps that an organisation has to activate for its pupils, and whether it has',
      params: Type.Object({ id: refersTo('organisation') }),
      response: { 200: Type.Object({ items: Type.Array(Activatable), nextCursor: Type.Null() }) },
    },
    handle: async ({ params }) => ({ items: await listActivatable(db, params.id), nextCursor: null }),
  });

const activate = ({ db, clock }: ServiceContext) =>
  route({
    method: 'PUT',
    url: path,
    access: requires('apps.activate'),
    schema: { tags, summary: 'Activates an app at an organisation', params: Params, response: { 204: Type.Null() } },
    handle: async (request, reply) => {
      const { id, clientId } = request.params;
      const actor = personActor(request);
      await db.transaction().execute(async (transaction) => {
        const { isApproved } = await findApp(transaction, clientId);
        if (!isApproved) throw notApproved();
        const made = await idpOf(transaction)
          .insertInto('idp.app_activation')
          .values({
            client_id: clientId,
            organisation_id: id,
            activated_at: clock.now(),
            activated_by: actor.personId,
          })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst();
        if (made.numInsertedOrUpdatedRows === 0n) return;
        const subject = { kind: 'app', id: clientId } as const;
        await record(transaction, { type: 'app.activated', actor, subject, organisationId: id });
      });
      return reply.code(204).send(null);
    },
  });

const deactivate = ({ db }: ServiceContext) =>
  route({
    method: 'DELETE',
    url: path,
    access: requires('apps.activate'),
    schema: { tags, summary: 'Ends the activation', params: Params, response: { 204: Type.Null() } },
    handle: async (request, reply) => {
      const { id, clientId } = request.params;
      const actor = personActor(request);
      await db.transaction().execute(async (transaction) => {
        const ended = await idpOf(transaction)
          .deleteFrom('idp.app_activation')
          .where('client_id', '=', clientId)
          .where('organisation_id', '=', id)
          .executeTakeFirst();
        if (ended.numDeletedRows === 0n) return;
        const subject = { kind: 'app', id: clientId } as const;
        await record(transaction, { type: 'app.deactivated', actor, subject, organisationId: id });
      });
      return reply.code(204).send(null);
    },
  });

/** A school lets an approved app from outside have its pupils' data, and takes it back. */
export const appActivationRoutes = (context: ServiceContext): Route[] => [
  list(context),
  activate(context),
  deactivate(context),
];

function notApproved(): NotFound {
  return new NotFound('apps/not-approved', {
    vi: 'Ứng dụng này chưa được Sở phê duyệt.',
    en: 'The department has not approved this app.',
  });
}
