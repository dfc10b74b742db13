import type { ServiceContext } from '@edutrust/platform/context';
import { NotFound } from '@edutrust/platform/errors';
import { type App as HttpApp, personActor, refersTo } from '@edutrust/platform/http';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { record } from '../events.ts';
import { idpOf } from '../tables.ts';
import { findApp } from './apps.ts';

const tags = ['apps'];
const Params = Type.Object({ id: refersTo('organisation'), clientId: Type.String({ maxLength: 100 }) });

/** A school lets an approved app from outside have its pupils' data, and takes it back. */
export function addActivationsOfApps(app: HttpApp, { db, clock }: ServiceContext): void {
  const path = '/api/v1/organisations/:id/apps/:clientId';
  const access = requires('apps.activate');

  app.put(
    path,
    {
      config: { access },
      schema: { tags, summary: 'Activates an app at an organisation', params: Params, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
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
  );

  app.delete(
    path,
    {
      config: { access },
      schema: { tags, summary: 'Ends the activation', params: Params, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
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
  );
}

function notApproved(): NotFound {
  return new NotFound('apps/not-approved', {
    vi: 'Ứng dụng này chưa được Sở phê duyệt.',
    en: 'The department has not approved this app.',
  });
}
