import { writeZip } from '@edutrust/platform/zip';
import { notPrepared } from '../not-prepared.ts';
import { MalformedZip, readZip, ZipBeyondLimits } from '../zip/read.ts';
import { manifestName } from './names.ts';
import { nextNumber, prepareAsic } from './sign.ts';

/**
 * What a key signs of a prepared container, computed from the file itself: the container is what preparing it without its last manifest gives, so
 * that the manifest tells every file as it is, and the signed attributes name the certificate (DER) and the time, which no file of it tells.
 *
 * @throws InvalidInput `sign/not-prepared`
 */
export function signedOfAsic(
  prepared: Buffer,
  certificate: Uint8Array,
  at: Date,
): { digest: Buffer; toBeSigned: Buffer } {
  const files = new Map(readFiles(prepared));
  if (!files.delete(manifestName(nextNumber(files) - 1))) throw notPrepared();
  const { prepared: expected, digest, toBeSigned } = prepareAsic(writeZip(files), { at, certificate });
  if (!expected.equals(prepared)) throw notPrepared();
  return { digest, toBeSigned };
}

function readFiles(prepared: Buffer): ReadonlyMap<string, Buffer> {
  try {
    return readZip(prepared);
  } catch (error) {
    if (error instanceof MalformedZip || error instanceof ZipBeyondLimits) throw notPrepared();
    throw error;
  }
}
