import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { News } from '../database/news.ts';
import { TooManyRequests } from '../errors.ts';

/** Proxies and balancers end what lasts longer; the reader comes back by itself. */
export const streamLastsMs = 15 * 60_000;
/** A stream says that it lives, and looks by itself, for what another process did without a word. */
const looksEveryMs = 5_000;
/** On a busy morning there is news all the time: a stream looks once a second at most, a process a hundred times. */
const restsMs = { ofOne: 1_000, ofEach: 10 } as const;
/** Open pages of one person, and of everybody in a process; who has more asks now and then. */
const mostStreams = { ofPerson: 4, ofAll: 1_000 } as const;

/** How somebody is told of changes in place of asking (HTML, «Server-sent events»). */
export interface Streams {
  /** Ends every stream: the server closes (E12). */
  close(): void;
  /**
   * Answers with the events, which end by themselves or with the signal that they are given: the client is gone, or the
   * server closes. `onClose` is called once, however it ends.
   */
  send(
    reply: FastifyReply,
    eventsOf: (ending: AbortSignal) => AsyncIterable<string>,
    onClose: () => void,
  ): FastifyReply;
  /**
   * Says now, and each time that what `look` gives has changed, that the request is worth asking again: never what has
   * changed. Ends when the caller may no longer ask it.
   *
   * @throws TooManyRequests `streams/too-many`
   */
  watch(request: FastifyRequest, reply: FastifyReply, look: () => Promise<unknown>): Promise<FastifyReply>;
}

export function createStreams({
  mayStill,
  news,
}: {
  /** Whether the request would still be answered, by the session and the roles of now. */
  readonly mayStill: (request: FastifyRequest) => Promise<boolean>;
  readonly news?: Pick<News, 'subscribe'> | undefined;
}): Streams {
  const server = new AbortController();
  setMaxListeners(0, server.signal);
  const open = new Map<string, number>();
  const send: Streams['send'] = (reply, eventsOf, onClose) => {
    const client = new AbortController();
    const leave = () => {
      client.abort();
      onClose();
    };
    if (reply.raw.destroyed) leave();
    else reply.raw.once('close', leave);
    const events = eventsOf(AbortSignal.any([server.signal, client.signal]));
    return reply
      .header('content-type', 'text/event-stream')
      .header('cache-control', 'no-store')
      .header('x-accel-buffering', 'no')
      .send(Readable.from(events, { objectMode: false, highWaterMark: 16 * 1024 }));
  };
  return {
    close: () => server.abort(),
    send,
    watch: async (request, reply, look) => {
      const first = digestOf(await look()); // may refuse: before anything is sent
      const who = request.actor?.kind === 'person' ? request.actor.personId : '';
      const count = open.get(who) ?? 0;
      if (count >= mostStreams.ofPerson || countOf(open) >= mostStreams.ofAll) throw tooMany();
      open.set(who, count + 1);
      const leave = () => {
        const left = (open.get(who) ?? 1) - 1;
        if (left > 0) open.set(who, left);
        else open.delete(who);
      };
      const restMs = () => Math.max(restsMs.ofOne, restsMs.ofEach * countOf(open));
      const eventsOf = (ending: AbortSignal) =>
        changesOf({ first, look, ending, news, restMs, mayStill: () => mayStill(request) });
      return send(reply, eventsOf, leave);
    },
  };
}

const countOf = (open: ReadonlyMap<string, number>) => [...open.values()].reduce((sum, one) => sum + one, 0);

const tooMany = () =>
  new TooManyRequests(
    'streams/too-many',
    { vi: 'Đang mở quá nhiều trang cùng lúc.', en: 'Too many pages are open at once.' },
    { retryAfterSeconds: 60 },
  );

async function* changesOf({
  first,
  look,
  ending,
  news,
  restMs,
  mayStill,
}: {
  readonly first: string;
  readonly look: () => Promise<unknown>;
  readonly ending: AbortSignal;
  readonly news: Pick<News, 'subscribe'> | undefined;
  readonly restMs: () => number;
  readonly mayStill: () => Promise<boolean>;
}): AsyncGenerator<string> {
  const endsAt = performance.now() + streamLastsMs;
  let last = first;
  yield 'retry: 5000\ndata: look\n\n'; // it may have changed since the page asked
  while (performance.now() < endsAt) {
    const heard = wait(looksEveryMs, ending, news); // before the look: what comes between is not slept over
    if (!(await mayStill())) return;
    const now = await look().then(digestOf, () => undefined);
    if (now === undefined) return; // a right that the handler itself asks for has ended
    yield now === last ? 'event: beat\ndata: -\n\n' : 'data: look\n\n';
    last = now;
    await wait(restMs(), ending);
    await heard;
    if (ending.aborted) return;
  }
}

const digestOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('base64');

/** Until there is news, the time has passed, or the stream ends. */
function wait(ms: number, ending: AbortSignal, news?: Pick<News, 'subscribe'>): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      leave?.();
      ending.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ending.aborted ? 0 : ms);
    const leave = news?.subscribe(done);
    ending.addEventListener('abort', done);
  });
}
