import { type CmsSignedData, verifyTimeStampToken } from '@edutrust/certs/cms';
import { type GoodStamp, stampTrust } from '../../validation/judge-signature.ts';
import { type Surroundings, withMaterial } from '../../validation/surroundings.ts';
import type { ByteSource } from '../content.ts';
import { checkReference, MalformedManifest, readManifest } from './manifest.ts';
import { isArchiveManifest, isTimeStamp } from './names.ts';

/** Archive manifests of one container that are looked at. */
const mostManifests = 16;

/**
 * The good time stamps beside a signature that cover it (ETSI EN 319 162-1 §4.4.6, annex A.7), oldest first: a token over a manifest that has the
 * signature's digest, and says of every file that it names what is there.
 */
export function stampsBeside(
  files: ReadonlyMap<string, Buffer | ByteSource>,
  signature: string,
  cms: CmsSignedData,
  around: Surroundings,
): readonly GoodStamp[] {
  const inside = { untrusted: cms.certificates, crls: cms.crls, ocsp: cms.ocspResponses };
  const trust = stampTrust(withMaterial(around, inside));
  return [...files]
    .flatMap(([name, manifest]) => (isArchiveManifest(name) && Buffer.isBuffer(manifest) ? [manifest] : []))
    .slice(0, mostManifests)
    .flatMap((manifest) => {
      const token = tokenOver(files, manifest, signature);
      const verified = token && verifyTimeStampToken(token, manifest, trust);
      return verified?.isTrusted ? [{ at: verified.at, authority: verified.authority }] : [];
    })
    .toSorted((one, other) => one.at.getTime() - other.at.getTime());
}

function tokenOver(
  files: ReadonlyMap<string, Buffer | ByteSource>,
  manifest: Buffer,
  signature: string,
): Buffer | undefined {
  try {
    const { signature: token, references } = readManifest(manifest);
    const isAsItSays = references.every((reference) => {
      const contents = files.get(reference.name);
      return contents !== undefined && checkReference(reference, contents) === 'same';
    });
    const covers = isAsItSays && references.some(({ name }) => name === signature);
    const found = covers && isTimeStamp(token) ? files.get(token) : undefined;
    return Buffer.isBuffer(found) ? found : undefined;
  } catch (error) {
    if (error instanceof MalformedManifest) return undefined; // it proves nothing, and takes nothing away
    throw error;
  }
}
