import { createHash } from 'node:crypto';
import type { Signer } from '../format.ts';
import { namedValue } from '../signature-value.ts';
import { signingCertificate } from '../signing-certificate.ts';

/** How a file is signed with JAdES. */
export interface JadesRequest {
  /** The claimed signing time, to the second. */
  readonly at: Date;
  /** Signed where it stands, by its name and digest (`sigD`); inside the signature when absent. */
  readonly detached?: { readonly name: string; readonly mediaType: string };
}

/** The mechanism by which a detached file is named with its digest (ETSI TS 119 182-1 §5.2.8.3.3). */
export const byUriHash = 'http://uri.etsi.org/19182/ObjectIdByURIHash';

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest();

/**
 * Signs JSON, or any file: a JWS in flattened JSON (RFC 7515 §7.2.2), JAdES B-B, or B-T with `signer.timeStamp` (ETSI TS 119 182-1
 * §6.3). The payload is the file's bytes as they are.
 *
 * @throws InvalidInput `sign/certificate`, `sign/algorithm`
 */
export async function signJades(file: Uint8Array, { at, detached }: JadesRequest, signer: Signer): Promise<Buffer> {
  const [own] = signer.certificates;
  if (!own) throw new TypeError('a signer has at least its own certificate');
  const algorithm = signer.algorithm ?? signingCertificate(own).algorithm();
  const header = encoded({
    alg: algorithm,
    ...(detached ? {} : { cty: 'json' }),
    x5c: signer.certificates.map((der) => Buffer.from(der).toString('base64')),
    'x5t#S256': sha256(own).toString('base64url'),
    iat: Math.floor(at.getTime() / 1000),
    ...(detached ? { crit: ['sigD'], sigD: detachedData(file, detached) } : {}),
  });
  const payload = detached ? '' : Buffer.from(file).toString('base64url');
  const signature = namedValue(algorithm, await signer.sign(Buffer.from(`${header}.${payload}`))).toString('base64url');
  const token = signer.timeStamp && (await signer.timeStamp(sha256(signature)));
  const stamp = token && { sigTst: { tstTokens: [{ val: Buffer.from(token).toString('base64') }] } };
  return Buffer.from(
    JSON.stringify({
      ...(detached ? {} : { payload }),
      protected: header,
      signature,
      ...(stamp ? { header: { etsiU: [encoded(stamp)] } } : {}),
    }),
  );
}

function detachedData(file: Uint8Array, { name, mediaType }: NonNullable<JadesRequest['detached']>) {
  return {
    mId: byUriHash,
    pars: [encodeURIComponent(name)],
    hashM: 'S256',
    hashV: [hashedFile('sha256', file).toString('base64url')],
    ctys: [mediaType],
  };
}

/** What `hashV` has of a file: the digest of its base64url, as the payload of a JWS is base64url. */
export function hashedFile(hash: string, file: Uint8Array): Buffer {
  return createHash(hash).update(Buffer.from(file).toString('base64url')).digest();
}
