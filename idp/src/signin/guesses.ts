import { createHmac } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { TooManyRequests } from '@edutrust/platform/errors';

/** Wrong passwords within a window before answers wait (R1, R2): per account from unknown devices, per address. */
const limits = { account: 10, knownDevice: 20, address: 2_500 } as const;
const windowSeconds = 15 * 60;

/** Where a guess comes from. */
export interface GuessOrigin {
  /** As typed: case, spaces, Unicode variants of one name count as one. */
  readonly identifier: string;
  readonly address: string;
  /** Whether this browser has signed in as that person before: an attack elsewhere does not slow it down. */
  readonly isKnownDevice: boolean;
}

/**
 * Counts guesses so that an account cannot be tried out, and a whole school behind one address still gets in. Slow,
 * never locked: when the window is over everything is as before.
 */
export function createGuessLimiter({ store, secrets, log }: Pick<ServiceContext, 'store' | 'secrets' | 'log'>) {
  const key = secrets.derive('idp/guess-counter');
  /** While the store is away each process counts alone: neither open nor closed (R5). */
  const local = new Map<string, { count: number; until: number }>();
  const increment = async (name: string): Promise<number> => {
    try {
      return await store.increment(name, windowSeconds);
    } catch (error) {
      log.warn({ err: error }, 'counting guesses in this process alone');
      const now = Date.now();
      const held = local.get(name);
      const next =
        held && held.until > now ? { ...held, count: held.count + 1 } : { count: 1, until: now + windowSeconds * 1000 };
      if (local.size > 50_000) local.clear();
      local.set(name, next);
      return next.count;
    }
  };
  const names = ({ identifier, address, isKnownDevice }: GuessOrigin) => {
    const canonical = identifier
      .normalize('NFKC')
      .toLowerCase()
      .replaceAll(/[\s.-]/g, '');
    const account = createHmac('sha256', key).update(canonical).digest('base64url');
    return { account: `guess:${isKnownDevice ? 'known' : 'account'}:${account}`, address: `guess:address:${address}` };
  };
  return {
    /** Counts the try before it is evaluated, so that parallel guesses do not beat the counter. */
    count: async (origin: GuessOrigin): Promise<void> => {
      const { account, address } = names(origin);
      const [ofAccount, ofAddress] = await Promise.all([increment(account), increment(address)]);
      const most = origin.isKnownDevice ? limits.knownDevice : limits.account;
      if (ofAccount <= most && ofAddress <= limits.address) return;
      throw new TooManyRequests(
        'sign-in/too-many',
        { vi: 'Đã thử sai nhiều lần.', en: 'There were too many wrong tries.' },
        {
          retryAfterSeconds: windowSeconds,
          remedy: {
            vi: 'Đợi 15 phút, hoặc nhờ giáo viên chủ nhiệm cấp mã mới.',
            en: 'Wait 15 minutes, or ask the class teacher for a new code.',
          },
        },
      );
    },
    /** A right password clears the account's count. */
    clear: async (origin: GuessOrigin): Promise<void> => {
      const { account } = names(origin);
      local.delete(account);
      await store.delete(account).catch(() => undefined);
    },
  };
}
