import { createHmac } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { TooManyRequests } from '@edutrust/platform/errors';
import { canonicalAddress } from '@edutrust/platform/http';
import { countRefusal } from '@edutrust/platform/metrics';
import { record } from '../events.ts';
import { type Counters, countTry, forgetTries, secondsToWait } from './counters.ts';
import { createKnownDevices, type KnownDevices } from './devices.ts';
import { belongsTo, isSchoolNetwork, organisationsAt } from './networks.ts';
import { addressWindowSeconds, createSprayWatch } from './spraying.ts';

/** Wrong tries that cost nothing, by where they come from: people mistype, and SP 800-63B-4 §3.2.2 allows a hundred. */
const freeTries = {
  /** A browser where this person signed in before, or the registered network of their school. */
  known: 100,
  /** One address (of IPv6 the /64) that knows nobody: a guesser there slows only themselves. */
  address: 5,
  /** All such addresses together. */
  elsewhere: 50,
} as const;
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
  /** The try was right: a person who got in speaks for the address, and the failures of this place are forgotten. */
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

export function createThrottle(context: Pick<ServiceContext, 'db' | 'store' | 'secrets'>): Throttle {
  const { db, secrets } = context;
  const key = secrets.derive('idp/throttle/v1');
  const hashOf = (name: string) => createHmac('sha256', key).update(name).digest();
  const devices = createKnownDevices(secrets);
  const addresses = createSprayWatch(context, hashOf);

  const forget = (counters: Begun['counters']) => forgetTries(db, counters);
  async function entered({ address, account }: Guesser, { isWatched }: Begun): Promise<void> {
    if (address && isWatched) await addresses.entered('password', address, account);
  }

  return {
    devices,
    isSchoolNetwork: (origin) => isSchoolNetwork(db, realAddress(origin)),
    guesserOf: async (origin, account, personId, networkOf) => {
      const place = await placeOf(db, devices, origin, account, personId, networkOf);
      return { account, personId, address: canonicalOf(origin), place };
    },
    begin: async (guesser) => {
      const { address, place, personId } = guesser;
      const failed = address ? await addresses.failuresAt('password', address) : 0;
      if (place.kind === 'elsewhere' && address && (await addresses.isSpraying('password', address, failed)))
        throw slowDown(60);
      const counters = countersOf(guesser, hashOf);
      const failures = await countTry(db, counters, personId);
      if (failures === undefined) throw slowDown(Math.max(1, await secondsToWait(db, counters)));
      if (personId && told.has(failures - 1)) await recordFailing(db, personId, place.kind, failures - 1);
      return { counters: counters.map(({ key }) => key.toString('hex')), isWatched: failed > 0 };
    },
    succeeded: async (guesser, begun) => {
      await forget(begun.counters);
      await entered(guesser, begun);
    },
    entered,
    forget,
    failed: async ({ address }) => {
      countRefusal('wrong-password');
      if (address) await addresses.failed('password', address);
    },
    secondsToWait: async (guesser) => {
      const { address, place } = guesser;
      if (place.kind === 'elsewhere' && address && (await addresses.isSpraying('password', address))) return 60;
      return secondsToWait(db, countersOf(guesser, hashOf));
    },
    beginCode: async (origin) => {
      const address = canonicalOf(origin);
      if (!address || !(await addresses.isSpraying('code', address))) return;
      if (!(await isSchoolNetwork(db, realAddress(origin)))) throw tooManyCodes();
    },
    codeFailed: async (origin) => {
      countRefusal('wrong-code');
      const address = canonicalOf(origin);
      if (address) await addresses.failed('code', address);
    },
  };
}

async function placeOf(
  db: Database,
  devices: KnownDevices,
  origin: Origin,
  account: string,
  personId: string | undefined,
  networkOf: readonly string[] | undefined,
): Promise<Guesser['place']> {
  const device = devices.deviceOf(origin.deviceCookie, personId ?? account);
  if (device && personId) return { kind: 'device', id: device };
  const organisations = networkOf ?? (await organisationsAt(db, realAddress(origin)));
  if (organisations.length > 0 && personId && (await belongsTo(db, personId, organisations)))
    return { kind: 'network', id: organisations.toSorted().join() };
  return { kind: 'elsewhere' };
}

function countersOf({ account, place, address }: Guesser, hashOf: (name: string) => Buffer): Counters {
  if (place.kind !== 'elsewhere')
    return [{ key: hashOf(`${place.kind}\0${place.id}\0${account}`), free: freeTries.known }];
  const everywhere = { key: hashOf(`elsewhere\0${account}`), free: freeTries.elsewhere };
  if (!address) return [everywhere];
  return [{ key: hashOf(`address\0${address}\0${account}`), free: freeTries.address }, everywhere];
}

async function recordFailing(db: Database, personId: string, place: string, failures: number): Promise<void> {
  await db.transaction().execute((transaction) =>
    record(transaction, {
      type: 'sign-in.failing',
      actor: { kind: 'system', name: 'idp' },
      subject: { kind: 'person', id: personId },
      data: { failures, place },
    }),
  );
}

const canonicalOf = ({ ip, isBehindUndeclaredProxy }: Origin) =>
  isBehindUndeclaredProxy ? undefined : canonicalAddress(ip);

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
