import { createHash, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { verify as verifyArgon2 } from '@node-rs/argon2';
import { compare as compareBcrypt } from 'bcryptjs';

/** Who names such a cost means to stop the server, or made a mistake: the row is refused. */
const most = { bcryptCost: 12, pbkdf2Rounds: 1_500_000, argon2KiB: 65_536, argon2Passes: 8, argon2Lanes: 4 } as const;

/** How another system kept a password. */
export interface EarlierHash {
  /** As people call it: `bcrypt`, `SSHA`. */
  readonly scheme: string;
  /** So fast to try that whoever got the file has most of its passwords: it ends at a date. */
  readonly isWeak: boolean;
  /** What the scheme makes of a password; for a scheme that can only compare, undefined. */
  readonly digest?: (password: string) => Promise<Buffer>;
  /** The digest that the other system kept. */
  readonly expected?: Buffer;
  matches(password: string): Promise<boolean>;
}

/** Why a hash is not taken. */
export type HashRefusal = 'unknown-scheme' | 'malformed' | 'too-costly';

/**
 * Reads a password hash of another system: argon2 (PHC string), bcrypt, PBKDF2 (Django, passlib) and LDAP's `{SSHA}`,
 * `{SHA}`, `{SSHA256}`, `{SSHA512}`, `{SMD5}`, `{MD5}` (RFC 2307 and after). Never runs one whose cost is beyond a bound.
 */
export function readEarlierHash(text: string): EarlierHash | HashRefusal {
  const stored = text.trim();
  if (stored.length > 512) return 'malformed';
  if (stored.startsWith('$argon2')) return argon2Hash(stored);
  if (/^\$2[aby]\$/.test(stored)) return bcryptHash(stored);
  if (/^(\$pbkdf2|pbkdf2_)/.test(stored)) return pbkdf2Hash(stored);
  if (stored.startsWith('{')) return ldapHash(stored);
  return 'unknown-scheme';
}

function argon2Hash(stored: string): EarlierHash | HashRefusal {
  const read = /^\$argon2(?:id|i|d)\$v=19\$m=(\d{1,9}),t=(\d{1,6}),p=(\d{1,4})\$[\w+/]{11,86}\$[\w+/]{22,86}$/.exec(
    stored,
  );
  if (!read) return 'malformed';
  const [kib, passes, lanes] = read.slice(1).map(Number) as [number, number, number]; // three groups
  if (kib > most.argon2KiB || passes > most.argon2Passes || lanes > most.argon2Lanes) return 'too-costly';
  if (kib < 8 * lanes || passes < 1 || lanes < 1) return 'malformed';
  return { scheme: 'argon2', isWeak: false, matches: (password) => verifyArgon2(stored, password).catch(() => false) };
}

function bcryptHash(stored: string): EarlierHash | HashRefusal {
  const read = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(stored);
  if (!read) return 'malformed';
  const cost = Number(read[1]);
  if (cost > most.bcryptCost) return 'too-costly';
  if (cost < 4) return 'malformed';
  return { scheme: 'bcrypt', isWeak: false, matches: (password) => compareBcrypt(password, stored).catch(() => false) };
}

const pbkdf2Async = promisify(pbkdf2);

/** Django: `pbkdf2_sha256$rounds$salt$base64`, the salt as text; passlib: `$pbkdf2-sha256$rounds$salt$hash` in its base64. */
function pbkdf2Hash(stored: string): EarlierHash | HashRefusal {
  const django = /^pbkdf2_(sha1|sha256)\$(\d{1,9})\$([^$]{1,64})\$([\w+/]{20,88}={0,2})$/.exec(stored);
  const passlib = /^\$pbkdf2(?:-(sha256|sha512))?\$(\d{1,9})\$([\w./]{1,88})\$([\w./]{20,88})$/.exec(stored);
  const [, name = 'sha1', roundsText = '', salt = '', hash = ''] = django ?? passlib ?? [];
  const rounds = Number(roundsText);
  if (rounds > most.pbkdf2Rounds) return 'too-costly';
  if (rounds < 1) return 'malformed';
  const adapted = (text: string) => Buffer.from(text.replaceAll('.', '+'), 'base64');
  const saltBytes = django ? Buffer.from(salt) : adapted(salt);
  const expected = django ? Buffer.from(hash, 'base64') : adapted(hash);
  return ofDigest('PBKDF2', rounds < 10_000, expected, (password) =>
    pbkdf2Async(password, saltBytes, rounds, expected.length, name),
  );
}

const ldapDigests: Readonly<Record<string, { readonly algorithm: string; readonly length: number }>> = {
  SHA: { algorithm: 'sha1', length: 20 },
  SSHA: { algorithm: 'sha1', length: 20 },
  SHA256: { algorithm: 'sha256', length: 32 },
  SSHA256: { algorithm: 'sha256', length: 32 },
  SHA512: { algorithm: 'sha512', length: 64 },
  SSHA512: { algorithm: 'sha512', length: 64 },
  MD5: { algorithm: 'md5', length: 16 },
  SMD5: { algorithm: 'md5', length: 16 },
};

function ldapHash(stored: string): EarlierHash | HashRefusal {
  const read = /^\{(\w{1,10})\}([A-Za-z0-9+/]{10,200}={0,2})$/.exec(stored);
  const scheme = read?.[1]?.toUpperCase() ?? '';
  const rule = ldapDigests[scheme];
  if (!read || !rule) return read ? 'unknown-scheme' : 'malformed';
  const bytes = Buffer.from(read[2] ?? '', 'base64');
  const salt = bytes.subarray(rule.length);
  if (bytes.length < rule.length || salt.length > 0 !== /^S(SHA|MD5)/.test(scheme)) return 'malformed';
  return ofDigest(scheme, true, bytes.subarray(0, rule.length), async (password) =>
    createHash(rule.algorithm).update(password).update(salt).digest(),
  );
}

function ofDigest(
  scheme: string,
  isWeak: boolean,
  expected: Buffer,
  digest: (password: string) => Promise<Buffer>,
): EarlierHash {
  const matches = async (password: string) => {
    const made = await digest(password);
    return made.length === expected.length && timingSafeEqual(made, expected);
  };
  return { scheme, isWeak, digest, expected, matches };
}
