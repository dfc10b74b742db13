import { Unavailable } from '@edutrust/platform/errors';
import { Algorithm, hash, verify } from '@node-rs/argon2';

/** RFC 9106 §4 with OWASP's memory: 19 MiB, 2 passes, 1 lane; about 13 ms. */
const parameters = { algorithm: Algorithm.Argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const current = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/;

/** Hashes that run at once: each takes a core and 19 MiB. */
const mostAtOnce = 2;
/** Those who wait beyond this are told to come back (A2): at 13 ms each this is about two seconds. */
const mostWaiting = 300;

let running = 0;
const waiting: (() => void)[] = [];

async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  if (running >= mostAtOnce) {
    if (waiting.length >= mostWaiting) {
      throw new Unavailable(
        'sign-in/busy',
        { vi: 'Rất nhiều người đang đăng nhập cùng lúc.', en: 'Very many people are signing in at this moment.' },
        { retryAfterSeconds: 3, remedy: { vi: 'Đợi vài giây rồi thử lại.', en: 'Wait a few seconds and try again.' } },
      );
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
  running += 1;
  try {
    return await work();
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(password.normalize('NFC'), parameters));
}

/** A hash that no password has, so that an unknown account costs what a known one does (A3). */
const nobody = '$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9ib2R5$VtF0yK7yG9qYB1f0l3sB2lq7u5i8m6X0wJYV4m2mZ7A';

/** Whether the password is that of the hash; without a hash it takes as long and is false. */
export async function verifyPassword(
  stored: string | undefined,
  password: string,
): Promise<{ isRight: boolean; isOutdated: boolean }> {
  const isRight = await inTurn(() => verify(stored ?? nobody, password.normalize('NFC')).catch(() => false));
  return { isRight: stored !== undefined && isRight, isOutdated: stored !== undefined && !current.test(stored) };
}
