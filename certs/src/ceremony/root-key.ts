import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { InvalidInput } from '@edutrust/platform/errors';
import type { RootKey } from './hierarchy.ts';
import { combine, type Share, split } from './shamir.ts';

const format = 'edutrust-root-key/1';

/** A root key at rest: opened only by as many people as the threshold says, each with a share. */
export interface SealedRootKey {
  /** JSON text; says nothing without the shares. */
  readonly sealed: string;
  /** One text for each holder. */
  readonly shares: readonly string[];
}

/** A new P-384 root key. The caller signs with it and forgets it. */
export function makeRootKey(): {
  readonly key: RootKey;
  readonly seal: (threshold: number, count: number) => SealedRootKey;
} {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  return { key: rootKeyOf(privateKey), seal: (threshold, count) => sealRootKey(privateKey, threshold, count) };
}

function rootKeyOf(privateKey: KeyObject): RootKey {
  return {
    publicKey: createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    signatureAlgorithm: 'ecdsa-sha384',
    sign: async (bytes) => sign('sha384', bytes, privateKey),
  };
}

/** AES-256-GCM under a key that exists only as shares. */
function sealRootKey(privateKey: KeyObject, threshold: number, count: number): SealedRootKey {
  const secret = randomBytes(32);
  const nonce = randomBytes(12);
  const fingerprint = fingerprintOf(privateKey);
  const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(Buffer.from(fingerprint, 'latin1'));
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
  const body = Buffer.concat([nonce, cipher.update(pkcs8), cipher.final(), cipher.getAuthTag()]);
  pkcs8.fill(0);
  const shares = split(secret, threshold, count).map((share) => writeShare(share, { threshold, count, fingerprint }));
  secret.fill(0);
  const sealed = { format, publicKeySha256: fingerprint, threshold, shares: count, key: body.toString('base64') };
  return { sealed: `${JSON.stringify(sealed, undefined, 2)}\n`, shares };
}

/**
 * Opens a root key with the shares of its holders.
 *
 * @throws InvalidInput `ceremony/shares` that says which share is damaged, foreign or missing.
 */
export function openRootKey(sealed: string, shareTexts: readonly string[]): RootKey {
  const file = readSealed(sealed);
  const shares = shareTexts.map((text, index) => readShare(text, index + 1, file.publicKeySha256));
  const distinct = [...new Map(shares.map((share) => [share.x, share])).values()];
  if (distinct.length < file.threshold) {
    throw wrong(
      `cần ${file.threshold} phần khoá khác nhau, mới có ${distinct.length}`,
      `${file.threshold} different shares are needed, ${distinct.length} were given`,
    );
  }
  const secret = combine(distinct.slice(0, file.threshold));
  const body = Buffer.from(file.key, 'base64');
  try {
    const decipher = createDecipheriv('aes-256-gcm', secret, body.subarray(0, 12));
    decipher.setAAD(Buffer.from(file.publicKeySha256, 'latin1')).setAuthTag(body.subarray(-16));
    const pkcs8 = Buffer.concat([decipher.update(body.subarray(12, -16)), decipher.final()]);
    return rootKeyOf(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }));
  } catch {
    throw wrong('các phần khoá không mở được khoá này', 'the shares do not open this key');
  }
}

function fingerprintOf(privateKey: KeyObject): string {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest('hex');
}

function readSealed(text: string): { publicKeySha256: string; threshold: number; key: string } {
  try {
    const file = JSON.parse(text) as { format: string; publicKeySha256: string; threshold: number; key: string };
    if (file.format === format && typeof file.key === 'string' && Number.isInteger(file.threshold)) return file;
  } catch {
    // said below
  }
  throw wrong('tệp khoá gốc không đúng dạng', 'the file of the root key is not one');
}

/** Four hexadecimal digits a group, as people copy them, and a check that catches a slip of the pen. */
function writeShare({ x, bytes }: Share, about: { threshold: number; count: number; fingerprint: string }): string {
  const digits = bytes.toString('hex').match(/.{4}/g)?.join(' ') ?? '';
  return [
    `EduTrust root key, share ${x} of ${about.count}; any ${about.threshold} open it.`,
    `Key: ${about.fingerprint}`,
    `Share ${x}: ${digits}`,
    `Check: ${checkOf(x, bytes, about.fingerprint)}`,
    '',
  ].join('\n');
}

function checkOf(x: number, bytes: Buffer, fingerprint: string): string {
  return createHash('sha256')
    .update(`${fingerprint}/${x}/${bytes.toString('hex')}`)
    .digest('hex')
    .slice(0, 8);
}

function readShare(text: string, position: number, fingerprint: string): Share {
  const [, number = '', digits = ''] = /Share (\d{1,3}): ([0-9a-f ]+)/i.exec(text) ?? [];
  const bytes = Buffer.from(digits.replaceAll(' ', ''), 'hex');
  const x = Number(number);
  const check = /Check: ([0-9a-f]{8})/i.exec(text)?.[1]?.toLowerCase();
  if (bytes.length !== 32 || check !== checkOf(x, bytes, fingerprint)) {
    throw wrong(
      `phần khoá thứ ${position} chép sai, hoặc của khoá khác`,
      `share number ${position} was copied wrongly, or is of another key`,
    );
  }
  return { x, bytes };
}

function wrong(vi: string, en: string): InvalidInput {
  return new InvalidInput('ceremony/shares', {
    vi: `Không mở được khoá gốc: ${vi}.`,
    en: `The root key cannot be opened: ${en}.`,
  });
}
