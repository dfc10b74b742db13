import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Unavailable } from '@edutrust/platform/errors';
import { createQueue } from '@edutrust/platform/queue';
import { hash } from '@node-rs/argon2';
import { verifyKept } from './earlier/kept.ts';

/**
 * RFC 9106 parameters, as OWASP and our measurements have them (A2): 13 ms and 19 MiB a hash. 2 is Argon2id: the
 * package's enum cannot be imported without a build.
 */
const parameters = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const currentPrefix = '$argon2id$v=19$m=19456,t=2,p=1$';
/** Waiting longer than this many hashes would take about two seconds; better to say so at once. */
const mostWaiting = 128;

/** Hashes passwords a few at a time, so that a school's start of day neither fills the memory nor starves the rest. */
export interface PasswordHasher {
  /** @throws Unavailable `passwords/busy` with `Retry-After` when too many wait. */
  hash(password: string): Promise<string>;
  /** Against null (nobody, or no password) it takes as long and says no. @throws Unavailable `passwords/busy` */
  verify(stored: string | null, password: string): Promise<boolean>;
  /** Whether the hash was made with other parameters than today's: hash again at the next sign-in. */
  isOutdated(stored: string): boolean;
}

export function createPasswordHasher(): PasswordHasher {
  const inTurn = createQueue({ atOnce: Math.max(1, Math.min(3, availableParallelism())), mostWaiting, busy });
  const nobody = hash(randomBytes(32).toString('hex'), parameters);
  nobody.catch(() => undefined); // awaited where it is used
  return {
    hash: (password) => inTurn(() => hash(password, parameters)),
    verify: (stored, password) =>
      inTurn(async () => {
        const matches = await verifyKept(stored ?? (await nobody), password);
        return stored !== null && matches;
      }),
    isOutdated: (stored) => !stored.startsWith(currentPrefix),
  };
}

function busy(): Unavailable {
  return new Unavailable(
    'passwords/busy',
    { vi: 'Rất nhiều người đang đăng nhập cùng lúc.', en: 'Very many people are signing in at once.' },
    {
      remedy: { vi: 'Chờ vài giây rồi bấm lại.', en: 'Wait a few seconds and try again.' },
      retryAfterSeconds: 3,
    },
  );
}
