import { isIPv6 } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Clock } from '../clock.ts';
import { TooManyRequests } from '../errors.ts';
import type { Logger } from '../log.ts';
import { countRefusal } from '../metrics/metrics.ts';
import type { ShortLivedStore } from '../store/store.ts';

/** Requests in a minute: of a network address while nobody is signed in, else of the person. */
export interface RateLimit {
  readonly name: string;
  readonly perAddress: number;
  readonly perActor: number;
}

/** A school's 2,000 pupils share one address and start at 08:30 (R3): each may ask 15 times before signing in. */
const ordinary: RateLimit = { name: 'ordinary', perAddress: 30_000, perActor: 600 };
/** Three tries for each of them; wrong ones are slowed earlier, person by person, by the provider. */
const signIn: RateLimit = { name: 'sign-in', perAddress: 6_000, perActor: 60 };
/** A code on paper must not be guessed, a file costs seconds: no school needs more. */
const verification: RateLimit = { name: 'verification', perAddress: 120, perActor: 120 };
/** Who has the names of a class must not find its diplomas by trying numbers. */
const lookUp: RateLimit = { name: 'look-up', perAddress: 20, perActor: 20 };
/** What keeps a processor or the database busy. */
const costly: RateLimit = { name: 'costly', perAddress: 120, perActor: 30 };
/** Servers of relying apps: the sign-ins of a whole city come from one address. */
const protocol: RateLimit = { name: 'protocol', perAddress: 120_000, perActor: 120_000 };

/** Puts a question before a person, or a key, a time stamp and a document to work; the servers of signing apps ask. */
const remoteSigning: RateLimit = { name: 'remote-signing', perAddress: 6_000, perActor: 6_000 };

/** The first line that fits `METHOD /route/:pattern` decides; null is without limit. */
const limits: readonly (readonly [RegExp, RateLimit | null])[] = [
  // Asked by monitors, by people who check a signature, and by every page: cheap, cached, or guarded otherwise.
  [/^\S+ \/(health|metrics|pki|log|assets)(\/|$)/, null],
  // Begins a sign-in, which keeps what was asked for half an hour; the browsers of a school come from one address.
  [/^(GET|POST) \/oidc\/auth$/, signIn],
  [/^POST \/(signin|activate)(\/|$)/, signIn],
  [/^POST (\/api\/v1)?\/verify\/diplomas?$/, lookUp],
  [/^\S+ (\/api\/v1)?\/verify(\/|$)/, verification],
  [/^POST \/csc\/v2\/(credentials\/authorize|signatures\/\w+)$/, remoteSigning],
  [/^POST \/(account\/password|account\/sessions|api\/v1\/account\/passkeys)(\/|$)/, costly],
  [/^GET \/api\/v1\/account\/(children\/:id\/)?data$/, costly],
  [/^GET \/account\/(children\/:id\/)?apps\/:\w+\/receipt\.pdf$/, costly],
  [
    /^POST \/api\/v1\/(roster\/plans|roster\/columns|audit\/verify|signing\/sessions|sealing\/machines|sealing\/batches|sync\/targets\/:id\/runs)(\/|$)/,
    costly,
  ],
];

/** The limit of a route: by the table above, else by whether a protocol or a person calls it. */
export function limitOf(method: string, route: string, isProtocol: boolean): RateLimit | null {
  const name = `${method === 'HEAD' ? 'GET' : method} ${route}`;
  const line = limits.find(([pattern]) => pattern.test(name));
  if (line) return line[1];
  return isProtocol ? protocol : ordinary;
}

const windowSeconds = 60;
/** A store that hangs must not hang the request; without its answer the count of this process decides. */
const answersWithinMs = 1_000;
const storeRestsMs = 5_000;
/** Memory: an attacker with more addresses than this makes us forget the oldest of the minute. */
const mostKeys = 100_000;

/** What counting asks of a request. */
export type CountedRequest = Pick<FastifyRequest, 'actor' | 'ip' | 'isBehindUndeclaredProxy'>;

export interface RateLimiter {
  /**
   * Counts one more; gives nothing when that took no time, as nearly always.
   *
   * @throws TooManyRequests `request/too-many`
   */
  count(limit: RateLimit, from: CountedRequest): Promise<void> | undefined;
  /** The same by the limit of the request's route. */
  countRequest(request: FastifyRequest): Promise<void>;
}

interface Count {
  /** Of every process, as far as we know; our own that were reported are in it. */
  shared: number;
  /** Ours that the store does not know yet. */
  unreported: number;
}

interface LimiterParts {
  readonly store: Pick<ShortLivedStore, 'increment'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long the store may take; a second when it is not said. */
  readonly storeAnswersWithinMs?: number | undefined;
}

/**
 * Counts a request and refuses it beyond its limit (R5). Each process counts in memory and tells the short-lived store
 * every twentieth part of a limit, one by one where the limit is small: ordinary requests wait for nobody, and together
 * they let through at most a twentieth part for each process, and what is under way, too much. Without the store each process goes on by its own count:
 * neither open nor closed. Windows are minutes of the clock, so that all processes mean the same one.
 *
 * An address of this machine is not limited, unless a proxy stands there that `EDUTRUST_TRUSTED_PROXIES` does not name.
 *
 * @throws TooManyRequests `request/too-many` with the seconds that are left of the minute.
 */
export function createRateLimiter({ store, clock, log, storeAnswersWithinMs }: LimiterParts): RateLimiter {
  const report = createReport(store, log, storeAnswersWithinMs);
  let window = 0;
  let counts = new Map<string, Count>();

  function count(limit: RateLimit, from: CountedRequest): Promise<void> | undefined {
    const caller = callerOf(from);
    if (!caller) return undefined;
    const most = caller.isActor ? limit.perActor : limit.perAddress;
    const seconds = Math.floor(clock.now().getTime() / 1000);
    const secondsLeft = windowSeconds - (seconds % windowSeconds);
    if (window !== Math.floor(seconds / windowSeconds)) {
      window = Math.floor(seconds / windowSeconds);
      counts = new Map();
    }
    const key = `${limit.name}:${window}:${caller.name}`;
    const held = counts.get(key) ?? { shared: 0, unreported: 0 };
    if (held.shared + held.unreported >= most) throw refuse(limit, secondsLeft);
    if (!counts.has(key)) {
      if (counts.size >= mostKeys) counts.delete(counts.keys().next().value ?? ''); // a Map keeps the order of arrival
      counts.set(key, held);
    }
    held.unreported += 1;
    if (held.unreported < Math.floor(most / 20)) return undefined;
    return report(key, held).then((total) => {
      if (total !== undefined && total > most) throw refuse(limit, secondsLeft);
    });
  }

  return {
    count,
    countRequest: async (request) => {
      const { url, config } = request.routeOptions;
      const limit = limitOf(request.method, url ?? '/not-found', config.access?.kind === 'self-authenticating');
      if (limit) await count(limit, request);
    },
  };
}

/**
 * Tells the store what it does not know of a count; gives the count of all with it, and undefined while the store does
 * not answer. What the store does not take is kept.
 */
function createReport(
  store: LimiterParts['store'],
  log: Logger,
  withinMs = answersWithinMs,
): (key: string, count: Count) => Promise<number | undefined> {
  let restsUntil = 0;
  const failed = (reason: string) => {
    restsUntil = performance.now() + storeRestsMs;
    log.warn({ reason }, 'rate limits: the store does not answer, each process counts for itself');
  };
  return async (key, count) => {
    if (performance.now() < restsUntil) return undefined;
    const ours = count.unreported;
    count.shared += ours; // at once: a request that comes while we wait sees it
    count.unreported = 0;
    const asked = store.increment(`rate:${key}`, windowSeconds, ours).then(
      (total) => {
        count.shared = Math.max(count.shared, total);
        return total;
      },
      () => {
        count.shared -= ours;
        count.unreported += ours;
        failed('refused');
        return undefined;
      },
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => {
        failed('late');
        resolve(undefined);
      }, withinMs);
    });
    try {
      return await Promise.race([asked, late]);
    } finally {
      clearTimeout(timer);
    }
  };
}

/** Who is counted: the signed-in person, else the network address; nobody when it is this machine that asks. */
function callerOf({
  actor,
  ip,
  isBehindUndeclaredProxy,
}: CountedRequest): { name: string; isActor: boolean } | undefined {
  if (actor?.kind === 'person') return { name: actor.personId, isActor: true };
  if (actor?.kind === 'app') return { name: actor.clientId, isActor: true };
  const address = canonicalAddress(ip);
  const isHere = address === '::1' || address.startsWith('127.');
  return isHere && !isBehindUndeclaredProxy ? undefined : { name: address, isActor: false };
}

/**
 * One name for one caller: an IPv4 address in IPv6 clothes is the IPv4 address (RFC 4291 §2.5.5.2), and of IPv6 the
 * first 64 bits count, because a household or a school is given at least those (RFC 6177 §2).
 */
export function canonicalAddress(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  if (mapped) return mapped;
  const [address = ''] = ip.split('%');
  if (!isIPv6(address) || address === '::1') return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail ? tail.split(':') : [];
  const missing = tail === undefined ? 0 : 8 - groups.length - after.length;
  const all = [...groups, ...Array<string>(Math.max(0, missing)).fill('0'), ...after];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

function refuse(limit: RateLimit, retryAfterSeconds: number): TooManyRequests {
  countRefusal(limit.name);
  return new TooManyRequests(
    'request/too-many',
    {
      vi: 'Có quá nhiều yêu cầu trong một phút.',
      en: 'There were too many requests within a minute.',
    },
    {
      retryAfterSeconds,
      remedy: {
        vi: `Chờ ${retryAfterSeconds} giây rồi thử lại.`,
        en: `Wait ${retryAfterSeconds} seconds and try again.`,
      },
    },
  );
}
