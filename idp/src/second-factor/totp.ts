import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** RFC 6238 §4 with what every authenticator app can do: SHA-1, 30 seconds, six digits. */
const stepSeconds = 30;
const digits = 6;
/** One step before and after: a clock that is half a minute off still signs in (RFC 6238 §5.2). */
const drift = 1;
/** RFC 4226 §4: as long as the hash. */
const secretBytes = 20;

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A fresh shared secret. */
export function newTotpSecret(): Buffer {
  return randomBytes(secretBytes);
}

/** The code of one time step (RFC 4226 §5.3 over the step's number). */
export function totpAt(secret: Buffer, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const hash = createHmac('sha1', secret).update(counter).digest();
  const offset = (hash.at(-1) ?? 0) & 0x0f;
  const number = (hash.readUInt32BE(offset) & 0x7f_ff_ff_ff) % 10 ** digits;
  return String(number).padStart(digits, '0');
}

/** The number of the time step that a moment is in. */
export function stepOf(at: Date): number {
  return Math.floor(at.getTime() / 1000 / stepSeconds);
}

/** Which step's code was typed, near `at` and later than `after`: each code counts once. Undefined for none. */
export function matchingStep(secret: Buffer, typed: string, at: Date, after: number): number | undefined {
  const code = typed.normalize('NFKC').replaceAll(/[\s-]/g, '');
  if (!/^\d{6}$/.test(code)) return undefined;
  const now = stepOf(at);
  for (let step = now - drift; step <= now + drift; step += 1) {
    if (step > after && timingSafeEqual(Buffer.from(totpAt(secret, step)), Buffer.from(code))) return step;
  }
  return undefined;
}

/** The secret as it is typed (RFC 4648 §6), in groups of four. */
export function typedSecret(secret: Buffer): string {
  let bits = '';
  for (const byte of secret) bits += byte.toString(2).padStart(8, '0');
  const text = (bits.match(/.{5}/g) ?? []).map((five) => base32[Number.parseInt(five, 2)]).join('');
  return text.replaceAll(/(.{4})(?=.)/g, '$1 ');
}

/** What an authenticator app scans (the Key Uri Format that they all read). */
export function totpAddress(secret: Buffer, issuer: string, account: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
  const query = new URLSearchParams({ secret: typedSecret(secret).replaceAll(' ', ''), issuer });
  return `otpauth://totp/${label}?${query}`;
}
