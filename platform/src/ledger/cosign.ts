import { type KeyObject, sign } from 'node:crypto';
import { idOf, message, partsOf, type WitnessKey } from './cosignature.ts';

/** The line by which a witness says that as of then it has seen no larger tree of this log, and none that contradicts it (tlog-cosignature). */
export function cosign(
  note: string,
  { privateKey, ...key }: WitnessKey & { readonly privateKey: KeyObject },
  at: Date,
): string {
  const seconds = BigInt(Math.floor(at.getTime() / 1000));
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(seconds);
  const signature = sign(null, message(seconds, partsOf(note).text), privateKey);
  return `— ${key.name} ${Buffer.concat([idOf('witness', key), time, signature]).toString('base64')}\n`;
}
