import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import proxyAddress from '@fastify/proxy-addr';
import type { Config } from '../config/config.ts';
import { requestId } from '../ids.ts';
import type { Logger } from '../log.ts';
import { requestObserver } from '../metrics/metrics.ts';
import { securityHeaders } from './headers.ts';
import type { ProxyWatch } from './proxies.ts';
import { limitOf, type RateLimit, type RateLimiter } from './rate-limits.ts';

/** A whole answer, always 200: whatever else there is to say, the route says. */
export interface DirectAnswer {
  /** Beside those that every answer has. The same object for the same headers: they are put together once. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}

/** Gives the answer, or undefined when the route of the framework shall answer. It does not touch the response. */
export type DirectAnswerer = (request: IncomingMessage) => DirectAnswer | undefined | Promise<DirectAnswer | undefined>;

/** The same for a body of at most 64 KiB, which the route reads as well when this gives no answer. */
export type DirectBodyAnswerer = (
  body: Buffer,
  request: IncomingMessage,
) => DirectAnswer | undefined | Promise<DirectAnswer | undefined>;

/**
 * A way past the framework for what is asked thousands of times a second and answered with bytes that are there, or with
 * one look-up. Each path has its route as well: it answers `HEAD`, `OPTIONS`, everything that is refused, whatever
 * carries a body or a query, and requests while the server closes. So a direct answer is the route's own, header by
 * header (tested), but for the line in the log: these requests are in the metrics alone.
 */
export interface Direct {
  /** `path` as a whole, or what it begins with when it ends in `*`. */
  get(path: string, answer: DirectAnswerer): void;
  post(path: string, contentType: string, answer: DirectBodyAnswerer): void;
}

/** {@link Direct} as the server uses it. */
export interface DirectPath extends Direct {
  /** Before `framework`, which gets what is not answered here. */
  before(framework: RequestListener): RequestListener;
  /** Whether the request was counted here already, and is not counted twice by its route. */
  wasCounted(request: IncomingMessage): boolean;
  /** From now on the framework answers everything: it says that the server closes. */
  stop(): void;
}

interface Measured {
  readonly limit: RateLimit | null;
  readonly observe: (seconds: number) => void;
}

interface Entry extends Measured {
  readonly answer: DirectAnswerer;
}

interface BodyEntry extends Measured {
  readonly contentType: string;
  readonly answer: DirectBodyAnswerer;
}

const largestBody = 64 * 1024;

interface DirectParts {
  readonly config: Pick<Config, 'url' | 'trustedProxies'>;
  readonly log: Logger;
  readonly limiter: RateLimiter;
  readonly proxies: ProxyWatch;
  readonly answerWithinMs: number;
}

export function createDirect(parts: DirectParts): DirectPath {
  const whole = new Map<string, Entry>();
  const beginnings: (readonly [string, Entry])[] = [];
  const bodies = new Map<string, BodyEntry>();
  const { respond, wasCounted } = createResponder(parts);
  let stopped = false;

  function find(url: string): Entry | undefined {
    return whole.get(url) ?? beginnings.find(([start]) => url.startsWith(start))?.[1];
  }

  function answerPost(request: IncomingMessage, response: ServerResponse, entry: BodyEntry, framework: () => void) {
    readBody(request, Number(request.headers['content-length']), (body) => {
      const pass = () => {
        request.unshift(body); // as it was, for its route
        framework();
      };
      respond(request, response, entry, () => entry.answer(body, request), pass);
    });
  }

  return {
    get: (path, answer) => {
      const entry = { limit: limitOf('GET', path, true), observe: requestObserver('GET', path, 200), answer };
      if (path.endsWith('*')) beginnings.push([path.slice(0, -1), entry]);
      else whole.set(path, entry);
    },
    post: (path, contentType, answer) => {
      const limit = limitOf('POST', path, true);
      bodies.set(path, { limit, observe: requestObserver('POST', path, 200), contentType, answer });
    },
    before: (framework) => (request, response) => {
      const pass = () => void framework(request, response);
      const { method, url = '', headers } = request;
      if (stopped) return pass();
      if (method === 'GET') {
        const entry = find(url);
        const isBare = headers['content-length'] === undefined && headers['transfer-encoding'] === undefined;
        return entry && isBare ? respond(request, response, entry, () => entry.answer(request), pass) : pass();
      }
      const entry = method === 'POST' ? bodies.get(url) : undefined;
      return entry && isPlainBody(headers, entry.contentType) ? answerPost(request, response, entry, pass) : pass();
    },
    wasCounted,
    stop: () => {
      stopped = true;
    },
  };
}

interface Responder extends Pick<DirectPath, 'wasCounted'> {
  /** Counts, answers and measures; the framework gets what is beyond the limit or has no answer here. */
  respond(
    request: IncomingMessage,
    response: ServerResponse,
    entry: Measured,
    ask: () => DirectAnswer | undefined | Promise<DirectAnswer | undefined>,
    framework: () => void,
  ): void;
}

function createResponder({ config, log, limiter, proxies, answerWithinMs }: DirectParts): Responder {
  const counted = new WeakSet<IncomingMessage>();
  const addressOf = clientAddress(config.trustedProxies);
  const send = createSender(securityHeaders(config.url));

  /** Resolves at once but for every so many, which tell the other processes; throws beyond the limit. */
  function count(request: IncomingMessage, limit: RateLimit | null): Promise<void> | undefined {
    counted.add(request);
    if (!limit) return undefined;
    const isBehindUndeclaredProxy = proxies.isUndeclared(request);
    return limiter.count(limit, { actor: null, ip: addressOf(request), isBehindUndeclaredProxy });
  }

  /** Answers once both are there; whatever goes wrong, the route meets as well and says it. */
  async function sendLater(
    response: ServerResponse,
    answering: Promise<DirectAnswer | undefined> | DirectAnswer | undefined,
    counting: Promise<void> | undefined,
  ): Promise<boolean> {
    const late = setTimeout(() => sayTooSlow(response), answerWithinMs); // E13 holds here too
    const answer = await Promise.all([answering, counting]).then(
      ([given]) => given,
      (error: unknown) => {
        log.debug({ err: error }, 'not answered directly');
        return undefined;
      },
    );
    clearTimeout(late);
    if (answer) send(response, answer);
    return answer !== undefined || response.headersSent;
  }

  return {
    wasCounted: (request) => counted.has(request),
    respond: (request, response, entry, ask, framework) => {
      const started = performance.now();
      const done = () => entry.observe((performance.now() - started) / 1000);
      let counting: Promise<void> | undefined;
      try {
        counting = count(request, entry.limit);
      } catch {
        counted.delete(request); // beyond the limit: counted again, and refused, by its route
        framework();
        return;
      }
      const answer = ask();
      if (answer === undefined) {
        framework();
      } else if (counting === undefined && !(answer instanceof Promise)) {
        send(response, answer);
        done();
      } else {
        void sendLater(response, answer, counting).then((isSent) => (isSent ? done() : framework()));
      }
    },
  };
}

/** Whose address is counted: the first that no declared proxy has. */
function clientAddress(trustedProxies: readonly string[]): (request: IncomingMessage) => string {
  if (trustedProxies.length === 0) return (request) => request.socket.remoteAddress ?? '';
  const isTrusted = proxyAddress.compile([...trustedProxies]);
  return (request) => proxyAddress(request, isTrusted);
}

/** Sends an answer with the headers that every answer has; those of one object are put together once. */
function createSender(common: Readonly<Record<string, string>>) {
  const linesOf = new WeakMap<object, string[]>();
  return (response: ServerResponse, { headers, body }: DirectAnswer): void => {
    if (response.headersSent || response.destroyed) return;
    let lines = linesOf.get(headers);
    if (!lines) {
      lines = Object.entries({ ...common, ...headers }).flat();
      linesOf.set(headers, lines);
    }
    response.writeHead(200, [...lines, 'x-request-id', requestId(), 'content-length', `${Buffer.byteLength(body)}`]);
    response.end(body);
  };
}

function isPlainBody(headers: IncomingMessage['headers'], contentType: string): boolean {
  const length = headers['content-length'];
  return (
    headers['content-type'] === contentType &&
    headers['content-encoding'] === undefined &&
    headers.expect === undefined &&
    length !== undefined &&
    /^[1-9]\d{0,5}$/.test(length) &&
    Number(length) <= largestBody
  );
}

/** Reads as many bytes as were announced and stops before the end of the stream, so that they can be put back. */
function readBody(request: IncomingMessage, length: number, done: (body: Buffer) => void): void {
  const parts: Buffer[] = [];
  let received = 0;
  const read = () => {
    for (let part = request.read(); part !== null; part = received < length ? request.read() : null) {
      parts.push(part as Buffer); // no encoding is set
      received += (part as Buffer).length;
    }
    if (received < length) return;
    request.removeListener('readable', read);
    done(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts));
  };
  request.on('readable', read);
}

/** What somebody reads whose answer was not there in time, where no framework says it. */
export function sayTooSlow(response: ServerResponse): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(503, { 'retry-after': '5', 'content-type': 'text/plain; charset=utf-8' });
  response.end(
    'Hệ thống trả lời quá chậm, hãy thử lại sau vài giây. / This took too long; try again in a few seconds.\n',
  );
}
