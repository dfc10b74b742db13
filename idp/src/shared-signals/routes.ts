import type { ServiceContext } from '@edutrust/platform/context';
import { Forbidden, Unauthenticated } from '@edutrust/platform/errors';
import { type Route, route } from '@edutrust/platform/route';
import { hide, strict } from '@edutrust/platform/schemas';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import { ownToken } from '../provider/own-token.ts';
import type { IdpTools } from '../tools.ts';
import { acknowledge, nextSets } from './deliver.ts';
import { signalTypes } from './kinds.ts';
import {
  addStream,
  changeStream,
  deliveredOf,
  findStream,
  lockStream,
  removeStream,
  type Stream,
  type StreamInput,
  setStatus,
  streamsOf,
  verificationSeconds,
  verifyStream,
} from './streams.ts';

const access = { kind: 'self-authenticating', scheme: 'SSF access token' } as const;
const push = 'urn:ietf:rfc:8935';
const poll = 'urn:ietf:rfc:8936';
const paths = {
  streams: '/ssf/streams',
  status: '/ssf/status',
  verification: '/ssf/verification',
  poll: '/ssf/poll',
} as const;
const mostPolled = 100;

const Delivery = Type.Union([
  Type.Object(
    {
      method: Type.Literal(push),
      endpoint_url: Type.String({ maxLength: 500 }),
      authorization_header: Type.Optional(Type.String({ maxLength: 4_000, pattern: '^[\\x20-\\x7e]+$' })),
    },
    strict,
  ),
  // Where to poll is ours to say; some send what they read back.
  Type.Object({ method: Type.Literal(poll), endpoint_url: Type.Optional(Type.String()) }, strict),
]);
const Requested = Type.Array(Type.String({ maxLength: 200 }), { maxItems: 50 });
const Description = Type.String({ maxLength: 200 });
const StreamId = Type.String({ maxLength: 100 });
/** What a receiver says of its stream; members that are ours to say are passed over (SSF 1.0 §8.1.1.3). */
const Told = Type.Object({
  delivery: Type.Optional(Delivery),
  events_requested: Type.Optional(Requested),
  description: Type.Optional(Description),
});
const ToldOfOne = Type.Object({ ...Told.properties, stream_id: StreamId });
const OfOne = Type.Object({ stream_id: StreamId });

/** The addresses of the transmitter (SSF 1.0 §7.1). */
const metadata = ({ config }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/.well-known/ssf-configuration',
    access,
    schema: hide,
    handle: async (_request, reply) => {
      const at = (path: string) => new URL(path, config.url).href;
      return reply.header('cache-control', 'public, max-age=300').send({
        spec_version: '1_0',
        issuer: config.url.origin,
        jwks_uri: at('/oidc/jwks'),
        delivery_methods_supported: [push, poll],
        configuration_endpoint: at(paths.streams),
        status_endpoint: at(paths.status),
        verification_endpoint: at(paths.verification),
        authorization_schemes: [{ spec_urn: 'urn:ietf:rfc:6749' }],
        default_subjects: 'ALL',
      });
    },
  });

type Scope = 'ssf.read' | 'ssf.manage';

/** Which app asks, with a token of its own for this. @throws Unauthenticated, Forbidden */
async function receiverOf(
  { context, apps, tokens }: IdpTools,
  request: FastifyRequest,
  reply: FastifyReply,
  ...accepted: readonly Scope[]
): Promise<string> {
  const { holder, headers } = await tokens.present(request, (token) => ownToken(context, apps, token));
  reply.headers(headers);
  if (!holder)
    throw new Unauthenticated('signals/no-token', {
      vi: 'Cần mã truy cập do client credentials cấp.',
      en: 'A token of the client credentials grant is needed.',
    });
  const { app, scopes } = holder;
  if (!app.isApproved || app.isSandbox || !accepted.some((scope) => scopes.includes(scope)))
    throw new Forbidden('signals/not-allowed', {
      vi: `Ứng dụng phải được duyệt với phạm vi ${accepted.join(' hoặc ')}.`,
      en: `The app has to be approved with the scope ${accepted.join(' or ')}.`,
    });
  return app.clientId;
}

function viewOf({ config }: ServiceContext, stream: Stream) {
  const { id, clientId, endpointUrl, requested, description } = stream;
  return {
    stream_id: id,
    iss: config.url.origin,
    aud: clientId,
    events_supported: signalTypes,
    events_requested: requested,
    events_delivered: deliveredOf(stream),
    delivery: endpointUrl
      ? { method: push, endpoint_url: endpointUrl }
      : { method: poll, endpoint_url: new URL(`${paths.poll}/${id}`, config.url).href },
    min_verification_interval: verificationSeconds,
    ...(description === null ? {} : { description }),
  };
}

/** What is told over what there was; of a whole replacement there was nothing. */
function inputOf(told: Static<typeof Told>, before?: Stream): StreamInput {
  const { delivery } = told;
  return {
    endpointUrl: delivery ? (delivery.method === push ? delivery.endpoint_url : null) : (before?.endpointUrl ?? null),
    authorization: delivery?.method === push ? delivery.authorization_header : undefined,
    requested: told.events_requested ?? before?.requested ?? signalTypes,
    description: told.description ?? before?.description ?? null,
  };
}

function streamRoutes(tools: IdpTools): Route[] {
  const { context } = tools;
  const { db } = context;
  const manager = (request: FastifyRequest, reply: FastifyReply) => receiverOf(tools, request, reply, 'ssf.manage');
  const reader = (request: FastifyRequest, reply: FastifyReply) =>
    receiverOf(tools, request, reply, 'ssf.read', 'ssf.manage');
  const change = (method: 'PATCH' | 'PUT') =>
    route({
      method,
      url: paths.streams,
      access,
      schema: { ...hide, body: ToldOfOne },
      handle: async (request, reply) => {
        const clientId = await manager(request, reply);
        return db.transaction().execute(async (transaction) => {
          const stream = await lockStream(transaction, clientId, request.body.stream_id);
          const input = inputOf(request.body, method === 'PATCH' ? stream : undefined);
          return viewOf(context, await changeStream(context, transaction, stream, input));
        });
      },
    });
  return [
    route({
      method: 'POST',
      url: paths.streams,
      access,
      schema: { ...hide, body: Told },
      handle: async (request, reply) => {
        const clientId = await manager(request, reply);
        const add = db.transaction().execute((tx) => addStream(context, tx, clientId, inputOf(request.body)));
        return reply.code(201).send(viewOf(context, await add));
      },
    }),
    route({
      method: 'GET',
      url: paths.streams,
      access,
      schema: { ...hide, querystring: Type.Partial(OfOne) },
      handle: async (request, reply) => {
        const clientId = await reader(request, reply);
        const { stream_id: id } = request.query;
        if (id !== undefined) return viewOf(context, await findStream(context, clientId, id));
        return (await streamsOf(context, clientId)).map((stream) => viewOf(context, stream));
      },
    }),
    change('PATCH'),
    change('PUT'),
    route({
      method: 'DELETE',
      url: paths.streams,
      access,
      schema: { ...hide, querystring: OfOne },
      handle: async (request, reply) => {
        const clientId = await manager(request, reply);
        await db.transaction().execute(async (transaction) => {
          await removeStream(transaction, await lockStream(transaction, clientId, request.query.stream_id));
        });
        return reply.code(204).send();
      },
    }),
  ];
}

function statusRoutes(tools: IdpTools): Route[] {
  const { context } = tools;
  const { db } = context;
  const said = ({ id, status, reason }: Stream) => ({ stream_id: id, status, ...(reason === null ? {} : { reason }) });
  return [
    route({
      method: 'GET',
      url: paths.status,
      access,
      schema: { ...hide, querystring: OfOne },
      handle: async (request, reply) => {
        const clientId = await receiverOf(tools, request, reply, 'ssf.read', 'ssf.manage');
        return said(await findStream(context, clientId, request.query.stream_id));
      },
    }),
    route({
      method: 'POST',
      url: paths.status,
      access,
      schema: {
        ...hide,
        body: Type.Object({
          stream_id: StreamId,
          status: Type.Enum(['enabled', 'paused', 'disabled']),
          reason: Type.Optional(Description),
        }),
      },
      handle: async (request, reply) => {
        const clientId = await receiverOf(tools, request, reply, 'ssf.manage');
        const { stream_id, status, reason = null } = request.body;
        return db.transaction().execute(async (transaction) => {
          const stream = await lockStream(transaction, clientId, stream_id);
          return said(await setStatus(context, transaction, stream, { status, reason }));
        });
      },
    }),
    route({
      method: 'POST',
      url: paths.verification,
      access,
      schema: {
        ...hide,
        body: Type.Object({ stream_id: StreamId, state: Type.Optional(Type.String({ maxLength: 500 })) }),
      },
      handle: async (request, reply) => {
        const clientId = await receiverOf(tools, request, reply, 'ssf.manage');
        const { stream_id, state } = request.body;
        await db.transaction().execute(async (transaction) => {
          await verifyStream(context, transaction, await lockStream(transaction, clientId, stream_id), state);
        });
        return reply.code(204).send();
      },
    }),
  ];
}

/** RFC 8936 §2.4; always answered at once. */
const pollStream = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: `${paths.poll}/:id`,
    access,
    schema: {
      ...hide,
      params: Type.Object({ id: StreamId }),
      body: Type.Object({
        maxEvents: Type.Optional(Type.Integer({ minimum: 0 })),
        returnImmediately: Type.Optional(Type.Boolean()),
        ack: Type.Optional(Type.Array(Type.String({ maxLength: 100 }), { maxItems: 1_000 })),
        setErrs: Type.Optional(Type.Record(Type.String({ maxLength: 100 }), Type.Unknown())),
      }),
    },
    handle: async (request, reply) => {
      const { context } = tools;
      const clientId = await receiverOf(tools, request, reply, 'ssf.read', 'ssf.manage');
      const stream = await findStream(context, clientId, request.params.id);
      const { ack = [], setErrs = {}, maxEvents = mostPolled } = request.body;
      const errors = Object.keys(setErrs);
      if (errors.length > 0) context.log.warn({ clientId, errors: errors.length }, 'a receiver could not read signals');
      await acknowledge(context.db, stream, [...ack, ...errors]);
      const { sets, isMore } = await nextSets(
        context,
        stream,
        stream.endpointUrl ? 0 : Math.min(maxEvents, mostPolled),
      );
      return reply
        .header('cache-control', 'no-store')
        .send({ sets: Object.fromEntries(sets.map(({ jti, token }) => [jti, token])), moreAvailable: isMore });
    },
  });

/** The Shared Signals transmitter (OpenID SSF 1.0): apps hear at once what became of accounts that they know. */
export const signalRoutes = (tools: IdpTools): Route[] => [
  metadata(tools.context),
  ...streamRoutes(tools),
  ...statusRoutes(tools),
  pollStream(tools),
];
