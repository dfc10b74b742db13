import { NotFound } from '@edutrust/platform/errors';
import { anyone, personActor } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { hide, strict, Uuid } from '@edutrust/platform/schemas';
import { isUndoKey } from '@edutrust/registry/notices';
import { proposes } from '@edutrust/registry/permissions';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { sendPage, viewOf } from '../page-reply.ts';
import type { NotMeProps } from '../pages.ts';
import type { IdpTools } from '../tools.ts';
import { type RecentChange, recentChanges } from './changes.ts';
import { takeBack } from './take-back.ts';

const path = '/not-me';
const Link = { notice: Type.String({ maxLength: 36 }), key: Type.String({ maxLength: 64 }) };

/** The change that the link is of; undefined for a link that is none, or none any more: both look alike. */
async function changeOf(
  { context: { db, secrets, clock } }: IdpTools,
  { notice, key }: { readonly notice: string; readonly key: string },
): Promise<RecentChange | undefined> {
  if (!isUndoKey(secrets, notice, key)) return undefined;
  const [change] = await recentChanges(db, { id: notice }, clock.now());
  return change;
}

/** What was taken back says so again: a second tap, or who comes back to the mail to read what is next. */
function show({ pages }: IdpTools, request: FastifyRequest, reply: FastifyReply, props: NotMeProps) {
  return sendPage(reply, pages.notMe(props, viewOf(request)), props.step === 'gone' ? 404 : 200);
}

// Opening the link changes nothing: what scans links in mail must not press it for the person.
const showPage = (tools: IdpTools) =>
  route({
    method: 'GET',
    url: path,
    access: anyone,
    schema: { ...hide, querystring: Type.Object({ ...Link, lang: Type.Optional(Type.String()) }) },
    handle: async (request, reply) => {
      const change = await changeOf(tools, request.query);
      if (!change) return show(tools, request, reply, { step: 'gone' });
      if (change.isTakenBack) return show(tools, request, reply, { step: 'done' });
      const { notice, key: proof } = request.query;
      const title = change.title[viewOf(request).locale];
      return show(tools, request, reply, {
        step: 'ask',
        title,
        at: change.at.toISOString(),
        action: path,
        notice,
        proof,
      });
    },
  });

const press = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: path,
    access: anyone,
    schema: { ...hide, body: Type.Object(Link, strict) },
    handle: async (request, reply) => {
      const { context } = tools;
      const change = await changeOf(tools, request.body);
      if (!change) return show(tools, request, reply, { step: 'gone' });
      if (!change.isTakenBack)
        await context.db
          .transaction()
          .execute((transaction) => takeBack(transaction, context, change, 'link'))
          .catch(unlessTaken);
      return show(tools, request, reply, { step: 'done' });
    },
  });

/** Of two at once the other one did it. */
function unlessTaken(error: unknown): void {
  if (!(error instanceof NotFound)) throw error;
}

const Params = Type.Object({ id: Uuid, changeId: Uuid });

// Children have no mail: who gives them their codes takes back what they did not do.
const takeBackOfPerson = ({ context }: IdpTools) =>
  route({
    method: 'POST',
    url: '/api/v1/people/:id/changes/:changeId/take-back',
    access: proposes('accounts.invite'), // nobody gets in by it, so one is enough where a code takes two
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
