import { createHash } from 'node:crypto';
import { algorithmIds } from '@edutrust/certs/algorithms';
import {
  archiveImprint,
  attribute,
  buildHashIndex,
  cmsOids,
  extendSignedData,
  readCms,
  withHashIndex,
} from '@edutrust/certs/cms';
import { InvalidInput } from '@edutrust/platform/errors';
import { certificatesInCms } from '../cms.ts';
import type { LongTerm, TimeStamper, ValidationData } from '../format.ts';

/** Adds what a later validation needs: with it a B-T signature becomes B-LT (ETSI EN 319 122-1 §5.4, §6.3). */
export function addCadesValidationData(cms: Buffer, data: ValidationData): Buffer {
  return extendSignedData(cms, data);
}

/**
 * Adds an archive time stamp over the signature and everything in it: B-LTA (ETSI EN 319 122-1 §5.5). The digest of what
 * was signed is the one that the signer signed, so that the file itself need not be at hand.
 *
 * @throws InvalidInput `sign/archive-digest` for a signature whose digest is not SHA-256
 */
export async function archiveCades(cms: Buffer, timeStamp: TimeStamper): Promise<Buffer> {
  const { encoded, messageDigest, digestAlgorithm } = readCms(cms, 'none');
  if (!messageDigest || digestAlgorithm !== algorithmIds.sha256) throw otherDigest();
  const hashIndex = buildHashIndex(encoded);
  const hash = createHash('sha256');
  for (const part of archiveImprint(encoded, messageDigest, hashIndex)) hash.update(part);
  const token = withHashIndex(Buffer.from(await timeStamp(hash.digest())), hashIndex);
  return extendSignedData(cms, { unsignedAttributes: [attribute(cmsOids.archiveTimeStampV3, token)] });
}

/** Validation data and an archive time stamp, inside the signature. */
export const cadesLongTerm: LongTerm = {
  certificatesIn: (file) => certificatesInCms(Buffer.from(file), 'none'),
  extend: (file, data, timeStamp) => archiveCades(addCadesValidationData(Buffer.from(file), data), timeStamp),
};

function otherDigest(): InvalidInput {
  return new InvalidInput('sign/archive-digest', {
    vi: 'Chỉ gia hạn lưu trữ được chữ ký dùng SHA-256.',
    en: 'Only a signature with SHA-256 can be archived.',
  });
}
