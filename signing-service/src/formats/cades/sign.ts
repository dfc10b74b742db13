import { createHash } from 'node:crypto';
import { attribute, cmsOids } from '@edutrust/certs/cms';
import { time } from '@edutrust/certs/der';
import { assembleCms, buildSignedAttributes } from '../cms.ts';
import type { Signer } from '../format.ts';

/** How a file is signed with CAdES. */
export interface CadesRequest {
  /** The claimed signing time, to the second. */
  readonly at: Date;
  /** `detached`: the signature is a file of its own (`.p7s`); `enveloping`: it carries what is signed (`.p7m`). */
  readonly packaging?: 'detached' | 'enveloping';
}

/**
 * The signed attributes of a CAdES baseline signature, DER (ETSI EN 319 122-1 §6.3): content type, digest, the certificate's
 * hash, and the claimed time, which PAdES writes elsewhere.
 */
export function cadesAttributes(parts: {
  /** SHA-256 of what is signed. */
  readonly digest: Uint8Array;
  /** DER. */
  readonly signingCertificate: Uint8Array;
  readonly at: Date;
}): Buffer {
  const { digest, signingCertificate, at } = parts;
  return buildSignedAttributes({ digest, signingCertificate, others: [attribute(cmsOids.signingTime, time(at))] });
}

/**
 * Signs any bytes: CAdES B-B, or B-T with `signer.timeStamp` (ETSI EN 319 122-1 §6). Gives the CMS in DER.
 *
 * @throws InvalidInput `sign/certificate`, `sign/algorithm`
 */
export async function signCades(
  content: Uint8Array,
  { at, packaging = 'detached' }: CadesRequest,
  signer: Signer,
): Promise<Buffer> {
  const [signingCertificate] = signer.certificates;
  if (!signingCertificate) throw new TypeError('a signer has at least its own certificate');
  const digest = createHash('sha256').update(content).digest();
  const signedAttributes = cadesAttributes({ digest, signingCertificate, at });
  const signature = await signer.sign(signedAttributes);
  const hash = createHash('sha256').update(signature).digest();
  return assembleCms({
    signedAttributes,
    signature,
    certificates: signer.certificates,
    ...(signer.algorithm ? { algorithm: signer.algorithm } : {}),
    ...(packaging === 'enveloping' ? { content } : {}),
    ...(signer.timeStamp ? { timeStampToken: await signer.timeStamp(hash) } : {}),
  });
}
