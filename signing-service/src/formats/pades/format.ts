import { wallClockInVietnam } from '@edutrust/platform/calendar';
import { assembleCms, buildSignedAttributes } from '../cms.ts';
import type { SignatureFormat, SignatureWish } from '../format.ts';
import { visibleLines } from './appearance.ts';
import { inkPlace } from './ink-place.ts';
import { judgedPades } from './judged.ts';
import { longTerm } from './long-term.ts';
import { completeSignature, prepareSignature } from './prepare.ts';

/** PDF (ETSI EN 319 142-1): each signature is an incremental update, a visible block where there is a place for it. */
export const pades: SignatureFormat = {
  ...judgedPades,
  name: 'PAdES',
  mediaType: 'application/pdf',
  extension: 'pdf',
  enclose: (file) => Buffer.from(file),
  countSignatures: (file) =>
    Buffer.from(file.buffer, file.byteOffset, file.byteLength).toString('latin1').split('/ByteRange [').length - 1,
  prepare: (file, wish) => {
    const { certificate: signingCertificate, issuers = [] } = wish.signatory;
    const contentsBytes = roomFor(signingCertificate, issuers);
    const { prepared, digest } = prepareSignature(file, { ...fieldOf(wish), contentsBytes });
    return { prepared, digest, toBeSigned: buildSignedAttributes({ digest, signingCertificate }) };
  },
  stamped: (signature) => Buffer.from(signature.buffer, signature.byteOffset, signature.byteLength),
  complete: (prepared, { toBeSigned, ...parts }) =>
    completeSignature(prepared, assembleCms({ signedAttributes: toBeSigned, ...parts })),
  longTerm,
};

/**
 * Bytes for a CMS of this signer: its certificate and its issuer's, of about the same size; a time stamp with the same of
 * its own; attributes, the signature, and a proof of inclusion in a log of a billion entries. Each byte takes two in the file. Issuers that are none of ours come on top.
 */
function roomFor(certificate: Uint8Array, issuers: readonly Uint8Array[]): number {
  return 4 * certificate.length + 2_304 + issuers.reduce((sum, { length }) => sum + length, 0);
}

function fieldOf({ signatory: { kind, name, title, organisation }, at, place, verifyAt, look }: SignatureWish) {
  const isSeal = kind === 'seal';
  const office = title === undefined ? '' : `, ${title}`;
  const heading = isSeal ? { heading: 'Đã đóng dấu số' } : { organisation, ...(title === undefined ? {} : { title }) };
  return {
    signerName: name,
    description: isSeal ? `Dấu số của ${name}` : `Chữ ký số của ${name}${office}`,
    at,
    ...(place
      ? {
          visible: {
            ...place,
            colour: isSeal ? ('red' as const) : ('blue' as const),
            ...(look && 'ink' in look
              ? { lines: [], ink: look.ink, rect: inkPlace(place.rect, look) }
              : look
                ? { lines: [{ text: `${look.line}; ${vietnamTime(at)}`, size: 10 }], isPlain: true }
                : { lines: visibleLines({ ...heading, name, at, verifyAt }) }),
          },
        }
      : {}),
  };
}

/** ISO 8601 with Vietnam's zone, as the decree asks of copies. */
const vietnamTime = (at: Date) => `${wallClockInVietnam(at).toISOString().slice(0, 19)}+07:00`;
