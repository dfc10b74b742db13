import { createHmac } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { statement } from '@edutrust/platform/database';
import { TooManyRequests } from '@edutrust/platform/errors';
import { canonicalAddress } from '@edutrust/platform/http';
import { countRefusal } from '@edutrust/platform/metrics';
import { record } from '../events.ts';
import { createKnownDevices, type KnownDevices } from './devices.ts';
import { belongsTo, isSchoolNetwork, organisationsAt } from './networks.ts';

/** Beyond the free tries each further one waits twice as long, up to this. Slow, never locked (R1). */
const longestWaitSeconds = 900;
/** Forgotten after this long without a try. */
const forgetSeconds = 24 * 3600;
/** Wrong tries that cost nothing, by where they come from: people mistype, and SP 800-63B-4 §3.2.2 allows a hundred. */
const freeTries = {
  /** A browser where this person signed in before, or the registered network of their school. */
  known: 100,
  /** One address (of IPv6 the /64) that knows nobody: whoever guesses there slows themselves. */
  address: 5,
  /** All such addresses together. */
  elsewhere: 50,
} as const;
/**
 * Wrong tries of one unknown address in ten minutes before strangers to it are slowed, and for each person who got in
 * there so many more: a school that mistypes gets in as well, a list of names with one password does not (R3, R4).
 */
const addressFailures = 100;
const failuresPerSuccess = 3;
const addressWindowSeconds = 600;
/** At how many failures of an account in a row an officer reads of it. */
const told = new Set([5, 10, 25, 50, 100, 250, 500, 1_000, 5_000]);

/** From where somebody tries: by the request and the account that it names. */
export interface Guesser {
  /** The person's id, or what was typed when nobody has it: canonical, so that every spelling shares one counter. */
  readonly account: string;
  readonly personId: string | undefined;
  readonly place:
    | { readonly kind: 'device'; readonly id: string }
    | { readonly kind: 'network'; readonly id: string }
    | { readonly kind: 'elsewhere' };
  /** Canonical; undefined when a proxy that nobody declared hides it. */
  readonly address: string | undefined;
}

/** A try that was counted. */
export interface Begun {
  /** Those that a right one forgets: keys of `idp.throttle`, hexadecimal. */
  readonly counters: readonly string[];
  /** Whether anybody failed from the address lately: until then nobody need speak for it. */
  readonly isWatched: boolean;
}

/** What a request says of where it comes from. */
export interface Origin {
  readonly ip: string;
  readonly isBehindUndeclaredProxy: boolean;
  /** The cookie of known devices. */
  readonly deviceCookie: string | undefined;
}

export interface Throttle {
  readonly devices: KnownDevices;
  /**
   * Who tries: a known browser, their school's network, or a stranger. `networkOf`: the organisations whose network it is,
   * where they were read already.
   */
  guesserOf(
    origin: Origin,
    account: string,
    personId: string | undefined,
    networkOf?: readonly string[],
  ): Promise<Guesser>;
  /** Whether the address is a registered network of some school. */
  isSchoolNetwork(origin: Origin): Promise<boolean>;
  /**
   * Counts a try before it is judged, in one statement, so that a hundred at once are a hundred.
   *
   * @throws TooManyRequests `sign-in/slow-down` with the seconds to wait.
   */
  begin(guesser: Guesser): Promise<Begun>;
  /** The try was right: whoever got in speaks for the address, and the failures of this place are forgotten. */
  succeeded(guesser: Guesser, begun: Begun): Promise<void>;
  /** The same without forgetting, which the statement that keeps the sign-in does. */
  entered(guesser: Guesser, begun: Begun): Promise<void>;
  /** Forgets the failures of the place of a try. */
  forget(counters: Begun['counters']): Promise<void>;
  /** The try was wrong. */
  failed(guesser: Guesser): Promise<void>;
  /** What `begin` would say now, without counting: the seconds to wait, 0 for none. */
  secondsToWait(guesser: Guesser): Promise<number>;
  /** The same for wrong activation codes, which name no account. @throws TooManyRequests `activation/slow-down` */
  beginCode(origin: Origin): Promise<void>;
  codeFailed(origin: Origin): Promise<void>;
}

interface Counter {
  readonly name: string;
  readonly free: number;
}

/**
 * One more try of the counter `key`, unless it has to wait. No wait is no time at all: two tries at once are not in each
 * other's way.
 */
const countInto = (key: string, free: string, from: string) => `
  INSERT INTO idp.throttle AS t (key, person_id, failures, blocked_until, last_at)
  SELECT ${key}::bytea, $1::uuid, 1, '-infinity', now() ${from}
  ON CONFLICT (key) DO UPDATE SET
    failures = CASE WHEN t.last_at < now() - make_interval(secs => $2) THEN 1 ELSE t.failures + 1 END,
    last_at = now(),
    blocked_until = CASE
      WHEN t.failures < ${free}::int OR t.last_at < now() - make_interval(secs => $2) THEN '-infinity'
      ELSE now() + make_interval(secs => least($3::int, 2 ^ least(t.failures - ${free}::int, 20))) END
  WHERE t.blocked_until <= now()
  RETURNING failures`;

/**
 * Counts in the first and, when that let it pass, in the second; null where it has to wait. The commit does not wait for
 * the disk: a power cut loses the tries of half a second, and the sign-in that follows a right one waits.
 */
const countTry = statement<
  { first: number | null; second: number | null },
  [
    personId: string | null,
    forgetSeconds: number,
    longestWaitSeconds: number,
    firstKey: Buffer,
    firstFree: number,
    secondKey: Buffer | null,
    secondFree: number,
  ]
>(
  'idp.throttle-count',
  `WITH first AS (${countInto('$4', '$5', '')}),
     second AS (${countInto('$6', '$7', 'FROM first WHERE $6::bytea IS NOT NULL')})
   SELECT (SELECT failures FROM first) AS first, (SELECT failures FROM second) AS second,
     set_config('synchronous_commit', 'off', true)`,
);
const forget = statement<never, [keys: readonly Buffer[]]>(
  'idp.throttle-forget',
  `WITH gone AS (DELETE FROM idp.throttle WHERE key = ANY($1))
   SELECT WHERE set_config('synchronous_commit', 'off', true) IS NULL`,
);
const secondsBlocked = statement<{ seconds: number | null }, [keys: readonly Buffer[]]>(
  'idp.throttle-blocked',
  `SELECT ceil(extract(epoch FROM max(blocked_until) - now()))::int AS seconds FROM idp.throttle
   WHERE key = ANY($1) AND blocked_until > now()`,
);

export function createThrottle(context: Pick<ServiceContext, 'db' | 'store' | 'secrets'>): Throttle {
  const { db, store, secrets } = context;
  const key = secrets.derive('idp/throttle/v1');
  const hashOf = (name: string) => createHmac('sha256', key).update(name).digest();
  const addressOf = ({ ip, isBehindUndeclaredProxy }: Origin) =>
    isBehindUndeclaredProxy ? undefined : canonicalAddress(ip);

  /** Those that a try must pass, the narrowest first: it alone remembers a stranger who goes on. */
  function countersOf({ account, place, address }: Guesser): Counter[] {
    if (place.kind !== 'elsewhere') {
      return [{ name: `${place.kind}\0${place.id}\0${account}`, free: freeTries.known }];
    }
    const here = address ? [{ name: `address\0${address}\0${account}`, free: freeTries.address }] : [];
    return [...here, { name: `elsewhere\0${account}`, free: freeTries.elsewhere }];
  }

  /** Counts one more in each, as far as none has to wait; gives how many there were in a row in the last, if all were counted. */
  async function count(counters: readonly Counter[], personId: string | undefined): Promise<number | undefined> {
    const [first, second] = counters;
    if (!first) return undefined;
    const secondKey = second ? hashOf(second.name) : null;
    const times = [forgetSeconds, longestWaitSeconds] as const;
    const [row] = await countTry(
      db,
      personId ?? null,
      ...times,
      hashOf(first.name),
      first.free,
      secondKey,
      second?.free ?? 0,
    );
    return (second ? row?.second : row?.first) ?? undefined;
  }

  async function waitOf(counters: readonly Counter[]): Promise<number> {
    const [row] = await secondsBlocked(
      db,
      counters.map(({ name }) => hashOf(name)),
    );
    return row?.seconds ?? 0;
  }

  const failedKey = (what: string, address: string) => `idp:failed:${what}:${hashOf(address).toString('hex')}`;
  const enteredKey = (what: string, address: string) => `idp:entered:${what}:${hashOf(address).toString('hex')}`;

  const failuresAt = async (what: 'password' | 'code', address: string) =>
    (await store.get<number>(failedKey(what, address))) ?? 0;

  /** Whether strangers at the address are slowed: many wrong tries, and few people who got in since the first of them. */
  async function isSpraying(what: 'password' | 'code', address: string, known?: number): Promise<boolean> {
    const failed = known ?? (await failuresAt(what, address));
    if (failed <= addressFailures) return false;
    const entered = (await store.get<number>(enteredKey(what, address))) ?? 0;
    return failed > addressFailures + failuresPerSuccess * entered;
  }

  /** Counts a wrong try of the address; the first beyond the limit of a window is an event, whoever is slowed. */
  async function addressFailed(what: 'password' | 'code', address: string): Promise<void> {
    const failures = await store.increment(failedKey(what, address), addressWindowSeconds);
    if (failures <= addressFailures || !(await isSpraying(what, address))) return;
    const hash = hashOf(address).toString('hex').slice(0, 16);
    if (!(await store.putIfAbsent(`idp:sprayed:${what}:${hash}`, true, addressWindowSeconds))) return;
    await db.transaction().execute((transaction) =>
      record(transaction, {
        type: what === 'password' ? 'sign-in.spraying' : 'activation.guessing',
        actor: { kind: 'system', name: 'idp' },
        subject: { kind: 'address', id: hash },
        data: { failures },
      }),
    );
  }

  async function addressEntered(what: 'password' | 'code', address: string, who: string): Promise<void> {
    const first = await store.putIfAbsent(
      `${enteredKey(what, address)}:${hashOf(who).toString('hex').slice(0, 16)}`,
      true,
      addressWindowSeconds,
    );
    if (first) await store.increment(enteredKey(what, address), addressWindowSeconds);
  }

  async function entered({ address, account }: Guesser, { isWatched }: Begun): Promise<void> {
    if (address && isWatched) await addressEntered('password', address, account);
  }

  async function forgetAll(counters: Begun['counters']): Promise<void> {
    if (counters.length === 0) return;
    await forget(
      db,
      counters.map((key) => Buffer.from(key, 'hex')),
    );
  }

  const devices = createKnownDevices(secrets);
  return {
    devices,
    isSchoolNetwork: (origin) => isSchoolNetwork(db, realAddress(origin)),
    guesserOf: async (origin, account, personId, networkOf) => {
      const address = addressOf(origin);
      const guesser = { account, personId, address };
      const device = devices.deviceOf(origin.deviceCookie, personId ?? account);
      if (device && personId) return { ...guesser, place: { kind: 'device', id: device } };
      const organisations = networkOf ?? (await organisationsAt(db, realAddress(origin)));
      if (organisations.length > 0 && personId && (await belongsTo(db, personId, organisations))) {
        return { ...guesser, place: { kind: 'network', id: organisations.toSorted().join() } };
      }
      return { ...guesser, place: { kind: 'elsewhere' } };
    },
    begin: async (guesser) => {
      const { address, place, personId } = guesser;
      const failed = address ? await failuresAt('password', address) : 0;
      if (place.kind === 'elsewhere' && address && (await isSpraying('password', address, failed))) throw slowDown(60);
      const counters = countersOf(guesser);
      const failures = await count(counters, personId);
      if (failures === undefined) throw slowDown(Math.max(1, await waitOf(counters)));
      if (personId && told.has(failures - 1)) await recordFailing(personId, place.kind, failures - 1);
      return { counters: counters.map(({ name }) => hashOf(name).toString('hex')), isWatched: failed > 0 };
    },
    succeeded: async (guesser, begun) => {
      await forgetAll(begun.counters);
      await entered(guesser, begun);
    },
    entered,
    forget: forgetAll,
    failed: async ({ address }) => {
      countRefusal('wrong-password');
      if (address) await addressFailed('password', address);
    },
    secondsToWait: async (guesser) => {
      const { address, place } = guesser;
      if (place.kind === 'elsewhere' && address && (await isSpraying('password', address))) return 60;
      return waitOf(countersOf(guesser));
    },
    beginCode: async (origin) => {
      const address = addressOf(origin);
      if (!address || !(await isSpraying('code', address))) return;
      if ((await organisationsAt(db, realAddress(origin))).length > 0) return;
      throw tooManyCodes();
    },
    codeFailed: async (origin) => {
      countRefusal('wrong-code');
      const address = addressOf(origin);
      if (address) await addressFailed('code', address);
    },
  };

  async function recordFailing(personId: string, place: string, failures: number): Promise<void> {
    await db.transaction().execute(async (transaction) => {
      await record(transaction, {
        type: 'sign-in.failing',
        actor: { kind: 'system', name: 'idp' },
        subject: { kind: 'person', id: personId },
        data: { failures, place },
      });
    });
  }
}

/** The address that a registered network may hold; undefined when a proxy that nobody declared hides it. */
export function realAddress({ ip, isBehindUndeclaredProxy }: Origin): string | undefined {
  return isBehindUndeclaredProxy ? undefined : ip;
}

function slowDown(seconds: number): TooManyRequests {
  countRefusal('slowed-sign-in');
  return new TooManyRequests(
    'sign-in/slow-down',
    {
      vi: `Đã thử sai nhiều lần. Hãy chờ ${seconds} giây rồi thử lại.`,
      en: `Too many wrong tries. Wait ${seconds} seconds and try again.`,
    },
    {
      remedy: {
        vi: 'Nếu quên mật khẩu, học sinh hỏi giáo viên chủ nhiệm, cán bộ hỏi quản trị viên của trường để lấy mã kích hoạt mới.',
        en: 'If you forgot the password: pupils ask their class teacher, staff their school administrator, for a new activation code.',
      },
      retryAfterSeconds: seconds,
    },
  );
}

function tooManyCodes(): TooManyRequests {
  countRefusal('slowed-activation');
  return new TooManyRequests(
    'activation/slow-down',
    { vi: 'Có quá nhiều mã sai từ mạng này.', en: 'Too many wrong codes from this network.' },
    {
      remedy: { vi: 'Chờ mười phút rồi thử lại.', en: 'Wait ten minutes and try again.' },
      retryAfterSeconds: addressWindowSeconds,
    },
  );
}
