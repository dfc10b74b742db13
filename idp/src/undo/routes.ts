import { NotFound } from '@edutrust/platform/errors';
import { anyone, personActor } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { hide, strict, Uuid } from '@edutrust/platform/schemas';
import { isUndoKey } from '@edutrust/registry/notices';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { sendPage, viewOf } from '../page-reply.ts';
import type { IdpTools } from '../tools.ts';
import { openChanges } from './changes.ts';
import { takeBack } from './take-back.ts';

const path = '/not-me';
const Link = { notice: Type.String({ maxLength: 36 }), key: Type.String({ maxLength: 64 }) };

/** The change that the link is of; undefined for a link that is none, or none any more: both look alike. */
async function changeOf(
  { context: { db, secrets, clock } }: IdpTools,
  { notice, key }: { notice: string; key: string },
) {
  if (!isUndoKey(secrets, notice, key)) return undefined;
  const [change] = await openChanges(db, { id: notice }, clock.now());
  return change;
}

// Opening the link changes nothing: what scans links in mail must not press it for the person.
const showPage = (tools: IdpTools) =>
  route({
    method: 'GET',
    url: path,
    access: anyone,
    schema: { ...hide, querystring: Type.Object({ ...Link, lang: Type.Optional(Type.String()) }) },
    handle: async (request, reply) => {
      const view = viewOf(request);
      const change = await changeOf(tools, request.query);
      if (!change) return sendPage(reply, tools.pages.notMe({ step: 'gone' }, view), 404);
      const { notice, key } = request.query;
      const title = change.title[view.locale];
      const props = { step: 'ask', title, at: change.at.toISOString(), action: path, notice, proof: key } as const;
      return sendPage(reply, tools.pages.notMe(props, view));
    },
  });

const press = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: path,
    access: anyone,
    schema: { ...hide, body: Type.Object(Link, strict) },
    handle: async (request, reply) => {
      const { context, pages } = tools;
      const view = viewOf(request);
      const change = await changeOf(tools, request.body);
      try {
        if (!change) return sendPage(reply, pages.notMe({ step: 'gone' }, view), 404);
        await context.db.transaction().execute((transaction) => takeBack(transaction, context, change, 'link'));
        return sendPage(reply, pages.notMe({ step: 'done' }, view));
      } catch (error) {
        if (!(error instanceof NotFound)) throw error;
        return sendPage(reply, pages.notMe({ step: 'gone' }, view), 404);
      }
    },
  });

const Params = Type.Object({ id: Uuid, changeId: Uuid });

// Children have no mail: who gives them their codes takes back what they did not do.
const takeBackOfPerson = ({ context }: IdpTools) =>
  route({
    method: 'POST',
    url: '/api/v1/people/:id/changes/:changeId/take-back',
    access: requires('accounts.invite'),
    schema: {
      tags: ['accounts'],
      summary: 'Takes back how a person’s sign-in was changed in the last 24 hours, and what changed after it',
      params: Params,
      response: { 204: Type.Null() },
    },
    resource: ({ params }) => ({ personId: params.id }),
    handle: async (request, reply) => {
      const { id, changeId } = request.params;
      const change = { id: changeId, personId: id };
      await context.db
        .transaction()
        .execute((transaction) => takeBack(transaction, context, change, { desk: personActor(request) }));
      return reply.code(204).send(null);
    },
  });

/** «Not me»: by the link of a notice, or at the desk. */
export const undoRoutes = (tools: IdpTools): Route[] => [showPage(tools), press(tools), takeBackOfPerson(tools)];
