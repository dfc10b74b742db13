import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { InvalidInput, NotFound } from '@edutrust/platform/errors';
import { personActor } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, nullable, strict, Time, Uuid } from '@edutrust/platform/schemas';
import { requires, scopeOf } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import Type from 'typebox';
import { findClient } from '../clients/clients.ts';
import { feedTypes } from '../feed/feed.ts';
import { syncOf } from '../tables.ts';
import { sendTest } from './send.ts';
import { signatureSchemes } from './signature.ts';
import {
  addWebhook,
  findWebhook,
  readWebhooks,
  removeWebhook,
  replay,
  rotateSecret,
  setState,
  type WebhookRow,
} from './webhooks.ts';

const tags = ['sync'];
const Failure = nullable(Type.Enum(['status', 'timeout', 'certificate', 'private-address', 'unreachable']));
const Types = Type.Array(Type.Enum([...feedTypes]), { minItems: 1, uniqueItems: true });
const noStore = ['cache-control', 'no-store'] as const;

const Webhook = Type.Object({
  id: Uuid,
  clientId: Uuid,
  clientName: Type.String(),
  url: Type.String(),
  types: Type.Array(Type.String()),
  scheme: Type.Enum([...signatureSchemes]),
  state: Type.Enum(['on', 'paused', 'disabled']),
  disabledReason: nullable(Type.Enum(['gone', 'failing'])),
  failures: Type.Integer({ description: 'In a row' }),
  /** When it is tried again, while it fails. */
  nextAt: nullable(Time),
  previousSecretUntil: nullable(Time),
});
const Attempt = Type.Object({
  eventId: Uuid,
  type: Type.String(),
  at: Time,
  status: nullable(Type.Integer()),
  failure: Failure,
  durationMs: Type.Integer(),
  isReplay: Type.Boolean(),
});

/** Nothing of one that is not there: refused as another's would be. */
async function ofWebhook(db: Database, id: string) {
  const [webhook] = await readWebhooks(db, sql`w.id = ${id}`);
  return webhook ? { organisationId: webhook.organisation_id } : {};
}

const listAll = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/sync/webhooks',
    access: requires('sync.read'),
    schema: {
      tags,
      summary: 'Addresses that are told what happens (Standard Webhooks)',
      response: { 200: Type.Object({ items: Type.Array(Webhook) }) },
    },
    handle: async ({ actor }) => {
      const scope = actor ? scopeOf(actor, 'sync.read') : [];
      return { items: (await readWebhooks(db, sql`o.path && ${[...scope]}::uuid[]`)).map(toWebhook) };
    },
  });

const add = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/sync/webhooks',
    access: requires('sync.write'),
    schema: {
      tags,
      summary: 'Tells an address of a client what happens; what it verifies by is in this answer and never again',
      body: Type.Object(
        {
          clientId: Uuid,
          url: Type.String({ maxLength: 2_000 }),
          types: Types,
          /** `v1`: HMAC-SHA256 by a shared secret. `v1a`: Ed25519, and the receiver gets the public key. */
          scheme: Type.Enum([...signatureSchemes], { default: 'v1' }),
        },
        strict,
      ),
      response: { 201: Type.Object({ id: Uuid, secret: Type.String() }) },
    },
    resource: async ({ body }) => ({ organisationId: (await findClient(context.db, body.clientId)).organisation_id }),
    handle: async (request, reply) => {
      const made = await context.db
        .transaction()
        .execute((tx) => addWebhook(context, tx, request.body, personActor(request)));
      return reply
        .code(201)
        .header(...noStore)
        .send(made);
    },
  });

const remove = ({ db }: ServiceContext) =>
  route({
    method: 'DELETE',
    url: '/api/v1/sync/webhooks/:id',
    access: requires('sync.write'),
    schema: { tags, summary: 'Forgets a webhook', params: IdParams, response: { 204: Type.Null() } },
    resource: ({ params }) => ofWebhook(db, params.id),
    handle: async (request, reply) => {
      const webhook = await findWebhook(db, request.params.id);
      await db.transaction().execute((tx) => removeWebhook(tx, webhook, personActor(request)));
      return reply.code(204).send(null);
    },
  });

const putState = ({ db, clock }: ServiceContext) =>
  route({
    method: 'PUT',
    url: '/api/v1/sync/webhooks/:id/state',
    access: requires('sync.write'),
    schema: {
      tags,
      summary: 'Pauses a webhook, or puts it on again; what happened meanwhile is sent then',
      params: IdParams,
      body: Type.Object({ state: Type.Enum(['on', 'paused']) }, strict),
      response: { 204: Type.Null() },
    },
    resource: ({ params }) => ofWebhook(db, params.id),
    handle: async (request, reply) => {
      const webhook = await findWebhook(db, request.params.id);
      const by = { actor: personActor(request), now: clock.now() };
      await db.transaction().execute((tx) => setState(tx, webhook, request.body.state, by));
      return reply.code(204).send(null);
    },
  });

const rotate = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/sync/webhooks/:id/secret',
    access: requires('sync.write'),
    schema: {
      tags,
      summary: 'Gives a new secret, this once; the one of before signs beside it for a day',
      params: IdParams,
      response: { 201: Type.Object({ secret: Type.String(), previousUntil: Time }) },
    },
    resource: ({ params }) => ofWebhook(context.db, params.id),
    handle: async (request, reply) => {
      const webhook = await findWebhook(context.db, request.params.id);
      const { secret, previousUntil } = await context.db
        .transaction()
        .execute((tx) => rotateSecret(context, tx, webhook, personActor(request)));
      return reply
        .code(201)
        .header(...noStore)
        .send({ secret, previousUntil: previousUntil.toISOString() });
    },
  });

const tryOut = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/sync/webhooks/:id/test',
    access: requires('sync.write'),
    schema: {
      tags,
      summary: 'Sends a message of the type webhook.test now, and says what was answered',
      params: IdParams,
      response: {
        200: Type.Object({ status: nullable(Type.Integer()), failure: Failure, durationMs: Type.Integer() }),
      },
    },
    resource: ({ params }) => ofWebhook(context.db, params.id),
    handle: async (request) => {
      const { status, failure, durationMs } = await sendTest(context, await findWebhook(context.db, request.params.id));
      return { status, failure, durationMs };
    },
  });

const listAttempts = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/sync/webhooks/:id/attempts',
    access: requires('sync.read'),
    schema: {
      tags,
      summary: 'The last 100 tries, the newest first',
      params: IdParams,
      response: { 200: Type.Object({ items: Type.Array(Attempt) }) },
    },
    resource: ({ params }) => ofWebhook(db, params.id),
    handle: async (request) => {
      const rows = await syncOf(db)
        .selectFrom('sync.webhook_attempt')
        .selectAll()
        .where('webhook_id', '=', request.params.id)
        .orderBy('number', 'desc')
        .limit(100)
        .execute();
      return {
        items: rows.map(({ event_id, type, at, status, failure, duration_ms, is_replay }) => ({
          eventId: event_id,
          type,
          at: at.toISOString(),
          status,
          failure,
          durationMs: duration_ms,
          isReplay: is_replay,
        })),
      };
    },
  });

const sendAgain = ({ db, clock }: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/sync/webhooks/:id/replays',
    access: requires('sync.write'),
    schema: {
      tags,
      summary: 'Sends one message again, or all of a time; with the same ids, before anything newer',
      params: IdParams,
      body: Type.Union([Type.Object({ eventId: Uuid }, strict), Type.Object({ from: Time, to: Time }, strict)]),
      response: { 202: Type.Object({}) },
    },
    resource: ({ params }) => ofWebhook(db, params.id),
    handle: async (request, reply) => {
      const { body } = request;
      const webhook = await findWebhook(db, request.params.id);
      const range = 'eventId' in body ? body : { from: new Date(body.from), to: new Date(body.to) };
      if ('from' in range && range.from > range.to)
        throw new InvalidInput('webhooks/bad-range', {
          vi: 'Thời điểm bắt đầu phải trước thời điểm kết thúc.',
          en: 'The range has to begin before it ends.',
        });
      const by = { actor: personActor(request), now: clock.now() };
      const isAny = await db.transaction().execute((tx) => replay(tx, webhook, range, by));
      if (!isAny)
        throw new NotFound('webhooks/nothing-to-replay', {
          vi: 'Không có tin nào đã gửi trong khoảng này.',
          en: 'No message of that time was sent.',
        });
      return reply.code(202).send({});
    },
  });

/** Webhooks: where they go, how they are, and what was sent. */
export const webhookRoutes = (context: ServiceContext): Route[] => [
  listAll(context),
  add(context),
  remove(context),
  putState(context),
  rotate(context),
  tryOut(context),
  listAttempts(context),
  sendAgain(context),
];

function toWebhook(row: WebhookRow) {
  return {
    id: row.id,
    clientId: row.client_id,
    clientName: row.client_name,
    url: row.url,
    types: row.types,
    scheme: row.scheme,
    state: row.state,
    disabledReason: row.disabled_reason,
    failures: row.failures,
    nextAt: row.failures > 0 ? row.next_at.toISOString() : null,
    previousSecretUntil: row.previous_until?.toISOString() ?? null,
  };
}

/** Tries are looked at for as long as their events are kept. */
export async function forgetOldAttempts(db: Database, now: Date): Promise<void> {
  const before = new Date(now.getTime() - 30 * 86_400_000);
  await syncOf(db).deleteFrom('sync.webhook_attempt').where('at', '<', before).execute();
}
