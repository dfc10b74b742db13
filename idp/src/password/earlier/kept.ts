import { verify } from '@node-rs/argon2';
import { type EarlierHash, readEarlierHash } from './schemes.ts';

/**
 * How a hash of another system is kept until its owner signs in. A weak one never as it came: the digest is what our own
 * hash is made of, so that a copy of the table is no easier to try than any other password, and trying takes as long.
 */
export async function keepEarlier(
  stored: string,
  earlier: EarlierHash,
  hash: (text: string) => Promise<string>,
): Promise<string> {
  if (!earlier.isWeak || !earlier.expected) return stored;
  return `${wrapping}${saltOf(stored, earlier)}${await hash(earlier.expected.toString('base64'))}`;
}

const wrapping = 'within:';

/** The stored hash without its digest: what remains to make the digest again. */
function saltOf(stored: string, { expected }: EarlierHash): string {
  const blank = stored.startsWith('{')
    ? stored.replace(/\}.*$/, (rest) => {
        const bytes = Buffer.from(rest.slice(1), 'base64');
        bytes.fill(0, 0, expected?.length ?? 0);
        return `}${bytes.toString('base64')}`;
      })
    : stored.replace(
        /\$[^$]*$/,
        () =>
          `$${Buffer.alloc(expected?.length ?? 0)
            .toString('base64')
            .replaceAll('=', '')}`,
      );
  return `${blank}\n`;
}

/** Whether the password is the one of a kept hash, ours or another system's. */
export async function verifyKept(stored: string, password: string): Promise<boolean> {
  if (stored.startsWith('$argon2id$v=19$m=19456,')) return verify(stored, password);
  if (!stored.startsWith(wrapping)) {
    const earlier = readEarlierHash(stored);
    return typeof earlier === 'string' ? false : earlier.matches(password);
  }
  const [outer = '', own = ''] = stored.slice(wrapping.length).split('\n');
  const earlier = readEarlierHash(outer);
  if (typeof earlier === 'string' || !earlier.digest) return false;
  return verify(own, (await earlier.digest(password)).toString('base64'));
}

/** Whether the hash came from another system. */
export function isEarlier(stored: string): boolean {
  return !stored.startsWith('$argon2id$v=19$m=19456,');
}
