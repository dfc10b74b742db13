import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { TooManyRequests } from '@edutrust/platform/errors';
import { sql } from 'kysely';

/** This many wrong tries are free: people mistype. */
const freeFailures = 5;
/** Beyond the free ones each further try waits twice as long, up to this. Slow, never locked (R1). */
const longestWaitSeconds = 900;
/** Wrong tries of one network address in ten minutes before it is slowed: a whole school mistyping stays far below (R3). */
const addressFailures = 600;
const addressWindowSeconds = 600;
/** Forgotten after this long without a try. */
const forgetSeconds = 24 * 3600;

/** Whose tries are counted. A device that this person has used is counted apart, so that an attack elsewhere does not slow it. */
export interface Guesser {
  /** The person's id, or what was typed when nobody has it: canonical, so that every spelling shares one counter. */
  readonly canonical: string;
  readonly knownDevice: boolean;
  readonly address: string;
}

export interface Guessing {
  /**
   * Counts a try before it is judged, in one statement, so that a hundred at once are a hundred.
   *
   * @throws TooManyRequests `sign-in/slow-down` with the seconds to wait.
   */
  begin(guesser: Guesser): Promise<void>;
  /** The try was right: forget the failures. */
  succeeded(guesser: Guesser): Promise<void>;
  /** The try was wrong. */
  failed(guesser: Guesser): Promise<void>;
  /** What a person's own device keeps as a cookie: says nothing, proves that this person signed in there. */
  deviceToken(personId: string): string;
  isDeviceOf(token: string | undefined, personId: string): boolean;
}

export function createGuessing({ db, store, secrets }: Pick<ServiceContext, 'db' | 'store' | 'secrets'>): Guessing {
  const counterKey = secrets.derive('idp/guess-counter/v1');
  const deviceKey = secrets.derive('idp/known-device/v1');
  const keyOf = ({ canonical, knownDevice }: Guesser) =>
    createHmac('sha256', counterKey)
      .update(`${knownDevice ? 'device' : 'any'}\0${canonical}`)
      .digest();
  const addressKey = (address: string) => `idp:guess:${createHmac('sha256', counterKey).update(address).digest('hex')}`;
  const deviceToken = (personId: string) => createHmac('sha256', deviceKey).update(personId).digest('base64url');

  return {
    begin: async (guesser) => {
      const failuresHere = (await store.get<number>(addressKey(guesser.address)).catch(() => undefined)) ?? 0;
      if (failuresHere > addressFailures) throw slowDown(60);
      const { rows } = await sql<{ failures: number }>`
        INSERT INTO idp.guess AS g (key, failures, blocked_until, last_at) VALUES (${keyOf(guesser)}, 1, now(), now())
        ON CONFLICT (key) DO UPDATE SET
          failures = CASE WHEN g.last_at < now() - make_interval(secs => ${forgetSeconds}) THEN 1 ELSE g.failures + 1 END,
          last_at = now(),
          blocked_until = now() + make_interval(secs => CASE
            WHEN g.failures < ${freeFailures} OR g.last_at < now() - make_interval(secs => ${forgetSeconds}) THEN 0
            ELSE least(${longestWaitSeconds}, 2 ^ least(g.failures - ${freeFailures}, 20)) END)
        WHERE g.blocked_until <= now()
        RETURNING failures`.execute(db);
      if (rows.length > 0) return;
      const held = await sql<{ seconds: number }>`
        SELECT ceil(extract(epoch FROM blocked_until - now()))::int AS seconds FROM idp.guess WHERE key = ${keyOf(guesser)}`.execute(
        db,
      );
      throw slowDown(Math.max(1, held.rows[0]?.seconds ?? 1));
    },
    succeeded: async (guesser) => {
      await sql`DELETE FROM idp.guess WHERE key = ${keyOf(guesser)}`.execute(db);
    },
    failed: async ({ address }) => {
      // Without the store the counter in PostgreSQL still holds: neither open nor closed (R5).
      await store.increment(addressKey(address), addressWindowSeconds).catch(() => undefined);
    },
    deviceToken,
    isDeviceOf: (token, personId) => {
      const given = Buffer.from(token ?? '');
      const wanted = Buffer.from(deviceToken(personId));
      return given.length === wanted.length && timingSafeEqual(given, wanted);
    },
  };
}

function slowDown(seconds: number): TooManyRequests {
  return new TooManyRequests(
    'sign-in/slow-down',
    {
      vi: `Đã thử sai nhiều lần. Hãy chờ ${seconds} giây rồi thử lại.`,
      en: `Too many wrong tries. Wait ${seconds} seconds and try again.`,
    },
    {
      remedy: {
        vi: 'Nếu quên mật khẩu, học sinh hỏi giáo viên chủ nhiệm, cán bộ hỏi quản trị viên của trường để lấy mã kích hoạt mới.',
        en: 'Whoever forgot the password: pupils ask their teacher, staff their school administrator, for a new activation code.',
      },
      retryAfterSeconds: seconds,
    },
  );
}
