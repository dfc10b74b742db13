import { createHash } from 'node:crypto';
import { cbc } from '@noble/ciphers/aes.js';
import { md5 } from '@noble/hashes/legacy.js';
import type { Budget } from './limits.ts';
import { EncryptedPdf, MalformedPdf } from './malformed.ts';
import { array, as, integerOf, nameOf, type PdfDictionary, type PdfObject, type PdfStream } from './object.ts';
import { rc4 } from './rc4.ts';

/** How a crypt filter treats its strings and streams (ISO 32000-2 table 25). */
type Cipher = 'none' | 'RC4' | 'AES-128' | 'AES-256';

/** The standard security handler's dictionary (ISO 32000-2 tables 20, 21). */
interface Security {
  readonly revision: number;
  readonly keyBytes: number;
  readonly owner: Buffer;
  readonly user: Buffer;
  readonly ownerKey: Buffer;
  readonly userKey: Buffer;
  readonly permissions: number;
  readonly encryptsMetadata: boolean;
  readonly strings: Cipher;
  readonly streams: Cipher;
  readonly filters: ReadonlyMap<string, Cipher>;
  /** The first half of the file's identifier. */
  readonly id: Buffer;
}

/** Turns an object as it stands in an encrypted file into what it says. */
export type Decrypt = (object: PdfObject, number: number, generation: number) => PdfObject;

/**
 * Opens an encrypted PDF (ISO 32000-2 §7.6: standard security handler, revisions 2 to 6) by a password, which may be the
 * user's or the owner's; most encrypted files open with the empty one, as they only forbid printing or copying.
 * `encrypt` has everything directly in it. Throws `EncryptedPdf` when another password or handler is needed; what it gives throws
 * `PdfBeyondLimits`, as decrypted data counts like inflated data.
 */
export function openEncryption(encrypt: PdfDictionary, id: Buffer, password: string, budget: Budget): Decrypt {
  const security = readSecurity(encrypt, id);
  const key = security.revision >= 5 ? unlock256(security, password) : unlock(security, password);
  if (!key) throw new EncryptedPdf();
  return (object, number, generation) => {
    const decipher = (cipher: Cipher) => {
      const own = objectKey(cipher, key, number, generation);
      return (data: Uint8Array) => {
        budget.takeInflated(data.length); // what overlaps in a hostile file would be decrypted again for each object
        return decrypt(cipher, own, data);
      };
    };
    return decrypted(object, security, decipher);
  };
}

function readSecurity(encrypt: PdfDictionary, id: Buffer): Security {
  const { entries } = encrypt;
  const version = integerOf(entries.get('V')) ?? 0;
  const revision = integerOf(entries.get('R')) ?? 0;
  const isKnown =
    version === 5 ? revision === 5 || revision === 6 : [1, 2, 4].includes(version) && revision >= 2 && revision <= 4;
  if (nameOf(entries.get('Filter')) !== 'Standard' || !isKnown) throw new EncryptedPdf();
  const bytes = (key: string) => as('string', entries.get(key))?.bytes ?? Buffer.alloc(0);
  const bits = version === 4 ? 128 : (integerOf(entries.get('Length')) ?? 40);
  if (revision < 5 && (bits < 40 || bits > 128 || bits % 8 !== 0))
    throw new MalformedPdf('bad /Length of the encryption');
  const filters = version >= 4 ? readFilters(encrypt, version) : new Map<string, Cipher>();
  const filter = (key: string): Cipher =>
    version < 4 ? 'RC4' : named(filters, nameOf(entries.get(key)) ?? 'Identity');
  return {
    revision,
    keyBytes: revision === 2 ? 5 : bits / 8,
    owner: bytes('O'),
    user: bytes('U'),
    ownerKey: bytes('OE'),
    userKey: bytes('UE'),
    permissions: integerOf(entries.get('P')) ?? 0,
    encryptsMetadata: entries.get('EncryptMetadata') !== false,
    strings: filter('StrF'),
    streams: filter('StmF'),
    filters,
    id,
  };
}

function readFilters(encrypt: PdfDictionary, version: number): Map<string, Cipher> {
  const ciphers: Record<string, Cipher> =
    version === 5 ? { None: 'none', AESV3: 'AES-256' } : { None: 'none', V2: 'RC4', AESV2: 'AES-128' };
  const filters = new Map<string, Cipher>();
  for (const [name, filter] of as('dictionary', encrypt.entries.get('CF'))?.entries ?? []) {
    const cipher = ciphers[nameOf(as('dictionary', filter)?.entries.get('CFM')) ?? 'None'];
    if (!cipher) throw new EncryptedPdf();
    filters.set(name, cipher);
  }
  return filters;
}

function named(filters: ReadonlyMap<string, Cipher>, name: string): Cipher {
  const found = name === 'Identity' ? 'none' : filters.get(name);
  if (!found) throw new MalformedPdf(`crypt filter ${name}`);
  return found;
}

// ISO 32000-2 §7.6.4.3.2: what a password is filled up with to 32 bytes.
const padding = Buffer.from('28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a', 'hex');
const padded = (password: string) => Buffer.concat([Buffer.from(password, 'latin1'), padding]).subarray(0, 32);

/** Algorithms 2, 6 and 7: the file's key by the user's password, or by the owner's, which yields the user's. */
function unlock(security: Security, password: string): Buffer | undefined {
  const { revision, keyBytes, owner } = security;
  const asUser = keyOfUser(security, padded(password));
  if (asUser) return asUser;
  let hash: Buffer = hashMd5(padded(password));
  if (revision >= 3) for (let round = 0; round < 50; round++) hash = hashMd5(hash);
  let user: Buffer = owner.subarray(0, 32);
  for (const step of rounds(revision).reverse()) user = rc4(masked(hash.subarray(0, keyBytes), step), user);
  return keyOfUser(security, user);
}

function keyOfUser(security: Security, password: Buffer): Buffer | undefined {
  const { revision, keyBytes, owner, user, permissions, id, encryptsMetadata } = security;
  const bits = Buffer.alloc(4);
  bits.writeInt32LE(permissions | 0); // written as a signed or an unsigned number
  const plain = revision >= 4 && !encryptsMetadata ? Buffer.alloc(4, 0xff) : Buffer.alloc(0);
  let hash: Buffer = hashMd5(Buffer.concat([password, owner.subarray(0, 32), bits, id, plain]));
  if (revision >= 3) for (let round = 0; round < 50; round++) hash = hashMd5(hash.subarray(0, keyBytes));
  const key = hash.subarray(0, keyBytes);
  let check: Buffer = revision === 2 ? padding : hashMd5(Buffer.concat([padding, id]));
  for (const step of rounds(revision)) check = rc4(masked(key, step), check);
  const known = revision === 2 ? user.subarray(0, 32) : user.subarray(0, 16);
  return check.equals(known) ? key : undefined;
}

const rounds = (revision: number) => (revision === 2 ? [0] : Array.from({ length: 20 }, (_, step) => step));
const masked = (key: Buffer, step: number) => Buffer.from(key.map((byte) => byte ^ step));
const hashMd5 = (data: Uint8Array) => Buffer.from(md5(data));

/** Algorithm 2.A: each half of /U and /O is a hash of 32 bytes and two salts of 8, to check by and to unlock with. */
function unlock256({ revision, owner, user, ownerKey, userKey }: Security, password: string): Buffer | undefined {
  const secret = Buffer.from(password.normalize('NFKC'), 'utf8').subarray(0, 127); // nearly SASLprep (RFC 4013)
  const known = user.subarray(0, 48);
  for (const [half, sealed, extra] of [
    [user, userKey, Buffer.alloc(0)],
    [owner, ownerKey, known],
  ] as const) {
    const hash = (salt: Buffer) => (revision === 5 ? sha(256, secret, salt, extra) : hardened(secret, salt, extra));
    if (half.length < 48 || sealed.length !== 32 || !hash(half.subarray(32, 40)).equals(half.subarray(0, 32))) continue;
    const unlock = cbc(hash(half.subarray(40, 48)), Buffer.alloc(16), { disablePadding: true });
    return Buffer.from(unlock.decrypt(sealed));
  }
  return undefined;
}

/** Algorithm 2.B: at least 64 rounds of AES and a hash that the round itself chooses. */
function hardened(secret: Buffer, salt: Buffer, extra: Buffer): Buffer {
  let key: Buffer = sha(256, secret, salt, extra);
  for (let round = 0; ; round++) {
    const once = Buffer.concat([secret, key, extra]);
    const repeated = Buffer.concat(Array.from({ length: 64 }, () => once));
    const encrypted = Buffer.from(
      cbc(key.subarray(0, 16), key.subarray(16, 32), { disablePadding: true }).encrypt(repeated),
    );
    const choice = encrypted.subarray(0, 16).reduce((sum, byte) => sum + byte, 0) % 3; // 256 leaves 1 when divided by 3
    key = sha(choice === 0 ? 256 : choice === 1 ? 384 : 512, encrypted);
    if (round >= 63 && (encrypted.at(-1) ?? 0) <= round - 31) return key.subarray(0, 32);
  }
}

function sha(bits: 256 | 384 | 512, ...parts: readonly Buffer[]): Buffer {
  return createHash(`sha${bits}`).update(Buffer.concat(parts)).digest();
}

/** Algorithm 1: each object has a key of its own, but for AES-256. */
function objectKey(cipher: Cipher, key: Buffer, number: number, generation: number): Buffer {
  if (cipher === 'none' || cipher === 'AES-256') return key;
  const place = Buffer.alloc(5);
  place.writeUIntLE(number, 0, 3);
  place.writeUIntLE(generation, 3, 2);
  const salt = Buffer.from(cipher === 'AES-128' ? 'sAlT' : '', 'latin1');
  return hashMd5(Buffer.concat([key, place, salt])).subarray(0, Math.min(key.length + 5, 16));
}

function decrypt(cipher: Cipher, key: Buffer, data: Uint8Array): Buffer {
  if (cipher === 'none' || data.length === 0) return Buffer.from(data);
  if (cipher === 'RC4') return rc4(key, data);
  try {
    return Buffer.from(cbc(key, data.subarray(0, 16)).decrypt(data.subarray(16)));
  } catch {
    throw new MalformedPdf('damaged encrypted data');
  }
}

type Decipher = (cipher: Cipher) => (data: Uint8Array) => Buffer;

/** Every string and the stream of an object, but for what is never encrypted (§7.6.2): signature values and cross-references. */
function decrypted(object: PdfObject, security: Security, decipher: Decipher): PdfObject {
  const string = decipher(security.strings);
  const visit = (value: PdfObject): PdfObject => {
    if (value === null || typeof value !== 'object') return value;
    if (value.kind === 'string') return { ...value, bytes: string(value.bytes) };
    if (value.kind === 'array') return array(value.items.map(visit));
    if (value.kind === 'dictionary') return visitDictionary(value);
    return value.kind === 'stream' ? visitStream(value) : value;
  };
  const visitDictionary = ({ entries }: PdfDictionary): PdfDictionary => {
    const isSignature = entries.has('ByteRange');
    return {
      kind: 'dictionary',
      entries: new Map(
        [...entries].map(([key, value]) => [key, isSignature && key === 'Contents' ? value : visit(value)]),
      ),
    };
  };
  const visitStream = (stream: PdfStream): PdfStream => {
    if (nameOf(stream.dictionary.entries.get('Type')) === 'XRef') return stream;
    const dictionary = visitDictionary(stream.dictionary);
    let data: Buffer | undefined;
    return {
      kind: 'stream',
      dictionary,
      get data() {
        // Only when it is read: pictures seldom are.
        data ??= decipher(streamCipher(dictionary, security))(stream.data);
        return data;
      },
    };
  };
  return visit(object);
}

/** A stream may name another filter than the file's (§7.4.10), as metadata do that are to be found by a search. */
function streamCipher({ entries }: PdfDictionary, { streams, filters }: Security): Cipher {
  const filter = entries.get('Filter');
  const [first] = as('array', filter)?.items ?? [filter];
  if (nameOf(first) !== 'Crypt') return streams;
  const given = entries.get('DecodeParms');
  const [parameters] = as('array', given)?.items ?? [given];
  return named(filters, nameOf(as('dictionary', parameters)?.entries.get('Name')) ?? 'Identity');
}
