import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput, TooManyRequests, Unauthenticated } from '@edutrust/platform/errors';
import { streamLastsMs } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { Time, Uuid } from '@edutrust/platform/schemas';
import Type, { type Static } from 'typebox';
import { bearerOf, type ClientRow, clientOfToken } from '../clients/clients.ts';
import { recordReleases } from '../releases/releases.ts';
import { bodyOf, endsOfFeed, type FeedMessage, feedTypes, readFeed } from './feed.ts';
import type { FeedNews } from './news.ts';

const tags = ['feed'];
const access = { kind: 'self-authenticating', scheme: 'client token' } as const;

/** A position; `now` is the last one. */
const Cursor = Type.String({ pattern: '^([0-9]{1,15}|now)$' });
const Types = Type.Optional(Type.String({ pattern: '^[a-z.-]+(,[a-z.-]+)*$', maxLength: 500 }));
const Query = Type.Object({ after: Type.Optional(Cursor), types: Types });
const Message = Type.Object({
  id: Uuid,
  type: Type.String(),
  timestamp: Time,
  data: Type.Object({ kind: Type.String(), id: Uuid }),
});

const pageSize = 200;
/** A stream says that it lives, and looks by itself, for news that another process wrote down. */
const streamLooksEveryMs = 5_000;
const mostStreams = { ofAll: 500, ofClient: 3 } as const;

/** @throws Unauthenticated */
async function clientOf(context: ServiceContext, authorization: string | undefined): Promise<ClientRow> {
  const token = bearerOf(authorization);
  const client = token ? await clientOfToken(context, token) : undefined;
  if (client) return client;
  throw new Unauthenticated('feed/no-token', {
    vi: 'Cần token của hệ thống: Authorization: Bearer edu_….',
    en: 'The token of a client is needed: Authorization: Bearer edu_….',
  });
}

/** @throws InvalidInput `feed/expired-cursor`: its reader missed something, and reads everything again. */
async function startOf({ db }: ServiceContext, after: string | undefined): Promise<number> {
  const { last, forgotten } = await endsOfFeed(db);
  if (after === undefined) return forgotten;
  if (after === 'now') return last;
  const position = Number(after);
  if (position >= forgotten && position <= last) return position;
  throw new InvalidInput('feed/expired-cursor', {
    vi: 'Vị trí này đã quá 30 ngày hoặc không có; hãy đọc lại toàn bộ, bắt đầu từ after=now.',
    en: 'This cursor is older than 30 days, or is none; read everything again, and go on from after=now.',
  });
}

/** The next messages of a client, on record as given to it. */
async function nextOf(
  { db, clock }: ServiceContext,
  client: ClientRow,
  { after, types }: { readonly after: number; readonly types: readonly string[] },
): Promise<FeedMessage[]> {
  const messages = await readFeed(db, client, { after, types, limit: pageSize });
  const people = messages.filter(({ subject }) => subject.kind === 'person').map(({ subject }) => subject.id);
  await db.transaction().execute((transaction) =>
    recordReleases(
      transaction,
      { id: `client:${client.id}`, name: client.name },
      [...new Set(people)].map((personId) => ({ personId, fields: ['id'] })),
      clock.now(),
    ),
  );
  return messages;
}

const typesOf = ({ types }: Static<typeof Query>): readonly string[] => types?.split(',') ?? feedTypes;

const readPage = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/feed',
    access,
    schema: {
      tags,
      summary: 'What happened after a cursor, in its order: which thing of which kind. 200 at a time',
      querystring: Query,
      response: { 200: Type.Object({ items: Type.Array(Message), cursor: Type.String(), hasMore: Type.Boolean() }) },
    },
    handle: async ({ headers, query }) => {
      const client = await clientOf(context, headers.authorization);
      const after = await startOf(context, query.after);
      const messages = await nextOf(context, client, { after, types: typesOf(query) });
      return {
        items: messages.map((message) => ({ id: message.id, ...JSON.parse(bodyOf(message)) })),
        cursor: String(messages.at(-1)?.position ?? after),
        hasMore: messages.length === pageSize,
      };
    },
  });

const stream = (context: ServiceContext, news: FeedNews, open: Map<string, number>) =>
  route({
    method: 'GET',
    url: '/api/v1/feed/stream',
    access,
    schema: {
      tags,
      summary: 'The same as server-sent events: the id of each is the cursor after it',
      querystring: Query,
      headers: Type.Object({ 'last-event-id': Type.Optional(Cursor) }),
    },
    handle: async (request, reply) => {
      const { authorization, 'last-event-id': lastId } = request.headers;
      const client = await clientOf(context, authorization);
      const after = await startOf(context, lastId ?? request.query.after ?? 'now');
      const count = open.get(client.id) ?? 0;
      const all = [...open.values()].reduce((sum, one) => sum + one, 0);
      if (count >= mostStreams.ofClient || all >= mostStreams.ofAll) {
        const busy = { vi: 'Đang mở quá nhiều luồng.', en: 'Too many streams are open.' };
        throw new TooManyRequests('feed/too-many-streams', busy, { retryAfterSeconds: 60 });
      }
      open.set(client.id, count + 1);
      const from = { token: authorization, after, types: typesOf(request.query) };
      return request.server.streams.send(
        reply,
        (ending) => eventsOf(context, news, { ...from, ending }),
        () => open.set(client.id, (open.get(client.id) ?? 1) - 1),
      );
    },
  });

/** Until the client goes, its access ends, or it has lasted long enough. A slow reader is waited for: nothing piles up. */
async function* eventsOf(
  context: ServiceContext,
  news: FeedNews,
  {
    token,
    after,
    types,
    ending,
  }: {
    readonly token: string | undefined;
    readonly after: number;
    readonly types: readonly string[];
    readonly ending: AbortSignal;
  },
): AsyncGenerator<string> {
  const endsAt = performance.now() + streamLastsMs;
  let position = after;
  yield `retry: 5000\nid: ${position}\n\n`;
  while (performance.now() < endsAt && !ending.aborted) {
    const waited = news.next(streamLooksEveryMs, ending); // before the look: what comes between is not slept over
    const client = await clientOf(context, token).catch(() => undefined);
    if (!client) return;
    const messages = await nextOf(context, client, { after: position, types });
    for (const message of messages) {
      position = message.position;
      yield `id: ${position}\nevent: ${message.type}\ndata: ${JSON.stringify({ id: message.id, ...JSON.parse(bodyOf(message)) })}\n\n`;
    }
    if (messages.length === pageSize) continue;
    await waited;
    yield ':\n\n';
  }
}

/** What happened, for clients that ask (a cursor) or listen (a stream). */
export function feedRoutes(context: ServiceContext, news: FeedNews): Route[] {
  const open = new Map<string, number>();
  return [readPage(context), stream(context, news, open)];
}
